#include "wengert/cli/slopes.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

namespace wengert::cli {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

Slope slope(const std::function<double(double)>& f, double x, double at_x, double side) {
  constexpr int most_rows = 24, most_halvings = 60;
  Slope best{.value = std::numeric_limits<double>::quiet_NaN(), .error = infinity};
  std::vector<double> above, row;
  double h = side * 0.0625 * std::max(std::abs(x), 0.125);
  for (int n = 0, rows = 0; n < most_halvings && rows < most_rows; ++n, h /= 2) {
    const double there = x + h;
    if (there == x) break;
    const double value = f(there);
    if (!std::isfinite(value)) {
      // Too far from the point: what was found there does not count.
      above.clear();
      best = {.value = std::numeric_limits<double>::quiet_NaN(), .error = infinity};
      rows = 0;
      continue;
    }
    best.defined = true;
    ++rows;
    row.assign(1, (value - at_x) / (there - x));
    // Rounding in the two values, divided by the step.
    const double noise = 4 * std::numeric_limits<double>::epsilon() * (std::abs(value) + std::abs(at_x)) / std::abs(h);
    double factor = 2;
    for (std::size_t i = 1; i <= above.size(); ++i, factor *= 2) {
      row.push_back((factor * row[i - 1] - above[i - 1]) / (factor - 1));
      const double error = std::max(std::abs(row[i] - row[i - 1]), std::abs(row[i] - above[i - 1])) + noise;
      if (error <= best.error) {
        best.value = row[i];
        best.error = error;
      }
    }
    above = row;
  }
  // Differences that grow without end come nowhere near a number.
  if (best.error > 1e-3 * std::max({std::abs(best.value), std::abs(at_x), 1.0})) best.error = infinity;
  return best;
}

}  // namespace

Slopes slopes_at(const std::function<double(double)>& f, double x) {
  const double at_x = f(x);
  Slopes slopes;
  if (!std::isfinite(at_x) || !std::isfinite(x)) return slopes;
  slopes.left = slope(f, x, at_x, -1);
  slopes.right = slope(f, x, at_x, 1);
  const double gap = std::abs(slopes.right.value - slopes.left.value);
  const double scale = std::max(std::abs(slopes.left.value), std::abs(slopes.right.value));
  slopes.kink = gap > 10 * (slopes.left.error + slopes.right.error) + 1e-5 * scale;
  return slopes;
}

}  // namespace wengert::cli
