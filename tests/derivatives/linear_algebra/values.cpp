// Linear algebra: values against residuals and closed forms, of f64 and f32, of items, of nothing; what is refused.
// Every primitive at random matrices, to second order: tests/tensor/structural.cpp.
#include <boost/test/unit_test.hpp>

#include <cmath>
#include <limits>
#include <numbers>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "wengert/autodiff/autodiff.hpp"
#include "wengert/autodiff/record/linear_algebra.hpp"
#include "wengert/tests/tensor/tensor_helpers.hpp"

using namespace wengert;
using namespace wengert::test;

namespace {

double largest(const Tensor& t) {
  double most = 0;
  for (const double v : t.to_vector()) {
    if (std::isnan(v)) return v;
    most = std::max(most, std::abs(v));
  }
  return most;
}
double distance(const Tensor& a, const Tensor& b) { return largest(a - b); }
double unit_of(Dtype dtype) { return dtype == Dtype::f32 ? 0x1p-24 : 0x1p-53; }

/// Regular, and not near to singular.
Tensor regular(const Shape& shape, Dtype dtype, std::mt19937& random) {
  const std::int64_t n = shape[shape.rank() - 1];
  return random_tensor({dtype, shape}, random) + identity(n, dtype) * static_cast<double>(n);
}

Tensor vandermonde(const std::vector<double>& x) {
  const auto n = static_cast<std::int64_t>(x.size());
  std::vector<double> values;
  for (const double point : x)
    for (std::int64_t k = 0; k < n; ++k) values.push_back(std::pow(point, static_cast<double>(k)));
  return tensor(values, Shape{n, n});
}

Tensor hilbert(std::int64_t n) {
  std::vector<double> values;
  for (std::int64_t i = 0; i < n; ++i)
    for (std::int64_t j = 0; j < n; ++j) values.push_back(1.0 / static_cast<double>(i + j + 1));
  return tensor(values, Shape{n, n});
}

const double not_a_number = std::numeric_limits<double>::quiet_NaN(),
             infinity = std::numeric_limits<double>::infinity();

}  // namespace

BOOST_AUTO_TEST_SUITE(values)

