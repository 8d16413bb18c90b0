/// Foldings: every node in one unit, limits kept, parts apart, and folded as little as that takes.
#include "wengert/graph/drawing/fold.hpp"

#include <algorithm>
#include <bit>
#include <boost/test/unit_test.hpp>
#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "random_graph.hpp"
#include "sample_gradient.hpp"
#include "sample_operations.hpp"
#include "wengert/graph/analysis.hpp"

using namespace wengert;
using namespace wengert::graph;

namespace {

std::vector<std::uint8_t> one_part(const Graph& g) { return std::vector<std::uint8_t>(g.size(), 0); }

void check(const Graph& g, const Folding& folding, const std::vector<std::uint8_t>& part, const FoldLimits& limits) {
  BOOST_TEST_REQUIRE(folding.unit_of.size() == g.size());
  std::vector<std::size_t> count(folding.units.size(), 0);
  std::set<std::pair<std::uint32_t, std::uint32_t>> edges;
  for (NodeId id = 0; id < g.size(); ++id) {
    BOOST_TEST_REQUIRE(folding.unit_of[id] < folding.units.size());
    const FoldedUnit& unit = folding.units[folding.unit_of[id]];
    ++count[folding.unit_of[id]];
    BOOST_TEST_REQUIRE(unit.first <= id);
    BOOST_TEST_REQUIRE(unit.last >= id);
    BOOST_TEST_REQUIRE(unit.part == part[id]);
    for (const NodeId operand : g.operands(id)) {
      if (folding.unit_of[operand] != folding.unit_of[id])
        edges.insert({folding.unit_of[operand], folding.unit_of[id]});
    }
  }
  NodeId last = 0;
  for (std::size_t i = 0; i < folding.units.size(); ++i) {
    const FoldedUnit& unit = folding.units[i];
    BOOST_TEST_REQUIRE(unit.count == count[i]);
    BOOST_TEST_REQUIRE((i == 0 || unit.first > last));
    last = unit.first;
    BOOST_TEST_REQUIRE((unit.kind == FoldKind::node) == (unit.count == unit.copies));
    BOOST_TEST_REQUIRE((unit.copies == 1 || unit.repetition != no_repetition));
    std::size_t copies = 1;
    for (std::uint32_t r = unit.repetition; r != no_repetition; r = folding.repetitions[r].parent) {
      BOOST_TEST_REQUIRE(folding.repetitions[r].part == unit.part);
      copies *= folding.repetitions[r].times;
    }
    BOOST_TEST_REQUIRE(unit.copies == copies);
    std::size_t operations = unit.kind == FoldKind::node ? 1 : 0;
    for (const auto& entry : unit.operations) operations += entry.second;
    BOOST_TEST_REQUIRE(operations * unit.copies == unit.count);
  }
  BOOST_TEST(folding.units.size() <= limits.most_units);
  BOOST_TEST(edges.size() <= 2 * limits.most_edges);  // folded scopes may feed each other both ways
}

std::size_t units_of_kind(const Folding& folding, FoldKind kind) {
  return static_cast<std::size_t>(std::count_if(folding.units.begin(), folding.units.end(),
                                                [&](const FoldedUnit& unit) { return unit.kind == kind; }));
}

}  // namespace

BOOST_AUTO_TEST_SUITE(folding)

BOOST_AUTO_TEST_CASE(small_graphs_stay_as_they_are) {
  const Graph g = random_graph(1, 100);
  const Folding folding = fold(g, one_part(g));
  BOOST_TEST(folding.units.size() == g.size());
  check(g, folding, one_part(g), {});
  BOOST_TEST(fold(Graph{}, {}).units.empty());
}

BOOST_AUTO_TEST_CASE(every_graph_gets_within_every_limit) {
  for (unsigned seed = 0; seed < 15; ++seed) {
    const Graph g = random_decorated_graph(seed, 1500);
    const auto part = gradient_orders(g);
    for (const FoldLimits limits : {FoldLimits{}, FoldLimits{.most_units = 40, .most_edges = 60, .most_span = 300},
                                    FoldLimits{.most_units = 10, .most_edges = 10, .most_span = 20}}) {
      check(g, fold(g, part, {.limits = limits}), part, limits);
    }
  }
}

