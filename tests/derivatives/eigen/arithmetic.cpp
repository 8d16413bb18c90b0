// Scalar as a scalar of Eigen: operators, products, reductions, coefficient-wise functions, mixing with numbers.
#include <sstream>

#include "eigen_check.hpp"

using namespace wengert;
using namespace wengert::test;

BOOST_AUTO_TEST_SUITE(eigen_arithmetic)

BOOST_AUTO_TEST_CASE(traits_are_those_of_double) {
  using Traits = Eigen::NumTraits<Scalar>;
  BOOST_TEST(Traits::epsilon().value() == std::numeric_limits<double>::epsilon());
  BOOST_TEST(Traits::lowest().value() == std::numeric_limits<double>::lowest());
  BOOST_TEST(Traits::digits10() == std::numeric_limits<double>::digits10);
  BOOST_TEST(std::numeric_limits<Scalar>::is_specialized);
  BOOST_TEST(std::numeric_limits<Scalar>::min().value() == std::numeric_limits<double>::min());
  BOOST_TEST(std::numeric_limits<Scalar>::infinity().is_constant());
}

BOOST_AUTO_TEST_CASE(coefficients_nobody_set_are_the_constant_0) {
  const MatrixS m(2, 2);
  BOOST_TEST(m(1, 1).is_constant());
  BOOST_TEST(m(1, 1).value() == 0.0);
}

BOOST_AUTO_TEST_CASE(sums_products_and_norms) {
  check_derivatives([](const MatrixS& x) { return Scalar((x * x.transpose()).sum()); }, random_matrix(2, 3, 1));
  check_derivatives([](const MatrixS& x) { return Scalar((x - 2.0 * x.transpose() * x / 3).squaredNorm()); },
                    random_matrix(3, 3, 2));
  check_derivatives([](const MatrixS& x) { return Scalar(x.col(0).dot(x.col(1)) * x.norm()); }, random_matrix(3, 2, 3));
  check_derivatives([](const MatrixS& x) { return Scalar(x.prod() + x.mean() * x.trace()); }, random_matrix(2, 2, 4));
  check_derivatives([](const MatrixS& x) { return Scalar(x.stableNorm() + x.col(0).normalized().sum()); },
                    random_matrix(3, 2, 5));
  check_derivatives([](const MatrixS& x) { return Scalar(x.lpNorm<1>() + x.lpNorm<3>()); }, random_matrix(2, 2, 6));
}

BOOST_AUTO_TEST_CASE(fixed_sizes_blocks_and_geometry) {
  check_derivatives(
      [](const MatrixS& x) {
        const Eigen::Matrix<Scalar, 3, 3> a = x.topLeftCorner<3, 3>();
        const Eigen::Matrix<Scalar, 3, 1> v = x.col(3);
        Eigen::Matrix<Scalar, 3, 1> w = a * v;
        w += v;
        w *= v.x();
        return Scalar((a.transpose() * w).dot(v) - w.segment<2>(1).sum());
      },
      random_matrix(3, 4, 7));
}

BOOST_AUTO_TEST_CASE(a_large_product) {
  const Eigen::MatrixXd a = random_matrix(20, 30, 8), b = random_matrix(30, 20, 9), c = random_matrix(20, 20, 10);
  Recording r;
  const MatrixS x = variables(r, a), y = variables(r, b);
  const auto before = r.statistics().values;
  const MatrixS z = x * y;
  // A multiplication with addition is one statement.
  BOOST_TEST(r.statistics().values == before + 20u * 20u * 30u);
  BOOST_TEST(near(values(z), a * b));
  MatrixS changed = z;
  changed.noalias() += x * y;
  changed.noalias() -= 3.0 * x * y;
  BOOST_TEST(near(values(changed), -a * b));
  const Scalar s = (z.array() * c.cast<Scalar>().array()).sum();
  const Adjoints g = backward(s);
  BOOST_TEST(near(adjoints(g, x), c * b.transpose()));
  BOOST_TEST(near(adjoints(g, y), a.transpose() * c));
}