BOOST_AUTO_TEST_CASE(residuals_are_of_the_size_of_rounding) {
  std::mt19937 random(3);
  for (const Dtype dtype : {Dtype::f64, Dtype::f32})
    for (const std::int64_t n : {1, 2, 5, 30, 90}) {
      BOOST_TEST_CONTEXT(to_string(dtype) << " " << n) {
        const double small = 20 * static_cast<double>(n * n) * unit_of(dtype);
        const Tensor a = regular(Shape{n, n}, dtype, random), b = random_tensor({dtype, Shape{n, 3}}, random);
        BOOST_TEST(distance(matmul(a, solve(a, b)), b) < small);
        BOOST_TEST(distance(matmul(transpose(a), solve(a, b, Turned::yes)), b) < small);
        BOOST_TEST(distance(matmul(a, inverse(a)), identity(n, dtype)) < small);
        const Tensor l = lower_triangle(a), u = upper_triangle(a, 1) + identity(n, dtype);
        BOOST_TEST(distance(matmul(l, triangular_solve(a, b)), b) < small);
        BOOST_TEST(distance(matmul(transpose(l), triangular_solve(a, b, Part::lower, Turned::yes)), b) < small);
        const Tensor by_units = triangular_solve(a, b, Part::upper, Turned::no, UnitDiagonal::yes);
        BOOST_TEST(distance(matmul(u, by_units), b) < small * std::max(1.0, largest(by_units)));

        const Tensor s = (a + transpose(a)) * 0.5, factor = cholesky(s);
        BOOST_TEST(distance(matmul(factor, transpose(factor)), s) < small);
        BOOST_TEST(distance(upper_triangle(factor, 1), zeros(Shape{n, n}, dtype)) == 0);
        BOOST_TEST(distance(matmul(s, cholesky_solve(factor, b)), b) < small);

        const auto [values, vectors] = eigh(s);
        BOOST_TEST(distance(matmul(s, vectors), vectors * values) < small);
        BOOST_TEST(distance(matmul(transpose(vectors), vectors), identity(n, dtype)) < small);
        const auto ascending = values.to_vector();
        BOOST_TEST(std::is_sorted(ascending.begin(), ascending.end()));

        for (const Tensor& m :
             {random_tensor({dtype, Shape{n + 2, n}}, random), random_tensor({dtype, Shape{n, n + 2}}, random), a}) {
          const auto [left, sigma, right] = svd(m);
          BOOST_TEST(distance(matmul(left * sigma, transpose(right)), m) < small);
          BOOST_TEST(distance(matmul(transpose(left), left), identity(n, dtype)) < small);
          BOOST_TEST(distance(matmul(transpose(right), right), identity(n, dtype)) < small);
          const auto falling = sigma.to_vector();
          BOOST_TEST(std::is_sorted(falling.rbegin(), falling.rend()));
          BOOST_TEST(falling.back() >= 0);
        }
        const Tensor tall = random_tensor({dtype, Shape{n + 2, n}}, random);
        const auto [q, r] = qr(tall);
        BOOST_TEST(distance(matmul(q, r), tall) < small);
        BOOST_TEST(distance(matmul(transpose(q), q), identity(n, dtype)) < small);
        BOOST_TEST(distance(lower_triangle(r, -1), zeros(Shape{n, n}, dtype)) == 0);
        for (const double d : diagonal(r).to_vector()) BOOST_TEST(d >= 0);
        // The normal equations.
        const Tensor c = random_tensor({dtype, Shape{n + 2}}, random), x = least_squares(tall, c);
        BOOST_TEST(largest(matmul(transpose(tall), matmul(tall, x) - c)) < small * std::max(1.0, largest(x)));
      }
    }
}

BOOST_AUTO_TEST_CASE(closed_forms) {
  const Tensor a = tensor({4, 1, 2, 3}, Shape{2, 2});
  BOOST_TEST(determinant(a).item() == 10);
  BOOST_TEST(distance(inverse(a), tensor({0.3, -0.1, -0.2, 0.4}, Shape{2, 2})) < 1e-16);
  BOOST_TEST(distance(cofactor(a), tensor({3, -2, -1, 4}, Shape{2, 2})) < 1e-15);
  BOOST_TEST(solve(a, tensor({6, 8})).to_vector() == (std::vector<double>{1, 2}), boost::test_tools::per_element());
  // Π (x_j - x_i)
  const std::vector<double> x{-1.5, -0.25, 0.5, 1.25, 2.0, 3.5};
  double product = 1;
  for (std::size_t i = 0; i < x.size(); ++i)
    for (std::size_t j = i + 1; j < x.size(); ++j) product *= x[j] - x[i];
  BOOST_TEST(std::abs(determinant(vandermonde(x)).item() / product - 1) < 1e-13);
  BOOST_TEST(std::abs(log_abs_determinant(vandermonde(x)).item() - std::log(std::abs(product))) < 1e-13);
  BOOST_TEST(determinant_sign(vandermonde(x)).item() == (product < 0 ? -1 : 1));
  // The inverse of a Hilbert matrix is whole.
  BOOST_TEST(distance(inverse(hilbert(3)), tensor({9, -36, 30, -36, 192, -180, 30, -180, 180}, Shape{3, 3})) < 1e-11);
  BOOST_TEST(std::abs(reciprocal_condition(hilbert(3)).item() * 748 - 1) < 1e-12);  // ‖H‖₁·‖H⁻¹‖₁ = 11/6 · 408
  const Tensor spd = tensor({4, 2, 2, 3}, Shape{2, 2});
  BOOST_TEST(distance(cholesky(spd), tensor({2, 0, 1, std::numbers::sqrt2}, Shape{2, 2})) < 1e-15);
  BOOST_TEST(std::abs(log_determinant(spd).item() - std::log(8)) < 1e-15);
  const auto [values, vectors] = eigh(tensor({2, 1, 1, 2}, Shape{2, 2}));
  const double h = std::numbers::sqrt2 / 2;
  BOOST_TEST(distance(values, tensor({1, 3})) < 1e-15);
  BOOST_TEST(distance(vectors, tensor({h, h, -h, h}, Shape{2, 2})) < 1e-15);
  const auto [u, s, v] = svd(tensor({0, 3, -2, 0, 0, 0}, Shape{3, 2}));
  BOOST_TEST(distance(s, tensor({3, 2})) < 1e-15);
  BOOST_TEST(distance(u, tensor({1, 0, 0, 1, 0, 0}, Shape{3, 2})) < 1e-15);
  BOOST_TEST(distance(v, tensor({0, -1, 1, 0}, Shape{2, 2})) < 1e-15);
}

