#include "wengert/cli/plot/labels.hpp"

#include <algorithm>
#include <array>
#include <limits>

namespace wengert::cli::plot {
namespace {

constexpr double gap = 7;  // pixels between a label and what it names

/// Boxes on the eight sides of a point, the ones that read best first.
std::array<Box, 8> sides(Point p, double width, double height, double away) {
  const auto box = [&](double left, double top) { return Box{left, top, left + width, top + height}; };
  const double left = p.x - away - width, right = p.x + away, above = p.y - away - height, below = p.y + away;
  const double middle_x = p.x - width / 2, middle_y = p.y - height / 2;
  return {box(right, middle_y),        box(right - away / 2, above), box(middle_x, above),
          box(left + away / 2, above), box(right - away / 2, below), box(middle_x, below),
          box(left, middle_y),         box(left + away / 2, below)};
}

/// The cheapest of many places; the first of equals.
class Cheapest {
 public:
  void offer(const Box& box, double cost) {
    if (cost >= cost_) return;
    cost_ = cost;
    box_ = box;
  }
  [[nodiscard]] const Box& box() const { return box_; }

 private:
  Box box_;
  double cost_ = std::numeric_limits<double>::infinity();
};

const Polyline* longest(const std::vector<Polyline>& curve) {
  const auto longer = [](const Polyline& a, const Polyline& b) { return length_of(a) < length_of(b); };
  const auto found = std::max_element(curve.begin(), curve.end(), longer);
  return found == curve.end() ? nullptr : &*found;
}

}  // namespace

double LabelPlacer::cost(const Box& box) const {
  double cost = bounds_.contains(box) ? 0 : 1000;
  for (const Box& other : boxes_)
    if (other.overlaps(box)) cost += 100;
  for (const Polyline& line : lines_) {
    if (meets(line, box.grown(1)))
      cost += 20;
    else if (meets(line, box.grown(gap - 2)))
      cost += 4;
  }
  for (const Polyline& line : faint_lines_)
    if (meets(line, box)) cost += 0.5;
  return cost;
}

bool LabelPlacer::crossed(const Box& box) const {
  const auto passes = [&](const Polyline& line) { return meets(line, box); };
  return std::any_of(lines_.begin(), lines_.end(), passes) ||
         std::any_of(faint_lines_.begin(), faint_lines_.end(), passes);
}

Box LabelPlacer::take(const Box& box) {
  boxes_.push_back(box.grown(2));
  return box;
}

Box LabelPlacer::beside(const std::vector<Polyline>& curve, double width, double height) {
  Cheapest cheapest;
  const Polyline* line = longest(curve);
  if (line == nullptr) return take({bounds_.left, bounds_.top, bounds_.left + width, bounds_.top + height});
  for (int step = 0; step <= 24; ++step) {
    const Point p = point_at(*line, 1 - 0.04 * step);
    for (const double away : {gap, 2 * gap}) {
      double preference = 0.1 * step + (away > gap ? 2 : 0);
      for (const Box& box : sides(p, width, height, away)) {
        cheapest.offer(box, cost(box) + preference);
        preference += 0.02;
      }
    }
  }
  return take(cheapest.box());
}

Box LabelPlacer::upon(const std::vector<Polyline>& curve, double width, double height) {
  Cheapest cheapest;
  const Polyline* line = longest(curve);
  if (line == nullptr) return take({bounds_.left, bounds_.top, bounds_.left + width, bounds_.top + height});
  for (int step = 0; step <= 48; ++step) {
    const Point p = point_at(*line, step / 48.0);
    const Box box{p.x - width / 2, p.y - height / 2, p.x + width / 2, p.y + height / 2};
    // Its own line counts wherever the label lies.
    cheapest.offer(box, cost(box) + 0.01 * step);
  }
  return take(cheapest.box());
}

Box LabelPlacer::around(Point point, double width, double height) {
  Cheapest cheapest;
  for (const double away : {gap + 4, 2 * gap, 3 * gap, 5 * gap}) {
    double preference = 0.3 * away;
    for (const Box& box : sides(point, width, height, away)) {
      cheapest.offer(box, cost(box) + preference);
      preference += 0.02;
    }
  }
  return take(cheapest.box());
}

}  // namespace wengert::cli::plot
