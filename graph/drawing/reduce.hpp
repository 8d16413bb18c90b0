/// Transitive reduction of a drawing, by Boost.Graph.
#pragma once

#include <cstddef>

#include "wengert/graph/drawing/drawing.hpp"

namespace wengert::graph {

/// Takes out the arrows from a to c where a way over other boxes leads from a to c, if one end stands for several nodes
/// and nothing is written beside it; returns how many. A drawing in which folded boxes feed each other both ways stays
/// whole.
std::size_t reduce_edges(Drawing& drawing);

}  // namespace wengert::graph
