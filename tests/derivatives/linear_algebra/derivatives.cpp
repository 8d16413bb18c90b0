// Derivatives of linear algebra against identities that do not come from its rules; what happens at singular matrices
// and equal eigenvalues.
#include <boost/test/unit_test.hpp>

#include <cmath>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "wengert/autodiff/autodiff.hpp"
#include "wengert/autodiff/record/linear_algebra.hpp"
#include "wengert/autodiff/transform/check.hpp"
#include "wengert/tests/tensor/tensor_helpers.hpp"

using namespace wengert;
using namespace wengert::test;

namespace {

double distance(const Tensor& a, const Tensor& b) {
  double most = 0;
  const auto x = a.to_vector(), y = b.to_vector();
  BOOST_REQUIRE(x.size() == y.size());
  for (std::size_t i = 0; i < x.size(); ++i) {
    if (std::isnan(x[i]) || std::isnan(y[i])) return std::numeric_limits<double>::quiet_NaN();
    most = std::max(most, std::abs(x[i] - y[i]));
  }
  return most;
}
bool all_finite(const Tensor& t) {
  for (const double v : t.to_vector())
    if (!std::isfinite(v)) return false;
  return true;
}

Tensor regular(std::int64_t n, std::mt19937& random) {
  return random_tensor({Dtype::f64, Shape{n, n}}, random) + identity(n) * static_cast<double>(n);
}
Tensor definite(std::int64_t n, std::mt19937& random) {
  const Tensor a = random_tensor({Dtype::f64, Shape{n, n}}, random);
  return matmul(a, transpose(a)) + identity(n);
}

/// H·d of a function of one tensor, by two ways that must agree.
template <class F>
Tensor hessian_times(const F& f, const Tensor& at, const Tensor& d) {
  Recording r;
  const Tensor x = r.variable(at), g = gradient(f(x), std::vector{x})[0];
  const Tensor by_reverse = backward(sum(g * d))[x], by_forward = forward({x}, {d})[g];
  BOOST_TEST(distance(by_reverse, by_forward) < 1e-10 * (1 + std::abs(dot(by_reverse, by_reverse))));
  return by_reverse;
}

/// f of nine numbers in a 3×3 matrix, through the checker that users have.
template <class F>
void check(const char* name, const F& f, const std::vector<double>& at) {
  const GradientCheck report = check_gradient(
      [&](const std::vector<Scalar>& x) {
        return to_scalar(f(reshape(stack(x), Shape{3, 3})));
      },
      at, {.order = 2});
  BOOST_TEST(report.passed(), name << ": " << report.text());
}

const std::vector<double> some{2.5, 0.3, -0.4, 0.7, 3.5, 0.2, -0.1, 0.6, 4.75};

}  // namespace

BOOST_AUTO_TEST_SUITE(derivatives)

