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

std::vector<std::uint8_t> gradient_orders(const Graph& graph) {
  std::vector<std::uint8_t> order(graph.size(), 0);
  if (graph.all_adjoint_links().empty()) return order;
  std::vector<bool> tied(graph.size(), false);
  for (const AdjointLink& link : graph.all_adjoint_links()) tied[link.adjoint] = true;
  std::vector<NodeId> ends;
  for (const NodeId output : graph.outputs()) {
    if (!tied[output]) ends.push_back(output);
  }
  if (ends.empty()) {
    for (const AdjointLink& link : graph.all_adjoint_links()) {
      if (!tied[link.primal]) ends.push_back(link.primal);
    }
  }
  const std::vector<bool> forward = needed_by(graph, ends);

  // Going down, a node that is not tied takes the least order of its users; it needs theirs, and they, if tied, that of
  // their primal nodes, which going up has given. Two rounds settle a gradient of a gradient, where an untied node of
  // the first gradient is the primal of a tied one of the second.
  constexpr std::uint8_t unused = 255;
  for (int round = 0; round < 2; ++round) {
    for (NodeId id = 0; id < graph.size(); ++id) {
      if (!tied[id] || forward[id]) continue;
      std::uint8_t most = 0;
      for (const AdjointLink& link : graph.adjoint_links(id)) {
        if (link.primal < id) most = std::max(most, order[link.primal]);
      }
      // The second sweep reaches forward nodes again, by way of what it has made.
      most = static_cast<std::uint8_t>(std::min(most + 1, 254));
      for (const NodeId operand : graph.operands(id)) most = std::max(most, order[operand]);
      order[id] = most;
    }
    std::vector<std::uint8_t> least(graph.size(), unused);  // of the users
    for (auto id = static_cast<NodeId>(graph.size()); id-- > 0;) {
      if (!forward[id] && !tied[id] && graph.operation_id(id) != variable_operation) {
        order[id] = least[id] == unused ? 0 : least[id];
      }
      for (const NodeId operand : graph.operands(id)) least[operand] = std::min(least[operand], order[id]);
    }
  }
  return order;
}

std::vector<NodeId> places(const Graph& graph, std::span<const std::uint8_t> orders) {
  std::vector<NodeId> place(graph.size(), no_node);
  for (NodeId id = 0; id < graph.size(); ++id) {
    if (orders[id] == 0)
      place[id] = id;
    else if (const auto tie = graph.adjoint_link(id))
      place[id] = tie->primal < id ? place[tie->primal] : tie->primal;
  }
  for (auto id = static_cast<NodeId>(graph.size()); id-- > 0;) {
    if (orders[id] == 0 || place[id] == no_node) continue;
    for (const NodeId operand : graph.operands(id))
      if (place[operand] == no_node) place[operand] = place[id];
  }
  for (NodeId id = 0; id < graph.size(); ++id) {
    if (place[id] != no_node) continue;
    place[id] = id;
    for (const NodeId operand : graph.operands(id))
      if (orders[operand] != 0) place[id] = place[operand];
  }
  return place;
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
