/// Foldings: every node in one unit, limits kept, parts apart, and folded as little as that takes.
#include "wengert/graph/fold.hpp"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <map>
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
    BOOST_TEST_REQUIRE((unit.kind == FoldKind::node) == (unit.count == 1));
    std::size_t operations = unit.kind == FoldKind::node ? 1 : 0;
    for (const auto& entry : unit.operations) operations += entry.second;
    BOOST_TEST_REQUIRE(operations == unit.count);
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
      check(g, fold(g, part, limits), part, limits);
    }
  }
}

BOOST_AUTO_TEST_CASE(inner_scopes_fold_before_outer_ones) {
  GraphBuilder builder;
  const ScopeId outer = builder.add_scope(root_scope, "outer");
  NodeId last = builder.variable({});
  for (int block = 0; block < 5; ++block) {
    const ScopeId inner = builder.add_scope(outer, "inner " + std::to_string(block));
    for (int i = 0; i < 100; ++i) builder.set_scope(last = builder.add(sample::sin, {last}), inner);
    builder.set_scope(last = builder.add(sample::neg, {last}), outer);
  }
  builder.output(last);
  const Graph g = std::move(builder).build();
  const Folding folding = fold(g, one_part(g), {.most_units = 100});
  BOOST_TEST(folding.units.size() == 1U + 5U + 5U);
  BOOST_TEST(units_of_kind(folding, FoldKind::scope) == 5U);
  BOOST_TEST(g.scope_record(folding.units[1].scope).name == "inner 0");
  BOOST_TEST(folding.units[1].count == 100U);
  const Folding coarse = fold(g, one_part(g), {.most_units = 5});
  BOOST_TEST(coarse.units.size() == 2U);
  BOOST_TEST(g.scope_record(coarse.units[1].scope).name == "outer");
  check(g, coarse, one_part(g), {.most_units = 5});
}

BOOST_AUTO_TEST_CASE(chains_fold_with_their_constants_and_forks_stay) {
  GraphBuilder builder;
  const NodeId x = builder.variable({}, "x");
  NodeId left = builder.add(sample::sin, {x});
  NodeId right = builder.add(sample::cos, {x});
  for (int i = 0; i < 500; ++i) {
    left = builder.add(sample::mul, {left, builder.constant(i)});
    right = builder.add(sample::neg, {right});
  }
  const NodeId y = builder.add(sample::add, {left, right});
  builder.output(y);
  const Graph g = std::move(builder).build();
  const Folding folding = fold(g, one_part(g));
  check(g, folding, one_part(g), {});
  BOOST_TEST(folding.units.size() == 4U);  // x, two chains, y
  BOOST_TEST(units_of_kind(folding, FoldKind::chain) == 2U);
  const FoldedUnit& chain = folding.units[folding.unit_of[left]];
  BOOST_TEST(chain.count == 1001U);
  BOOST_TEST((chain.operations[0].first == sample::mul || chain.operations[0].first == constant_operation));
  BOOST_TEST(chain.operations.back().second == 1U);
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