/// Chains in which nothing repeats: the differences of the Thue-Morse sequence hold no square (Thue 1906).
class IrregularChain {
 public:
  NodeId grow(GraphBuilder& builder, NodeId last, int length, ScopeId scope) {
    for (int i = 0; i < length; ++i, ++at_) {
      const OperationId operations[]{sample::sin, sample::cos, sample::tanh};
      last = builder.add(operations[1 + std::popcount(at_ + 1) % 2 - std::popcount(at_) % 2], {last});
      builder.set_scope(last, scope);
    }
    return last;
  }

 private:
  unsigned at_ = 0;
};

BOOST_AUTO_TEST_CASE(inner_scopes_fold_before_outer_ones) {
  IrregularChain chain;
  GraphBuilder builder;
  const ScopeId outer = builder.add_scope(root_scope, "outer");
  NodeId last = builder.variable({});
  for (const char* name : {"a", "b", "c", "d", "e"}) {
    last = chain.grow(builder, last, 100, builder.add_scope(outer, name));
    builder.set_scope(last = builder.add(sample::neg, {last}), outer);
  }
  builder.output(last);
  const Graph g = std::move(builder).build();
  const Folding folding = fold(g, one_part(g), {.limits = {.most_units = 100}});
  BOOST_TEST(folding.units.size() == 1U + 5U + 5U);
  BOOST_TEST(units_of_kind(folding, FoldKind::scope) == 5U);
  BOOST_TEST(g.scope_record(folding.units[1].scope).name == "a");
  BOOST_TEST(folding.units[1].count == 100U);
  check(g, folding, one_part(g), {.most_units = 100});
  const Folding coarse = fold(g, one_part(g), {.limits = {.most_units = 5}});
  BOOST_TEST(coarse.units.size() == 2U);
  BOOST_TEST(g.scope_record(coarse.units[1].scope).name == "outer");
  check(g, coarse, one_part(g), {.most_units = 5});
}

BOOST_AUTO_TEST_CASE(scopes_that_repeat_are_one_frame_with_what_is_in_one_of_them) {
  GraphBuilder builder;
  NodeId last = builder.variable({}, "x");
  for (int step = 0; step < 12; ++step) {
    const ScopeId scope = builder.add_scope(root_scope, "step " + std::to_string(step));
    const NodeId s = builder.add(sample::sin, {last});
    last = builder.add(sample::mul, {s, last});
    builder.set_scope(s, scope);
    builder.set_scope(last, scope);
  }
  const Graph g = std::move(builder).build();
  BOOST_TEST(fold(g, one_part(g)).units.size() == 25U);
  const Folding folding = fold(g, one_part(g), {.repetitions = true});
  check(g, folding, one_part(g), {});
  BOOST_TEST_REQUIRE(folding.units.size() == 3U);  // x, sin, ×
  BOOST_TEST_REQUIRE(folding.repetitions.size() == 1U);
  BOOST_TEST(folding.repetitions[0].times == 12U);
  BOOST_TEST(folding.repetitions[0].scope == root_scope);
  BOOST_TEST(folding.units[1].last_copy == 23U);
  BOOST_TEST(g.scope_record(g.scope(folding.units[2].last_copy)).name == "step 11");
}

BOOST_AUTO_TEST_CASE(folded_scopes_repeat_too) {
  std::mt19937 random(5);
  GraphBuilder builder;
  NodeId last = builder.variable({}, "x");
  for (int layer = 0; layer < 6; ++layer) {
    // The same operations in another order each time: boxes that are alike, whose insides are not.
    const ScopeId scope = builder.add_scope(root_scope, "layer " + std::to_string(layer));
    std::vector<OperationId> operations;
    for (int i = 0; i < 20; ++i) {
      for (const OperationId operation : {sample::sin, sample::cos, sample::neg, sample::tanh})
        operations.push_back(operation);
    }
    std::shuffle(operations.begin(), operations.end(), random);
    for (const OperationId operation : operations) builder.set_scope(last = builder.add(operation, {last}), scope);
  }
  const Graph g = std::move(builder).build();
  const Folding folding = fold(g, one_part(g), {.limits = {.most_units = 5}});
  check(g, folding, one_part(g), {.most_units = 5});
  BOOST_TEST_REQUIRE(folding.units.size() == 2U);
  BOOST_TEST((folding.units[1].kind == FoldKind::scope));
  BOOST_TEST(folding.units[1].copies == 6U);
  BOOST_TEST(folding.units[1].count == 480U);
}