BOOST_AUTO_TEST_CASE(numbers_and_expressions_beside_matrices) {
  Recording r;
  const MatrixS x = variables(r, random_matrix(2, 2, 11));
  const Eigen::MatrixXd numbers = random_matrix(2, 2, 12), at = values(x);
  const Scalar s = r.variable(3.0);
  BOOST_TEST(near(values(MatrixS(numbers * x)), numbers * at));
  BOOST_TEST(near(values(MatrixS(x * numbers)), at * numbers));
  BOOST_TEST(near(values(MatrixS(x + numbers)), at + numbers));
  BOOST_TEST(near(values(MatrixS(numbers.cwiseProduct(x))), numbers.cwiseProduct(at)));
  BOOST_TEST(near(values(MatrixS(s * x)), 3.0 * at));
  BOOST_TEST(near(values(MatrixS(x * (s * s + 1.0))), 10.0 * at));
  BOOST_TEST(near(values(MatrixS((2.0 * s) * x / s)), 2.0 * at));
  BOOST_TEST(near(values(MatrixS(2 * x - x * 0.5)), 1.5 * at));
  const MatrixS product = s * numbers;
  BOOST_TEST(adjoints(backward(Scalar(product(0, 1))), product)(0, 1) == 1.0);
  BOOST_TEST(backward(Scalar(product(0, 1)))[s] == numbers(0, 1));
}

BOOST_AUTO_TEST_CASE(coefficient_wise_functions) {
  const Eigen::MatrixXd at = random_matrix(2, 2, 13).array() * 0.4 + 0.5;
  check_derivatives(
      [](const MatrixS& x) {
        const auto a = x.array();
        return Scalar(
            (a.exp() + a.log() * a.sin() + a.cos() / a.sqrt() + a.tan() + a.tanh() + a.sinh() + a.cosh()).sum());
      },
      at);
  check_derivatives(
      [](const MatrixS& x) {
        const auto a = x.array();
        return Scalar((a.asin() + a.acos() * a.atan() + a.square() + a.cube() + a.inverse() + a.pow(3) + a.pow(0.5) +
                       a.abs() + a.abs2() + a.log1p() + a.expm1() + a.rsqrt() + a.log10())
                          .sum());
      },
      at);
}

BOOST_AUTO_TEST_CASE(extremes_record_max_and_min_and_positions_record_guards) {
  Recording r;
  const VectorS x = variables(r, Eigen::VectorXd{{1.0, 5.0, 5.0, -2.0}});
  const Scalar most = x.maxCoeff(), least = x.minCoeff();
  BOOST_TEST(most.value() == 5.0);
  BOOST_TEST(r.statistics().guards == 0u);
  BOOST_TEST(near(adjoints(backward(most), x), Eigen::VectorXd{{0.0, 0.5, 0.5, 0.0}}));
  BOOST_TEST(near(adjoints(backward(least), x), Eigen::VectorXd{{0.0, 0.0, 0.0, 1.0}}));
  Eigen::Index where = -1;
  BOOST_TEST(x.minCoeff(&where).value() == -2.0);
  BOOST_TEST(where == 3);
  BOOST_TEST(r.statistics().guards > 0u);
  const VectorS clipped = x.cwiseMax(0.0).cwiseMin(Scalar(4.0));
  BOOST_TEST(near(values(clipped), Eigen::VectorXd{{1.0, 4.0, 4.0, 0.0}}));
}

BOOST_AUTO_TEST_CASE(comparisons_and_finiteness) {
  Recording r;
  const VectorS x = variables(r, Eigen::VectorXd{{1.0, -2.0}});
  BOOST_TEST((x.array() > 0.0).count() == 1);
  BOOST_TEST(near(values(VectorS((x.array() < 0.0).select(-x, x))), Eigen::VectorXd{{1.0, 2.0}}));
  BOOST_TEST(x.allFinite());
  BOOST_TEST(!x.hasNaN());
  BOOST_TEST(x.isApprox(x));
  BOOST_TEST(!x.isZero());
  VectorS y = x;
  y(0) = log(y(1));
  BOOST_TEST(y.hasNaN());
  BOOST_TEST(!y.allFinite());
}

BOOST_AUTO_TEST_CASE(matrices_are_printed_as_their_values) {
  Recording r;
  std::ostringstream text;
  text << variables(r, Eigen::Vector2d(0.5, -2.0)).transpose();
  BOOST_TEST(text.str() == "0.5  -2");
}

BOOST_AUTO_TEST_SUITE_END()
