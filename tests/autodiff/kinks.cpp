// The conventions at kinks and boundary points (docs/conventions.md, T1 … T11, T16, T20): first and second order, every
// way.
#include <boost/test/unit_test.hpp>

#include <limits>

#include "derivatives.hpp"

namespace wengert {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double nan_ = std::numeric_limits<double>::quiet_NaN();
constexpr double denormal = 1e-310;

}  // namespace

BOOST_AUTO_TEST_SUITE(kinks)

BOOST_AUTO_TEST_CASE(relu_has_derivative_0_at_0) {
  const auto f = [](const Scalar& x) { return relu(x); };
  check_derivatives("relu", f, 0.0, {0, 0, 0});
  check_derivatives("relu", f, -0.0, {-0.0, 0, 0});
  check_derivatives("relu", f, 1.5, {1.5, 1, 0});
  check_derivatives("relu", f, -1.5, {0, 0, 0});
  check_derivatives("relu", f, denormal, {denormal, 1, 0});
  check_derivatives("relu", f, -denormal, {0, 0, 0});
  check_derivatives("relu", f, nan_, {nan_, 0, 0});
  check_derivatives("relu of a product", [](const Scalar& x) { return relu(x * 3.0) * x; }, 2.0, {12, 12, 6});
  check_derivatives("relu of a product", [](const Scalar& x) { return relu(x * 3.0) * x; }, 0.0, {0, 0, 0});
}

BOOST_AUTO_TEST_CASE(max_and_min_split_a_tie) {
  check_derivatives("max(x, 0)", [](const Scalar& x) { return max(x, 0.0); }, 0.0, {0, 0.5, 0});
  check_derivatives("max(0, x)", [](const Scalar& x) { return max(0.0, x); }, 0.0, {0, 0.5, 0});
  check_derivatives("min(x, 0)", [](const Scalar& x) { return min(x, 0.0); }, 0.0, {0, 0.5, 0});
  check_derivatives("max(x, x)", [](const Scalar& x) { return max(x, x); }, 0.7, {0.7, 1, 0});
  check_derivatives("max(x, 2x)", [](const Scalar& x) { return max(x, 2.0 * x); }, 0.0, {0, 1.5, 0});
  check_derivatives("max(x, 0)", [](const Scalar& x) { return max(x, 0.0); }, denormal, {denormal, 1, 0});
  check_derivatives("max(x, 0)", [](const Scalar& x) { return max(x, 0.0); }, -denormal, {0, 0, 0});
  check_derivatives("max(x², 1)", [](const Scalar& x) { return max(x * x, 1.0); }, 1.0, {1, 1, 1});
  check_derivatives("max(x, NaN)", [](const Scalar& x) { return max(x, nan_); }, 1.0, {nan_, 0, 0});
  check_derivatives("min(x, NaN)", [](const Scalar& x) { return min(x, nan_); }, 1.0, {nan_, 0, 0});
  check_derivatives("max(x, 0)", [](const Scalar& x) { return max(x, 0.0); }, nan_, {nan_, 0, 0});
}

BOOST_AUTO_TEST_CASE(clamping_between_bounds) {
  const auto clamp = [](const Scalar& x) { return min(max(x * x, 1.0), 4.0); };
  check_derivatives("clamp", clamp, 0.5, {1, 0, 0});
  check_derivatives("clamp", clamp, 1.5, {2.25, 3, 2});
  check_derivatives("clamp", clamp, 2.5, {4, 0, 0});
  check_derivatives("clamp at its upper bound", clamp, 2.0, {4, 2, 1});
  check_derivatives("clamp at its lower bound", clamp, 1.0, {1, 1, 1});
}

BOOST_AUTO_TEST_CASE(abs_has_derivative_0_at_0) {
  const auto f = [](const Scalar& x) { return abs(x); };
  check_derivatives("abs", f, 0.0, {0, 0, 0});
  check_derivatives("abs", f, -0.0, {0, 0, 0});
  check_derivatives("abs", f, -2.0, {2, -1, 0});
  check_derivatives("abs", f, denormal, {denormal, 1, 0});
  check_derivatives("x·abs(x)", [](const Scalar& x) { return x * abs(x); }, -2.0, {-4, 4, -2});
}

BOOST_AUTO_TEST_CASE(heaviside_has_derivative_0_everywhere) {
  const auto f = [](const Scalar& x) { return heaviside(x); };
  check_derivatives("heaviside", f, 0.0, {1, 0, 0});
  check_derivatives("heaviside", f, -0.0, {1, 0, 0});
  check_derivatives("heaviside", f, -denormal, {0, 0, 0});
  check_derivatives("heaviside", f, nan_, {nan_, 0, 0});
  check_derivatives("heaviside(x)·x²", [](const Scalar& x) { return heaviside(x) * x * x; }, 3.0, {9, 6, 2});
}

