// What the primitives do at the edges of their domains, at steps, at poles and at infinity (docs/conventions.md):
// value, first and second derivative, every way. Kinks of the first primitives: kinks.cpp.
#include <boost/test/unit_test.hpp>

#include <limits>
#include <numbers>

#include "derivatives.hpp"

namespace wengert {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double nan_ = std::numeric_limits<double>::quiet_NaN();
constexpr double pi = std::numbers::pi;

}  // namespace

BOOST_AUTO_TEST_SUITE(edges)

BOOST_AUTO_TEST_CASE(steps_have_derivative_0_everywhere) {
  const auto floor_ = [](const Scalar& x) { return floor(x); };
  const auto ceil_ = [](const Scalar& x) { return ceil(x); };
  const auto round_ = [](const Scalar& x) { return round(x); };
  const auto trunc_ = [](const Scalar& x) { return trunc(x); };
  const auto sign_ = [](const Scalar& x) { return sign(x); };
  check_derivatives("floor", floor_, 2.0, {2, 0, 0});
  check_derivatives("floor", floor_, -0.5, {-1, 0, 0});
  check_derivatives("ceil", ceil_, 2.0, {2, 0, 0});
  check_derivatives("ceil", ceil_, -0.5, {0, 0, 0});
  check_derivatives("round", round_, 0.5, {1, 0, 0});
  check_derivatives("round", round_, -0.5, {-1, 0, 0});
  check_derivatives("round", round_, 2.5, {3, 0, 0});
  check_derivatives("trunc", trunc_, -2.0, {-2, 0, 0});
  check_derivatives("trunc", trunc_, -2.75, {-2, 0, 0});
  check_derivatives("sign", sign_, 0.0, {0, 0, 0});
  check_derivatives("sign", sign_, -1e-310, {-1, 0, 0});
  check_derivatives("sign", sign_, nan_, {nan_, 0, 0});
  check_derivatives("floor", floor_, infinity, {infinity, 0, 0});
  check_derivatives("floor", floor_, nan_, {nan_, 0, 0});
  check_derivatives("floor(x)·x", [](const Scalar& x) { return floor(x) * x; }, 2.5, {5, 2, 0});
  check_derivatives("sign(x)·x²", [](const Scalar& x) { return sign(x) * x * x; }, -3.0, {-9, 6, -2});
}

BOOST_AUTO_TEST_CASE(clamp_includes_its_bounds) {
  const auto f = [](const Scalar& x) { return clamp(x * x, 1.0, 4.0); };
  check_derivatives("clamp", f, 0.5, {1, 0, 0});
  check_derivatives("clamp", f, 1.5, {2.25, 3, 2});
  check_derivatives("clamp", f, 2.5, {4, 0, 0});
  check_derivatives("clamp at its lower bound", f, 1.0, {1, 2, 2});
  check_derivatives("clamp at its upper bound", f, 2.0, {4, 4, 2});
  check_derivatives("clamp of NaN", f, nan_, {nan_, 0, 0});
  const auto lower = [](const Scalar& x) { return clamp(5.0, x, 7.0); };
  check_derivatives("the lower bound", lower, 6.0, {6, 1, 0});
  check_derivatives("the lower bound, not reached", lower, 4.0, {5, 0, 0});
  check_derivatives("the lower bound, reached", lower, 5.0, {5, 0, 0});
  const auto upper = [](const Scalar& x) { return clamp(5.0, 0.0, x); };
  check_derivatives("the upper bound", upper, 3.0, {3, 1, 0});
  check_derivatives("the upper bound, reached", upper, 5.0, {5, 0, 0});
  check_derivatives("bounds the wrong way round", [](const Scalar& x) { return clamp(x, 2.0, 1.0); }, 1.5, {1, 0, 0});
  check_derivatives("all three", [](const Scalar& x) { return clamp(x, x, x); }, 1.5, {1.5, 1, 0});
  check_derivatives("a bound that is NaN", [](const Scalar& x) { return clamp(x, nan_, 1.0); }, 0.5, {nan_, 0, 0});
}

BOOST_AUTO_TEST_CASE(remainders) {
  const auto f = [](const Scalar& x) { return fmod(x, 3.0); };
  check_derivatives("fmod", f, 7.5, {1.5, 1, 0});
  check_derivatives("fmod", f, -7.5, {-1.5, 1, 0});
  check_derivatives("fmod at a step", f, 6.0, {0, 1, 0});
  check_derivatives("fmod by 0", [](const Scalar& x) { return fmod(x, 0.0); }, 1.0, {nan_, 1, 0});
  const auto g = [](const Scalar& z) { return fmod(7.5, z); };
  check_derivatives("fmod by the divisor", g, 2.0, {1.5, -3, 0});
  check_derivatives("fmod by the divisor", g, -2.0, {1.5, 3, 0});
  check_derivatives("fmod of a large quotient", [](const Scalar& z) { return fmod(1e15 + 0.5, z); }, 1.0,
                    {0.5, -1e15, 0});
  check_derivatives("fmod(x, x)", [](const Scalar& x) { return fmod(x, x); }, 2.0, {0, 0, 0});
}

