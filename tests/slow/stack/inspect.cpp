// Births, differences, gradients and statistics of ten million nodes, under a 256 KiB stack: no recursion, time and
// memory in proportion (docs/howto/debugging.md has the figures, from `test_slow_stack --log_level=message`).
#include <boost/test/unit_test.hpp>

#include <sys/resource.h>

#include <cstdint>
#include <ctime>
#include <string>

#include "wengert/autodiff/autodiff.hpp"
#include "wengert/autodiff/inspect/birth.hpp"
#include "wengert/autodiff/inspect/diff.hpp"
#include "wengert/autodiff/inspect/flow.hpp"
#include "wengert/autodiff/inspect/statistics.hpp"
#include "wengert/autodiff/record/expand.hpp"
#include "wengert/tests/support/small_stack.hpp"

namespace wengert {
namespace {

constexpr int ten_million = 10'000'000;

/// Peak of this process's memory, in MiB.
long peak() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return usage.ru_maxrss / 1024;
}

/// Of this process: others may use the machine.
double processor_seconds() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

template <class Work>
auto measured(const std::string& what, const Work& work) {
  const double begin = processor_seconds();
  auto result = work();
  BOOST_TEST_MESSAGE(what << ": " << processor_seconds() - begin << " s, peak " << peak() << " MiB");
  return result;
}

/// One value after the other, in no short period, so that nothing is rolled up: each is a node. `other` is the place of
/// one that is another operation.
Scalar chain(const Scalar& x, int count, int other = -1) {
  Scalar v = x;
  std::uint32_t state = 1;
  for (int k = 0; k < count; ++k) {
    state = state * 1664525u + 1013904223u;
    if (k == other)
      v = tanh(v);
    else if ((state >> 24 & 1u) != 0)
      v = atan(v);
    else
      v = sin(v);
  }
  return v;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(ten_million_nodes)

BOOST_AUTO_TEST_CASE(the_stack_is_small) { test::check_that_the_stack_is_small(); }

BOOST_AUTO_TEST_CASE(statistics_count_them) {
  Recording r({.locations = false});
  const Scalar y = chain(r.variable(0.3, "x"), ten_million);
  const Expansion all = measured("expanded", [&] { return expand(r, {y}); });
  const GraphStatistics s = measured("statistics", [&] { return statistics(all.graph); });
  BOOST_TEST(s.nodes == ten_million + 1u);
  BOOST_TEST(s.depth == static_cast<std::size_t>(ten_million));
  BOOST_TEST(s.span == ten_million);
  BOOST_TEST(s.width == 1u);
}

BOOST_AUTO_TEST_CASE(a_value_born_before_all_of_them) {
  Recording r({.locations = false});
  const Scalar x = r.variable(-1.0, "x");
  const Scalar y = chain(log(x), ten_million);
  const auto birth = measured("birth of a value", [&] { return first_non_finite(y, {x}); });
  BOOST_TEST_REQUIRE(birth.has_value());
  BOOST_TEST((birth->kind == BirthKind::value));
  BOOST_TEST(birth->operation == "log");
  BOOST_TEST(birth->chain_length == ten_million + 1u);
  BOOST_TEST(birth->explain().size() < 2000u);
  const graph::Drawing drawing = measured("its drawing", [&] { return draw(*birth); });
  BOOST_TEST(drawing.nodes.size() < 30u);
}

BOOST_AUTO_TEST_CASE(an_adjoint_born_behind_all_of_them) {
  Recording r({.locations = false});
  const Scalar x = r.variable(0.0, "x");
  const Scalar y = chain(sqrt(x) + 0.3, ten_million);
  const auto birth = measured("birth of an adjoint", [&] { return first_non_finite(y, {x}); });
  BOOST_TEST_REQUIRE(birth.has_value());
  BOOST_TEST((birth->kind == BirthKind::adjoint));
  BOOST_TEST(birth->operation == "sqrt");
  BOOST_TEST(birth->cotangent > 0);
}

BOOST_AUTO_TEST_CASE(a_gradient_through_all_of_them) {
  Recording r({.locations = false});
  const Scalar x = r.variable(0.3, "x");
  const Scalar y = chain(x, ten_million);
  const Flow flow = measured("gradient flow", [&] { return gradient_flow(y, {x}); });
  BOOST_TEST(flow.text().size() < 5000u);
}

BOOST_AUTO_TEST_CASE(two_of_them_that_differ_in_one_operation_late) {
  Recording before({.locations = false}), after({.locations = false});
  const Scalar y = chain(before.variable(0.3, "x"), ten_million);
  const Scalar z = chain(after.variable(0.3, "x"), ten_million, ten_million - 1000);
  const GraphDiff result = measured("diff, late", [&] { return diff(y, z); });
  BOOST_TEST(result.added == 1u);
  BOOST_TEST(result.removed == 1u);
  BOOST_TEST(result.same == ten_million - 999u);
  BOOST_TEST(result.changed == 999u);
  BOOST_TEST(result.text().size() < 10'000u);
}

BOOST_AUTO_TEST_CASE(two_of_them_that_differ_from_the_middle_on) {
  Recording before({.locations = false}), after({.locations = false});
  const Scalar y = chain(before.variable(0.3, "x"), ten_million);
  const Scalar z = chain(after.variable(0.3, "x"), ten_million, ten_million / 2);
  const GraphDiff result = measured("diff, half of it changed", [&] { return diff(y, z); });
  BOOST_TEST(result.added == 1u);
  BOOST_TEST(result.removed == 1u);
  BOOST_TEST(result.same > static_cast<std::size_t>(ten_million / 2));
  BOOST_TEST(result.added + result.changed + result.same == ten_million + 1u);
  const graph::Drawing drawing = measured("its drawing", [&] { return draw(result); });
  BOOST_TEST(drawing.nodes.size() < 5000u);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace wengert
