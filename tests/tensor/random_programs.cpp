// Random programs of tensors: numeric against recorded sweeps, forward against reverse, first and second order.
//
// WENGERT_PROGRAMS=<count> and WENGERT_SEED=<first> widen the search; tests/slow/random_programs.cpp runs a million.
#include <boost/test/unit_test.hpp>

#include <cstdlib>
#include <set>

#include "wengert/tests/support/random_tensors.hpp"

namespace wengert::test {

BOOST_AUTO_TEST_SUITE(random_programs)

BOOST_AUTO_TEST_CASE(all_ways_to_first_and_second_derivatives_agree) {
  const auto setting = [](const char* name, std::uint64_t otherwise) {
    const char* text = std::getenv(name);
    return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
  };
  const std::uint64_t count = setting("WENGERT_PROGRAMS", 2000), first = setting("WENGERT_SEED", 1);
  Counts counts;
  for (std::uint64_t seed = first; seed < first + count; ++seed) {
    try {
      check_tensors(seed, counts);
    } catch (const Error& error) {
      counts.mismatch("tensor program " + std::to_string(seed) + " threw " + error.what());
    }
  }
  for (const std::string& text : counts.mismatches) BOOST_ERROR(text);
  BOOST_TEST_MESSAGE(counts.programs << " programs, " << counts.operations << " values, " << counts.nodes
                                     << " nodes with their derivatives; " << counts.scalars << " of rank 0, "
                                     << counts.empty << " of size 0, " << counts.narrow << " of f32; "
                                     << counts.without_meaning << " without meaning, " << counts.without_derivative
                                     << " without derivative");
  for (const auto& [check, times] : counts.checks)
    BOOST_TEST_MESSAGE(check << ": " << times << ", at most " << counts.worst[check] << " of what is allowed");
  if (count < 2000) return;
  // Without these the test could pass because it looks at nothing.
  std::set<std::string_view> elsewhere;
  ops::LinearAlgebraPrimitives::for_each([&]<class P> { elsewhere.insert(P::name); });
  for (const auto& all : {elementwise_primitives(), structural_primitives()})
    for (const Primitive* p : all)
      BOOST_TEST((elsewhere.contains(p->name) || counts.primitives[std::string(p->name)] > 0u),
                 p->name << " occurs in no program");
  BOOST_TEST(counts.empty > 20u);
  BOOST_TEST(counts.scalars > 100u);
  BOOST_TEST(counts.narrow > 100u);
  BOOST_TEST(counts.without_meaning + counts.without_derivative < count / 10);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace wengert::test
