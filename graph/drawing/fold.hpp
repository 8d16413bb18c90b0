/// Folding: which nodes of a large graph a drawing shows as one thing, so that it stays readable and dot stays quick.
///
/// Three ways to fold, tried in this order until the drawing is small enough:
///
/// - by repetition: what is there several times in a row (a loop, layers, steps) is drawn once, in a frame "× 12"
///   (drawing/repetition.hpp);
/// - by scope: all of a scope becomes one box, the innermost first; and repetitions of such boxes;
/// - by position: chains, then stretches of neighbouring ids, one box each. It says little, and is the last resort.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "wengert/graph/drawing/repetition.hpp"
#include "wengert/graph/graph.hpp"

namespace wengert::graph {

/// Why nodes were folded into one unit.
enum class FoldKind : std::uint8_t {
  node,       ///< not folded: one node
  statement,  ///< the primitives of one statement
  scope,      ///< all of a scope and the scopes inside it
  chain,      ///< nodes of which each feeds the next and nothing else
  stretch,    ///< nodes of neighbouring ids
};

/// What a drawing shows as one thing.
struct FoldedUnit {
  FoldKind kind = FoldKind::node;
  std::uint8_t part = 0;       ///< of all its nodes
  ScopeId scope = root_scope;  ///< the scope folded, or the one that the unit stands in
  NodeId first = no_node;      ///< smallest id
  NodeId last = no_node;       ///< largest id
  std::size_t count = 0;       ///< number of nodes, those of all copies
  /// Innermost repetition that it stands in, a position in Folding::repetitions; and how many copies of it the graph
  /// has: more than 1 only inside one.
  std::uint32_t repetition = no_repetition;
  std::size_t copies = 1;
  NodeId last_copy = no_node;  ///< first node of the last copy; `first` when there is one
  /// How often each operation occurs, most frequent first; for units of several nodes a copy only.
  std::vector<std::pair<OperationId, std::size_t>> operations{};
};

/// What is drawn once and there `times` times.
struct FoldedRepetition {
  std::uint32_t parent = no_repetition;  ///< a smaller position
  std::size_t times = 0;
  std::uint8_t part = 0;
  ScopeId scope = root_scope;  ///< the innermost scope that all its times lie in
};

/// No unit: of hidden nodes.
inline constexpr std::uint32_t no_unit = 0xFFFFFFFFU;

/// Every node that is not hidden in exactly one unit; units ascending by their first node.
struct Folding {
  std::vector<std::uint32_t> unit_of{};
  std::vector<NodeId> copy_of{};  ///< by node: first node of the copy that it belongs to; empty without repetitions
  std::vector<FoldedUnit> units{};
  std::vector<FoldedRepetition> repetitions{};
};

/// Limits of a folding.
struct FoldLimits {
  std::size_t most_units = 150;
  std::size_t most_edges = 400;  ///< edges and ties between different units, parallel ones counted once
  std::size_t most_span = 2500;  ///< ranks that they cross in all, which is what dot's time grows with
};

struct FoldOptions {
  FoldLimits limits{};
  /// By node: nodes with the same number other than 0 are a statement, and shown as one. Empty: no statements.
  std::span<const std::uint32_t> statement{};
  /// By node: not shown, as if it were not there. Empty: none.
  std::vector<bool> hidden{};
  bool repetitions = false;  ///< fold them in graphs that are within the limits too
};

/// Folds as little as keeps the limits. `part[id]` splits the nodes into parts that no unit mixes (the forward graph
/// and its gradient); outputs stay unfolded while they are few. Time: some hundred passes over the nodes at most, no
/// recursion.
[[nodiscard]] Folding fold(const Graph& graph, std::span<const std::uint8_t> part, const FoldOptions& options = {});

}  // namespace wengert::graph
