/// Folding: which nodes a drawing shows one by one, and which it sums up, so that any graph can be drawn.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "wengert/graph/graph.hpp"

namespace wengert::graph {

/// Why nodes were folded into one unit.
enum class FoldKind : std::uint8_t {
  node,     ///< not folded: one node
  scope,    ///< all of a scope and the scopes inside it
  chain,    ///< nodes of which each feeds the next and nothing else
  stretch,  ///< nodes of neighbouring ids
};

/// What a drawing shows as one thing.
struct FoldedUnit {
  FoldKind kind = FoldKind::node;
  std::uint8_t part = 0;       ///< of all its nodes
  ScopeId scope = root_scope;  ///< the scope folded, or the one that the unit stands in
  NodeId first = no_node;      ///< smallest id
  NodeId last = no_node;       ///< largest id
  std::size_t count = 0;       ///< number of nodes
  /// How often each operation occurs, most frequent first; for units of more than one node only.
  std::vector<std::pair<OperationId, std::size_t>> operations{};
};

/// Every node in exactly one unit; units ascending by their first node.
struct Folding {
  std::vector<std::uint32_t> unit_of{};
  std::vector<FoldedUnit> units{};
};

/// Limits of a folding.
struct FoldLimits {
  std::size_t most_units = 400;
  std::size_t most_edges = 1000;  ///< edges and ties between different units, parallel ones counted once
  std::size_t most_span = 2500;   ///< ranks that they cross in all, which is what dot's time grows with
};

/// Folds as little as keeps the limits: nothing; else the innermost scopes, then those around them; else chains of four
/// nodes or more as well; else stretches of ids. `part[id]` splits the nodes into parts that no unit mixes (the
/// forward graph and its gradient); outputs stay unfolded while they are few. Time: a few passes over the edges.
[[nodiscard]] Folding fold(const Graph& graph, std::span<const std::uint8_t> part, const FoldLimits& limits = {});

}  // namespace wengert::graph