BOOST_AUTO_TEST_CASE(the_gradient_checker_finds_nothing_wrong) {
  const Tensor w = tensor({0.3, -0.7, 0.2, 1.1, 0.4, -0.5, 0.6, 0.9, -0.8}, Shape{3, 3});
  check(
      "solve", [&](const Tensor& a) { return sum(w * solve(a, transpose(a) * w)); }, some);
  check(
      "vector solve",
      [&](const Tensor& a) {
        return sum(tensor({1, 2, 3}) * solve(a, sum(a * w, {1})));
      },
      some);
  check(
      "inverse", [&](const Tensor& a) { return sum(w * inverse(a)); }, some);
  check(
      "determinant", [&](const Tensor& a) { return determinant(a); }, some);
  check(
      "log_abs_determinant", [&](const Tensor& a) { return log_abs_determinant(a); }, some);
  check(
      "log_determinant", [&](const Tensor& a) { return log_determinant(a); }, some);
  check(
      "cholesky", [&](const Tensor& a) { return sum(w * cholesky(a)); }, some);
  check(
      "cholesky_solve", [&](const Tensor& a) { return sum(w * cholesky_solve(cholesky(a), a)); }, some);
  check(
      "triangular_solve", [&](const Tensor& a) { return sum(w * triangular_solve(a, w, Part::upper, Turned::yes)); },
      some);
  check(
      "eigenvalues",
      [&](const Tensor& a) {
        return sum(tensor({1, -2, 3}) * eigh(a).values);
      },
      some);
  check(
      "eigenvectors", [&](const Tensor& a) { return sum(w * eigh(a).vectors); }, some);
  check(
      "singular values",
      [&](const Tensor& a) {
        return sum(tensor({1, -2, 3}) * svd(a).s);
      },
      some);
  check(
      "singular vectors",
      [&](const Tensor& a) {
        const auto [u, s, v] = svd(a);
        return sum(w * u) + sum(u * v * s);
      },
      some);
  check(
      "qr",
      [&](const Tensor& a) {
        const auto [q, r] = qr(a);
        return sum(w * q) + sum(q * r);
      },
      some);
  check(
      "least squares",
      [&](const Tensor& a) {
        return sum(least_squares(slice_along(a, 1, 0, 2), tensor({1, -1, 2})) * tensor({2, 3}));
      },
      some);
  check(
      "thin svd",
      [&](const Tensor& a) {
        const auto [u, s, v] = svd(slice_along(a, 1, 0, 2));
        return sum(matmul(u, transpose(v)) * slice_along(w, 1, 0, 2)) + sum(s * s);
      },
      some);
}

BOOST_AUTO_TEST_CASE(gradients_in_closed_form) {
  std::mt19937 random(2);
  Recording r;
  const Tensor a = r.variable(regular(5, random)), s = r.variable(definite(5, random));
  const Tensor inverse_turned = transpose(inverse(Tensor(a.value())));
  BOOST_TEST(distance(backward(log_abs_determinant(a))[a], inverse_turned) < 1e-14);
  BOOST_TEST(distance(backward(determinant(a))[a], determinant(Tensor(a.value())) * inverse_turned) <
             1e-13 * std::abs(determinant(a).item()));
  BOOST_TEST(distance(backward(trace(inverse(a)))[a], -matmul(inverse_turned, inverse_turned)) < 1e-14);
  // Of the symmetric part: a symmetric gradient.
  const Tensor of_s = inverse(Tensor(s.value()));
  BOOST_TEST(distance(backward(log_determinant(s))[s], of_s) < 1e-14);
  BOOST_TEST(distance(backward(sum(log(eigh(s).values)))[s], of_s) < 1e-13);
  BOOST_TEST(distance(backward(sum(eigh(s).values))[s], identity(5)) < 1e-14);
  // Σσ² = Σa²
  BOOST_TEST(distance(backward(sum(svd(a).s * svd(a).s))[a], Tensor(a.value()) * 2.0) < 1e-13);
  // |r| of one column is its length.
  const Tensor column = r.variable(tensor({3, 4}, Shape{2, 1}));
  BOOST_TEST(distance(backward(sum(qr(column).r))[column], tensor({0.6, 0.8}, Shape{2, 1})) < 1e-15);
}

