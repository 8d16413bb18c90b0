#include "wengert/cli/plot/tiles.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "wengert/cli/plot/svg.hpp"

namespace wengert::cli::plot {
namespace {

constexpr double margin = 18, gap = 12, title_size = 21, label_size = 15, row_gap = 16;
constexpr int steps = 24;

/// Levels 0 … steps of the numbers, and the colour of each.
struct Levels {
  std::vector<int> of;  ///< -1 for what is not finite
  std::array<std::string, steps + 1> colours;
};

Levels levels_of(const Tile& tile, Theme theme) {
  double low = std::numeric_limits<double>::infinity(), high = -low;
  for (const double v : tile.values) {
    if (!std::isfinite(v)) continue;
    low = std::min(low, v);
    high = std::max(high, v);
  }
  if (tile.tone == Tone::signed_) {
    high = std::max(std::abs(low), std::abs(high));
    low = -high;
  }
  Levels levels;
  for (const double v : tile.values) {
    const double share = high > low ? (v - low) / (high - low) : (tile.tone == Tone::signed_ ? 0.5 : 0.0);
    levels.of.push_back(std::isfinite(v) ? static_cast<int>(std::lround(share * steps)) : -1);
  }
  const Surroundings colours = surroundings(theme);
  for (int k = 0; k <= steps; ++k) {
    const double t = static_cast<double>(k) / steps;
    std::string& colour = levels.colours[static_cast<std::size_t>(k)];
    if (tile.tone == Tone::ink || theme == Theme::print) {
      colour = mixed(colours.background, colours.ink, t);  // in print, what is negative is light, what is positive dark
    } else {
      colour = t < 0.5 ? mixed(series_colour(theme, 1), colours.background, 2 * t)
                       : mixed(colours.background, series_colour(theme, 0), 2 * t - 1);
    }
  }
  return levels;
}

double height_of(const Tile& tile, double width) {
  return tile.columns == 0 ? 0 : width * static_cast<double>(tile.rows) / static_cast<double>(tile.columns);
}

void draw(Svg& svg, const Tile& tile, const Box& box, Theme theme) {
  const Levels levels = levels_of(tile, theme);
  const double side = (box.right - box.left) / static_cast<double>(std::max<std::size_t>(1, tile.columns));
  for (int level = 0; level <= steps; ++level) {
    // Runs of one level in a row, all of them one path.
    std::vector<Box> runs;
    for (std::size_t row = 0; row < tile.rows; ++row) {
      const auto at = [&](std::size_t column) { return levels.of[row * tile.columns + column]; };
      for (std::size_t column = 0; column < tile.columns;) {
        std::size_t end = column;
        while (end < tile.columns && at(end) == level) ++end;
        if (end > column) {
          const double top = box.top + side * static_cast<double>(row);
          runs.push_back({box.left + side * static_cast<double>(column), top,
                          box.left + side * static_cast<double>(end), top + side});
        }
        column = end + 1;
      }
    }
    svg.boxes(runs, levels.colours[static_cast<std::size_t>(level)]);
  }
  svg.line(
      {{box.left, box.top}, {box.right, box.top}, {box.right, box.bottom}, {box.left, box.bottom}, {box.left, box.top}},
      {surroundings(theme).muted, 1});
}

}  // namespace

std::string svg_of(const TileFigure& figure, Theme theme) {
  double label_width = 0, width = 0, height = margin + title_size + 14;
  for (const TileRow& row : figure.rows) label_width = std::max(label_width, text_width(row.label, label_size));
  if (label_width > 0) label_width += gap;
  std::vector<double> tops, above;
  for (const TileRow& row : figure.rows) {
    double tallest = 0, labels = 0;
    for (const Tile& tile : row.tiles) {
      tallest = std::max(tallest, height_of(tile, figure.width));
      if (!tile.label.empty()) labels = label_size + 4;
    }
    tops.push_back(height + labels);
    above.push_back(tallest);
    height += labels + tallest + row_gap;
    width = std::max(width, static_cast<double>(row.tiles.size()) * (figure.width + gap));
  }
  constexpr double bold = 1.08;
  width = std::max(margin + label_width + width + margin, 2 * margin + text_width(figure.title, bold * title_size));
  const Surroundings colours = surroundings(theme);
  Svg svg(std::ceil(width), std::ceil(height + margin - row_gap), figure.title, figure.description, colours.background);
  svg.text({margin, margin + title_size - 3}, figure.title, {title_size, colours.ink, Anchor::start, true});
  for (std::size_t r = 0; r < figure.rows.size(); ++r) {
    const TileRow& row = figure.rows[r];
    if (!row.label.empty()) {
      svg.text({margin, tops[r] + above[r] / 2 + 0.36 * label_size}, row.label, {label_size, colours.ink});
    }
    double left = margin + label_width;
    for (const Tile& tile : row.tiles) {
      if (!tile.label.empty()) {
        svg.text({left, tops[r] - 5}, fitted_text(tile.label, label_size, figure.width + gap - 2),
                 {label_size, colours.muted});
      }
      draw(svg, tile, {left, tops[r], left + figure.width, tops[r] + height_of(tile, figure.width)}, theme);
      left += figure.width + gap;
    }
  }
  return std::move(svg).finished();
}

}  // namespace wengert::cli::plot
