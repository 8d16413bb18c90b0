/// A layout of our own, for formats that bring none (TikZ, pages where Graphviz is absent).
///
///     const Layout where = layout(drawing);
///     where.nodes[3].x      // left edge of the box of drawing.nodes[3]
///
/// Layered, as Graphviz's dot is: nodes in ranks along the flow (rank.hpp), in lanes across it (lanes.hpp), lines
/// through the gaps. The forward graph flows left to right (or down), a gradient flows back beside it, each adjoint
/// near its primal node. Frames keep to themselves: no frame overlaps another that does not hold it, nor a node that is
/// not in it.
///
/// Nearly linear in nodes and edges times the ranks that edges span: a drawing of 400 nodes and 1000 edges takes well
/// under a second. Only + - * / and square roots of doubles: the same on every machine that computes these as IEEE 754
/// says. Nothing recurses.
///
/// How wide a text is, is an estimate, for nobody here knows the font: a character is 0.55 of the font size (an em),
/// and from U+2E80 on, where CJK begins, a whole one; a line is 1.2 of it high.
#pragma once

#include <optional>
#include <vector>

#include "wengert/graph/drawing/drawing.hpp"

namespace wengert::graph {

/// In points of 1/72 inch; x grows to the right and y down.
struct LayoutPoint {
  double x = 0;
  double y = 0;
  friend bool operator==(const LayoutPoint&, const LayoutPoint&) = default;
};

struct LayoutBox {
  double x = 0;  ///< left
  double y = 0;  ///< top
  double width = 0;
  double height = 0;
  friend bool operator==(const LayoutBox&, const LayoutBox&) = default;
};

struct LayoutLine {
  /// From the border of one node to that of the other, by way of bends. Empty where the line would be a loop that is no
  /// carried edge.
  std::vector<LayoutPoint> points{};
  LayoutPoint label{};                  ///< centre of the label
  std::optional<LayoutPoint> number{};  ///< centre of the operand's number, near the head; none where it has none
};

struct Layout {
  double width = 0;
  double height = 0;
  std::vector<LayoutBox> nodes{};   ///< as Drawing::nodes
  std::vector<LayoutBox> frames{};  ///< as Drawing::frames; all 0 for a frame without a node
  std::vector<LayoutLine> edges{};  ///< as Drawing::edges
};

struct LayoutOptions {
  double font_size = 9;        ///< of texts in nodes and frames
  double small_font_size = 7;  ///< of labels of edges
};

/// Throws ArgumentError when an edge or a frame names what does not exist, or a font size is not 1 to 100.
[[nodiscard]] Layout layout(const Drawing& drawing, const LayoutOptions& options = {});

}  // namespace wengert::graph
