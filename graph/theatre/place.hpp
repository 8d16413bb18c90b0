/// place: positions for a drawing on the page. By Graphviz where it is installed and the drawing is small enough for
/// it to be quick, else by the layout of our own (graph/drawing/layout.hpp).
#pragma once

#include <cstddef>

#include "wengert/graph/drawing/drawing.hpp"
#include "wengert/graph/drawing/layout.hpp"

namespace wengert::graph {

struct Placed {
  Layout layout{};
  bool curved = false;  ///< points of lines are control points of cubic Bézier curves: 1 + 3·k of them
};

struct PlaceOptions {
  LayoutOptions layout{.font_size = 12, .small_font_size = 10};
  bool graphviz = true;
  std::size_t most_for_graphviz = 250;  ///< boxes; beyond them it takes seconds
};

/// Throws ArgumentError as layout() does. A Graphviz that is missing or fails is no error.
[[nodiscard]] Placed place(const Drawing& drawing, const PlaceOptions& options = {});

}  // namespace wengert::graph
