// where(): nothing passes to the side that was not chosen (T14), and a cotangent of exactly 0 contributes 0: in one
// statement and in several, numeric and recorded, rolled up and not, first and second order.
#include <boost/test/unit_test.hpp>

#include <limits>

#include "derivatives.hpp"

namespace wengert {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

/// The same with the dangerous part in a statement of its own.
template <class Danger, class Choice>
void check_both(const char* what, const Danger& danger, const Choice& choice, double at, const Expected& expected) {
  check_derivatives(
      what, [&](const Scalar& x) { return Scalar(choice(x, danger(x))); }, at, expected);
  check_derivatives(
      std::string(what) + ", in two statements",
      [&](const Scalar& x) {
        const Scalar d = danger(x);
        return Scalar(choice(x, d));
      },
      at, expected);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(selection)

BOOST_AUTO_TEST_CASE(logarithm_in_the_side_not_taken) {
  const auto danger = [](const Scalar& x) { return log(x); };
  const auto choice = [](const Scalar& x, const auto& d) { return where(x > 0.0, d, 0.0 * x); };
  check_both("where(x > 0, log x, 0)", danger, choice, 0.0, {0, 0, 0});
  check_both("where(x > 0, log x, 0)", danger, choice, -1.0, {-0.0, 0, 0});
  check_both("where(x > 0, log x, 0)", danger, choice, 4.0, {std::log(4.0), 0.25, -0.0625});
}

BOOST_AUTO_TEST_CASE(square_root_in_the_side_not_taken) {
  const auto danger = [](const Scalar& x) { return sqrt(x); };
  const auto choice = [](const Scalar& x, const auto& d) { return where(x > 0.0, d, x * x); };
  check_both("where(x > 0, sqrt x, x²)", danger, choice, 0.0, {0, 0, 2});
  check_both("where(x > 0, sqrt x, x²)", danger, choice, -1.0, {1, -2, 2});
  check_both("where(x > 0, sqrt x, x²)", danger, choice, 4.0, {2, 0.25, -0.03125});
}

BOOST_AUTO_TEST_CASE(exponential_in_the_side_not_taken) {
  const auto danger = [](const Scalar& x) { return exp(x * x); };
  const auto choice = [](const Scalar& x, const auto& d) { return where(x < 1.0, d, 3.0 * x * x); };
  check_both("where(x < 1, exp x², 3x²)", danger, choice, 100.0, {30000, 600, 6});
  check_both("where(x < 1, exp x², 3x²)", danger, choice, 0.0, {1, 0, 2});
}

BOOST_AUTO_TEST_CASE(division_in_the_side_not_taken) {
  const auto danger = [](const Scalar& x) { return sin(x) / x; };
  const auto choice = [](const Scalar& x, const auto& d) { return where(x != 0.0, d, 1.0); };
  check_both("where(x ≠ 0, sin x / x, 1)", danger, choice, 0.0, {1, 0, 0});
  const auto inverse = [](const Scalar& x) { return 1.0 / x; };
  const auto other = [](const Scalar& x, const auto& d) { return where(x == 0.0, x, d); };
  check_both("where(x = 0, x, 1/x)", inverse, other, 0.0, {0, 1, 0});
  check_both("where(x = 0, x, 1/x)", inverse, other, 2.0, {0.5, -0.25, 0.25});
}

BOOST_AUTO_TEST_CASE(entropy_at_zero) {
  const auto danger = [](const Scalar& x) { return x * log(x); };
  const auto choice = [](const Scalar& x, const auto& d) { return where(x > 0.0, d, 0.0 * x); };
  check_both("where(x > 0, x log x, 0)", danger, choice, 0.0, {0, 0, 0});
  check_both("where(x > 0, x log x, 0)", danger, choice, 1.0, {0, 1, 1});
}

BOOST_AUTO_TEST_CASE(the_condition_may_be_a_bool) {
  check_derivatives("where(true, …)", [](const Scalar& x) { return where(true, x * x, log(x)); }, -1.0, {1, -2, 2});
  check_derivatives("where(false, …)", [](const Scalar& x) { return where(false, log(x), x * x); }, -1.0, {1, -2, 2});
}

// A zero that stands between a result and an infinite derivative. (The second derivative of the zero factor is not 0.)
BOOST_AUTO_TEST_CASE(a_zero_cotangent_contributes_zero) {
  check_derivatives("0·(1/x)", [](const Scalar& x) { return 0.0 * (1.0 / (x * x)); }, 1.0, {0, 0, 0});
  check_derivatives(
      "relu(-1)·sqrt(0)", [](const Scalar& x) { return relu(x - 1.0) * sqrt(x); }, 0.0, {0, 0, 0}, 1);
  check_derivatives("0·exp", [](const Scalar& x) { return 0.0 * exp(x); }, 1e4, {std::nan(""), 0, 0});
  check_derivatives("heaviside(-1)·log(0)",
                    [](const Scalar& x) {
                      const Scalar h = heaviside(x - 1.0), l = log(x);
                      return Scalar(h * l);
                    },
                    0.0, {std::nan(""), 0, 0});
  check_derivatives(
      "an output without influence",
      [](const Scalar& x) {
        const Scalar s = sqrt(x);
        const Scalar t = s * s;
        return Scalar(0.0 * t + x);
      },
      0.0, {0, 1, 0}, 1);
}

// A sum that overflows is finite term by term.
BOOST_AUTO_TEST_CASE(large_partials_are_not_masked_away) {
  check_derivatives("1e308·x + 1e308·x", [](const Scalar& x) { return 1e308 * x + 1e308 * x; }, 0.5,
                    {1e308, infinity, 0});
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace wengert
