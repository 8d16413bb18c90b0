// Depth is data: long chains and deep sharing, recorded, swept, differentiated, expanded and freed under a 256 KiB
// stack (CMake starts this executable with `ulimit -s 256`), in time and memory proportional to the recording (T21 …
// T23).
#include <boost/test/unit_test.hpp>

#include <chrono>
#include <cmath>
#include <cstdint>
#include <vector>

#include "wengert/autodiff/autodiff.hpp"
#include "wengert/autodiff/record/expand.hpp"
#include "wengert/tests/support/small_stack.hpp"

namespace wengert {
namespace {

constexpr int ten_million = 10'000'000;
constexpr int million = 1'000'000;

double seconds(const auto& work) {
  const auto start = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

/// A bit that does not repeat with any short period, so that nothing is rolled up.
bool irregular_bit(int i) {
  auto x = static_cast<std::uint64_t>(i) * 0x9E3779B97F4A7C15u;
  x ^= x >> 29;
  x *= 0xBF58476D1CE4E5B9u;
  return (x >> 40 & 1u) != 0;
}

/// v = ½v + ½v or v = 2·(½v): the value stays, the derivative is 1, and the statements come in no order.
Scalar irregular_chain(const Scalar& x, int count) {
  Scalar v = x;
  for (int i = 0; i < count; ++i) {
    if (irregular_bit(i))
      v = 0.5 * v + 0.5 * v;
    else
      v = (v * 0.5) * 2.0;
  }
  return v;
}
Scalar regular_chain(const Scalar& x, int count) {
  Scalar v = x;
  for (int i = 0; i < count; ++i) v = 0.5 * v + 0.5 * v;
  return v;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(deep)

BOOST_AUTO_TEST_CASE(the_stack_is_small) { test::check_that_the_stack_is_small(); }

BOOST_AUTO_TEST_CASE(ten_million_chained_statements_rolled_up) {
  Recording r;
  const Scalar x = r.variable(0.75), y = regular_chain(x, ten_million);
  BOOST_TEST(y.value() == 0.75);
  BOOST_TEST(r.statistics().values == ten_million + 1u);
  BOOST_TEST(r.statistics().rolled > ten_million - 100u);
  BOOST_TEST(backward(y)[x] == 1.0);
  BOOST_TEST(forward({x}, {1.0})[y] == 1.0);
  r.clear();
  const Scalar z = r.variable(0.5);
  BOOST_TEST(backward(regular_chain(z, 10))[z] == 1.0);
}

BOOST_AUTO_TEST_CASE(ten_million_chained_statements_one_by_one) {
  Recording r;
  const Scalar x = r.variable(0.75), y = irregular_chain(x, ten_million);
  BOOST_TEST(y.value() == 0.75);
  BOOST_TEST(r.statistics().rolled < ten_million / 5u);
  BOOST_TEST(backward(y)[x] == 1.0);
  BOOST_TEST(forward({x}, {1.0})[y] == 1.0);
}

BOOST_AUTO_TEST_CASE(two_hundred_thousand_statements_differentiated_twice_and_expanded) {
  // v -> v - εv², with its first and second derivative by the chain rule, in plain numbers.
  constexpr int length = 200'000;
  constexpr double epsilon = 1e-7;
  double value = 0.75, first = 1, second = 0;
  for (int i = 0; i < length; ++i) {
    second = (1 - 2 * epsilon * value) * second - 2 * epsilon * first * first;
    first *= 1 - 2 * epsilon * value;
    value -= epsilon * value * value;
  }
  for (const bool regular : {true, false}) {
    Recording r;
    const Scalar x = r.variable(0.75);
    Scalar y = x;
    for (int i = 0; i < length; ++i) {
      if (regular || irregular_bit(i))
        y = y - epsilon * y * y;
      else
        y = y * (1.0 - epsilon * y);
    }
    const auto tolerance = boost::test_tools::tolerance(1e-10);
    BOOST_TEST(backward(y)[x] == first, tolerance);
    const Scalar g = gradient(y, x);
    BOOST_TEST(g.value() == first, tolerance);
    const Scalar h = gradient(g, x);
    BOOST_TEST(h.value() == second, tolerance);
    BOOST_TEST(backward(g)[x] == second, tolerance);
    BOOST_TEST(forward({x}, {1.0})[g] == second, tolerance);
    const Expansion all = expand(r, {h});
    BOOST_TEST(all.graph.size() > static_cast<std::size_t>(length));
    BOOST_TEST(all.values[all.node(h)] == h.value());
  }
}

// v = v + v: 10 000 levels are 2^10 000 paths.
BOOST_AUTO_TEST_CASE(a_doubling_ladder_in_linear_time) {
  const auto climb = [](int levels) {
    Recording r;
    const Scalar x = r.variable(0.0);
    Scalar v = x;
    for (int i = 0; i < levels; ++i) v = v + v;
    const double exact = std::ldexp(1.0, levels);  // ∞ beyond 1023
    BOOST_TEST(backward(v)[x] == exact);
    BOOST_TEST(forward({x}, {1.0})[v] == exact);
    const Scalar g = gradient(v, x);
    BOOST_TEST(g.value() == exact);
    BOOST_TEST(gradient(g, x).value() == 0.0);
    const Expansion all = expand(r, {v, g});
    BOOST_TEST(all.graph.size() >= static_cast<std::size_t>(levels));
    BOOST_TEST(all.graph.size() < 8 * static_cast<std::size_t>(levels));
  };
  climb(1000);
  const double time = seconds([&] { climb(10'000); });
  BOOST_TEST(time < 5.0, "10 000 levels took " << time << " s");
}

// The same where no two levels look alike, and with a statement that uses both of the values before it.
BOOST_AUTO_TEST_CASE(deep_sharing_in_linear_time) {
  Recording r;
  const Scalar x = r.variable(1.0);
  Scalar a = x, b = x;
  for (int i = 0; i < 100'000; ++i) {
    const Scalar c = irregular_bit(i) ? Scalar(0.5 * a + 0.5 * b) : Scalar((a + b) * 0.5);
    a = b;
    b = c;
  }
  BOOST_TEST(backward(b)[x] == 1.0, boost::test_tools::tolerance(1e-9));
  const Scalar g = gradient(b, x);
  BOOST_TEST(g.value() == 1.0, boost::test_tools::tolerance(1e-9));
}

BOOST_AUTO_TEST_CASE(a_wide_sum) {
  Recording r;
  const std::vector<Scalar> x = r.variables(std::vector<double>(million, 1.0));
  Scalar sum = 0.0;
  for (const Scalar& v : x) sum = sum + v * v;
  const Adjoints a = backward(sum);
  const std::vector<Scalar> g = gradient(sum, x);
  for (const std::size_t i : {std::size_t{0}, std::size_t{1}, std::size_t{12345}, x.size() - 1}) {
    BOOST_TEST(a[x[i]] == 2.0);
    BOOST_TEST(g[i].value() == 2.0);
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace wengert