// Trap T7.
BOOST_AUTO_TEST_CASE(x_log_y_at_zero) {
  const auto in_x = [](double z) { return [z](const Scalar& x) { return xlogy(x, z); }; };
  const auto in_z = [](double x) { return [x](const Scalar& z) { return xlogy(x, z); }; };
  check_derivatives("xlogy(x, 0)", in_x(0.0), 0.0, {0, 0, 0});
  check_derivatives("xlogy(x, 0)", in_x(0.0), 2.0, {-infinity, -infinity, 0});
  check_derivatives("xlogy(x, e)", in_x(std::numbers::e), 0.0, {0, 1, 0});
  check_derivatives("xlogy(x, -1)", in_x(-1.0), 0.0, {0, 0, 0});
  check_derivatives("xlogy(0, z)", in_z(0.0), 0.0, {0, 0, 0});
  check_derivatives("xlogy(0, z)", in_z(0.0), 2.0, {0, 0, 0});
  check_derivatives("xlogy(2, z)", in_z(2.0), 0.0, {-infinity, infinity, -infinity});
  check_derivatives("xlogy(0, NaN)", in_z(0.0), nan_, {nan_, nan_, nan_});
  check_derivatives("xlogy(x, x)", [](const Scalar& x) { return xlogy(x, x); }, 0.0, {0, 0, 0});
  check_derivatives("xlogy(x, x)", [](const Scalar& x) { return xlogy(x, x); }, 1.0, {0, 1, 1});
  check_derivatives("∂/∂x ∂/∂z of xlogy at x = 0", [](const Scalar& x) { return xlogy(x, 2.0 + x) - xlogy(x, 2.0); },
                    0.0, {0, 0, 1});
  check_derivatives("xlog1py(x, -1)", [](const Scalar& x) { return xlog1py(x, -1.0); }, 0.0, {0, 0, 0});
  check_derivatives("xlog1py(x, x)", [](const Scalar& x) { return xlog1py(x, x); }, 0.0, {0, 0, 2});
  check_derivatives("xlog1py(0, z)", [](const Scalar& z) { return xlog1py(0.0, z); }, -1.0, {0, 0, 0});
}

// Trap T8: the origin and the eight directions.
BOOST_AUTO_TEST_CASE(the_angle_of_a_point) {
  const auto in_y = [](double x) { return [x](const Scalar& y) { return atan2(y, x); }; };
  const auto in_x = [](double y) { return [y](const Scalar& x) { return atan2(y, x); }; };
  check_derivatives("the origin", in_y(0.0), 0.0, {0, 0, 0});
  check_derivatives("the origin", in_x(0.0), 0.0, {0, 0, 0});
  check_derivatives("the origin, both", [](const Scalar& x) { return atan2(x, x); }, 0.0, {0, 0, 0});
  check_derivatives("east", in_y(1.0), 0.0, {0, 1, 0});
  check_derivatives("east", in_x(0.0), 1.0, {0, 0, 0});
  check_derivatives("north-east", in_y(1.0), 1.0, {pi / 4, 0.5, -0.5});
  check_derivatives("north-east", in_x(1.0), 1.0, {pi / 4, -0.5, 0.5});
  check_derivatives("north", in_y(0.0), 1.0, {pi / 2, 0, 0});
  check_derivatives("north", in_x(1.0), 0.0, {pi / 2, -1, 0});
  check_derivatives("north-west", in_y(-1.0), 1.0, {3 * pi / 4, -0.5, 0.5});
  check_derivatives("north-west", in_x(1.0), -1.0, {3 * pi / 4, -0.5, -0.5});
  check_derivatives("west", in_y(-1.0), 0.0, {pi, -1, 0});
  check_derivatives("west", in_x(0.0), -1.0, {pi, 0, 0});
  check_derivatives("south-west", in_y(-1.0), -1.0, {-3 * pi / 4, -0.5, -0.5});
  check_derivatives("south-west", in_x(-1.0), -1.0, {-3 * pi / 4, 0.5, 0.5});
  check_derivatives("south", in_y(0.0), -1.0, {-pi / 2, 0, 0});
  check_derivatives("south", in_x(-1.0), 0.0, {-pi / 2, 1, 0});
  check_derivatives("south-east", in_y(1.0), -1.0, {-pi / 4, 0.5, 0.5});
  check_derivatives("south-east", in_x(-1.0), 1.0, {-pi / 4, 0.5, -0.5});
  check_derivatives("far out", in_y(1e200), 1e200, {pi / 4, 5e-201, 0}, 1);
}

