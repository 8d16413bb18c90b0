/// Small pictures in rows: filters, feature maps, states over time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "wengert/cli/plot/theme.hpp"

namespace wengert::cli::plot {

/// How numbers become colours.
enum class Tone : std::uint8_t {
  ink,     ///< from the background (low) to the ink (high)
  signed_  ///< one colour below 0, another above, the background at 0
};

/// A rectangle of numbers, row by row from the top.
struct Tile {
  std::string label{};  ///< stands above
  std::size_t rows = 0, columns = 0;
  std::vector<double> values{};
  Tone tone = Tone::ink;
};

struct TileRow {
  std::string label{};  ///< stands to the left
  std::vector<Tile> tiles{};
};

struct TileFigure {
  std::string title;
  std::string description;  ///< for screen readers: what one is to see
  std::vector<TileRow> rows{};
  double width = 72;  ///< of each tile, in pixels; its height follows from its numbers, which are squares
};

/// The figure as an SVG document. Each tile has a scale of its own: ink from its least number to its largest, signed up
/// to the largest magnitude, in 24 steps. Numbers that are not finite are left out.
[[nodiscard]] std::string svg_of(const TileFigure& figure, Theme theme);

}  // namespace wengert::cli::plot
