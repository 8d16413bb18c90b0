#include "wengert/cli/plot/geometry.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>

namespace wengert::cli::plot {

std::optional<std::pair<Point, Point>> clipped(Point a, Point b, const Box& box) {
  const double dx = b.x - a.x, dy = b.y - a.y;
  if (!std::isfinite(dx) || !std::isfinite(dy)) {
    // Ends so far apart that their distance is no double any more.
    const auto scaled = [](Point p, double by) { return Point{p.x * by, p.y * by}; };
    const auto part = clipped(scaled(a, 0.25), scaled(b, 0.25),
                              {box.left * 0.25, box.top * 0.25, box.right * 0.25, box.bottom * 0.25});
    if (!part) return std::nullopt;
    return std::pair{scaled(part->first, 4), scaled(part->second, 4)};
  }
  double enters = 0, leaves = 1;
  // Each side: how fast the segment goes outwards, and how far a is inside.
  const std::array<std::pair<double, double>, 4> sides{
      {{-dx, a.x - box.left}, {dx, box.right - a.x}, {-dy, a.y - box.top}, {dy, box.bottom - a.y}}};
  for (const auto& [outwards, inside] : sides) {
    if (outwards == 0) {
      if (!(inside >= 0)) return std::nullopt;
    } else if (outwards < 0) {
      enters = std::fmax(enters, inside / outwards);
    } else {
      leaves = std::fmin(leaves, inside / outwards);
    }
  }
  if (!(enters <= leaves)) return std::nullopt;
  // What cancels when an end is far away must not lead out of the box.
  const auto at = [&](double t) {
    if (t == 0) return a;
    if (t == 1) return b;
    return Point{std::clamp(a.x + t * dx, box.left, box.right), std::clamp(a.y + t * dy, box.top, box.bottom)};
  };
  return std::pair{at(enters), at(leaves)};
}

std::vector<Polyline> clipped(const Polyline& line, const Box& box) {
  std::vector<Polyline> parts;
  bool open = false;  // the last part ends where the next segment begins
  const auto finite = [](Point p) { return std::isfinite(p.x) && std::isfinite(p.y); };
  for (std::size_t k = 0; k + 1 < line.size(); ++k) {
    const Point a = line[k], b = line[k + 1];
    const auto inside = finite(a) && finite(b) ? clipped(a, b, box) : std::nullopt;
    if (!inside) {
      open = false;
      continue;
    }
    if (!open || parts.back().back() != inside->first) parts.push_back({inside->first});
    parts.back().push_back(inside->second);
    open = inside->second == b;
  }
  return parts;
}

Polyline clipped_polygon(const Polyline& corners, const Box& box) {
  Polyline polygon = corners;
  for (int side = 0; side < 4; ++side) {
    // How far a point is inside of this side.
    const auto inside = [&](Point p) {
      return side == 0 ? p.x - box.left : side == 1 ? box.right - p.x : side == 2 ? p.y - box.top : box.bottom - p.y;
    };
    Polyline kept;
    for (std::size_t k = 0; k < polygon.size(); ++k) {
      const Point a = polygon[k], b = polygon[(k + 1) % polygon.size()];
      const double from = inside(a), to = inside(b);
      if (from >= 0) kept.push_back(a);
      if ((from >= 0) != (to >= 0)) {
        const double t = from / (from - to);
        kept.push_back({std::lerp(a.x, b.x, t), std::lerp(a.y, b.y, t)});
      }
    }
    polygon = std::move(kept);
  }
  return polygon;
}

bool meets(const Polyline& line, const Box& box) {
  if (line.size() == 1) return box.contains(line[0]);
  for (std::size_t k = 0; k + 1 < line.size(); ++k)
    if (clipped(line[k], line[k + 1], box)) return true;
  return false;
}

double length_of(const Polyline& line) {
  double length = 0;
  for (std::size_t k = 0; k + 1 < line.size(); ++k)
    length += std::hypot(line[k + 1].x - line[k].x, line[k + 1].y - line[k].y);
  return length;
}

Point point_at(const Polyline& line, double fraction) {
  double left = fraction * length_of(line);
  for (std::size_t k = 0; k + 1 < line.size(); ++k) {
    const Point a = line[k], b = line[k + 1];
    const double length = std::hypot(b.x - a.x, b.y - a.y);
    if (left <= length && length > 0) return {a.x + (b.x - a.x) * left / length, a.y + (b.y - a.y) * left / length};
    left -= length;
  }
  return line.back();
}

}  // namespace wengert::cli::plot
