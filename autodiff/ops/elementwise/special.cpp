// Values of the special functions that the C library lacks.
#include "wengert/autodiff/ops/elementwise/special.hpp"

#include <math.h>  // lgamma_r: std::lgamma writes a global variable

#include <cmath>
#include <limits>

#include <boost/math/policies/policy.hpp>
#include <boost/math/special_functions/digamma.hpp>
#include <boost/math/special_functions/polygamma.hpp>

namespace wengert::ops {

namespace {

// Errors become NaN and ∞, as everywhere.
namespace policies = boost::math::policies;
using Quiet =
    policies::policy<policies::domain_error<policies::ignore_error>, policies::pole_error<policies::ignore_error>,
                     policies::overflow_error<policies::ignore_error>,
                     policies::evaluation_error<policies::ignore_error>,
                     policies::rounding_error<policies::ignore_error>>;

}  // namespace

double gaussian_value(double x) noexcept {
  const double square = x * x;
  if (!(square <= 750.0)) return square > 750.0 ? 0.0 : x;  // below the smallest number; NaN
  // e^-(square + rest), where the rest is what rounding took from x².
  const double rest = std::fma(x, x, -square), e = std::exp(-square);
  return e - e * rest;
}

double lgamma_value(double x) noexcept {
  int sign = 0;
  return ::lgamma_r(x, &sign);
}

double polygamma_value(double n, double x) noexcept {
  constexpr double nan = std::numeric_limits<double>::quiet_NaN(), infinity = std::numeric_limits<double>::infinity();
  if (!(n >= 0.0 && n <= 1e6 && std::trunc(n) == n) || x != x) return nan;
  if (x == infinity) return n == 0.0 ? infinity : 0.0;
  if (x == -infinity) return nan;
  if (x <= 0.0 && std::trunc(x) == x) {
    // Poles. Of odd order n they are even functions there: +∞ from both sides. Others change sign; ±0 says the side.
    if (std::fmod(n, 2.0) != 0.0) return infinity;
    return x == 0.0 ? std::copysign(infinity, -x) : nan;
  }
  try {
    if (n == 0.0) return boost::math::digamma(x, Quiet());
    return boost::math::polygamma(static_cast<int>(n), x, Quiet());
  } catch (...) {  // what a policy does not reach
    return nan;
  }
}

}  // namespace wengert::ops