BOOST_AUTO_TEST_CASE(determinants_neither_overflow_nor_underflow_on_the_way) {
  // 1e200 · 1e200 · 1e-300 · 1e-100
  const Tensor d = identity(4) * tensor({1e200, 1e200, 1e-300, 1e-100});
  BOOST_TEST(std::abs(determinant(d).item() - 1) < 1e-12);
  const Tensor huge = identity(3) * 1e200;
  BOOST_TEST(determinant(huge).item() == infinity);
  BOOST_TEST(std::abs(log_abs_determinant(huge).item() - 600 * std::numbers::ln10) < 1e-10);
  BOOST_TEST(determinant(identity(3) * -1e-200).item() == 0);
  BOOST_TEST(determinant_sign(identity(3) * -1e-200).item() == -1);
}

BOOST_AUTO_TEST_CASE(items_are_broadcast) {
  std::mt19937 random(5);
  const Tensor a = regular(Shape{2, 1, 3, 3}, Dtype::f64, random),
               b = random_tensor({Dtype::f64, Shape{4, 3, 2}}, random);
  const Tensor x = solve(a, b);
  BOOST_TEST(x.shape() == (Shape{2, 4, 3, 2}));
  BOOST_TEST(distance(matmul(broadcast(a, Shape{2, 4, 3, 3}), x), broadcast(b, Shape{2, 4, 3, 2})) < 1e-14);
  const Tensor v = random_tensor({Dtype::f64, Shape{3}}, random);
  BOOST_TEST(solve(a, v).shape() == (Shape{2, 1, 3}));
  BOOST_TEST(distance(matmul(a, reshape(solve(a, v), Shape{2, 1, 3, 1})),
                      broadcast(reshape(v, Shape{3, 1}), Shape{2, 1, 3, 1})) < 1e-14);
  // Each item is what it is alone.
  const Tensor all = regular(Shape{3, 4, 4}, Dtype::f64, random);
  const auto [values, vectors] = eigh(all);
  for (std::int64_t k = 0; k < 3; ++k) {
    const auto one = eigh(reshape(slice_along(all, 0, k, k + 1), Shape{4, 4}));
    BOOST_TEST(distance(reshape(slice_along(values, 0, k, k + 1), Shape{4}), one.values) == 0);
    BOOST_TEST(distance(reshape(slice_along(vectors, 0, k, k + 1), Shape{4, 4}), one.vectors) == 0);
  }
}

