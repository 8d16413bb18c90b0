// Dependence: how y depends on x, node by node, in the graph of y's primitives: which edges a derivative flows along,
// the local derivative at each, and what a cotangent contributes along it. What the ledger, the derivation and the
// marking share; the rules are the primitives' own.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <source_location>
#include <span>
#include <string>
#include <vector>

#include "wengert/autodiff/record/expand.hpp"
#include "wengert/autodiff/record/primitive.hpp"

namespace wengert::detail {

class Dependence {
 public:
  /// Equal subexpressions stay apart: an edge for each use that was written. Throws StaleHandle, ForeignRecording;
  /// ArgumentError when y is a constant, ShapeError unless it has one element. `operation` is what errors name.
  Dependence(const AnyHandle& y, const char* operation, std::source_location where);

  [[nodiscard]] const graph::Graph& graph() const noexcept { return expansion_.graph; }
  [[nodiscard]] graph::NodeId root() const noexcept { return expansion_.graph.outputs()[0]; }
  [[nodiscard]] graph::NodeId find(const AnyHandle& x) const noexcept { return expansion_.find(x); }
  /// Hands the graph over; nothing else works afterwards.
  [[nodiscard]] graph::Graph take_graph() && { return std::move(expansion_.graph); }

  /// The same calculation with other values at these nodes, and all that is computed from them.
  [[nodiscard]] Dependence with(const std::map<graph::NodeId, Array>& values) const;

  /// The elements of a node.
  [[nodiscard]] Array elements(graph::NodeId id) const;
  /// What a node, no variable or constant, computes from its operands: from `values` where they are there.
  [[nodiscard]] Array evaluated(graph::NodeId id, const std::map<graph::NodeId, Array>& values) const;
  /// The value of a node of rank 0; NaN of others.
  [[nodiscard]] double value(graph::NodeId id) const noexcept { return values_[id]; }
  [[nodiscard]] bool is_scalar(graph::NodeId id) const noexcept { return graph().type(id).shape.rank() == 0; }

  /// A derivative flows from the node into its operand number k.
  [[nodiscard]] bool flows(graph::NodeId id, std::uint32_t k) const;
  /// The nodes on paths along which derivatives flow from y to one of `x`.
  [[nodiscard]] std::vector<bool> between(std::span<const graph::NodeId> x) const;
  /// The user is an elementwise primitive of scalars: its edges have a number each.
  [[nodiscard]] bool has_local(graph::NodeId id) const;

  // Of has_local() nodes. A cotangent of 0 contributes 0, and a partial of 0 lets nothing pass, as in every sweep.
  [[nodiscard]] double local(graph::NodeId id, std::uint32_t k) const;
  [[nodiscard]] double contribution(graph::NodeId id, std::uint32_t k, double cotangent) const;

  /// What the cotangent of a node contributes to that of operand k; of any node.
  [[nodiscard]] Array contribution(graph::NodeId id, std::uint32_t k, const Array& cotangent) const;
  /// The local derivative element by element, of elementwise nodes.
  [[nodiscard]] std::optional<Array> local_array(graph::NodeId id, std::uint32_t k) const;
  [[nodiscard]] const Primitive& primitive(graph::NodeId id) const;

 private:
  void set(graph::NodeId id, const Array& elements);

  Expansion expansion_;
  std::vector<double> values_;
};

/// a + b and a − b, in their dtype.
[[nodiscard]] Array sum_of(const Array& a, const Array& b);
[[nodiscard]] Array difference_of(const Array& a, const Array& b);
/// Σ aᵢ·bᵢ, and √Σ aᵢ², in double.
[[nodiscard]] double dot(const Array& a, const Array& b);
[[nodiscard]] double norm(const Array& a);

}  // namespace wengert::detail
