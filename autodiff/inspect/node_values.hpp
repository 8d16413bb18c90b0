// What each node of a graph has, as a number or as an array; and a reverse sweep over the graph in numbers.
//
// For whoever looks at a graph node by node: where a NaN was born, how gradients fade, what differs between two runs.
// The sweeps over a recording (record/sweep.hpp) are the fast ones; this one knows every node's adjoint, tensors
// included, and what flows along each edge. It runs the same rules.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <unordered_map>
#include <vector>

#include "wengert/autodiff/record/expand.hpp"
#include "wengert/graph/array.hpp"
#include "wengert/graph/graph.hpp"

namespace wengert::inspect {

/// By node: an array where there is one, else a number (f64 or a truth value of rank 0).
struct NodeValues {
  std::vector<double> numbers{};
  std::unordered_map<graph::NodeId, Array> arrays{};

  /// Null for a number.
  [[nodiscard]] const Array* array(graph::NodeId node) const {
    const auto at = arrays.find(node);
    return at == arrays.end() ? nullptr : &at->second;
  }
  /// What it is, as an array of that type.
  [[nodiscard]] Array elements(const graph::Graph& graph, graph::NodeId node) const;
  /// Nothing in it is NaN or infinite; true where an array is unknown.
  [[nodiscard]] bool is_finite(graph::NodeId node) const;
  /// The number; of an array its Euclidean norm, scaled so that it does not overflow.
  [[nodiscard]] double magnitude(graph::NodeId node) const;
  /// The number, of an array of one element that; of others the norm.
  [[nodiscard]] double shown(graph::NodeId node) const;
};

/// The values of an expansion.
[[nodiscard]] NodeValues values_of(const Expansion& expansion);
/// The values of a graph for these inputs, each of its variable's type. Throws ArgumentError for another number of
/// inputs or another type, and what primitives throw.
[[nodiscard]] NodeValues values_of(const graph::Graph& graph, std::span<const Array> inputs);

/// An edge of a graph: into operand `position` of `user`.
struct Edge {
  graph::NodeId user = graph::no_node;
  std::uint32_t position = 0;
  friend bool operator==(const Edge&, const Edge&) = default;
};

/// By node the derivative of one output by it: 0 where nothing flows.
struct NodeAdjoints : NodeValues {
  std::vector<bool> reached{};  ///< something has flowed there, be it 0
};

/// Is told what flows along an edge, a number or an array, before it is added to the operand's adjoint. Edges come in
/// the order of the sweep: users from the last to the first, their operands in order.
using EdgeVisitor = std::function<void(Edge edge, const Array* array, double number)>;

/// Reverse sweep from `output`, with cotangent 1 (of a tensor: 1 for each element). A cotangent of 0 contributes 0.
/// Throws what rules throw.
[[nodiscard]] NodeAdjoints adjoints_of(const graph::Graph& graph, const NodeValues& values, graph::NodeId output,
                                       const EdgeVisitor& visit = {}, std::vector<double>* seconds = nullptr);

/// A derivative can flow from the user into this operand.
[[nodiscard]] bool flows(const graph::Graph& graph, Edge edge);

}  // namespace wengert::inspect
