// Every kind of derivative of a chain of a million statements under a 256 KiB stack: jvp, vector modes, Hessians.
#include <boost/test/unit_test.hpp>

#include <cstdint>
#include <vector>

#include "wengert/autodiff/autodiff.hpp"

namespace wengert {
namespace {

constexpr int million = 1'000'000;

/// A bit that does not repeat with any short period, so that nothing is rolled up.
bool irregular_bit(int i) {
  auto x = static_cast<std::uint64_t>(i) * 0x9E3779B97F4A7C15u;
  x ^= x >> 29;
  x *= 0xBF58476D1CE4E5B9u;
  return (x >> 40 & 1u) != 0;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(deep_modes)

BOOST_AUTO_TEST_CASE(a_million_statements_in_every_mode) {
  // v -> v - εv², with its first and second derivative by the chain rule, in plain numbers.
  constexpr double epsilon = 1e-7;
  double value = 0.75, first = 1, second = 0;
  for (int i = 0; i < million; ++i) {
    second = (1 - 2 * epsilon * value) * second - 2 * epsilon * first * first;
    first *= 1 - 2 * epsilon * value;
    value -= epsilon * value * value;
  }
  const auto tolerance = boost::test_tools::tolerance(1e-10);
  for (const bool regular : {true, false}) {
    Recording r;
    const Scalar x = r.variable(0.75);
    Scalar y = x;
    for (int i = 0; i < million; ++i) {
      if (regular || irregular_bit(i))
        y = y - epsilon * y * y;
      else
        y = y * (1.0 - epsilon * y);
    }
    BOOST_TEST(jacobian({y}, {x})(0, 0) == first, tolerance);
    BOOST_TEST(forward_each(std::vector{x}, std::vector{1.0, -2.0})(1, y) == -2 * first, tolerance);
    BOOST_TEST(backward_each(std::vector{y}, std::vector{1.0, -2.0})(1, x) == -2 * first, tolerance);
    for (const HessianMode mode : {HessianMode::forward_over_reverse, HessianMode::reverse_over_reverse,
                                   HessianMode::reverse_over_forward, HessianMode::forward_over_forward})
      BOOST_TEST(hessian(y, {x}, {.mode = mode})(0, 0) == second, tolerance);
    BOOST_TEST(hvp(y, {x}, {3.0})[0] == 3 * second, tolerance);
    BOOST_TEST(vhp(y, {x}, {3.0})[0] == 3 * second, tolerance);
    const Scalar slope = jvp(y, x, 1.0);
    BOOST_TEST(slope.value() == first, tolerance);
    BOOST_TEST(gradient(slope, x).value() == second, tolerance);
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace wengert