BOOST_AUTO_TEST_CASE(of_nothing) {
  const Tensor none = zeros(Shape{0, 0}), right = zeros(Shape{0, 2});
  BOOST_TEST(solve(none, right).shape() == (Shape{0, 2}));
  BOOST_TEST(inverse(none).shape() == (Shape{0, 0}));
  BOOST_TEST(determinant(none).item() == 1);
  BOOST_TEST(log_abs_determinant(none).item() == 0);
  BOOST_TEST(log_determinant(none).item() == 0);
  BOOST_TEST(cholesky(none).shape() == (Shape{0, 0}));
  BOOST_TEST(eigh(none).values.shape() == (Shape{0}));
  BOOST_TEST(svd(zeros(Shape{3, 0})).s.shape() == (Shape{0}));
  BOOST_TEST(qr(zeros(Shape{3, 0})).r.shape() == (Shape{0, 0}));
  BOOST_TEST(determinant(zeros(Shape{0, 2, 2})).shape() == (Shape{0}));
  BOOST_TEST(largest(least_squares(zeros(Shape{3, 0}), zeros(Shape{3}))) == 0);
}

// A number that is not finite makes its own item NaN, and no other; nothing hangs.
BOOST_AUTO_TEST_CASE(not_finite) {
  for (const double bad : {not_a_number, infinity}) {
    const Tensor a = tensor({2, 0, 0, 2, bad, 1, 1, 2}, Shape{2, 2, 2});
    for (const Tensor& y :
         {inverse(a), determinant(a), cholesky(a), eigh(a).vectors, svd(a).u, qr(a).q, solve(a, ones(Shape{2})),
          cofactor(a), log_abs_determinant(a), reciprocal_condition(a), determinant_sign(a)}) {
      const std::vector<double> elements = y.to_vector();
      for (std::size_t i = 0; i < elements.size(); ++i)
        BOOST_TEST(std::isnan(elements[i]) == (i >= elements.size() / 2));
    }
    // Of a triangular matrix only what is read counts.
    const Tensor half = tensor({2, bad, 1, 2}, Shape{2, 2});
    BOOST_TEST(triangular_solve(half, tensor({2, 5})).to_vector() == (std::vector<double>{1, 2}),
               boost::test_tools::per_element());
  }
}

BOOST_AUTO_TEST_CASE(singular_matrices_are_errors_with_the_pivot_and_the_line) {
  const auto says = [](const std::string& operation, const std::string& text, unsigned line) {
    return [=](const DomainError& e) {
      BOOST_TEST_CONTEXT(e.what()) {
        BOOST_TEST(std::string(e.what()).find(text) != std::string::npos);
        BOOST_TEST(e.operation() == operation);
        BOOST_TEST(e.where().line() == line);
        BOOST_TEST(e.operands().size() > 0u);
      }
      return true;
    };
  };
  Recording r;
  const Tensor a = r.variable(tensor({1, 2, 2, 4}, Shape{2, 2})), b = ones(Shape{2});
  const std::size_t before = r.statistics().values;
  BOOST_CHECK_EXCEPTION((void)solve(a, b), DomainError, says("solve", "pivot 2 of 2 is 0", __LINE__));
  BOOST_CHECK_EXCEPTION((void)inverse(a), DomainError, says("inverse", "exactly singular", __LINE__));
  const Tensor two = tensor({1, 0, 0, 1, 1, 0, 0, 0}, Shape{2, 2, 2});
  BOOST_CHECK_EXCEPTION((void)inverse(two), DomainError, says("inverse", "matrix 1 of f64[2,2,2]", __LINE__));
  unsigned line = __LINE__ + 1;
  BOOST_CHECK_EXCEPTION((void)triangular_solve(two, ones(Shape{2, 1})), DomainError,
                        says("triangular_solve", "element (1, 1) is 0", line));
  BOOST_CHECK_EXCEPTION((void)cholesky(a), DomainError, says("cholesky", "leading minor of order 2", __LINE__));
  line = __LINE__ + 1;
  BOOST_CHECK_EXCEPTION((void)log_determinant(-identity(2)), DomainError,
                        says("cholesky", "leading minor of order 1", line));
  const Tensor thin = ones(Shape{3, 2}) * tensor({1, 0}), right = ones(Shape{3});
  line = __LINE__ + 1;
  BOOST_CHECK_EXCEPTION((void)least_squares(thin, right), DomainError,
                        says("triangular_solve", "element (1, 1) is 0", line));
  BOOST_TEST(r.statistics().values == before);  // nothing of them stays
  // Where there is a value, it is given.
  BOOST_TEST(determinant(a).item() == 0);
  BOOST_TEST(log_abs_determinant(a).item() == -infinity);
  BOOST_TEST(determinant_sign(a).item() == 0);
  BOOST_TEST(reciprocal_condition(a).item() == 0);
  BOOST_TEST(distance(cofactor(a), tensor({4, -2, -2, 1}, Shape{2, 2})) < 1e-14);
  BOOST_TEST(svd(a).s.to_vector().back() < 1e-15);
  // Of a matrix that is only nearly singular nothing is hidden.
  const Tensor near = tensor({1, 1, 1, 1 + 0x1p-50}, Shape{2, 2});
  BOOST_TEST(reciprocal_condition(near).item() < 1e-15);
  BOOST_TEST(largest(inverse(near)) > 1e15);
}

