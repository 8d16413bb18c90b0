// First and second derivative of a function of one Scalar, every way: numeric, recorded, forward; alone, and inside a
// rolled-up loop. All ways must give the same, infinities and NaN included.
#pragma once

#include <boost/test/unit_test.hpp>

#include <cmath>
#include <functional>
#include <string>
#include <vector>

#include "wengert/autodiff/autodiff.hpp"

namespace wengert {

inline bool same_number(double a, double b, double tolerance) {
  if (std::isnan(a) || std::isnan(b)) return std::isnan(a) && std::isnan(b);
  return a == b || std::abs(a - b) <= tolerance * std::abs(b);
}

struct Expected {
  double value, first, second;
};

/// Derivatives beyond `order` are not looked at.
inline void check_derivatives_of(const std::string& what, const std::function<Scalar(const Scalar&)>& f, double at,
                                 const Expected& expected, int order) {
  const auto check = [&](const std::string& way, double got, double want) {
    BOOST_TEST(same_number(got, want, 1e-14),
               what << " at " << at << ", " << way << ": " << got << ", expected " << want);
  };
  for (const std::size_t copies : {std::size_t{1}, std::size_t{40}}) {
    const std::string suffix = copies == 1 ? "" : ", rolled up";
    Recording r;
    const std::vector<Scalar> x = r.variables(std::vector<double>(copies, at));
    std::vector<Scalar> y(copies);
    for (std::size_t i = 0; i < copies; ++i) y[i] = f(x[i]);
    if (copies > 1) BOOST_TEST(r.statistics().rolled > 0u, what << " was not rolled up");
    Scalar sum = y[0], sum_of_first = 0.0;
    for (std::size_t i = 1; i < copies; ++i) sum = sum + y[i];

    const Adjoints a = backward(sum);
    const std::vector<Scalar> g = gradient(sum, x);
    for (std::size_t i = 0; i < copies; ++i) {
      sum_of_first = i == 0 ? g[i] : Scalar(sum_of_first + g[i]);
      if (i % 13 != 0) continue;
      check("value" + suffix, y[i].value(), expected.value);
      check("backward" + suffix, a[x[i]], expected.first);
      check("backward from one" + suffix, backward(y[i])[x[i]], expected.first);
      check("gradient" + suffix, g[i].value(), expected.first);
      check("forward" + suffix, forward({x[i]}, {1.0})[y[i]], expected.first);
    }
    if (order < 2) continue;
    const Adjoints a2 = backward(sum_of_first);
    const std::vector<Scalar> h = gradient(sum_of_first, x);
    for (std::size_t i = 0; i < copies; i += 13) {
      check("backward of gradient" + suffix, a2[x[i]], expected.second);
      check("gradient of gradient" + suffix, h[i].value(), expected.second);
      check("forward of gradient" + suffix, forward({x[i]}, {1.0})[g[i]], expected.second);
    }
  }
}

/// f maps a Scalar to something that is stored in a Scalar. (Most of the check is compiled once, not for each f.)
template <class F>
void check_derivatives(const std::string& what, const F& f, double at, const Expected& expected, int order = 2) {
  check_derivatives_of(
      what, [&](const Scalar& x) { return Scalar(f(x)); }, at, expected, order);
}

}  // namespace wengert
