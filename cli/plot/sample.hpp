/// A function of one variable as a line to draw: gaps where it jumps or is not finite.
#pragma once

#include <cstddef>
#include <functional>
#include <vector>

#include "wengert/cli/plot/geometry.hpp"

namespace wengert::cli::plot {

struct Sampled {
  Polyline line;  ///< a point that is not finite is a gap
  /// Where the function jumps at a sample: its value there, and the limit that it does not take.
  std::vector<Point> taken, left_out;
};

/// `count` + 1 samples at equal distances. Between two of them that differ much, bisection finds out whether the
/// function is steep or jumps; a jump becomes a gap between the values on its sides.
[[nodiscard]] Sampled sampled(const std::function<double(double)>& f, Range x, std::size_t count = 240);

}  // namespace wengert::cli::plot