BOOST_AUTO_TEST_CASE(what_does_not_fit_is_refused) {
  const Tensor a = ones(Shape{2, 3}), s = identity(2),
               whole = tensor(std::vector<std::int64_t>{1, 2, 3, 4}, Shape{2, 2});
  BOOST_CHECK_THROW((void)inverse(a), ShapeError);
  BOOST_CHECK_THROW((void)determinant(ones(Shape{3})), ShapeError);
  BOOST_CHECK_THROW((void)eigh(a), ShapeError);
  BOOST_CHECK_THROW((void)svd(ones(Shape{3})), ShapeError);
  BOOST_CHECK_THROW((void)qr(a), ShapeError);
  BOOST_CHECK_THROW((void)cholesky(whole), DtypeError);
  BOOST_CHECK_THROW((void)lower_triangle(ones(Shape{})), ShapeError);
  BOOST_CHECK_THROW((void)reciprocal_condition(a), ShapeError);
  BOOST_CHECK_THROW((void)reciprocal_condition(whole), DtypeError);
  BOOST_CHECK_THROW((void)solve(a, ones(Shape{2})), ShapeError);
  BOOST_CHECK_THROW((void)solve(s, ones(Shape{3})), ShapeError);
  BOOST_CHECK_THROW((void)solve(s, ones(Shape{})), ShapeError);
  BOOST_CHECK_THROW((void)solve(ones(Shape{2, 2, 2}), ones(Shape{3, 2, 1})), ShapeError);
  BOOST_CHECK_THROW((void)solve(s, ones(Shape{2}, Dtype::f32)), DtypeError);
  BOOST_CHECK_THROW((void)solve(ones(Shape{2}), ones(Shape{2})), ShapeError);
  BOOST_CHECK_THROW((void)triangular_solve(whole, ones(Shape{2})), DtypeError);
  BOOST_CHECK_THROW((void)least_squares(a, ones(Shape{2})), ShapeError);
  BOOST_CHECK_EXCEPTION((void)solve(s, ones(Shape{3})), ShapeError,
                        [](const Error& e) { return e.where().line() == __LINE__ - 1; });
}

BOOST_AUTO_TEST_CASE(bits_do_not_depend_on_threads) {
  std::mt19937 random(11);
  const Tensor a = regular(Shape{120, 120}, Dtype::f64, random);
  const auto all = [&] {
    std::vector<Array> results{inverse(a).value(), cholesky(a).value(), eigh(a).vectors.value(),
                               svd(a).v.value(),   qr(a).q.value(),     determinant(a).value()};
    return results;
  };
  const std::vector<Array> here = all();
  std::vector<std::vector<Array>> there(3);
  std::vector<std::thread> threads;
  for (auto& result : there) threads.emplace_back([&] { result = all(); });
  for (std::thread& t : threads) t.join();
  for (const auto& result : there)
    for (std::size_t k = 0; k < here.size(); ++k) BOOST_TEST((result[k] == here[k]), "result " << k);
}

BOOST_AUTO_TEST_SUITE_END()
