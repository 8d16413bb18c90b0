/// Depth is data: ten million nodes in a chain, under a 256 KiB stack.
#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <cstddef>
#include <string_view>
#include <vector>

#include "sample_operations.hpp"
#include "small_stack.hpp"
#include "wengert/graph/analysis.hpp"
#include "wengert/graph/graph.hpp"
#include "wengert/graph/text.hpp"
#include "wengert/graph/uses.hpp"
#include "wengert/graph/verify.hpp"

using namespace wengert;
using namespace wengert::graph;

BOOST_AUTO_TEST_SUITE(depth)

BOOST_AUTO_TEST_CASE(a_chain_of_ten_million_nodes) {
  const std::size_t length = 10'000'000 / instrumented_factor;
  std::vector<bool> needed;
  std::uint32_t deepest = 0;
  std::size_t edges = 0;
  std::size_t bytes = 0;
  on_small_stack([&] {
    GraphBuilder builder;
    builder.reserve(length);
    NodeId last = builder.variable({});
    while (builder.size() < length) last = builder.add(sample::sin, {last});
    builder.output(last);
    const Graph g = std::move(builder).build();
    verify(g);
    bytes = g.memory_use();
    edges = UseIndex(g).edge_count();
    needed = needed_by_outputs(g);
    deepest = depths(g).back();
    std::size_t lines = 0;
    write_text(g, [&](std::string_view piece) {
      lines += static_cast<std::size_t>(std::count(piece.begin(), piece.end(), '\n'));
    });
    BOOST_TEST(lines == length + 2);
  });
  BOOST_TEST(edges == length - 1);
  BOOST_TEST(deepest == length - 1);
  BOOST_TEST(needed.front());
  BOOST_TEST(bytes <= 17 * length);  // 16 bytes a node and next to nothing else
}

BOOST_AUTO_TEST_CASE(scopes_and_lines_on_every_node_cost_eight_bytes) {
  const std::size_t length = 1'000'000 / instrumented_factor;
  GraphBuilder builder;
  builder.reserve(length);
  const ScopeId scope = builder.add_scope(root_scope, "loop");
  const LocationId line = builder.add_location({"model.cpp", 7, "f"});
  NodeId last = builder.variable({});
  while (builder.size() < length) {
    last = builder.add(sample::sin, {last});
    builder.set_scope(last, scope);
    builder.set_location(last, line);
  }
  const Graph g = std::move(builder).build();
  BOOST_TEST(g.memory_use() <= 25 * length);
  BOOST_TEST(g.location(last).line == 7U);
  BOOST_TEST(g.scope(last) == scope);
}

BOOST_AUTO_TEST_CASE(shared_subexpressions_are_visited_once) {
  // 10 000 doublings have 2^10000 paths.
  GraphBuilder builder;
  NodeId last = builder.variable({});
  for (int level = 0; level < 10'000; ++level) last = builder.add(sample::add, {last, last});
  builder.output(last);
  const Graph g = std::move(builder).build();
  BOOST_TEST(needed_by_outputs(g).front());
  const std::vector<NodeId> x{0};
  BOOST_TEST(depending_on(g, x).back());
  BOOST_TEST(depths(g).back() == 10'000U);
}

BOOST_AUTO_TEST_SUITE_END()
