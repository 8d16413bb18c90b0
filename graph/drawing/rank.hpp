/// Ranks: the columns (or rows) of a drawing that nodes stand in.
#pragma once

#include <cstdint>
#include <vector>

#include "wengert/graph/drawing/drawing.hpp"

namespace wengert::graph::detail {

/// The rank of each node, from 0 without a gap. A forward graph, and every gradient of even order, ascends from operand
/// to user; gradients of odd order descend, so that they flow back beside what they are the gradient of; an adjoint
/// stands at the rank of its primal node or later, and as near as may be. Edges between orders and carried edges have
/// no say. Within that, lines are short. Linear in nodes and edges.
[[nodiscard]] std::vector<std::uint32_t> ranks_of(const Drawing& drawing);

}  // namespace wengert::graph::detail