// Traps T4, T9.
BOOST_AUTO_TEST_CASE(lengths) {
  check_derivatives("hypot", [](const Scalar& x) { return hypot(x, 3.0); }, 4.0, {5, 0.8, 0.072});
  check_derivatives("hypot of one side", [](const Scalar& x) { return hypot(x, 4.0); }, 0.0, {4, 0, 0.25});
  check_derivatives("hypot at the origin", [](const Scalar& x) { return hypot(x, 0.0); }, 0.0, {0, 0, 0});
  check_derivatives("hypot(x, x) at the origin", [](const Scalar& x) { return hypot(x, x); }, 0.0, {0, 0, 0});
  check_derivatives(
      "hypot without overflow", [](const Scalar& x) { return hypot(x, 3e200); }, 4e200, {5e200, 0.8, 0}, 1);
  check_derivatives(
      "hypot without underflow", [](const Scalar& x) { return hypot(x, 3e-200); }, 4e-200, {5e-200, 0.8, 0}, 1);
  check_derivatives(
      "hypot of ∞", [](const Scalar& x) { return hypot(x, 1.0); }, infinity, {infinity, nan_, nan_}, 1);
}

BOOST_AUTO_TEST_CASE(roots_and_reciprocals_at_zero) {
  check_derivatives("reciprocal", [](const Scalar& x) { return reciprocal(x); }, 0.0, {infinity, -infinity, infinity});
  check_derivatives("reciprocal", [](const Scalar& x) { return reciprocal(x); }, -0.0,
                    {-infinity, -infinity, -infinity});
  check_derivatives("rsqrt", [](const Scalar& x) { return rsqrt(x); }, 0.0, {infinity, -infinity, infinity});
  check_derivatives("rsqrt", [](const Scalar& x) { return rsqrt(x); }, -1.0, {nan_, nan_, nan_});
  check_derivatives(
      "cbrt", [](const Scalar& x) { return cbrt(x); }, 0.0, {0, infinity, 0}, 1);
  check_derivatives("cbrt", [](const Scalar& x) { return cbrt(x); }, -8.0, {-2, 1.0 / 12, 1.0 / 144});
  check_derivatives("square", [](const Scalar& x) { return square(x); }, 0.0, {0, 0, 2});
  check_derivatives("square of ∞", [](const Scalar& x) { return square(x); }, -infinity, {infinity, -infinity, 2});
}

BOOST_AUTO_TEST_CASE(ends_of_domains) {
  check_derivatives("asin", [](const Scalar& x) { return asin(x); }, 1.0, {pi / 2, infinity, infinity});
  check_derivatives("asin", [](const Scalar& x) { return asin(x); }, -1.0, {-pi / 2, infinity, -infinity});
  check_derivatives("asin", [](const Scalar& x) { return asin(x); }, 2.0, {nan_, nan_, nan_});
  check_derivatives("acos", [](const Scalar& x) { return acos(x); }, 1.0, {0, -infinity, -infinity});
  check_derivatives("acos", [](const Scalar& x) { return acos(x); }, -1.0, {pi, -infinity, infinity});
  check_derivatives("acosh", [](const Scalar& x) { return acosh(x); }, 1.0, {0, infinity, -infinity});
  check_derivatives("acosh", [](const Scalar& x) { return acosh(x); }, 0.5, {nan_, nan_, nan_});
  check_derivatives("atanh", [](const Scalar& x) { return atanh(x); }, 1.0, {infinity, infinity, infinity});
  check_derivatives("atanh", [](const Scalar& x) { return atanh(x); }, -1.0, {-infinity, infinity, -infinity});
  check_derivatives("atanh outside", [](const Scalar& x) { return atanh(x); }, 2.0, {nan_, -1.0 / 3, 4.0 / 9});
  check_derivatives("log outside", [](const Scalar& x) { return log(x); }, -2.0, {nan_, -0.5, -0.25});
  check_derivatives("log1p", [](const Scalar& x) { return log1p(x); }, -1.0, {-infinity, infinity, -infinity});
  check_derivatives("log2", [](const Scalar& x) { return log2(x); }, 0.0, {-infinity, infinity, -infinity});
  check_derivatives("log10", [](const Scalar& x) { return log10(x); }, 0.0, {-infinity, infinity, -infinity});
}

