// What every pass holds, on random programs: it computes the same, to the bit where it says so; verify() accepts what
// it makes; a second time changes nothing; variables, outputs, names and ties stay.
//
// WENGERT_PROGRAMS=<count> and WENGERT_SEED=<first> widen the search.
#include <boost/test/unit_test.hpp>

#include <map>

#include "samples.hpp"
#include "wengert/graph/text.hpp"
#include "wengert/graph/verify.hpp"
#include "wengert/tests/support/environment.hpp"

namespace wengert::test {
namespace {

using graph::Graph;
using graph::no_node;
using graph::NodeId;
using passes::Pass;
using passes::Rewrite;

std::vector<const Pass*> all_passes() {
  std::vector<const Pass*> each(passes::all().begin(), passes::all().end());
  each.insert(each.end(), passes::others().begin(), passes::others().end());
  return each;
}

/// What holds of every rewrite, whatever it computes.
void check_form(const Graph& before, const Rewrite& after, const std::string& where) {
  graph::verify(after.graph);
  BOOST_TEST_REQUIRE(after.node_of.size() == before.size(), where);
  BOOST_TEST_REQUIRE(after.graph.outputs().size() == before.outputs().size(), where);
  for (std::size_t k = 0; k < before.outputs().size(); ++k)
    BOOST_TEST_REQUIRE(after.graph.outputs()[k] == after.node_of[before.outputs()[k]], where);
  BOOST_TEST_REQUIRE(after.graph.variables().size() == before.variables().size(), where);
  for (std::size_t k = 0; k < before.variables().size(); ++k) {
    const NodeId was = before.variables()[k], is = after.graph.variables()[k];
    BOOST_TEST_REQUIRE(after.node_of[was] == is, where);
    BOOST_TEST_REQUIRE(after.graph.name(is) == before.name(was), where);
    BOOST_TEST_REQUIRE((after.graph.type(is) == before.type(was)), where);
  }
  for (NodeId id = 0; id < before.size(); ++id)
    if (after.node_of[id] != no_node)
      BOOST_TEST_REQUIRE((after.graph.type(after.node_of[id]) == before.type(id)), where);
}

void check_idempotent(const Pass& pass, const Graph& once, const std::string& where) {
  const Graph twice = pass.run(once).graph;
  if (identical(once, twice)) return;
  BOOST_FAIL(where << ": a second time changes\n" << graph::to_text(once) << "to\n" << graph::to_text(twice));
}

/// All nodes that are still there have the values they had.
void check_values(const Computation& c, const std::vector<Array>& want, const Rewrite& after,
                  const std::string& where) {
  const std::vector<Array> got = evaluate_all(after.graph, c.inputs);
  for (NodeId id = 0; id < c.graph().size(); ++id) {
    if (after.node_of[id] == no_node || same_elements(want[id], got[after.node_of[id]], false)) continue;
    BOOST_FAIL(where << ": node " << id << " was " << to_string(want[id]) << ", is "
                     << to_string(got[after.node_of[id]]) << "\n"
                     << graph::to_text(c.graph()) << "and became\n"
                     << graph::to_text(after.graph));
  }
}

}  // namespace

BOOST_AUTO_TEST_SUITE(passes_properties)

BOOST_AUTO_TEST_CASE(exact_passes_keep_every_bit_of_random_programs) {
  const std::uint64_t first = number_from_environment("WENGERT_SEED", 1);
  const std::uint64_t count = number_from_environment("WENGERT_PROGRAMS", 1500);
  std::map<std::string_view, std::size_t> before, after;
  for (std::uint64_t seed = first; seed < first + count; ++seed) {
    const Computation c = random_computation(seed, seed % 3 == 0);
    const std::vector<Array> want = evaluate_all(c.graph(), c.inputs);
    Rewrite all{c.graph(), {}};
    for (NodeId id = 0; id < c.graph().size(); ++id) all.node_of.push_back(id);
    for (const Pass* pass : all_passes()) {
      if (!pass->exact) continue;
      const std::string where = "program " + std::to_string(seed) + ", " + std::string(pass->name);
      const Rewrite alone = pass->run(c.graph());
      check_form(c.graph(), alone, where);
      check_values(c, want, alone, where);
      check_idempotent(*pass, alone.graph, where);
      before[pass->name] += c.graph().size();
      after[pass->name] += alone.graph.size();

      all = passes::composed(std::move(all), pass->run(all.graph));
      check_form(c.graph(), all, where + ", in order");
      check_values(c, want, all, where + ", in order");
      check_idempotent(*pass, all.graph, where + ", in order");
    }
    before["all"] += c.graph().size();
    after["all"] += all.graph.size();
  }
  for (const auto& [name, nodes] : before) BOOST_TEST_MESSAGE(name << ": " << nodes << " nodes, then " << after[name]);
  BOOST_TEST(after["merge_duplicates"] < before["merge_duplicates"]);
  BOOST_TEST(after["fold_constants"] < before["fold_constants"]);
  BOOST_TEST(after["simplify"] < before["simplify"]);
}

/// The others move values by no more than rounding may have moved them already.
BOOST_AUTO_TEST_CASE(other_passes_keep_random_programs_within_rounding) {
  const std::uint64_t first = number_from_environment("WENGERT_SEED", 1);
  const std::uint64_t count = number_from_environment("WENGERT_PROGRAMS", 1500);
  Counts counts;
  std::map<std::string_view, std::size_t> changed;
  for (std::uint64_t seed = first; seed < first + count; ++seed) {
    const Computation c = random_computation(seed, true);
    const RunningError errors(c.expansion);
    if (!errors.meaningful()) continue;
    const std::vector<Array> want = evaluate_all(c.graph(), c.inputs);
    Rewrite all{c.graph(), {}};
    for (NodeId id = 0; id < c.graph().size(); ++id) all.node_of.push_back(id);
    const auto compare = [&](const Rewrite& after, const std::string& where) {
      check_form(c.graph(), after, where);
      const std::vector<Array> got = evaluate_all(after.graph, c.inputs);
      for (NodeId id = 0; id < c.graph().size(); ++id) {
        if (after.node_of[id] == no_node || !is_real(c.graph().type(id).dtype)) continue;
        for (std::int64_t i = 0; i < want[id].size(); ++i)
          counts.compare("passes", got[after.node_of[id]].element(i), want[id].element(i),
                         errors.allowed(id, static_cast<std::size_t>(i)), where);
      }
    };
    for (const Pass* pass : all_passes()) {
      const std::string where = "program " + std::to_string(seed) + ", " + std::string(pass->name);
      if (!pass->exact) {
        const Rewrite alone = pass->run(c.graph());
        compare(alone, where);
        check_idempotent(*pass, alone.graph, where);
        changed[pass->name] += identical(alone.graph, passes::merge_duplicates(c.graph()).graph) ? 0u : 1u;
      }
      all = passes::composed(std::move(all), pass->run(all.graph));
      compare(all, where + ", in order");
      check_idempotent(*pass, all.graph, where + ", in order");
    }
  }
  for (const std::string& text : counts.mismatches) BOOST_ERROR(text);
  for (const auto& [name, programs] : changed) BOOST_TEST_MESSAGE(name << " changed " << programs << " programs");
  BOOST_TEST(counts.mismatch_count == 0u);
  BOOST_TEST(counts.checks["passes"] > 100 * count);
  BOOST_TEST(changed["reassociate"] > count / 100);
  BOOST_TEST(changed["stabilise"] > count / 500);
  BOOST_TEST(changed["regroup"] > count / 100);
  BOOST_TEST(changed["reroll"] > count / 20);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace wengert::test
