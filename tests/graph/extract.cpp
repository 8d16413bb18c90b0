/// Parts of graphs: what is kept is kept whole, and what it needs stands at the rim.
#include "wengert/graph/extract.hpp"

#include <boost/test/unit_test.hpp>
#include <string>
#include <vector>

#include "random_graph.hpp"
#include "sample_gradient.hpp"
#include "sample_operations.hpp"
#include "wengert/graph/error.hpp"
#include "wengert/graph/text.hpp"
#include "wengert/graph/verify.hpp"

using namespace wengert;
using namespace wengert::graph;

BOOST_AUTO_TEST_SUITE(extraction)

BOOST_AUTO_TEST_CASE(all_of_a_graph_is_the_graph) {
  for (unsigned seed = 0; seed < 10; ++seed) {
    const Graph g = random_decorated_graph(seed, 300);
    const Extract whole = extract(g, std::vector<bool>(g.size(), true));
    BOOST_TEST(to_text(whole.graph) == to_text(g));
  }
}

BOOST_AUTO_TEST_CASE(operands_that_are_left_out_stand_at_the_rim) {
  GraphBuilder builder;
  const NodeId x = builder.variable({}, "x");
  const NodeId s = builder.add(sample::sin, {x});
  builder.set_name(s, "s");
  const NodeId two = builder.constant(2);
  const NodeId y = builder.add(sample::mul, {s, two});
  const NodeId z = builder.add(sample::neg, {y});
  builder.output(z);
  const Graph g = std::move(builder).build();
  const Extract part = extract(g, {false, false, false, true, true});
  verify(part.graph);
  BOOST_TEST_REQUIRE(part.graph.size() == 4U);
  BOOST_TEST(to_text(part.graph, {.locations = false}) ==
             "wengert-graph 1\n%0 = variable : f64 name \"s\"\n%1 = constant 2.0 : f64\n%2 = t.mul %0, %1 : f64\n"
             "%3 = t.neg %2 : f64\noutput %3\n");
  BOOST_TEST((part.origin == std::vector<NodeId>{s, two, y, z}));
  BOOST_TEST((part.elsewhere == std::vector<bool>{true, false, false, false}));
}

BOOST_AUTO_TEST_CASE(random_parts_hold_the_rules_of_graphs) {
  std::mt19937 random(9);
  for (unsigned seed = 0; seed < 30; ++seed) {
    const Graph g = random_decorated_graph(seed, 200);
    std::vector<bool> keep(g.size());
    for (NodeId id = 0; id < g.size(); ++id) keep[id] = random() % 3 == 0;
    const Extract part = extract(g, keep);
    verify(part.graph);
    for (NodeId id = 0; id < part.graph.size(); ++id) {
      const NodeId was = part.origin[id];
      BOOST_TEST(part.graph.name(id) == g.name(was));
      BOOST_TEST((part.graph.type(id) == g.type(was)));
      BOOST_TEST((keep[was] || part.elsewhere[id] || g.operation_id(was) == constant_operation));
      if (!part.elsewhere[id]) BOOST_TEST(part.graph.operands(id).size() == g.operands(was).size());
    }
  }
}

BOOST_AUTO_TEST_CASE(surroundings_grow_by_edges_of_either_direction) {
  GraphBuilder builder;
  std::vector<NodeId> chain{builder.variable({})};
  for (int k = 0; k < 6; ++k) chain.push_back(builder.add(sample::sin, {chain.back()}));
  const Graph g = std::move(builder).build();
  BOOST_TEST((around(g, chain[3], 0) == std::vector<bool>{false, false, false, true, false, false, false}));
  BOOST_TEST((around(g, chain[3], 2) == std::vector<bool>{false, true, true, true, true, true, false}));
  BOOST_CHECK_THROW((void)around(g, 99, 1), ArgumentError);
}

BOOST_AUTO_TEST_CASE(between_two_nodes_are_the_paths_from_one_to_the_other) {
  GraphBuilder builder;
  const NodeId x = builder.variable({}), y = builder.variable({});
  const NodeId a = builder.add(sample::sin, {x}), b = builder.add(sample::cos, {y});
  const NodeId c = builder.add(sample::mul, {a, b});
  const Graph g = std::move(builder).build();
  BOOST_TEST((between(g, x, c) == std::vector<bool>{true, false, true, false, true}));
  BOOST_TEST((between(g, x, b) == std::vector<bool>(5, false)));
}

BOOST_AUTO_TEST_CASE(adjoints_go_with_their_nodes) {
  GraphBuilder builder;
  const NodeId x = builder.variable({});
  const NodeId y = builder.add(sample::sin, {x});
  const auto adjoint = sample::append_gradient(builder, y);
  const Graph g = std::move(builder).build();
  std::vector<bool> only(g.size(), false);
  only[x] = true;
  only = with_adjoints(g, only);
  BOOST_TEST(only[adjoint[x]]);
  BOOST_TEST(!only[adjoint[y]]);
}

BOOST_AUTO_TEST_SUITE_END()
