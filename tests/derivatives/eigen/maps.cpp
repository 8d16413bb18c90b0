// Between Eigen's matrices, Tensors and Scalars: what is shared, what is one node, gradients and Jacobians as matrices.
#include <memory>

#include "eigen_check.hpp"

using namespace wengert;
using namespace wengert::test;

namespace {
using RowMajor = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
}

BOOST_AUTO_TEST_SUITE(eigen_maps)

BOOST_AUTO_TEST_CASE(a_tensor_is_seen_as_a_matrix_without_a_copy) {
  const Tensor t = tensor({1, 2, 3, 4, 5, 6}, Shape{2, 3});
  const auto m = as_eigen(t);
  BOOST_TEST(m.data() == t.value().data<double>().data());
  BOOST_TEST((m.rows() == 2 && m.cols() == 3));
  BOOST_TEST(m(1, 0) == 4.0);
  BOOST_TEST(near(Eigen::MatrixXd(2.0 * m * m.transpose()), Eigen::MatrixXd{{28, 64}, {64, 154}}));
  const auto column = as_eigen(tensor({1, 2, 3}));  // keeps alive what it shows
  BOOST_TEST((column.rows() == 3 && column.cols() == 1));
  BOOST_TEST(column.sum() == 6.0);
  BOOST_TEST(as_eigen(full(Shape{}, 4.0))(0, 0) == 4.0);
  BOOST_TEST(as_eigen(ones(Shape{2, 2})).sum() == 4.0);  // stored once, written out
  BOOST_TEST(as_eigen<float>(full(Shape{2}, 0.5, Dtype::f32)).sum() == 1.0f);
  BOOST_CHECK_THROW((void)as_eigen<float>(t), DtypeError);
  BOOST_CHECK_EXCEPTION((void)as_eigen(ones(Shape{2, 2, 2})), ShapeError, [](const ShapeError& error) {
    return std::string(error.what()).starts_with("as_eigen: f64[2,2,2] is no matrix; expected rank 0, 1 or 2 (");
  });
}

BOOST_AUTO_TEST_CASE(a_matrix_becomes_a_tensor) {
  const Eigen::MatrixXd m{{1, 2, 3}, {4, 5, 6}};  // by columns
  BOOST_TEST((as_tensor(m).value() == Array::from({1, 2, 3, 4, 5, 6}, Shape{2, 3})));
  BOOST_TEST((as_tensor(2.0 * m.transpose()).value() == Array::from({2, 8, 4, 10, 6, 12}, Shape{3, 2})));
  BOOST_TEST((as_tensor(Eigen::VectorXd(m.col(1))).value() == Array::from({2, 5}, Shape{2})));
  BOOST_TEST((as_tensor(m.row(1)).value() == Array::from({4, 5, 6}, Shape{3})));
  BOOST_TEST((as_tensor(Eigen::Vector2f(1, 2)).dtype() == Dtype::f32));
  BOOST_TEST((as_tensor(Eigen::MatrixXd(0, 3)).shape() == Shape{0, 3}));
}

BOOST_AUTO_TEST_CASE(what_is_given_away_is_not_copied) {
  RowMajor m = random_matrix(3, 4, 61);
  const RowMajor copy = m;
  const double* const numbers = m.data();
  const Tensor t = as_tensor(std::move(m));
  BOOST_TEST(t.value().data<double>().data() == numbers);
  BOOST_TEST(near(as_eigen(t), copy));
  Eigen::VectorXd v = random_matrix(5, 1, 62);
  const double* const elements = v.data();
  BOOST_TEST(as_tensor(std::move(v)).value().data<double>().data() == elements);
  const auto shared = std::make_shared<const RowMajor>(copy);
  BOOST_TEST(as_tensor(shared).value().data<double>().data() == shared->data());
  // A variable of the recording shares the elements too.
  Recording r;
  Eigen::VectorXd w = random_matrix(5, 1, 63);
  const double* const weights = w.data();
  BOOST_TEST(variable(r, std::move(w)).value().data<double>().data() == weights);
}

