/// extract: a part of a graph as a graph of its own.
#pragma once

#include <vector>

#include "wengert/graph/graph.hpp"

namespace wengert::graph {

/// A part, and where its nodes come from.
struct Extract {
  Graph graph{};
  std::vector<NodeId> origin{};   ///< by node of `graph`: the node that it was
  std::vector<bool> elsewhere{};  ///< by node of `graph`: it was left out, and stands here as a variable for its users
};

/// The nodes for which `keep` is true, with names, scopes, lines, ties and outputs. An operand that is left out becomes
/// a variable of its type and name, marked `elsewhere`; a constant operand stays. Throws ArgumentError when `keep` has
/// not one entry per node.
[[nodiscard]] Extract extract(const Graph& graph, const std::vector<bool>& keep);

/// Nodes at most `distance` edges away from `node`, whichever way the edges point, and itself.
[[nodiscard]] std::vector<bool> around(const Graph& graph, NodeId node, std::size_t distance);
/// These nodes, and the nodes that are adjoints of them.
[[nodiscard]] std::vector<bool> with_adjoints(const Graph& graph, std::vector<bool> nodes);
/// Nodes on a path from `from` to `to`, both included; none when there is no path.
[[nodiscard]] std::vector<bool> between(const Graph& graph, NodeId from, NodeId to);

}  // namespace wengert::graph
