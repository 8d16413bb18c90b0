/// Colours and dash patterns of plots.
///
/// Colours of series are those of Okabe and Ito (2008), which stay apart for colour-blind readers; each series has a
/// dash pattern of its own too, so that plots are read without colour.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "wengert/graph/drawing/theme.hpp"

namespace wengert::cli::plot {

using graph::Theme;

/// The colours of everything that is no series.
struct Surroundings {
  std::string_view background;
  std::string_view ink;    ///< titles, axes
  std::string_view muted;  ///< labels of ticks, lines through 0
  std::string_view grid;
};

[[nodiscard]] Surroundings surroundings(Theme theme);
/// Series number `style`, counted around.
[[nodiscard]] std::string_view series_colour(Theme theme, std::size_t style);
/// The colour of series number `style`, darkened or lightened until it reads as text (contrast 4.5, WCAG 2.1).
[[nodiscard]] std::string text_colour(Theme theme, std::size_t style);
/// The contrast of two colours "#rrggbb": 1 (none) to 21 (black and white), as WCAG 2.1 defines it.
[[nodiscard]] double contrast(std::string_view a, std::string_view b);
/// As stroke-dasharray has it; empty for the first, which is solid.
[[nodiscard]] std::string_view series_dashes(std::size_t style);
/// Between the quiet end (0) and the strong end (1) of a scale of one hue.
[[nodiscard]] std::string graded_colour(Theme theme, double t);

/// The colour at `t` (0 to 1) of the way from one colour "#rrggbb" to another.
[[nodiscard]] std::string mixed(std::string_view from, std::string_view to, double t);

}  // namespace wengert::cli::plot
