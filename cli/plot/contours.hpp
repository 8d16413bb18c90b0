/// Contour lines of a function of two variables.
#pragma once

#include <cstddef>
#include <functional>
#include <vector>

#include "wengert/cli/plot/geometry.hpp"

namespace wengert::cli::plot {

/// Values on a rectangular grid, row by row from y.low to y.high.
struct Grid {
  Range x, y;
  std::size_t columns = 0, rows = 0;  ///< two of each at least
  std::vector<double> values;         ///< columns · rows of them

  [[nodiscard]] double value(std::size_t column, std::size_t row) const { return values[row * columns + column]; }
  [[nodiscard]] Point point(std::size_t column, std::size_t row) const;
};

[[nodiscard]] Grid sampled_grid(const std::function<double(double, double)>& f, Range x, Range y, std::size_t columns,
                                std::size_t rows);

/// The lines on which the function, linear along the edges of the grid, has the value `level`: marching squares, their
/// segments joined. A closed line ends with its first point; the others end at the border or beside a value that is not
/// finite. In a saddle the mean of the four corners decides which two are joined.
[[nodiscard]] std::vector<Polyline> contour_lines(const Grid& grid, double level);

}  // namespace wengert::cli::plot
