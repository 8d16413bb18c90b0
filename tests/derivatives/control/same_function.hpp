// Two ways to write one function: values, gradients and second derivatives in every mode have to agree.
#pragma once

#include <boost/test/unit_test.hpp>

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "wengert/autodiff/autodiff.hpp"

namespace wengert {

inline void check_close(double found, double expected, const std::string& what, double tolerance = 1e-11) {
  const bool both_nan = std::isnan(found) && std::isnan(expected);
  const bool close =
      both_nan || found == expected || std::abs(found - expected) <= tolerance * std::max(1.0, std::abs(expected));
  BOOST_TEST(close, what << ": " << found << " and not " << expected);
}

/// f and its derivatives to third order, by every combination of modes.
struct Everything {
  double value = 0.0;
  std::vector<double> gradient, recorded, forward;
  std::vector<double> reverse_over_reverse, forward_over_reverse, reverse_over_forward, forward_over_forward, third;
};

/// f takes a vector of Scalars and gives one.
template <class F>
Everything everything(const F& f, const std::vector<double>& at, bool third_order = true) {
  Everything found;
  Recording r;
  const std::vector<Scalar> x = r.variables(at);
  const Scalar y = f(x);
  found.value = y.value();
  const Adjoints adjoints = backward(y);
  for (const Scalar& each : x) found.gradient.push_back(adjoints[each]);
  std::vector<double> direction(x.size(), 0.0);
  for (std::size_t k = 0; k < x.size(); ++k) {
    direction.assign(x.size(), 0.0);
    direction[k] = 1.0;
    found.forward.push_back(forward(x, direction)[y]);
  }
  const std::vector<Scalar> g = gradient(y, x);
  for (std::size_t i = 0; i < x.size(); ++i) {
    found.recorded.push_back(g[i].value());
    const Adjoints row = backward(g[i]);
    for (const Scalar& each : x) found.reverse_over_reverse.push_back(row[each]);
  }
  for (std::size_t k = 0; k < x.size(); ++k) {
    direction.assign(x.size(), 0.0);
    direction[k] = 1.0;
    const Tangents column = forward(x, direction);
    for (const Scalar& each : g) found.forward_over_reverse.push_back(column[each]);
  }
  for (std::size_t k = 0; k < x.size(); ++k) {
    std::vector<Scalar> along(x.size(), 0.0);
    along[k] = 1.0;
    const Scalar moved = jvp(y, x, along);
    const Adjoints row = backward(moved);
    for (const Scalar& each : x) found.reverse_over_forward.push_back(row[each]);
    for (std::size_t i = 0; i < x.size(); ++i) {
      direction.assign(x.size(), 0.0);
      direction[i] = 1.0;
      found.forward_over_forward.push_back(forward(x, direction)[moved]);
    }
    if (third_order && k == 0) {
      const std::vector<Scalar> h = gradient(moved, x);
      const Scalar twice = jvp(moved, x, std::vector<Scalar>(x.size(), 1.0));
      const Adjoints of_h = backward(h.back()), of_twice = backward(twice);
      for (const Scalar& each : x) found.third.push_back(of_h[each]);
      for (const Scalar& each : x) found.third.push_back(of_twice[each]);
    }
  }
  if (third_order) {
    const std::vector<Scalar> h = gradient(g[0], x);
    const Adjoints row = backward(h[x.size() - 1]);
    for (const Scalar& each : x) found.third.push_back(row[each]);
    const std::vector<Scalar> t = gradient(h[x.size() - 1], x);
    for (const Scalar& each : t) found.third.push_back(each.value());
    direction.assign(x.size(), 1.0);
    found.third.push_back(forward(x, direction)[h[0]]);
  }
  return found;
}

template <class F, class G>
void check_same_function(const F& structured, const G& plain, const std::vector<double>& at, double tolerance = 1e-11) {
  const Everything found = everything(structured, at), expected = everything(plain, at);
  check_close(found.value, expected.value, "value", tolerance);
  const auto check = [&](const std::vector<double>& a, const std::vector<double>& b, const std::string& what) {
    BOOST_REQUIRE(a.size() == b.size());
    for (std::size_t k = 0; k < a.size(); ++k) check_close(a[k], b[k], what + " " + std::to_string(k), tolerance);
  };
  check(found.gradient, expected.gradient, "gradient");
  check(found.recorded, expected.recorded, "recorded gradient");
  check(found.forward, expected.forward, "forward");
  check(found.reverse_over_reverse, expected.reverse_over_reverse, "reverse over reverse");
  check(found.forward_over_reverse, expected.reverse_over_reverse, "forward over reverse (transposed)");
  check(found.reverse_over_forward, expected.reverse_over_reverse, "reverse over forward");
  check(found.forward_over_forward, expected.reverse_over_reverse, "forward over forward");
  check(found.third, expected.third, "third order");
}

}  // namespace wengert