// Trap T16.
BOOST_AUTO_TEST_CASE(what_saturates_stays_finite) {
  const auto soft = [](const Scalar& x) { return softplus(x); };
  const auto log_ = [](const Scalar& x) { return log_sigmoid(x); };
  check_derivatives("softplus", soft, 1000.0, {1000, 1, 0});
  check_derivatives("softplus", soft, -1000.0, {0, 0, 0});
  check_derivatives("softplus", soft, 0.0, {std::numbers::ln2, 0.5, 0.25});
  check_derivatives("softplus", soft, infinity, {infinity, 1, 0});
  check_derivatives("softplus", soft, -infinity, {0, 0, 0});
  check_derivatives("softplus", soft, nan_, {nan_, nan_, nan_});
  check_derivatives("log_sigmoid", log_, 1000.0, {0, 0, 0});
  check_derivatives("log_sigmoid", log_, -1000.0, {-1000, 1, 0});
  check_derivatives("log_sigmoid", log_, 0.0, {-std::numbers::ln2, 0.5, -0.25});
  check_derivatives("log_sigmoid", log_, -infinity, {-infinity, 1, 0});
  check_derivatives("log_sigmoid", log_, infinity, {0, 0, 0});
  check_derivatives("softplus loses nothing far below 0", soft, -700.0,
                    {std::exp(-700.0), std::exp(-700.0), std::exp(-700.0)});
  check_derivatives("expm1", [](const Scalar& x) { return expm1(x); }, -800.0, {-1, 0, 0});
  check_derivatives("erf", [](const Scalar& x) { return erf(x); }, infinity, {1, 0, 0});
  check_derivatives("erf", [](const Scalar& x) { return erf(x); }, -infinity, {-1, 0, 0});
  check_derivatives("erfc", [](const Scalar& x) { return erfc(x); }, 40.0, {0, 0, 0});
  check_derivatives("erfc", [](const Scalar& x) { return erfc(x); }, -infinity, {2, 0, 0});
  check_derivatives("gaussian", [](const Scalar& x) { return gaussian(x); }, infinity, {0, 0, 0});
  check_derivatives(
      "atan", [](const Scalar& x) { return atan(x); }, infinity, {pi / 2, 0, 0}, 1);
  check_derivatives(
      "asinh far out", [](const Scalar& x) { return asinh(x); }, 1e200, {std::asinh(1e200), 1e-200, 0}, 1);
}

BOOST_AUTO_TEST_CASE(poles_of_the_gamma_function) {
  const auto f = [](const Scalar& x) { return lgamma(x); };
  check_derivatives("lgamma", f, 0.0, {infinity, -infinity, infinity});
  check_derivatives("lgamma", f, -0.0, {infinity, infinity, infinity});
  check_derivatives("lgamma", f, -1.0, {infinity, nan_, infinity});
  check_derivatives("lgamma", f, 1.0, {0, -std::numbers::egamma, pi * pi / 6});
  check_derivatives("lgamma", f, 2.0, {0, 1 - std::numbers::egamma, pi * pi / 6 - 1});
  check_derivatives("lgamma", f, infinity, {infinity, infinity, 0});
  check_derivatives("digamma", [](const Scalar& x) { return digamma(x); }, -infinity, {nan_, nan_, nan_});
  check_derivatives("polygamma(2)", [](const Scalar& x) { return polygamma(2, x); }, 0.0,
                    {-infinity, infinity, -infinity});
  BOOST_TEST(std::isnan(polygamma(-1, 1.0)));
}

BOOST_AUTO_TEST_CASE(logic_of_conditions) {
  const auto between = [](const Scalar& x) { return where((x > 0.0) & (x < 1.0), x * x, -x); };
  check_derivatives("between", between, 0.5, {0.25, 1, 2});
  check_derivatives("above", between, 1.5, {-1.5, -1, 0});
  check_derivatives("below", between, -0.5, {0.5, -1, 0});
  const auto outside = [](const Scalar& x) { return where((x < 0.0) | !(x < 1.0), log(x), x * x); };
  check_derivatives("outside", outside, 2.0, {std::log(2.0), 0.5, -0.25});
  check_derivatives("nothing leaks from the logarithm", outside, 0.0, {0, 0, 2});
  const auto either = [](const Scalar& x) { return where((x < 0.0) ^ (x < 1.0), 3.0 * x, x); };
  check_derivatives("exactly one", either, 0.5, {1.5, 3, 0});
  check_derivatives("both", either, -0.5, {-0.5, 1, 0});
}

BOOST_AUTO_TEST_CASE(a_joint_condition_that_decides_a_branch_guards_each_comparison) {
  Recording r;
  const Scalar x = r.variable(0.5);
  Scalar y = x;
  if ((x > 0.0) & !(x > 1.0)) y = x * x;
  BOOST_TEST(y.value() == 0.25);
  BOOST_TEST(r.statistics().guards == 2u);
  // As an operand it guards nothing.
  static_cast<void>(Scalar(where((x > 0.0) & (x < 1.0), x, -x)));
  BOOST_TEST(r.statistics().guards == 2u);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace wengert
