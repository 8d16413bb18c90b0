#include "least_squares.hpp"

#include <boost/test/unit_test.hpp>

#include <cmath>

#include "wengert/autodiff/transform/functional.hpp"

namespace wengert::testing {

namespace {

/// Terms are computed in other orders than by hand, and each with the error of its functions.
constexpr double units = 400 * 2.3e-16;

void check_close(double got, double expected, double terms, const char* what, std::size_t j, std::size_t k) {
  if (std::abs(got - expected) <= units * terms) return;
  BOOST_ERROR(what << " (" << j << ", " << k << "): got " << got << ", expected " << expected << ", terms of "
                   << terms);
}

void check_at(const Problem& problem, const Doubles& x) {
  const ByHand hand = problem.by_hand(x);
  const std::size_t n = hand.n(), m = hand.m();
  BOOST_TEST_REQUIRE(x.size() == n);

  // The residuals, forward along each axis and pulled back from each of them.
  const auto [r, pull] = vjp(problem.residuals)(x);
  BOOST_TEST_REQUIRE(r.size() == m);
  Doubles scale(m);  // of a residual: of the numbers that it is a difference of we know nothing but its derivatives
  for (std::size_t i = 0; i < m; ++i) {
    scale[i] = std::abs(hand.r[i]) + 1.0;
    for (std::size_t j = 0; j < n; ++j) scale[i] += std::abs(hand.J(i, j) * x[j]);
    check_close(r[i], hand.r[i], scale[i], "residual", i, 0);
  }
  auto along = jvp(problem.residuals);
  for (std::size_t j = 0; j < n; ++j) {
    Doubles axis(n);
    axis[j] = 1.0;
    const Doubles column = along(x, axis).tangent;
    for (std::size_t i = 0; i < m; ++i) {
      double terms = std::abs(hand.J(i, j));
      for (std::size_t k = 0; k < n; ++k) terms += std::abs(hand.S(i, j, k) * x[k]);
      check_close(column[i], hand.J(i, j), terms, "Jacobian, forward", i, j);
    }
  }
  for (std::size_t i = 0; i < m; ++i) {
    Doubles axis(m);
    axis[i] = 1.0;
    const Doubles row = pull(axis);
    for (std::size_t j = 0; j < n; ++j) {
      double terms = std::abs(hand.J(i, j));
      for (std::size_t k = 0; k < n; ++k) terms += std::abs(hand.S(i, j, k) * x[k]);
      check_close(row[j], hand.J(i, j), terms, "Jacobian, reverse", i, j);
    }
  }

  // The sum of squares.
  const auto F = [&](const Vector& at) {
    Scalar sum = 0.0;
    for (const Scalar& residual : problem.residuals(at)) sum += residual * residual;
    return sum;
  };
  const auto [value, gradient] = value_and_grad(F)(x);
  double expected = 0, terms = 0;
  for (std::size_t i = 0; i < m; ++i) {
    expected += hand.r[i] * hand.r[i];
    terms += scale[i] * scale[i];
  }
  check_close(value, expected, terms, "value", 0, 0);
  for (std::size_t j = 0; j < n; ++j) {
    expected = terms = 0;
    for (std::size_t i = 0; i < m; ++i) {
      expected += 2 * hand.J(i, j) * hand.r[i];
      terms += 2 * std::abs(hand.J(i, j)) * scale[i];
      for (std::size_t k = 0; k < n; ++k) terms += std::abs(2 * hand.S(i, j, k) * x[k] * hand.r[i]);
    }
    check_close(gradient[j], expected, terms, "gradient", j, 0);
  }
  auto times = hvp(F);
  for (std::size_t j = 0; j < n; ++j) {
    Doubles axis(n);
    axis[j] = 1.0;
    const Doubles column = times(x, axis);
    for (std::size_t k = 0; k < n; ++k) {
      expected = terms = 0;
      for (std::size_t i = 0; i < m; ++i) {
        expected += 2 * (hand.J(i, j) * hand.J(i, k) + hand.r[i] * hand.S(i, j, k));
        terms += 2 * (std::abs(hand.J(i, j) * hand.J(i, k)) + std::abs(scale[i] * hand.S(i, j, k)));
      }
      check_close(column[k], expected, terms, "Hessian", k, j);
    }
  }
}

}  // namespace

void check(const Problem& problem) {
  BOOST_TEST_CONTEXT(problem.name << ", at its start") { check_at(problem, problem.start); }
  Doubles near = problem.start;
  for (std::size_t k = 0; k < near.size(); ++k) {
    const double wave = std::sin(1.0 + 2.0 * static_cast<double>(k));
    near[k] += 0.05 * wave * (1.0 + std::abs(near[k]));
  }
  BOOST_TEST_CONTEXT(problem.name << ", near its start") { check_at(problem, near); }
}

}  // namespace wengert::testing
