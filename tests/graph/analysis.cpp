/// Uses, reachability and depth, against definitions evaluated the slow way on random graphs.
#include "wengert/graph/analysis.hpp"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <string>
#include <vector>

#include "random_graph.hpp"
#include "sample_operations.hpp"
#include "wengert/graph/error.hpp"
#include "wengert/graph/uses.hpp"

using namespace wengert;
using namespace wengert::graph;

namespace {

/// reach[a][b]: there is a path from a up to b.
std::vector<std::vector<bool>> closure(const Graph& g) {
  std::vector<std::vector<bool>> reach(g.size(), std::vector<bool>(g.size(), false));
  for (NodeId b = 0; b < g.size(); ++b) {
    reach[b][b] = true;
    for (const NodeId operand : g.operands(b)) {
      for (NodeId a = 0; a <= operand; ++a) {
        if (reach[a][operand]) reach[a][b] = true;
      }
    }
  }
  return reach;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(analysis)

BOOST_AUTO_TEST_CASE(uses_mirror_operands) {
  for (unsigned seed = 0; seed < 20; ++seed) {
    const Graph g = random_graph(seed, 200);
    const UseIndex uses(g);
    BOOST_TEST(uses.size() == g.size());
    std::vector<std::vector<Use>> expected(g.size());
    std::size_t edges = 0;
    for (NodeId user = 0; user < g.size(); ++user) {
      std::uint32_t position = 0;
      for (const NodeId operand : g.operands(user)) {
        expected[operand].push_back({user, position++});
        ++edges;
      }
    }
    BOOST_TEST(uses.edge_count() == edges);
    for (NodeId id = 0; id < g.size(); ++id) {
      BOOST_TEST_REQUIRE((std::vector<Use>(uses[id].begin(), uses[id].end()) == expected[id]));
    }
  }
}

BOOST_AUTO_TEST_CASE(a_square_uses_its_operand_twice) {
  GraphBuilder builder;
  const NodeId x = builder.variable({});
  const NodeId y = builder.add(sample::mul, {x, x});
  const UseIndex uses(std::move(builder).build());
  BOOST_TEST((std::vector<Use>(uses[x].begin(), uses[x].end()) == std::vector<Use>{{y, 0}, {y, 1}}));
  BOOST_TEST(uses[y].empty());
  BOOST_TEST(UseIndex(Graph{}).size() == 0U);
}

BOOST_AUTO_TEST_CASE(reachability_agrees_with_the_closure) {
  for (unsigned seed = 0; seed < 10; ++seed) {
    const Graph g = random_graph(seed, 120);
    const auto reach = closure(g);
    const std::vector<NodeId> some{static_cast<NodeId>(seed), static_cast<NodeId>(60 + seed),
                                   static_cast<NodeId>(g.size() - 1)};
    const auto needed = needed_by(g, some);
    const auto depends = depending_on(g, some);
    for (NodeId id = 0; id < g.size(); ++id) {
      const auto any = [&](auto&& test) { return std::any_of(some.begin(), some.end(), test); };
      BOOST_TEST_REQUIRE(needed[id] == any([&](NodeId s) { return reach[id][s]; }));
      BOOST_TEST_REQUIRE(depends[id] == any([&](NodeId s) { return reach[s][id]; }));
    }
  }
}

BOOST_AUTO_TEST_CASE(outputs_need_their_operands_and_nothing_else) {
  GraphBuilder builder;
  const NodeId x = builder.variable({});
  const NodeId y = builder.add(sample::sin, {x});
  builder.add(sample::sin, {y});
  builder.output(y);
  const Graph g = std::move(builder).build();
  BOOST_TEST((needed_by_outputs(g) == std::vector<bool>{true, true, false}));
  BOOST_TEST(needed_by_outputs(Graph{}).empty());
  const std::vector<NodeId> wrong{3};
  BOOST_CHECK_EXCEPTION((void)needed_by(g, wrong), ArgumentError, [](const ArgumentError& error) {
    return std::string(error.what()) == "needed_by: no node 3; expected a node below 3";
  });
  BOOST_CHECK_THROW((void)depending_on(g, wrong), ArgumentError);
}

BOOST_AUTO_TEST_CASE(depth_is_the_longest_path) {
  GraphBuilder builder;
  const NodeId x = builder.variable({});
  const NodeId a = builder.add(sample::sin, {x});
  const NodeId b = builder.add(sample::sin, {a});
  builder.add(sample::mul, {x, b});
  BOOST_TEST((depths(std::move(builder).build()) == std::vector<std::uint32_t>{0, 1, 2, 3}));
}

BOOST_AUTO_TEST_CASE(a_gradient_belongs_where_its_forward_nodes_are) {
  GraphBuilder builder;
  const NodeId x = builder.variable({}, "x");
  const NodeId y = builder.add(sample::sin, {x});
  const NodeId z = builder.add(sample::mul, {y, y});
  builder.output(z);
  const auto forward_end = static_cast<NodeId>(builder.size());
  const NodeId one = builder.constant(1.0);                // serves the adjoint of y
  const NodeId of_y = builder.add(sample::mul, {y, one});  // tied
  const NodeId cosine = builder.add(sample::cos, {x});     // serves that of x
  const NodeId of_x = builder.add(sample::mul, {of_y, cosine});
  const NodeId scaled = builder.add(sample::mul, {of_x, of_x});  // behind everything, tied to nothing
  builder.add_adjoint_link(of_y, y);
  builder.add_adjoint_link(of_x, x);
  builder.output(of_x);
  const Graph g = std::move(builder).build();
  std::vector<std::uint8_t> orders(g.size(), 1);
  std::fill(orders.begin(), orders.begin() + forward_end, std::uint8_t{0});
  const std::vector<NodeId> place = places(g, orders);
  for (const NodeId node : {x, y, z}) BOOST_TEST(place[node] == node);
  BOOST_TEST(place[of_y] == y);
  BOOST_TEST(place[one] == y);
  BOOST_TEST(place[of_x] == x);
  BOOST_TEST(place[cosine] == x);
  BOOST_TEST(place[scaled] == x);
  const std::vector<std::uint8_t> forward(g.size(), 0);
  for (NodeId node = 0; node < g.size(); ++node) BOOST_TEST(places(g, forward)[node] == node);
}

BOOST_AUTO_TEST_SUITE_END()