BOOST_AUTO_TEST_CASE(sqrt_has_an_infinite_derivative_at_0) {
  check_derivatives("sqrt", [](const Scalar& x) { return sqrt(x); }, 0.0, {0, infinity, -infinity});
  check_derivatives("sqrt", [](const Scalar& x) { return sqrt(x); }, -1.0, {nan_, nan_, nan_});
  check_derivatives("0·sqrt", [](const Scalar& x) { return 0.0 * sqrt(x); }, 0.0, {0, 0, 0});
  check_derivatives("0·sqrt, in two statements",
                    [](const Scalar& x) {
                      const Scalar root = sqrt(x);
                      return Scalar(root * 0.0);
                    },
                    0.0, {0, 0, 0});
  check_derivatives(
      "sqrt(x²)", [](const Scalar& x) { return sqrt(x * x); }, 0.0, {0, 0, 0}, 1);
  check_derivatives("the norm",
                    [](const Scalar& x) {
                      const Scalar s = x * x;
                      return Scalar(where(s > 0.0, sqrt(s), 0.0 * s));
                    },
                    0.0, {0, 0, 0});
  check_derivatives(
      "the norm",
      [](const Scalar& x) {
        const Scalar s = x * x;
        return Scalar(where(s > 0.0, sqrt(s), 0.0 * s));
      },
      -3.0, {3, -1, 0}, 1);
}

BOOST_AUTO_TEST_CASE(whole_powers_never_meet_a_logarithm) {
  const auto power = [](int n) { return [n](const Scalar& x) { return pow(x, n); }; };
  check_derivatives("x^0", power(0), 0.0, {1, 0, 0});
  check_derivatives("x^1", power(1), 0.0, {0, 1, 0});
  check_derivatives("x^2", power(2), 0.0, {0, 0, 2});
  check_derivatives("x^3", power(3), 0.0, {0, 0, 0});
  check_derivatives("x^-1", power(-1), 0.0, {infinity, -infinity, infinity});
  check_derivatives("x^0", power(0), -2.0, {1, 0, 0});
  check_derivatives("x^3", power(3), -2.0, {-8, 12, -12});
  check_derivatives("x^-2", power(-2), -2.0, {0.25, 0.25, 0.375});
  check_derivatives("x^0", power(0), nan_, {1, 0, 0});
  check_derivatives("x^0", power(0), infinity, {1, 0, 0});
}

BOOST_AUTO_TEST_CASE(real_powers_in_the_base) {
  const auto power = [](double p) { return [p](const Scalar& x) { return pow(x, p); }; };
  check_derivatives("x^-1.0", power(-1), 0.0, {infinity, -infinity, infinity});
  check_derivatives("x^0.0", power(0), 0.0, {1, 0, 0});
  check_derivatives("x^0.5", power(0.5), 0.0, {0, infinity, -infinity});
  check_derivatives("x^1.0", power(1), 0.0, {0, 1, 0});
  check_derivatives("x^1.5", power(1.5), 0.0, {0, 0, infinity});
  check_derivatives("x^2.0", power(2), 0.0, {0, 0, 2});
  check_derivatives("x^3.0", power(3), 0.0, {0, 0, 0});
  check_derivatives("x^3.0", power(3), -2.0, {-8, 12, -12});
  check_derivatives("x^0.0", power(0), -2.0, {1, 0, 0});
  check_derivatives("x^0.5", power(0.5), -2.0, {nan_, nan_, nan_});
}

BOOST_AUTO_TEST_CASE(real_powers_in_the_exponent) {
  const auto power = [](double x) { return [x](const Scalar& p) { return pow(x, p); }; };
  check_derivatives("0^p", power(0), -1.0, {infinity, -infinity, infinity});
  check_derivatives("0^p", power(0), 0.0, {1, 0, 0});
  check_derivatives("0^p", power(0), 0.5, {0, 0, 0});
  check_derivatives("0^p", power(0), 1.0, {0, 0, 0});
  check_derivatives("0^p", power(0), 2.0, {0, 0, 0});
  check_derivatives("1^p", power(1), 2.0, {1, 0, 0});
  check_derivatives("(-2)^p", power(-2), 3.0, {-8, nan_, nan_});
}

BOOST_AUTO_TEST_CASE(saturating_functions_stay_finite) {
  for (const double x : {40.0, 710.0, 1e5, infinity}) {
    check_derivatives("sigmoid", [](const Scalar& v) { return sigmoid(v); }, x, {1, 0, 0});
    check_derivatives("tanh", [](const Scalar& v) { return tanh(v); }, x, {1, 0, 0});
    check_derivatives("tanh", [](const Scalar& v) { return tanh(v); }, -x, {-1, 0, 0});
  }
  check_derivatives("sigmoid", [](const Scalar& v) { return sigmoid(v); }, -1e5, {0, 0, 0});
  check_derivatives("sigmoid", [](const Scalar& v) { return sigmoid(v); }, -infinity, {0, 0, 0});
  check_derivatives("sigmoid", [](const Scalar& v) { return sigmoid(v); }, 0.0, {0.5, 0.25, 0});
}

BOOST_AUTO_TEST_CASE(products_with_zeros) {
  const auto zeros = [](const Scalar& x) { return x * (x - 1.0) * 3.0; };
  check_derivatives("a product with one zero", zeros, 1.0, {0, 3, 6});
  check_derivatives("a product with two zeros", [](const Scalar& x) { return x * x * (x + 1.0); }, 0.0, {0, 0, 2});
}

BOOST_AUTO_TEST_CASE(denormal_numbers_are_numbers) {
  check_derivatives("x·x at a denormal", [](const Scalar& x) { return x * 2.0; }, denormal, {2 * denormal, 2, 0});
  check_derivatives("a denormal derivative", [](const Scalar& x) { return x * denormal; }, 1.0,
                    {denormal, denormal, 0});
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace wengert
