// The graph of a recording, and Boost's algorithms on it: order, dominators, the longest path, what a gradient needs.
//
// Before it: 03_higher_derivatives.cpp. Next: 05_own_primitive.cpp. Needs Boost.Graph (Debian: libboost-graph-dev).
#include <algorithm>
#include <boost/graph/dag_shortest_paths.hpp>
#include <boost/graph/dominator_tree.hpp>
#include <boost/graph/reverse_graph.hpp>
#include <boost/graph/topological_sort.hpp>
#include <boost/property_map/function_property_map.hpp>
#include <cstdio>
#include <iterator>
#include <string>
#include <vector>

#include "wengert/autodiff/autodiff.hpp"
#include "wengert/autodiff/record/expand.hpp"
#include "wengert/graph/analysis.hpp"
#include "wengert/graph/bgl.hpp"
#include "wengert/graph/text.hpp"

using namespace wengert;
using graph::BoostEdge;
using graph::BoostGraph;
using graph::NodeId;

namespace {

/// What to call a node: its name, or its operation.
std::string label(const graph::Graph& g, NodeId id) {
  return std::string(g.name(id).empty() ? g.operation(id).name : g.name(id));
}

void print(const char* what, const graph::Graph& g, const std::vector<NodeId>& nodes) {
  std::printf("%s", what);
  for (const NodeId id : nodes) std::printf(" %s", label(g, id).c_str());
  std::printf("\n");
}

}  // namespace

int main() {
  Recording r;
  const Scalar x = r.variable(0.5, "x");
  const Scalar a = sin(x);
  const Scalar b = cos(x) * a;
  const Scalar h = tanh(a + b);
  const Scalar y = exp(h) + h * h;
  r.name(a, "a");
  r.name(b, "b");
  r.name(h, "h");
  r.name(y, "y");

  // A recording is made for speed; the graph of its primitives is made for looking at. One node a line:
  const Expansion forward = expand(r, {y});
  const graph::Graph& g = forward.graph;
  std::printf("%s", graph::to_text(g, {.locations = false}).c_str());

  // BoostGraph is a view of it that Boost's algorithms take. Edges lead from operands to users; x*x has two of them.
  const BoostGraph bgl(g);
  std::printf("%zu vertices, %zu edges\n", num_vertices(bgl), num_edges(bgl));

  // Ids are a topological order already, so Boost must find the graph free of cycles (it would throw not_a_dag).
  std::vector<NodeId> order;
  boost::topological_sort(bgl, std::back_inserter(order));
  const auto [first, last] = edges(bgl);
  const bool ascending = std::all_of(first, last, [](const BoostEdge& edge) { return edge.operand < edge.user; });
  std::printf("Boost orders all %zu of them; every edge goes up: %s\n", order.size(), ascending ? "yes" : "no");

  // Dominators: the nodes that every path from x to y passes. At such a bottleneck a reverse sweep can forget what lies
  // before it and compute that again later (a checkpoint). Constants are not reached from x and play no part.
  std::vector<NodeId> dominator(g.size(), graph::no_node);
  const auto index = get(boost::vertex_index, bgl);
  boost::lengauer_tarjan_dominator_tree(bgl, forward.node(x),
                                        boost::make_iterator_property_map(dominator.begin(), index));
  std::vector<NodeId> bottlenecks;
  for (NodeId id = dominator[forward.node(y)]; id != graph::no_node; id = dominator[id]) bottlenecks.push_back(id);
  std::reverse(bottlenecks.begin(), bottlenecks.end());
  print("every path from x to y passes:", g, bottlenecks);

  // The longest path: no machine, however parallel, has fewer steps to take. Boost knows shortest paths, so each edge
  // counts -1.
  std::vector<int> distance(g.size());
  std::vector<NodeId> before(g.size());
  boost::dag_shortest_paths(
      bgl, forward.node(x),
      boost::weight_map(boost::make_function_property_map<BoostEdge>([](const BoostEdge&) { return -1; }))
          .distance_map(boost::make_iterator_property_map(distance.begin(), index))
          .predecessor_map(boost::make_iterator_property_map(before.begin(), index)));
  std::vector<NodeId> path{forward.node(y)};
  while (path.back() != forward.node(x)) path.push_back(before[path.back()]);
  std::reverse(path.begin(), path.end());
  std::printf("the longest path has %d steps:", -distance[forward.node(y)]);
  print("", g, path);

  // The gradient is a graph too, tied to the forward one. What it reads of the forward pass must be kept until then.
  // (The mul is h*h, which the derivative of tanh, 1 - h*h, shares.)
  const Scalar slope = gradient(y, x);
  const Expansion both = expand(r, {y, slope});
  const std::vector<std::uint8_t> part = graph::gradient_orders(both.graph);
  const BoostGraph whole(both.graph);
  std::vector<NodeId> kept;
  for (NodeId id = 0; id < both.graph.size(); ++id) {
    const auto [use, end] = adjacent_vertices(id, whole);
    if (part[id] == 0 && both.graph.operation_id(id) != graph::constant_operation &&
        std::any_of(use, end, [&](NodeId user) { return part[user] != 0; })) {
      kept.push_back(id);
    }
  }
  std::printf("dy/dx = %.6f, %td more nodes\n", slope.value(),
              std::count_if(part.begin(), part.end(), [](std::uint8_t p) { return p != 0; }));
  print("which read:", both.graph, kept);
}