BOOST_AUTO_TEST_CASE(a_matrix_is_one_node_and_so_is_an_operation_on_it) {
  const Eigen::MatrixXd a = random_matrix(3, 4, 64), b = random_matrix(4, 1, 65);
  Recording r;
  const Tensor w = variable(r, a, "w");
  const Tensor y = sum(tanh(matmul(w, as_tensor(b))));
  BOOST_TEST(r.statistics().values == 4u);  // w, matmul, tanh, sum
  const Eigen::MatrixXd t = (a * b).array().tanh();
  const Eigen::MatrixXd expected = (1.0 - t.array().square()).matrix() * b.transpose();
  BOOST_TEST(near(as_eigen(backward(y)[w]), expected));
}

BOOST_AUTO_TEST_CASE(from_scalars_to_a_tensor_and_back) {
  const Eigen::MatrixXd a = random_matrix(2, 3, 66), c = random_matrix(2, 2, 67);
  Recording r;
  const MatrixS x = variables(r, a);
  const Tensor t = stack(x);
  BOOST_TEST((t.shape() == Shape{2, 3}));
  const MatrixS product = elements(matmul(t, transpose(t)));
  BOOST_TEST(near(values(product), a * a.transpose()));
  const Adjoints g = backward(Scalar(product.cwiseProduct(c).sum()));
  BOOST_TEST(near(adjoints(g, x), (c + c.transpose()) * a));
}

BOOST_AUTO_TEST_CASE(vectors_of_scalars_either_way) {
  Recording r;
  std::vector<Scalar> x = r.variables(std::vector{1.0, 2.0});
  const Scalar y = as_eigen(x).squaredNorm();
  BOOST_TEST(backward(y)[x[1]] == 4.0);
  as_eigen(x)(0) = 7.0;
  BOOST_TEST(x[0].value() == 7.0);
  const MatrixS m = variables(r, Eigen::MatrixXd{{1, 2}, {3, 4}});
  const std::vector<Scalar> row_by_row = to_vector(m);
  BOOST_TEST(row_by_row[1].id() == m(0, 1).id());
  BOOST_TEST(row_by_row[2].id() == m(1, 0).id());
}

BOOST_AUTO_TEST_CASE(shapes_are_kept_at_compile_time) {
  Recording r;
  const auto x = variables(r, Eigen::Vector3d(1, 2, 3));
  static_assert(std::is_same_v<decltype(x), const Eigen::Matrix<Scalar, 3, 1>>);
  static_assert(std::is_same_v<decltype(values(x)), Eigen::Vector3d>);
  const Scalar y = x.dot(x) * x.prod();
  const auto g = gradient(y, x);
  static_assert(std::is_same_v<decltype(g), const Eigen::Matrix<Scalar, 3, 1>>);
  BOOST_TEST(near(values(g), Eigen::Vector3d(2 * 6 + 14 * 6, 4 * 6 + 14 * 3, 6 * 6 + 14 * 2)));
  const auto part = gradient(y, x.head<2>());
  BOOST_TEST(near(values(part), values(g).head<2>()));
}

BOOST_AUTO_TEST_CASE(jacobians_either_way) {
  const Eigen::MatrixXd a = random_matrix(5, 2, 68);
  Recording r;
  const VectorS x = variables(r, Eigen::Vector2d(0.3, -0.4)), z = variables(r, Eigen::VectorXd::Constant(5, 0.5));
  const VectorS tall = (a * x).array().sin().matrix();
  const Eigen::MatrixXd expected = (a * values(x)).array().cos().matrix().asDiagonal() * a;
  BOOST_TEST(near(jacobian(tall, x), expected));
  const VectorS wide = a.transpose() * z;
  BOOST_TEST(near(jacobian(wide, z), a.transpose()));
  const Scalar y = x.squaredNorm() * x(0);
  const Eigen::Vector2d at = values(x);
  BOOST_TEST(near(hessian(y, x), Eigen::MatrixXd{{6.0 * at(0), 2.0 * at(1)}, {2.0 * at(1), 2.0 * at(0)}}));
}

BOOST_AUTO_TEST_CASE(names_say_where_a_coefficient_stands) {
  Recording r;
  const MatrixS m = variables(r, Eigen::MatrixXd(Eigen::MatrixXd::Identity(2, 2)), "m");
  const VectorS v = variables(r, Eigen::VectorXd(Eigen::VectorXd::Zero(2)), "v");
  BOOST_TEST(r.stream().names.at(m(1, 0).id()) == "m[1,0]");
  BOOST_TEST(r.stream().names.at(v(1).id()) == "v[1]");
}

BOOST_AUTO_TEST_SUITE_END()
