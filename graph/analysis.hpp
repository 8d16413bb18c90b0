/// Analyses of a graph, each one loop over the ids. Results are side tables, indexed by node.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "wengert/graph/graph.hpp"

namespace wengert::graph {

/// True for the nodes that `outputs` need: themselves, their operands, the operands of those, and so on.
/// Throws ArgumentError for an id that is no node (so do the others).
[[nodiscard]] std::vector<bool> needed_by(const Graph& graph, std::span<const NodeId> outputs);
/// What the graph's own outputs need.
[[nodiscard]] std::vector<bool> needed_by_outputs(const Graph& graph);

/// True for the nodes that depend on one of `inputs`: themselves, their users, the users of those, and so on.
[[nodiscard]] std::vector<bool> depending_on(const Graph& graph, std::span<const NodeId> inputs);

/// For each node 0 if it belongs to the forward graph, 1 if to a gradient of it, 2 if to a gradient of that, ...
///
/// Ties say which nodes are adjoints (AdjointLink); what else only gradients use belongs to them too (the cos(x) that
/// the gradient of sin(x) multiplies by). What an output without ties needs is forward, also where the gradient
/// shares it (exp(x) in its own derivative); without such an output, what the untied ends of ties need. At most 255.
[[nodiscard]] std::vector<std::uint8_t> gradient_orders(const Graph& graph);

/// By node, the node whose scope and source line say where it belongs: itself, or of a node of a gradient (orders:
/// those of gradient_orders) the node that it is a derivative by. One without ties belongs to its first user that has
/// some, or else to what it is made of.
[[nodiscard]] std::vector<NodeId> places(const Graph& graph, std::span<const std::uint8_t> orders);

/// For each node the number of edges of the longest path that ends there: 0 without operands.
[[nodiscard]] std::vector<std::uint32_t> depths(const Graph& graph);

}  // namespace wengert::graph
