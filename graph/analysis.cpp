/// Reachability and depth as index loops; see analysis.hpp.
#include "wengert/graph/analysis.hpp"

#include <algorithm>
#include <string>

#include "wengert/graph/error.hpp"

namespace wengert::graph {

namespace {

std::vector<bool> marks(const Graph& graph, std::span<const NodeId> nodes, std::string_view function) {
  std::vector<bool> marked(graph.size(), false);
  for (const NodeId id : nodes) {
    if (id >= graph.size()) {
      throw ArgumentError{{.operation = std::string(function),
                           .problem = "no node " + std::to_string(id),
                           .expected = "a node below " + std::to_string(graph.size())}};
    }
    marked[id] = true;
  }
  return marked;
}

}  // namespace

std::vector<bool> needed_by(const Graph& graph, std::span<const NodeId> outputs) {
  std::vector<bool> needed = marks(graph, outputs, "needed_by");
  for (auto id = static_cast<NodeId>(graph.size()); id-- > 0;) {
    if (needed[id]) {
      for (const NodeId operand : graph.operands(id)) {
        needed[operand] = true;
      }
    }
  }
  return needed;
}

std::vector<bool> needed_by_outputs(const Graph& graph) { return needed_by(graph, graph.outputs()); }

std::vector<bool> depending_on(const Graph& graph, std::span<const NodeId> inputs) {
  std::vector<bool> depends = marks(graph, inputs, "depending_on");
  for (NodeId id = 0; id < graph.size(); ++id) {
    if (!depends[id]) {
      const auto operands = graph.operands(id);
      depends[id] = std::any_of(operands.begin(), operands.end(), [&](NodeId operand) { return depends[operand]; });
    }
  }
  return depends;
}

std::vector<std::uint32_t> depths(const Graph& graph) {
  std::vector<std::uint32_t> depth(graph.size(), 0);
  for (NodeId id = 0; id < graph.size(); ++id) {
    for (const NodeId operand : graph.operands(id)) {
      depth[id] = std::max(depth[id], depth[operand] + 1);
    }
  }
  return depth;
}

}  // namespace wengert::graph
