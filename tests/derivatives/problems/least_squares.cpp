#include "least_squares.hpp"

#include <boost/test/unit_test.hpp>

#include <cmath>
#include <sstream>
#include <utility>

#include "wengert/autodiff/transform/functional.hpp"

namespace wengert::testing {

namespace {

/// Terms are computed in other orders than by hand, and each with the error of its functions.
constexpr double units = 400 * 2.3e-16;

using Texts = std::vector<std::string>;

void compare(Texts& found, double got, double expected, double terms, const char* what, std::size_t j, std::size_t k) {
  if (std::abs(got - expected) <= units * terms) return;
  std::ostringstream text;
  text << what << " (" << j << ", " << k << "): got " << got << ", expected " << expected << ", terms of " << terms;
  found.push_back(std::move(text).str());
}

void compare_at(Texts& found, const Problem& problem, const Doubles& x) {
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
    compare(found, r[i], hand.r[i], scale[i], "residual", i, 0);
  }
  auto along = jvp(problem.residuals);
  for (std::size_t j = 0; j < n; ++j) {
    Doubles axis(n);
    axis[j] = 1.0;
    const Doubles column = along(x, axis).tangent;
    for (std::size_t i = 0; i < m; ++i) {
      double terms = std::abs(hand.J(i, j));
      for (std::size_t k = 0; k < n; ++k) terms += std::abs(hand.S(i, j, k) * x[k]);
      compare(found, column[i], hand.J(i, j), terms, "Jacobian, forward", i, j);
    }
  }
  for (std::size_t i = 0; i < m; ++i) {
    Doubles axis(m);
    axis[i] = 1.0;
    const Doubles row = pull(axis);
    for (std::size_t j = 0; j < n; ++j) {
      double terms = std::abs(hand.J(i, j));
      for (std::size_t k = 0; k < n; ++k) terms += std::abs(hand.S(i, j, k) * x[k]);
      compare(found, row[j], hand.J(i, j), terms, "Jacobian, reverse", i, j);
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
  compare(found, value, expected, terms, "value", 0, 0);
  for (std::size_t j = 0; j < n; ++j) {
    expected = terms = 0;
    for (std::size_t i = 0; i < m; ++i) {
      expected += 2 * hand.J(i, j) * hand.r[i];
      terms += 2 * std::abs(hand.J(i, j)) * scale[i];
      for (std::size_t k = 0; k < n; ++k) terms += std::abs(2 * hand.S(i, j, k) * x[k] * hand.r[i]);
    }
    compare(found, gradient[j], expected, terms, "gradient", j, 0);
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
      compare(found, column[k], expected, terms, "Hessian", k, j);
    }
  }
}

}  // namespace

std::vector<std::string> differences(const Problem& problem) {
  Texts found;
  compare_at(found, problem, problem.start);
  Doubles near = problem.start;
  for (std::size_t k = 0; k < near.size(); ++k) {
    const double wave = std::sin(1.0 + 2.0 * static_cast<double>(k));
    near[k] += 0.05 * wave * (1.0 + std::abs(near[k]));
  }
  compare_at(found, problem, near);
  return found;
}

void check(const Problem& problem) {
  const Texts found = differences(problem);
  BOOST_TEST(found.empty(), problem.name << ": " << found.size() << " differences");
  for (const std::string& text : found) BOOST_TEST_MESSAGE(text);
  if (!found.empty()) BOOST_ERROR(found.front());
}

BOOST_AUTO_TEST_SUITE(least_squares)

BOOST_AUTO_TEST_CASE(planted_errors_are_found) {
  // (x² − 1, xy): right, and with one number of the closed form wrong in the tenth digit.
  const auto with = [](double first, double second, double residual) {
    return Problem{"planted",
                   {2.0, 3.0},
                   [](const Vector& x) {
                     return Vector{x[0] * x[0] - 1.0, x[0] * x[1]};
                   },
                   [=](const Doubles& x) {
                     ByHand h(2, 2);
                     h.r = {x[0] * x[0] - 1, x[0] * x[1] * residual};
                     h.J(0, 0) = 2 * x[0];
                     h.J(1, 0) = x[1] * first;
                     h.J(1, 1) = x[0];
                     h.second(0, 0, 0, 2);
                     h.second(1, 0, 1, second);
                     return h;
                   }};
  };
  const double wrong = 1 + 1e-10;
  BOOST_TEST(differences(with(1, 1, 1)).empty());
  BOOST_TEST(differences(with(wrong, 1, 1)).size() >= 8u);  // forward, reverse, gradient, Hessian; at two points
  BOOST_TEST(differences(with(1, wrong, 1)).size() == 4u);  // two places of the Hessian; at two points
  BOOST_TEST(differences(with(1, 1, wrong)).size() >= 4u);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace wengert::testing