// Functions that are constant, or known by other means: their derivatives to second order.
BOOST_AUTO_TEST_CASE(identities_to_second_order) {
  std::mt19937 random(9);
  const Tensor at = definite(4, random), d = random_tensor(at.type(), random), w = random_tensor(at.type(), random);
  const auto zero_to_second_order = [&](const char* name, const auto& f) {
    Recording r;
    const Tensor x = r.variable(at);
    BOOST_TEST(distance(backward(f(x))[x], zeros(at.shape())) < 1e-10, name);
    BOOST_TEST(distance(hessian_times(f, at, d), zeros(at.shape())) < 1e-9, name);
  };
  zero_to_second_order("a·a⁻¹", [&](const Tensor& x) { return sum(w * matmul(x, inverse(x))); });
  zero_to_second_order("a\\a", [&](const Tensor& x) { return sum(w * solve(x, x)); });
  zero_to_second_order("l·lᵀ", [&](const Tensor& x) {
    const Tensor l = cholesky(x);
    return sum(w * (matmul(l, transpose(l)) - (x + transpose(x)) * 0.5));
  });
  zero_to_second_order("v·λ·vᵀ", [&](const Tensor& x) {
    const auto [values, v] = eigh(x);
    return sum(w * (matmul(v * values, transpose(v)) - (x + transpose(x)) * 0.5));
  });
  zero_to_second_order("vᵀ·v", [&](const Tensor& x) {
    const Tensor v = eigh(x).vectors;
    return sum(w * matmul(transpose(v), v));
  });
  zero_to_second_order("u·s·vᵀ", [&](const Tensor& x) {
    const auto [u, s, v] = svd(x);
    return sum(w * (matmul(u * s, transpose(v)) - x));
  });
  zero_to_second_order("q·r", [&](const Tensor& x) {
    const auto [q, upper] = qr(x);
    return sum(w * (matmul(q, upper) - x)) + sum(w * matmul(transpose(q), q));
  });
  zero_to_second_order("log|det| by two ways", [&](const Tensor& x) {
    return log_abs_determinant((x + transpose(x)) * 0.5) - log_determinant(x);
  });
  // ∇²(log det)·d = -A⁻¹·D·A⁻¹
  const Tensor inverted = inverse(at), symmetric = (d + transpose(d)) * 0.5;
  BOOST_TEST(distance(hessian_times([](const Tensor& x) { return log_determinant(x); }, at, symmetric),
                      -matmul(matmul(inverted, symmetric), inverted)) < 1e-12);
}

BOOST_AUTO_TEST_CASE(f32_gives_what_f64_gives_to_its_own_digits) {
  std::mt19937 random(4);
  const Tensor at = definite(4, random);
  const auto slope = [&](const Tensor& matrix, const auto& f) {
    Recording r;
    const Tensor x = r.variable(matrix), g = backward(f(x))[x];
    BOOST_TEST(g.dtype() == matrix.dtype());
    return convert(g, Dtype::f64);
  };
  const auto both = [&](const char* name, const auto& f) {
    BOOST_TEST(distance(slope(at, f), slope(convert(at, Dtype::f32), f)) < 2e-4, name);
  };
  both("inverse", [](const Tensor& x) { return sum(inverse(x)); });
  both("log_determinant", [](const Tensor& x) { return log_determinant(x); });
  both("eigh", [](const Tensor& x) { return sum(slice_along(eigh(x).vectors, 0, 0, 2)); });
  both("svd", [](const Tensor& x) { return sum(svd(x).u) + sum(svd(x).s); });
  both("qr", [](const Tensor& x) { return sum(qr(x).q) + sum(qr(x).r); });
}

// The determinant is a polynomial: at a singular matrix its gradient is the cofactors, whatever the rank.
BOOST_AUTO_TEST_CASE(the_determinant_at_singular_matrices) {
  Recording r;
  const Tensor rank_two = r.variable(tensor({1, 2, 3, 4, 5, 6, 7, 8, 9}, Shape{3, 3}));
  BOOST_TEST(distance(backward(determinant(rank_two))[rank_two],
                      tensor({-3, 6, -3, 6, -12, 6, -3, 6, -3}, Shape{3, 3})) < 1e-13);
  const Tensor rank_one = r.variable(ones(Shape{3, 3}));
  BOOST_TEST(distance(backward(determinant(rank_one))[rank_one], zeros(Shape{3, 3})) < 1e-15);
  const Tensor d = tensor({1, 0, 0, 0, 0, 0, 0, 0, 0}, Shape{3, 3});
  const Tensor value = determinant(rank_two);
  BOOST_TEST(std::abs(forward({rank_two}, {d})[value].item() + 3) < 1e-13);
  // Just beside it the same number comes by another way.
  const Tensor beside = r.variable(Tensor(rank_two.value()) + identity(3) * 1e-9);
  BOOST_TEST(distance(backward(determinant(beside))[beside], backward(determinant(rank_two))[rank_two]) < 1e-7);
}

