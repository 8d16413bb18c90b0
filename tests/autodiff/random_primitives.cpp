// Random programs over every elementwise primitive: numeric against recorded sweeps, forward against reverse, first and
// second order. (random_programs.cpp: fewer primitives, composed statements, and an oracle that shares no code.)
//
// WENGERT_PROGRAMS=<count> and WENGERT_SEED=<first> widen the search; tests/slow/random_programs.cpp runs a million.
#include <boost/test/unit_test.hpp>

#include <cstdlib>

#include "wengert/tests/support/random_scalars.hpp"

namespace wengert::test {

BOOST_AUTO_TEST_SUITE(random_primitives)

BOOST_AUTO_TEST_CASE(all_ways_to_first_and_second_derivatives_agree) {
  const auto setting = [](const char* name, std::uint64_t otherwise) {
    const char* text = std::getenv(name);
    return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
  };
  const std::uint64_t count = setting("WENGERT_PROGRAMS", 2000), first = setting("WENGERT_SEED", 1);
  Counts counts;
  for (std::uint64_t seed = first; seed < first + count; ++seed) check_scalars(seed, counts);
  for (const std::string& text : counts.mismatches) BOOST_ERROR(text);
  BOOST_TEST_MESSAGE(counts.programs << " programs, " << counts.operations << " operations, " << counts.nodes
                                     << " nodes with their derivatives, " << counts.rolled << " statements rolled up; "
                                     << counts.without_meaning << " without meaning, " << counts.without_derivative
                                     << " without derivative");
  for (const auto& [check, times] : counts.checks)
    BOOST_TEST_MESSAGE(check << ": " << times << ", at most " << counts.worst[check] << " of what is allowed");
  if (count < 2000) return;
  // Without these the test could pass because it looks at nothing.
  for (const Primitive* p : elementwise_primitives())
    BOOST_TEST(counts.primitives[std::string(p->name)] > 0u, p->name << " occurs in no program");
  BOOST_TEST(counts.rolled > counts.operations / 10);
  BOOST_TEST(counts.without_meaning + counts.without_derivative < count / 20);
}

// The judge itself: a planted error of a few roundings more than is allowed is found.
BOOST_AUTO_TEST_CASE(the_bound_is_not_much_wider_than_rounding) {
  Recording r;
  const Scalar x = r.variable(0.7), y = sin(x) * exp(x);
  const Expansion expansion = expand(r, {y});
  const RunningError errors(expansion);
  const double allowed = errors.allowed(expansion.node(y));
  BOOST_TEST(allowed > 0);
  BOOST_TEST(allowed < 64 * 0x1p-53 * std::abs(y.value()));
  Counts counts;
  counts.compare("planted", y.value() + 2 * allowed, y.value(), allowed, "here");
  BOOST_TEST(counts.mismatch_count == 1u);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace wengert::test