BOOST_AUTO_TEST_CASE(chains_fold_with_their_constants_and_forks_stay) {
  IrregularChain left_chain, right_chain;
  GraphBuilder builder;
  const NodeId x = builder.variable({}, "x");
  NodeId left = builder.add(sample::sin, {x});
  NodeId right = builder.add(sample::cos, {x});
  for (int i = 0; i < 500; ++i) {
    left = left_chain.grow(builder, left, 1, root_scope);
    if (i % 200 == 17) left = builder.add(sample::mul, {left, builder.constant(i)});
    right = right_chain.grow(builder, right, 1, root_scope);
  }
  const NodeId y = builder.add(sample::add, {left, right});
  builder.output(y);
  const Graph g = std::move(builder).build();
  const Folding folding = fold(g, one_part(g), {.limits = {.most_units = 50}});
  check(g, folding, one_part(g), {.most_units = 50});
  BOOST_TEST(folding.units.size() == 4U);  // x, two chains, y
  BOOST_TEST(units_of_kind(folding, FoldKind::chain) == 2U);
}

BOOST_AUTO_TEST_CASE(statements_are_one_unit_each) {
  GraphBuilder builder;
  const NodeId x = builder.variable({}, "x");
  const NodeId s = builder.add(sample::sin, {x});
  const NodeId y = builder.add(sample::mul, {s, x});
  const NodeId z = builder.add(sample::neg, {y});
  const Graph g = std::move(builder).build();
  const std::vector<std::uint32_t> statement{0, 7, 7, 9};
  const Folding folding = fold(g, one_part(g), {.statement = statement});
  BOOST_TEST_REQUIRE(folding.units.size() == 3U);
  BOOST_TEST((folding.units[1].kind == FoldKind::statement));
  BOOST_TEST(folding.units[1].count == 2U);
  BOOST_TEST((folding.units[folding.unit_of[z]].kind == FoldKind::node));
}

BOOST_AUTO_TEST_CASE(what_is_hidden_is_in_no_unit) {
  GraphBuilder builder;
  const NodeId x = builder.variable({}, "x");
  const NodeId two = builder.constant(2);
  builder.add(sample::mul, {x, two});
  const Graph g = std::move(builder).build();
  const Folding folding = fold(g, one_part(g), {.hidden = {false, true, false}});
  BOOST_TEST(folding.units.size() == 2U);
  BOOST_TEST(folding.unit_of[two] == no_unit);
}

BOOST_AUTO_TEST_CASE(forward_and_gradient_never_share_a_unit) {
  GraphBuilder builder;
  NodeId last = builder.variable({});
  for (int i = 0; i < 1000; ++i) last = builder.add(sample::sin, {last});
  builder.output(last);
  builder.output(sample::append_gradient(builder, last)[0]);
  const Graph g = std::move(builder).build();
  const auto part = gradient_orders(g);
  check(g, fold(g, part), part, {});
}

BOOST_AUTO_TEST_CASE(orders_tell_forward_gradient_and_gradient_of_gradient_apart) {
  GraphBuilder builder;
  const NodeId x = builder.variable({}, "x");
  const NodeId y = builder.add(sample::sin, {builder.add(sample::mul, {x, x})});
  builder.output(y);
  const auto forward_end = static_cast<NodeId>(builder.size());
  const NodeId first = sample::append_gradient(builder, y)[x];
  builder.output(first);
  const auto first_end = static_cast<NodeId>(builder.size());
  builder.output(sample::append_gradient(builder, first)[x]);
  const Graph g = std::move(builder).build();
  const auto order = gradient_orders(g);
  for (NodeId id = 0; id < g.size(); ++id) {
    BOOST_TEST(static_cast<int>(order[id]) == (id < forward_end ? 0 : id < first_end ? 1 : 2), "node " << id);
  }
}

BOOST_AUTO_TEST_CASE(a_forward_node_that_the_gradient_shares_stays_forward) {
  // As with exp: the adjoint of x is y itself, which the output needs.
  GraphBuilder builder;
  const NodeId x = builder.variable({}, "x");
  const NodeId y = builder.add(sample::sin, {x});
  const NodeId z = builder.add(sample::neg, {y});
  builder.add_adjoint_link(y, x);
  builder.output(z);
  const Graph g = std::move(builder).build();
  BOOST_TEST((gradient_orders(g) == std::vector<std::uint8_t>{0, 0, 0}));
}

BOOST_AUTO_TEST_SUITE_END()
