// expand: from a recording to a graph of primitives.
//
// The recording is made to be written and swept fast; the graph is what is drawn, analysed, simplified and compiled.
// Statements are taken apart into their primitives, loops into their repetitions; equal subexpressions become one node.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <source_location>
#include <span>
#include <unordered_map>
#include <vector>

#include "wengert/autodiff/record/gradient.hpp"
#include "wengert/autodiff/record/recording.hpp"
#include "wengert/autodiff/record/tensor.hpp"
#include "wengert/graph/graph.hpp"

namespace wengert {

struct ExpandOptions {
  /// One node for equal primitives of equal operands. The graph of a gradient needs it: the reverse rules name values
  /// inside statements that were never stored, and merging finds them in the forward part.
  bool merge_duplicates = true;
  /// Ties from the adjoint nodes to their primal nodes.
  bool ties = true;
  /// Fills Expansion::statements.
  bool statements = false;
};

/// A graph of primitives, and how it belongs to its recording.
class Expansion {
 public:
  graph::Graph graph;
  /// The number that was computed at each node when it was recorded, by node; NaN for tensors.
  std::vector<double> values;
  /// The elements of the nodes that are tensors.
  std::unordered_map<graph::NodeId, Array> arrays;
  /// By node, if asked for: a number that the primitives of one statement share, the id of its value; 0 for the rest. A
  /// primitive of several statements belongs to the first.
  std::vector<std::uint32_t> statements;

  /// The node of a value of the recording. Throws StaleHandle, ForeignRecording; ArgumentError for a value that is not
  /// in the graph: a constant, or something that no output depends on.
  [[nodiscard]] graph::NodeId node(const Scalar& value,
                                   std::source_location where = std::source_location::current()) const;
  [[nodiscard]] graph::NodeId node(const Tensor& value,
                                   std::source_location where = std::source_location::current()) const;
  /// The same without errors: no_node for what is not in the graph.
  [[nodiscard]] graph::NodeId find(const detail::AnyHandle& value) const noexcept;
  /// Of another graph that computes the same: node i of this graph is node_of[i] there, or no_node.
  [[nodiscard]] Expansion renumbered(graph::Graph other, std::span<const graph::NodeId> node_of) const;

 private:
  [[nodiscard]] graph::NodeId node_of(detail::Id id, bool constant, std::source_location where) const;

  friend class Expander;
  std::vector<graph::NodeId> node_of_;  // by id - first_id; no_node where not expanded
  detail::Tag tag_ = 0;
  detail::Id first_id_ = 1;
};

/// The part of the recording that the outputs (Scalars, Tensors, or both) depend on, in the order it was recorded; the
/// outputs of the graph are those, in their order. A constant output becomes a constant node. Throws StaleHandle,
/// ForeignRecording.
[[nodiscard]] Expansion expand(const Recording& recording, std::span<const detail::AnyHandle> outputs,
                               const ExpandOptions& options = {},
                               std::source_location where = std::source_location::current());
[[nodiscard]] inline Expansion expand(const Recording& recording, std::initializer_list<detail::AnyHandle> outputs,
                                      const ExpandOptions& options = {},
                                      std::source_location where = std::source_location::current()) {
  return expand(recording, std::span(outputs.begin(), outputs.size()), options, where);
}
[[nodiscard]] inline Expansion expand(const Recording& recording, std::span<const Scalar> outputs,
                                      const ExpandOptions& options = {},
                                      std::source_location where = std::source_location::current()) {
  const std::vector<detail::AnyHandle> handles(outputs.begin(), outputs.end());
  return expand(recording, handles, options, where);
}
/// All of the recording; no outputs.
[[nodiscard]] Expansion expand(const Recording& recording, const ExpandOptions& options = {});

namespace detail {
/// expand() for what holds a stream only.
Expansion expand_stream(Stream& stream, std::span<const AnyHandle> outputs, const ExpandOptions& options,
                        std::source_location where);
}  // namespace detail

}  // namespace wengert
