// match: which node of one graph is which of another; for the files of this folder only. See diff.hpp.
#pragma once

#include <vector>

#include "wengert/graph/graph.hpp"

namespace wengert::inspect {

/// By node of each graph, its partner in the other, or no_node.
struct Matching {
  std::vector<graph::NodeId> of_a{};
  std::vector<graph::NodeId> of_b{};
};
[[nodiscard]] Matching match(const graph::Graph& a, const graph::Graph& b);

}  // namespace wengert::inspect
