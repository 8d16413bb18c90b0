/// Finds places for labels: beside what they name, on nothing else.
#pragma once

#include <vector>

#include "wengert/cli/plot/geometry.hpp"

namespace wengert::cli::plot {

/// Places labels one after the other inside `bounds`. Everything in pixels.
class LabelPlacer {
 public:
  explicit LabelPlacer(const Box& bounds) : bounds_(bounds) {}

  /// A line that labels had better not lie on.
  void avoid(const Polyline& line) { lines_.push_back(line); }
  /// A line of the grid, on which labels may lie where there is nothing better.
  void avoid_gently(const Polyline& line) { faint_lines_.push_back(line); }
  /// A mark or a text that labels must not lie on.
  void avoid(const Box& box) { boxes_.push_back(box); }

  /// A box of this size beside one of the lines (of one curve), rather at its end than before.
  Box beside(const std::vector<Polyline>& curve, double width, double height);
  /// A box around a point of the line, which the label interrupts.
  Box upon(const std::vector<Polyline>& curve, double width, double height);
  /// A box beside a point.
  Box around(Point point, double width, double height);
  /// Does a line pass through the box, one of the grid too?
  [[nodiscard]] bool crossed(const Box& box) const;

 private:
  /// How bad a place is; 0 is perfect.
  [[nodiscard]] double cost(const Box& box) const;
  Box take(const Box& box);

  Box bounds_;
  std::vector<Polyline> lines_, faint_lines_;
  std::vector<Box> boxes_;
};

}  // namespace wengert::cli::plot
