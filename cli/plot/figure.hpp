/// Plots: what is to be seen, as data, and one function that draws it as SVG.
///
///     Panel panel{.title = "A parabola", .x = {.label = "x"}, .y = {.label = "y"}};
///     panel.curves.push_back({.label = "x²", .points = sampled(square, {-2, 2}).line});
///     write_file("parabola.svg", svg_of({.title = "A parabola", .panels = {panel}}, Theme::light));
///
/// Reading order of cli/plot: this, geometry.hpp, ticks.hpp, sample.hpp, contours.hpp, labels.hpp, svg.hpp.
///
/// The same figure gives the same bytes. Texts are anybody's bytes (graph/escape.hpp: xml_text). A point that is not
/// finite, or not positive on a logarithmic axis, is a gap in a line and no mark. Lines end at the edge of their panel.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "wengert/cli/plot/geometry.hpp"
#include "wengert/cli/plot/theme.hpp"
#include "wengert/cli/plot/ticks.hpp"

namespace wengert::cli::plot {

struct Axis {
  std::string label;
  Range range{};  ///< empty: what the data need, with a little room
  Scale scale = Scale::linear;
  std::vector<double> ticks{};  ///< empty: nice ones
};

enum class Mark : std::uint8_t { none, dot, ring, square, cross };

/// How the parts of a series look; `style` chooses colour and dashes.
struct Curve {
  std::string label{};  ///< stands beside the curve; may be empty
  Polyline points{};
  std::size_t style = 0;
  double width = 3;
  bool solid = false;      ///< without the dashes of its style
  bool arrows = false;     ///< an arrow head on every part that is long enough: a path
  Mark mark = Mark::none;  ///< at every point
};

/// Points without a line.
struct Marks {
  std::string label{};  ///< stands beside the first; may be empty
  Polyline points{};
  std::size_t style = 0;
  Mark mark = Mark::dot;
};

/// A convex polygon, lightly filled: the side of a line where a neuron fires.
struct Area {
  Polyline corners{};
  std::size_t style = 0;
  std::string label{};  ///< stands inside
};

/// The lines of one level; a panel's levels are graded from quiet to strong in their order.
struct Contour {
  std::string label{};  ///< stands on the line; may be empty
  std::vector<Polyline> lines{};
};

struct Panel {
  std::string title{};
  Axis x{}, y{};
  std::vector<Area> areas{};
  std::vector<Contour> contours{};
  std::vector<Curve> curves{};
  std::vector<Marks> marks{};
};

struct LegendEntry {
  std::string label;
  std::size_t style = 0;
};

struct Figure {
  std::string title;        ///< above the panels, and for screen readers
  std::string description;  ///< for screen readers: what one is to see
  std::vector<Panel> panels;
  std::size_t columns = 1;  ///< panels side by side
  double width = 640;       ///< of the area of each panel, in pixels
  double height = 400;
  std::vector<LegendEntry> legend{};  ///< what the styles mean in every panel; one line below the title
};

/// The figure as an SVG document.
[[nodiscard]] std::string svg_of(const Figure& figure, Theme theme);

}  // namespace wengert::cli::plot
