/// Points, intervals and boxes of plots, and what is left of a line inside a box.
#pragma once

#include <optional>
#include <utility>
#include <vector>

namespace wengert::cli::plot {

struct Point {
  double x = 0;
  double y = 0;
  friend bool operator==(const Point&, const Point&) = default;
};

/// What is drawn in one stroke.
using Polyline = std::vector<Point>;

struct Range {
  double low = 0;
  double high = 0;
  /// An empty one, as of an axis that takes its range from the data.
  [[nodiscard]] bool empty() const noexcept { return !(low < high); }
};

struct Box {
  double left = 0, top = 0, right = 0, bottom = 0;  ///< left <= right, top <= bottom: y grows downwards
  [[nodiscard]] bool contains(Point p) const noexcept {
    return p.x >= left && p.x <= right && p.y >= top && p.y <= bottom;
  }
  [[nodiscard]] bool contains(const Box& b) const noexcept {
    return b.left >= left && b.right <= right && b.top >= top && b.bottom <= bottom;
  }
  [[nodiscard]] bool overlaps(const Box& b) const noexcept {
    return b.left < right && b.right > left && b.top < bottom && b.bottom > top;
  }
  [[nodiscard]] Box grown(double by) const noexcept { return {left - by, top - by, right + by, bottom + by}; }
};

/// The part of the segment from a to b inside the box (Liang and Barsky 1984).
[[nodiscard]] std::optional<std::pair<Point, Point>> clipped(Point a, Point b, const Box& box);
/// The parts of a line inside the box. A point that is not finite is a gap.
[[nodiscard]] std::vector<Polyline> clipped(const Polyline& line, const Box& box);
/// The part of a convex polygon inside the box (Sutherland and Hodgman 1974).
[[nodiscard]] Polyline clipped_polygon(const Polyline& corners, const Box& box);
/// Does the line pass through the box?
[[nodiscard]] bool meets(const Polyline& line, const Box& box);
[[nodiscard]] double length_of(const Polyline& line);
/// The point at `fraction` (0 to 1) of the line's length; the line has one point at least.
[[nodiscard]] Point point_at(const Polyline& line, double fraction);

}  // namespace wengert::cli::plot