BOOST_AUTO_TEST_CASE(derivatives_that_do_not_exist_are_errors_with_the_line_of_the_function) {
  Recording r;
  const Tensor a = r.variable(tensor({1, 2, 2, 4}, Shape{2, 2}));
  const Tensor logarithm = log_abs_determinant(a);
  const unsigned line = __LINE__ - 1;
  const auto says = [&](const DomainError& e) {
    BOOST_TEST_CONTEXT(e.what()) {
      BOOST_TEST(std::string(e.what()).find("exactly singular") != std::string::npos);
      BOOST_TEST(e.where().line() == line);
    }
    return true;
  };
  BOOST_CHECK_EXCEPTION((void)backward(logarithm), DomainError, says);
  BOOST_CHECK_EXCEPTION((void)forward({a}, {a}), DomainError, says);
  BOOST_CHECK_EXCEPTION((void)gradient(logarithm, std::vector{a}), DomainError, says);
  // Nothing flows into it: no error.
  BOOST_TEST(distance(backward(sum(a) + logarithm * 0.0)[a], ones(Shape{2, 2})) == 0);
}

BOOST_AUTO_TEST_CASE(equal_eigenvalues) {
  Recording r;
  const Tensor a = r.variable(tensor({2, 0, 0, 0, 2, 0, 0, 0, 5}, Shape{3, 3}));
  const auto [values, vectors] = eigh(a);
  // Sums of values are smooth; nothing of the vectors' infinite derivatives comes in.
  BOOST_TEST(distance(backward(sum(values))[a], identity(3)) < 1e-15);
  BOOST_TEST(distance(backward(sum(values * values))[a], Tensor(a.value()) * 2.0) < 1e-14);
  BOOST_TEST(all_finite(backward(sum(values * tensor({0, 0, 1})))[a]));
  // A vector that belongs to an equal pair has no derivative, and says so; so does the forward mode.
  const Tensor one = sum(slice_along(vectors, 1, 0, 1) * tensor({1, 2, 3}, Shape{3, 1}));
  BOOST_TEST(!all_finite(backward(one)[a]));
  const Tensor d = tensor({0, 1, 0, 1, 0, 0, 0, 0, 0}, Shape{3, 3});
  const Tangents t = forward({a}, {d});
  BOOST_TEST(!all_finite(t[vectors]));
  BOOST_TEST(all_finite(t[values]));
  // Equal but for rounding is equal.
  const double c = std::cos(0.3), s = std::sin(0.3);
  const Tensor turn = tensor({c, -s, 0, s, c, 0, 0, 0, 1}, Shape{3, 3});
  const Tensor b = r.variable(matmul(matmul(turn, Tensor(a.value())), transpose(turn)));
  BOOST_TEST(!all_finite(backward(sum(slice_along(eigh(b).vectors, 1, 0, 1)))[b]));
  BOOST_TEST(distance(backward(sum(eigh(b).values))[b], identity(3)) < 1e-14);
}

BOOST_AUTO_TEST_CASE(singular_values_that_are_equal_or_zero) {
  Recording r;
  const Tensor a = r.variable(identity(3) * 2.0);
  BOOST_TEST(distance(backward(sum(svd(a).s))[a], identity(3)) < 1e-15);  // the nuclear norm
  BOOST_TEST(!all_finite(backward(sum(svd(a).u * tensor({1, 2, 3, 4, 5, 6, 7, 8, 10}, Shape{3, 3})))[a]));
  const Tensor flat = r.variable(tensor({1, 2, 2, 4, 0, 0}, Shape{3, 2}));
  BOOST_TEST(all_finite(backward(sum(svd(flat).s * tensor({1, 0})))[flat]));
  BOOST_TEST(!all_finite(backward(sum(svd(flat).u))[flat]));
}

BOOST_AUTO_TEST_SUITE_END()
