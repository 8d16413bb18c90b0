#include "wengert/cli/plot/contours.hpp"

#include <array>
#include <cmath>
#include <cstdint>

namespace wengert::cli::plot {
namespace {

/// An edge of the grid has number 2·(row · columns + column) when it goes right from that corner, one more when it goes
/// up.
using Edge = std::size_t;
constexpr Edge none = SIZE_MAX;

class Marching {
 public:
  Marching(const Grid& grid, double level)
      : grid_(grid), level_(level), joined_(2 * grid.columns * grid.rows, {none, none}) {
    for (std::size_t row = 0; row + 1 < grid.rows; ++row)
      for (std::size_t column = 0; column + 1 < grid.columns; ++column) march(column, row);
  }

  std::vector<Polyline> lines() {
    std::vector<Polyline> lines;
    // Open lines begin at edges with one neighbour; what is left then are closed ones.
    for (Edge edge = 0; edge < joined_.size(); ++edge)
      if ((joined_[edge][0] == none) != (joined_[edge][1] == none)) lines.push_back(walk(edge));
    for (Edge edge = 0; edge < joined_.size(); ++edge)
      if (joined_[edge][0] != none) lines.push_back(walk(edge));
    return lines;
  }

 private:
  Edge edge(std::size_t column, std::size_t row, bool up) const {
    return 2 * (row * grid_.columns + column) + (up ? 1 : 0);
  }

  void march(std::size_t column, std::size_t row) {
    // Corners and the edges behind them, counter-clockwise from below on the left.
    const std::array<double, 4> corner{grid_.value(column, row), grid_.value(column + 1, row),
                                       grid_.value(column + 1, row + 1), grid_.value(column, row + 1)};
    const std::array<Edge, 4> edges{edge(column, row, false), edge(column + 1, row, true), edge(column, row + 1, false),
                                    edge(column, row, true)};
    std::array<bool, 4> above{};
    double sum = 0;
    for (std::size_t k = 0; k < 4; ++k) {
      if (!std::isfinite(corner[k])) return;
      above[k] = corner[k] >= level_;
      sum += corner[k] / 4;
    }
    std::vector<Edge> crossed;
    for (std::size_t k = 0; k < 4; ++k)
      if (above[k] != above[(k + 1) % 4]) crossed.push_back(edges[k]);
    if (crossed.size() == 2) join(crossed[0], crossed[1]);
    if (crossed.size() < 4) return;
    // A saddle: where the middle is like corner 0, corners 1 and 3 are cut off, else 0 and 2.
    const bool like_first = (sum >= level_) == above[0];
    join(edges[0], like_first ? edges[1] : edges[3]);
    join(edges[2], like_first ? edges[3] : edges[1]);
  }

  void join(Edge a, Edge b) {
    joined_[a][joined_[a][0] == none ? 0 : 1] = b;
    joined_[b][joined_[b][0] == none ? 0 : 1] = a;
  }

  /// Follows a line and forgets it.
  Polyline walk(Edge edge) {
    Polyline line{crossing(edge)};
    while (true) {
      auto& neighbours = joined_[edge];
      const Edge next = neighbours[0] != none ? neighbours[0] : neighbours[1];
      if (next == none) return line;
      (neighbours[0] == next ? neighbours[0] : neighbours[1]) = none;
      auto& back = joined_[next];
      (back[0] == edge ? back[0] : back[1]) = none;
      line.push_back(crossing(next));
      edge = next;
    }
  }

  Point crossing(Edge edge) const {
    const bool up = edge % 2 == 1;
    const std::size_t column = edge / 2 % grid_.columns, row = edge / 2 / grid_.columns;
    const std::size_t column_to = column + (up ? 0 : 1), row_to = row + (up ? 1 : 0);
    const Point a = grid_.point(column, row), b = grid_.point(column_to, row_to);
    const double from = grid_.value(column, row), to = grid_.value(column_to, row_to);
    const double t = (level_ - from) / (to - from);
    return {std::lerp(a.x, b.x, t), std::lerp(a.y, b.y, t)};
  }

  const Grid& grid_;
  double level_;
  std::vector<std::array<Edge, 2>> joined_;  ///< of each edge, the edges that a segment joins it with
};

}  // namespace

Point Grid::point(std::size_t column, std::size_t row) const {
  return {std::lerp(x.low, x.high, static_cast<double>(column) / static_cast<double>(columns - 1)),
          std::lerp(y.low, y.high, static_cast<double>(row) / static_cast<double>(rows - 1))};
}

Grid sampled_grid(const std::function<double(double, double)>& f, Range x, Range y, std::size_t columns,
                  std::size_t rows) {
  Grid grid{x, y, columns, rows, {}};
  for (std::size_t row = 0; row < rows; ++row) {
    for (std::size_t column = 0; column < columns; ++column) {
      const Point p = grid.point(column, row);
      grid.values.push_back(f(p.x, p.y));
    }
  }
  return grid;
}

std::vector<Polyline> contour_lines(const Grid& grid, double level) { return Marching(grid, level).lines(); }

}  // namespace wengert::cli::plot
