// Rebuild: makes a graph anew, node by node; what the passes that replace nodes have in common. They say what to make
// of a node; this carries over names, scopes, source lines, ties and outputs, and drops what is no longer needed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "wengert/autodiff/passes/passes.hpp"
#include "wengert/graph/graph.hpp"

namespace wengert::passes {

class Rebuild {
 public:
  /// Whether equal operations of equal operands become one node.
  enum class Duplicates : std::uint8_t { merge, stay };

  explicit Rebuild(const graph::Graph& old, Duplicates duplicates = Duplicates::merge);

  [[nodiscard]] const graph::Graph& old() const noexcept { return old_; }
  [[nodiscard]] graph::GraphBuilder& builder() noexcept { return builder_; }
  [[nodiscard]] const graph::GraphBuilder& builder() const noexcept { return builder_; }

  /// A constant of this type and attribute; a number of rank 0, f64, in its one form.
  graph::NodeId constant(const graph::Attribute& value);
  /// A constant, every element of which is `value`.
  graph::NodeId constant(const Type& type, double value);
  /// The element that all elements of a node equal, where that is known: of constants, and of what repeats them.
  [[nodiscard]] std::optional<double> number(graph::NodeId node) const;

  /// Runs `make(id, operands)` for every node that is needed, variables and constants apart: the new node that computes
  /// node `id` of the old graph, whose operands are the new nodes `operands`.
  template <class Make>
  Rewrite run(Make&& make) && {
    for (graph::NodeId id = 0; id < old_.size(); ++id) {
      if (!needed_[id]) continue;
      const std::size_t before = builder_.size();
      const graph::NodeId node = is_leaf(id) ? leaf(id) : make(id, operands_of(id));
      placed(id, node, before);
    }
    return finished();
  }

  /// @name What run() does, for passes that go another way through the nodes. @{
  [[nodiscard]] bool needed(graph::NodeId id) const noexcept { return needed_[id]; }
  [[nodiscard]] bool is_leaf(graph::NodeId id) const noexcept {
    return old_.operation_id(id) == graph::variable_operation || old_.operation_id(id) == graph::constant_operation;
  }
  /// A variable or a constant, anew. Variables in their order.
  graph::NodeId leaf(graph::NodeId id);
  /// What was made since there were `before` nodes lies where node `id` did: scope and source line.
  void located(graph::NodeId id, std::size_t before);
  /// Node `id` is computed by `node` now; what was made since there were `before` nodes lies where it did.
  void placed(graph::NodeId id, graph::NodeId node, std::size_t before);
  /// All outputs have been placed.
  Rewrite finished();
  /// @}

 private:
  std::span<const graph::NodeId> operands_of(graph::NodeId id);
  [[nodiscard]] bool same_edge(const graph::AdjointLink& link, graph::NodeId primal) const;

  const graph::Graph& old_;
  graph::GraphBuilder builder_;
  std::vector<bool> needed_;
  std::vector<graph::NodeId> node_of_;
  std::vector<graph::NodeId> operands_;
  std::vector<bool> named_;  // by new node
};

/// Rounds over what outputs need, until one changes nothing: each is round(graph, changed), a Rewrite, which sets
/// `changed`. What a round makes may be more for the next; most_rounds are more than programs need.
template <class Round>
Rewrite repeated(const graph::Graph& graph, const Round& round) {
  constexpr int most_rounds = 64;
  Rewrite result = remove_dead(graph);
  for (int n = 0; n < most_rounds; ++n) {
    bool changed = false;
    Rewrite next = round(result.graph, changed);
    if (!changed) break;
    result = composed(std::move(result), std::move(next));
  }
  return result;
}

/// The nodes that outputs need, and the variables; all, if there are no outputs.
[[nodiscard]] std::vector<bool> live(const graph::Graph& graph);

/// `node_of` for a graph of which `origin` is what extract() kept.
void renumber(std::vector<graph::NodeId>& node_of, std::span<const graph::NodeId> origin, std::size_t size);

}  // namespace wengert::passes
