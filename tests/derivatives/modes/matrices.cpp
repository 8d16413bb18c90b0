// jacobian and hessian: against formulas and against single sweeps, in every mode, of Scalars and of tensors; that they
// leave the recording as it was; errors. And Matrix.
#include <boost/test/unit_test.hpp>

#include <cmath>
#include <string>
#include <vector>

#include "wengert/autodiff/autodiff.hpp"

namespace wengert {
namespace {

const auto tolerance = boost::test_tools::tolerance(1e-13);

std::string text_of(const auto& wrong) {
  try {
    wrong();
  } catch (const Error& error) {
    return error.what();
  }
  return "nothing was thrown";
}

/// m outputs of n inputs, with the entries of their Jacobian: y[i] = sin(x[i mod n]) · x[(i+1) mod n].
struct Known {
  Recording r;
  std::vector<Scalar> x, y;
  Known(std::size_t m, std::size_t n) {
    std::vector<double> at(n);
    for (std::size_t k = 0; k < n; ++k) at[k] = 0.3 + 0.1 * static_cast<double>(k);
    x = r.variables(at);
    for (std::size_t i = 0; i < m; ++i) y.push_back(sin(x[i % n]) * x[(i + 1) % n]);
  }
  [[nodiscard]] double entry(std::size_t i, std::size_t j) const {
    const std::size_t n = x.size();
    const double a = x[i % n].value(), b = x[(i + 1) % n].value();
    return (j == i % n ? std::cos(a) * b : 0.0) + (j == (i + 1) % n ? std::sin(a) : 0.0);
  }
};

constexpr HessianMode every_mode[]{HessianMode::forward_over_reverse, HessianMode::reverse_over_reverse,
                                   HessianMode::reverse_over_forward, HessianMode::forward_over_forward};

}  // namespace

BOOST_AUTO_TEST_SUITE(matrices)

BOOST_AUTO_TEST_CASE(a_matrix_is_row_major) {
  Matrix m(2, 3);
  m(1, 2) = 5.0;
  m.row(0)[1] = 4.0;
  BOOST_TEST(m.rows() == 2u);
  BOOST_TEST(m.cols() == 3u);
  const std::vector<double> want{0, 4, 0, 0, 0, 5}, got(m.data().begin(), m.data().end());
  BOOST_TEST(got == want, boost::test_tools::per_element());
  BOOST_TEST(std::as_const(m).row(1)[2] == 5.0);
  BOOST_TEST(m.at(1, 2) == 5.0);
  BOOST_TEST(text_of([&] {
               static_cast<void>(m.at(2, 0));
             }).starts_with("matrix: (2, 0) of 2 × 3; expected a row and a column of the matrix, counted from 0"));
  BOOST_CHECK_THROW(static_cast<void>(m.at(0, 3)), ArgumentError);
  BOOST_TEST(Matrix().data().empty());
  BOOST_TEST((m == m && !(m == Matrix(2, 3))));
}

BOOST_AUTO_TEST_CASE(jacobians_of_every_shape_in_every_mode) {
  for (const std::size_t m : {1u, 2u, 7u, 8u, 9u, 17u, 30u}) {
    for (const std::size_t n : {1u, 3u, 8u, 9u, 20u}) {
      const Known known(m, n);
      for (const JacobianMode mode : {JacobianMode::automatic, JacobianMode::forward, JacobianMode::reverse}) {
        const Matrix j = jacobian(known.y, known.x, {.mode = mode});
        BOOST_REQUIRE_EQUAL(j.rows(), m);
        BOOST_REQUIRE_EQUAL(j.cols(), n);
        for (std::size_t a = 0; a < m; ++a)
          for (std::size_t b = 0; b < n; ++b)
            BOOST_TEST(j(a, b) == known.entry(a, b), tolerance << (std::to_string(m) + " by " + std::to_string(n)));
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(constants_repeated_values_and_values_from_inside) {
  Recording r;
  const Scalar x = r.variable(0.5), u = x * x, y = u * u + x;
  for (const JacobianMode mode : {JacobianMode::forward, JacobianMode::reverse}) {
    const Matrix j = jacobian({y, 3.0, u, y}, {x, u, x}, {.mode = mode});
    const double want[4][3]{{1.5, 0.5, 1.5}, {0, 0, 0}, {1, 1, 1}, {1.5, 0.5, 1.5}};
    for (std::size_t a = 0; a < 4; ++a)
      for (std::size_t b = 0; b < 3; ++b) BOOST_TEST(j(a, b) == want[a][b], tolerance);
  }
  BOOST_TEST(jacobian(std::vector<Scalar>{}, {x}).rows() == 0u);
  BOOST_TEST(jacobian({y}, std::vector<Scalar>{}).cols() == 0u);
  BOOST_TEST(jacobian({Scalar(1.0)}, {x})(0, 0) == 0.0);
}

BOOST_AUTO_TEST_CASE(jacobians_of_tensors) {
  Recording r;
  const Tensor w = r.variable(tensor({1.0, 2.0, -1.0, 0.5, 0.3, 2.0}, Shape{2, 3}), "w");
  const Tensor v = r.variable(tensor({0.2, -0.4, 0.7}, Shape{3}), "v");
  const Scalar s = r.variable(1.5);
  const Tensor y = tanh(matmul(w, v)) * to_tensor(s);
  for (const JacobianMode mode : {JacobianMode::automatic, JacobianMode::forward, JacobianMode::reverse}) {
    const Matrix j = jacobian(y, w, {.mode = mode});
    BOOST_REQUIRE_EQUAL(j.rows(), 2u);
    BOOST_REQUIRE_EQUAL(j.cols(), 6u);
    for (std::size_t i = 0; i < 2; ++i) {
      const double t = y.value().element(static_cast<std::int64_t>(i)) / 1.5, slope = 1.5 * (1 - t * t);
      for (std::size_t k = 0; k < 6; ++k)
        BOOST_TEST(j(i, k) == (k / 3 == i ? slope * v.value().element(static_cast<std::int64_t>(k % 3)) : 0.0),
                   tolerance);
    }
    const Scalar first = element(y, {0});
    const Matrix both = jacobian(std::tie(first, y), std::tie(s, v, w), {.mode = mode});
    BOOST_REQUIRE_EQUAL(both.rows(), 3u);
    BOOST_REQUIRE_EQUAL(both.cols(), 10u);
    for (std::size_t k = 0; k < 10; ++k) BOOST_TEST(both(0, k) == both(1, k), tolerance);
    for (std::size_t k = 0; k < 6; ++k) BOOST_TEST(both(2, 4 + k) == j(1, k), tolerance);
    BOOST_TEST(both(2, 0) == y.value().element(1) / 1.5, tolerance);
    const Tensor f = r.variable(convert(v, Dtype::f32));
    const Matrix narrow = jacobian(f * f, f, {.mode = mode});
    BOOST_TEST(narrow(1, 1) == static_cast<double>(-0.4f) * 2, boost::test_tools::tolerance(1e-6));
    BOOST_TEST(narrow(0, 1) == 0.0);
  }
}

/// y = Σ x[i]²·x[i+1] + exp(x[0]·x[n-1]), with its Hessian.
Scalar chain(const std::vector<Scalar>& x) {
  Scalar y = exp(x.front() * x.back());
  for (std::size_t i = 0; i + 1 < x.size(); ++i) y = y + x[i] * x[i] * x[i + 1];
  return y;
}
Matrix chain_hessian(const std::vector<double>& x) {
  const std::size_t n = x.size(), last = n - 1;
  Matrix h(n, n);
  for (std::size_t i = 0; i < last; ++i) {
    h(i, i) += 2 * x[i + 1];
    h(i, i + 1) += 2 * x[i];
    h(i + 1, i) += 2 * x[i];
  }
  const double e = std::exp(x[0] * x[last]);
  h(0, 0) += x[last] * x[last] * e;
  h(last, last) += x[0] * x[0] * e;
  h(0, last) += (1 + x[0] * x[last]) * e;
  h(last, 0) += (1 + x[0] * x[last]) * e;
  return h;
}

BOOST_AUTO_TEST_CASE(hessians_and_products_in_every_mode) {
  for (const std::size_t n : {2u, 5u, 8u, 9u, 20u, 40u}) {
    std::vector<double> at(n), v(n);
    for (std::size_t k = 0; k < n; ++k) at[k] = 0.2 + 0.05 * static_cast<double>(k * k % 13);
    for (std::size_t k = 0; k < n; ++k) v[k] = k % 3 == 0 ? 0.0 : 0.1 * static_cast<double>(k) - 0.5;
    Recording r;
    const std::vector<Scalar> x = r.variables(at);
    const Scalar y = chain(x);
    const RecordingStatistics before = r.statistics();
    const Matrix want = chain_hessian(at);
    for (const HessianMode mode : every_mode) {
      const Matrix h = hessian(y, x, {.mode = mode});
      for (std::size_t i = 0; i < n; ++i)
        for (std::size_t j = 0; j < n; ++j) BOOST_TEST(h(i, j) == want(i, j), tolerance);
    }
    const std::vector<double> hv = hvp(y, x, v), vh = vhp(y, x, v);
    for (std::size_t i = 0; i < n; ++i) {
      double sum = 0;
      for (std::size_t j = 0; j < n; ++j) sum += want(i, j) * v[j];
      BOOST_TEST(hv[i] == sum, tolerance);
      BOOST_TEST(vh[i] == sum, tolerance);
    }
    const RecordingStatistics after = r.statistics();
    BOOST_TEST(after.values == before.values);
    BOOST_TEST(after.bytes_used == before.bytes_used);
    BOOST_TEST(backward(y)[x[0]] == gradient(y, x[0]).value(), tolerance);  // handles from before are alive
    BOOST_TEST((x[0] + y).value() == at[0] + y.value());
  }
}

BOOST_AUTO_TEST_CASE(hessians_of_tensors) {
  const std::vector<double> at{0.3, -0.2, 0.9, 0.5};
  Recording r;
  const Tensor x = r.variable(tensor(at, Shape{4}));
  const Tensor head = slice(x, {0}, {3}), tail = slice(x, {1}, {4});
  const Tensor ends = slice(x, {0}, {1}) * slice(x, {3}, {4});
  const Tensor y = sum(head * head * tail) + sum(exp(ends));
  const Scalar scalar = to_scalar(y), s = r.variable(2.0), z = scalar * s * s;
  const Matrix want = chain_hessian(at);
  const std::uint64_t before = r.statistics().values;
  for (const HessianMode mode : every_mode) {
    const Matrix h = hessian(y, x, {.mode = mode}), of_scalar = hessian(scalar, x, {.mode = mode}),
                 mixed = hessian(z, std::tie(s, x), {.mode = mode});
    BOOST_REQUIRE_EQUAL(mixed.rows(), 5u);
    const Adjoints g = backward(scalar);
    BOOST_TEST(mixed(0, 0) == 2 * scalar.value(), tolerance);
    for (std::size_t i = 0; i < 4; ++i) {
      BOOST_TEST(mixed(0, 1 + i) == 4 * g[x].value().element(static_cast<std::int64_t>(i)), tolerance);
      for (std::size_t j = 0; j < 4; ++j) {
        BOOST_TEST(h(i, j) == want(i, j), tolerance);
        BOOST_TEST(of_scalar(i, j) == want(i, j), tolerance);
        BOOST_TEST(mixed(1 + i, 1 + j) == 4 * want(i, j), tolerance);
      }
    }
  }
  const std::vector<Tensor> in{x}, v{tensor({1.0, 0.0, -2.0, 0.5}, Shape{4})};
  for (const Tensor& hv : {hvp(y, in, v)[0], hvp(scalar, in, v)[0], vhp(y, in, v)[0], vhp(scalar, in, v)[0]})
    for (std::size_t i = 0; i < 4; ++i)
      BOOST_TEST(hv.value().element(static_cast<std::int64_t>(i)) == want(i, 0) - 2 * want(i, 2) + 0.5 * want(i, 3),
                 tolerance);
  BOOST_TEST(r.statistics().values == before);
}

BOOST_AUTO_TEST_CASE(what_has_no_second_derivative_gives_zeros) {
  Recording r;
  const Scalar x = r.variable(0.5), z = r.variable(1.0), linear = 2.0 * x + z;
  const Tensor t = r.variable(ones(Shape{2})), total = sum(t);
  for (const HessianMode mode : every_mode) {
    BOOST_TEST((hessian(linear, {x, z}, {.mode = mode}) == Matrix(2, 2)));
    BOOST_TEST((hessian(Scalar(1.0), {x, z}, {.mode = mode}) == Matrix(2, 2)));
    BOOST_TEST((hessian(total, t, {.mode = mode}) == Matrix(2, 2)));
    BOOST_TEST(hessian(linear, std::vector<Scalar>{}, {.mode = mode}).rows() == 0u);
  }
  BOOST_TEST(hvp(linear, {x, z}, {1.0, 1.0}) == (std::vector<double>{0, 0}), boost::test_tools::per_element());
  BOOST_TEST(vhp(linear, {x, z}, {1.0, 1.0}) == (std::vector<double>{0, 0}), boost::test_tools::per_element());
  const std::vector<Tensor> in{t}, v{ones(Shape{2})};
  BOOST_TEST(hvp(total, in, v)[0].to_vector() == (std::vector<double>{0, 0}), boost::test_tools::per_element());
  BOOST_TEST(vhp(total, in, v)[0].to_vector() == (std::vector<double>{0, 0}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(errors_name_what_was_wrong_and_leave_nothing_behind) {
  Recording r, other;
  const Scalar x = r.variable(1.0), y = x * x, foreign = other.variable(1.0);
  const Tensor t = r.variable(ones(Shape{3})), which = argmax(t, 0);
  const std::uint64_t before = r.statistics().values;
  BOOST_TEST(text_of([&] {
               static_cast<void>(jacobian({y}, {Scalar(1.0)}));
             }).starts_with("jacobian: a value to differentiate by is a constant; expected a value of the recording"));
  BOOST_TEST(text_of([&] {
               static_cast<void>(jacobian(which, t));
             }).starts_with("jacobian: a tensor of i64 has no derivative; expected f32 or f64"));
  BOOST_TEST(text_of([&] {
               static_cast<void>(hessian(t, t));
             }).starts_with("hessian: the tensor to differentiate is f64[3]; expected a single element"));
  BOOST_TEST(text_of([&] {
               static_cast<void>(hvp(y, {x}, {1.0, 2.0}));
             }).starts_with("hvp: 2 directions for 1 values; expected one for each value"));
  BOOST_TEST(text_of([&] {
               static_cast<void>(vhp(y, {x}, {1.0, 2.0}));
             }).starts_with("vhp: 2 directions for 1 values"));
  BOOST_CHECK_THROW(static_cast<void>(jacobian({y, foreign}, {x})), ForeignRecording);
  const std::vector<Tensor> in{t}, wrong{ones(Shape{2})}, narrow{ones(Shape{3}, Dtype::f32)};
  const Tensor cube = sum(t * t * t);
  const std::uint64_t later = r.statistics().values;
  for (const HessianMode mode : every_mode) {
    BOOST_CHECK_THROW(static_cast<void>(hessian(y, {Scalar(1.0)}, {.mode = mode})), ArgumentError);
    BOOST_CHECK_THROW(static_cast<void>(hessian(y, {x, foreign}, {.mode = mode})), ForeignRecording);
    BOOST_CHECK_THROW(static_cast<void>(hessian(cube, which, {.mode = mode})), DtypeError);
  }
  BOOST_CHECK_THROW(static_cast<void>(hvp(cube, in, wrong)), ShapeError);
  BOOST_CHECK_THROW(static_cast<void>(vhp(cube, in, wrong)), ShapeError);
  BOOST_CHECK_THROW(static_cast<void>(hvp(cube, in, narrow)), DtypeError);
  BOOST_CHECK_THROW(static_cast<void>(vhp(cube, in, narrow)), DtypeError);
  BOOST_TEST(r.statistics().values == later);
  BOOST_TEST(later > before);
  // A derivative that is NaN, in a recording that stops at the first: nothing stays of the attempt.
  Recording strict({.stop_at_nan = true});
  const Scalar a = strict.variable(0.0), b = abs(a) * sqrt(a * a + a);
  const std::uint64_t there = strict.statistics().values;
  static_cast<void>(text_of([&] { static_cast<void>(hessian(b, {a})); }));
  BOOST_TEST(strict.statistics().values == there);
  r.clear();
  BOOST_CHECK_THROW(static_cast<void>(jacobian({y}, {x})), StaleHandle);
  BOOST_CHECK_THROW(static_cast<void>(hessian(y, {x})), StaleHandle);
  BOOST_CHECK_THROW(static_cast<void>(hvp(y, {x}, {1.0})), StaleHandle);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace wengert
