/// verify finds each planted violation, names the rule, and is silent on sound graphs.
#include "wengert/graph/verify.hpp"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <functional>
#include <string>
#include <vector>

#include "graph_test_access.hpp"
#include "sample_operations.hpp"
#include "wengert/graph/error.hpp"

using namespace wengert;
using namespace wengert::graph;
using Access = GraphTestAccess;

namespace {

// 0 x, 1 y (f64[3]); 2 = x * x; 3 = 2.5; 4 = 2 * 3; 5 = stack(x, 2, 4); 6 = sum(y)
Graph sound() {
  GraphBuilder builder;
  const ScopeId scope = builder.add_scope(builder.add_scope(root_scope, "outer"), "inner");
  const NodeId x = builder.variable({}, "x");
  const NodeId y = builder.variable({Dtype::f64, Shape{3}});
  const NodeId square = builder.add(sample::mul, {x, x});
  const NodeId scaled = builder.add(sample::mul, {square, builder.constant(2.5)});
  builder.add(sample::stack, {x, square, scaled});
  builder.output(builder.add(sample::sum, {y}));
  builder.set_scope(square, scope);
  builder.set_name(scaled, "scaled");
  builder.set_location(square, Location{"model.cpp", 3, "f"});
  builder.add_adjoint_link(scaled, square, 1);
  builder.add_adjoint_link(scaled, square);
  return std::move(builder).build();
}

struct Plant {
  std::string rule;
  std::string message;  // of verify, after "verify: "
  std::function<void(Graph&)> corrupt;
};

const std::vector<Plant>& plants() {
  static const std::vector<Plant> all{
      {"operation", "node 2 breaks the rule 'operation': no operation has the id 65535",
       [](Graph& g) { Access::nodes(g)[2].operation = OperationId{65535}; }},
      {"type index", "node 2 (t.mul) breaks the rule 'type index': no type 9",
       [](Graph& g) { Access::nodes(g)[2].type = 9; }},
      {"type index", "the graph breaks the rule 'type index': the type f64 is in the table twice",
       [](Graph& g) { Access::types(g).push_back({}); }},
      {"encoding", "node 2 (t.mul) breaks the rule 'encoding': operand 1 without an operand 0",
       [](Graph& g) { Access::nodes(g)[2].operands[0] = no_node; }},
      {"encoding", "node 5 (t.stack) breaks the rule 'encoding': its operand list leaves the pool",
       [](Graph& g) { Access::nodes(g)[5].word = 4000000000U; }},
      {"encoding", "node 5 (t.stack) breaks the rule 'encoding': its operand list leaves the pool",
       [](Graph& g) { Access::pool(g)[0] = 4; }},
      {"encoding", "node 5 (t.stack) breaks the rule 'encoding': its operand list leaves the pool",
       [](Graph& g) { Access::pool(g)[0] = 0xFFFFFFFFU; }},
      {"encoding",
       "node 5 (t.stack) breaks the rule 'encoding': a list of fewer than three operands, or an inline one, lies in "
       "the pool",
       [](Graph& g) { Access::pool(g)[0] = 2; }},
      {"order", "node 2 (t.mul) breaks the rule 'order': operand 1 is node 2, not a smaller id",
       [](Graph& g) { Access::nodes(g)[2].operands[1] = 2; }},
      {"order", "node 2 (t.mul) breaks the rule 'order': operand 0 is node 4, not a smaller id",
       [](Graph& g) { Access::nodes(g)[2].operands[0] = 4; }},
      {"order", "node 5 (t.stack) breaks the rule 'order': operand 2 is node 700, not a smaller id",
       [](Graph& g) { Access::pool(g)[4] = 700; }},
      {"arity", "node 2 (t.mul) breaks the rule 'arity': 1 operands instead of 2",
       [](Graph& g) { Access::nodes(g)[2].operands[1] = no_node; }},
      {"arity", "node 1 (variable) breaks the rule 'arity': 1 operands instead of 0",
       [](Graph& g) { Access::nodes(g)[1].operands[0] = 0; }},
      {"attribute", "node 3 (constant) breaks the rule 'attribute': no attribute 8",
       [](Graph& g) { Access::nodes(g)[3].word = 8; }},
      {"attribute", "node 5 (t.stack) breaks the rule 'attribute': no attribute 8",
       [](Graph& g) { Access::pool(g)[1] = 8; }},
      {"attribute", "node 3 (constant) breaks the rule 'attribute': kind text instead of real or integer or array",
       [](Graph& g) { Access::attributes(g)[0] = std::string("no number"); }},
      {"attribute", "node 2 (t.mul) breaks the rule 'attribute': kind real instead of none",
       [](Graph& g) { Access::nodes(g)[2].word = 0; }},
      {"type", "node 6 (t.sum) breaks the rule 'type': f64[3] instead of f64",
       [](Graph& g) { Access::nodes(g)[6].type = Access::nodes(g)[1].type; }},
      {"type",
       "node 2 (t.mul) breaks the rule 'type': the type rule refuses: same_type: operand 1 has f64[3]; expected f64",
       [](Graph& g) { Access::nodes(g)[2].operands[1] = 1; }},
      {"variables", "the graph breaks the rule 'variables': the list of variables is not the list of variable nodes",
       [](Graph& g) { Access::variables(g).pop_back(); }},
      {"variables", "the graph breaks the rule 'variables': the list of variables is not the list of variable nodes",
       [](Graph& g) { std::swap(Access::variables(g)[0], Access::variables(g)[1]); }},
      {"outputs", "the graph breaks the rule 'outputs': output 7 is no node",
       [](Graph& g) { Access::outputs(g).push_back(7); }},
      {"scopes", "the graph breaks the rule 'scopes': scope 0 is not the root",
       [](Graph& g) { Access::scopes(g)[0].parent = 1; }},
      {"scopes", "the graph breaks the rule 'scopes': the parent of scope 1 is scope 2, not a smaller id",
       [](Graph& g) { Access::scopes(g)[1].parent = 2; }},
      {"scopes", "the graph breaks the rule 'scopes': the name of scope 2 is no string",
       [](Graph& g) { Access::scopes(g)[2].name = 99; }},
      {"side tables", "the graph breaks the rule 'side tables': name of node 7, which is not there",
       [](Graph& g) { Access::name_entries(g).back().first = 7; }},
      {"side tables", "node 0 (variable) breaks the rule 'side tables': name out of order",
       [](Graph& g) { std::swap(Access::name_entries(g)[0], Access::name_entries(g)[1]); }},
      {"side tables", "node 0 (variable) breaks the rule 'side tables': name has the index 50 of 6",
       [](Graph& g) { Access::name_entries(g)[0].second = 50; }},
      {"side tables", "the graph breaks the rule 'side tables': name: both sparse and dense",
       [](Graph& g) { Access::dense_names(g).push_back(graph::detail::no_value); }},
      {"side tables", "node 2 (t.mul) breaks the rule 'side tables': scope has the index 3 of 3",
       [](Graph& g) { Access::scope_entries(g)[0].second = 3; }},
      {"side tables", "node 2 (t.mul) breaks the rule 'side tables': location has the index 1 of 1",
       [](Graph& g) { Access::location_entries(g)[0].second = 1; }},
      {"side tables", "the graph breaks the rule 'side tables': a location names a string that is not there",
       [](Graph& g) { Access::locations(g)[0].file = 77; }},
      {"ties", "the graph breaks the rule 'ties': node 4 is tied to node 700, and one of them is not there",
       [](Graph& g) { Access::links(g)[0].primal = 700; }},
      {"ties", "node 4 (t.mul) breaks the rule 'ties': tied to operand 2 of node 2, which has no such operand",
       [](Graph& g) { Access::links(g)[1].operand = 2; }},
      {"ties", "node 4 (t.mul) breaks the rule 'ties': ties out of order, or one twice",
       [](Graph& g) { Access::links(g)[1] = Access::links(g)[0]; }},
  };
  return all;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(verifier)

BOOST_AUTO_TEST_CASE(a_sound_graph_has_no_violations) {
  const Graph g = sound();
  BOOST_TEST(violations(g).empty());
  BOOST_CHECK_NO_THROW(verify(g));
}

BOOST_AUTO_TEST_CASE(every_planted_violation_is_found_and_named) {
  for (const Plant& plant : plants()) {
    BOOST_TEST_CONTEXT(plant.message) {
      Graph g = sound();
      plant.corrupt(g);
      const auto found = violations(g);
      BOOST_TEST(std::any_of(found.begin(), found.end(), [&](const Violation& v) { return v.rule == plant.rule; }));
      try {
        verify(g);
        BOOST_ERROR("not found");
      } catch (const InternalError& error) {
        BOOST_TEST(std::string(error.what()) == "verify: " + plant.message);
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(every_rule_of_the_table_has_a_plant) {
  for (const std::string rule : {"operation", "type index", "encoding", "order", "arity", "attribute", "type",
                                 "variables", "outputs", "scopes", "side tables", "ties"}) {
    BOOST_TEST(std::any_of(plants().begin(), plants().end(), [&](const Plant& p) { return p.rule == rule; }), rule);
  }
}

BOOST_AUTO_TEST_CASE(reports_stop_at_the_number_asked_for) {
  Graph g = sound();
  for (Node& node : Access::nodes(g)) node.type = 77;
  BOOST_TEST(violations(g).size() == g.size());
  BOOST_TEST(violations(g, 3).size() == 3U);
  BOOST_TEST(violations(g, 0).empty());
}

BOOST_AUTO_TEST_SUITE_END()
