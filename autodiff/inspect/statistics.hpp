// statistics: how large a graph is, how deep and how wide, how much work, and how much of it must be done in a row.
#pragma once

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "wengert/graph/graph.hpp"

namespace wengert {

struct GraphStatistics {
  std::size_t nodes = 0, edges = 0;
  std::size_t variables = 0, constants = 0, outputs = 0;
  std::size_t scopes = 0;  ///< without the root
  std::size_t depth = 0;   ///< edges of the longest path
  std::size_t width = 0;   ///< nodes at the same distance from the inputs, where they are most
  double work = 0;         ///< operations, see flops_of; where those are not known, one for each element
  double span = 0;         ///< of the path on which they are most: the least that is left however many compute
  double bytes = 0;        ///< of all values
  double live_bytes = 0;   ///< the most at any time, in the order of the nodes, where a value goes after its last use
  std::vector<std::pair<std::string, std::size_t>> operations{};  ///< how often, the most frequent first

  /// How many could compute side by side, on average: work / span; 0 without work.
  [[nodiscard]] double parallelism() const noexcept { return span > 0 ? work / span : 0; }
  /// As lines of text.
  [[nodiscard]] std::string text() const;
};

/// One pass over the nodes. Outputs and variables stay alive to the end.
[[nodiscard]] GraphStatistics statistics(const graph::Graph& graph);

/// Operations of real numbers that a node takes: 2mnk for a product of m×k and k×n matrices; 2·(elements of the
/// output)·(elements of a filter) for a convolution, and as many for its transposes; one per element of the result for
/// an elementwise operation, whatever it costs; one per element of the operand for a reduction; elements of the window
/// per element of the result for pooling; none for what only moves elements. -1: not known.
[[nodiscard]] double flops_of(const graph::Graph& graph, graph::NodeId node);

}  // namespace wengert
