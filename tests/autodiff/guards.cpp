// Comparisons that decide a branch are recorded as guards, with their operands, outcome and line (T13); `where`,
// value() and comparisons of constants are not.
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <string>
#include <vector>

#include "wengert/autodiff/autodiff.hpp"
#include "wengert/autodiff/record/primitive.hpp"

namespace wengert {
namespace {

const std::vector<detail::Guard>& guards_of(const Recording& r) { return r.stream().guards; }
unsigned line_of(const detail::Guard& guard) { return detail::location_of(guard.location).line(); }

}  // namespace

BOOST_AUTO_TEST_SUITE(guards)

BOOST_AUTO_TEST_CASE(a_guard_knows_comparison_operands_outcome_and_line) {
  Recording r;
  const Scalar x = r.variable(2.0), y = r.variable(3.0);
  unsigned line = 0;
  if (x < y) line = std::source_location::current().line();
  BOOST_REQUIRE(guards_of(r).size() == 1u);
  const detail::Guard& guard = guards_of(r)[0];
  BOOST_TEST(guard.comparison->name == "less");
  BOOST_TEST(guard.operand[0] == x.id());
  BOOST_TEST(guard.operand[1] == y.id());
  BOOST_TEST(guard.outcome == true);
  BOOST_TEST(line_of(guard) == line);
  BOOST_TEST(std::string(detail::location_of(guard.location).file_name()).ends_with("guards.cpp"));
}

BOOST_AUTO_TEST_CASE(every_comparison_guards) {
  Recording r;
  const Scalar x = r.variable(2.0);
  const auto check = [&](auto&& condition, const char* name, bool outcome) {
    const std::uint64_t before = r.statistics().guards;
    BOOST_TEST(static_cast<bool>(condition) == outcome);
    BOOST_TEST(r.statistics().guards == before + 1);
    BOOST_TEST(guards_of(r).back().comparison->name == name);
    BOOST_TEST(guards_of(r).back().outcome == outcome);
  };
  check(x < 3.0, "less", true);
  check(x <= 1.0, "less_equal", false);
  check(x > 3.0, "greater", false);
  check(x >= 2.0, "greater_equal", true);
  check(x == 2.0, "equal", true);
  check(x != 2.0, "not_equal", false);
  check(1.0 < x, "less", true);
  check(3 > x, "greater", true);
  const detail::Guard& last = guards_of(r).back();
  BOOST_TEST(last.operand[0] == 0u);
  BOOST_TEST(last.constant[0] == 3.0);
}

BOOST_AUTO_TEST_CASE(an_expression_in_a_comparison_becomes_a_statement) {
  Recording r;
  const Scalar x = r.variable(2.0);
  BOOST_TEST(static_cast<bool>(x * x > 2.0 * x - 1.0));
  BOOST_TEST(r.statistics().values == 3u);
  // Which side is evaluated first is the compiler's choice.
  BOOST_TEST(guards_of(r)[0].operand[0] + guards_of(r)[0].operand[1] == 5u);
}

BOOST_AUTO_TEST_CASE(what_is_not_guarded) {
  Recording r;
  const Scalar x = r.variable(2.0);
  const Scalar chosen = where(x < 3.0, x, 0.0);
  BOOST_TEST(chosen.value() == 2.0);
  BOOST_TEST((x < 3.0).value());
  BOOST_TEST(x.value() < 3.0);
  BOOST_TEST(static_cast<bool>(Scalar(1.0) < Scalar(2.0)));
  BOOST_TEST(r.statistics().guards == 0u);
}

BOOST_AUTO_TEST_CASE(guards_of_a_loop_are_one_entry) {
  Recording r;
  const std::vector<Scalar> x = r.variables(std::vector<double>(1000, 1.0));
  Scalar sum = x[0];
  for (const Scalar& v : x)
    if (v > 0.5) sum = sum + v;
  BOOST_TEST(r.statistics().guards == 1000u);
  BOOST_TEST(guards_of(r).size() == 1u);
  BOOST_TEST(guards_of(r)[0].step[0] == 1u);
}

BOOST_AUTO_TEST_CASE(guards_are_rewound_and_cleared) {
  Recording r;
  const Scalar x = r.variable(2.0), y = r.variable(3.0);
  const auto compare = [](const Scalar& a, const Scalar& b) { return static_cast<bool>(a < b); };
  BOOST_TEST(compare(x, y));
  const auto mark = r.mark();
  BOOST_TEST(compare(x, x) == false);
  BOOST_TEST(compare(x, y));
  BOOST_TEST(compare(x, y));
  r.rewind(mark);
  BOOST_TEST(r.statistics().guards == 1u);
  r.clear();
  BOOST_TEST(r.statistics().guards == 0u);
}

BOOST_AUTO_TEST_CASE(standard_algorithms_work_and_guard) {
  Recording r;
  std::vector<Scalar> x = r.variables(std::vector{3.0, 1.0, 2.0, 5.0, 4.0});
  std::sort(x.begin(), x.end());
  for (std::size_t i = 0; i < x.size(); ++i) BOOST_TEST(x[i].value() == static_cast<double>(i) + 1);
  BOOST_TEST(r.statistics().guards > 4u);
  BOOST_TEST(std::max(x[0], x[1]).value() == 2.0);
}

// A branch records its own side only.
BOOST_AUTO_TEST_CASE(the_derivative_is_that_of_the_branch_taken) {
  const auto f = [](const Scalar& x) -> Scalar {
    if (x < 1.0) return x * x;
    return 2.0 * x - 1.0;
  };
  auto g = value_and_grad(f);
  BOOST_TEST(g(0.5).gradient == 1.0);
  BOOST_TEST(g(3.0).gradient == 2.0);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace wengert
