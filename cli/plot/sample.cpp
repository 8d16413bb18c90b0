#include "wengert/cli/plot/sample.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace wengert::cli::plot {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

/// Narrows [a, b] to a billionth, each time to the half with the larger difference. A continuous function has hardly
/// any difference left then.
void bisect(const std::function<double(double)>& f, Point& a, Point& b) {
  for (int halving = 0; halving < 30; ++halving) {
    const double x = a.x + (b.x - a.x) / 2;
    const Point middle{x, f(x)};
    if (!(x > a.x && x < b.x) || !std::isfinite(middle.y)) return;
    (std::abs(middle.y - a.y) >= std::abs(b.y - middle.y) ? b : a) = middle;
  }
}

}  // namespace

Sampled sampled(const std::function<double(double)>& f, Range x, std::size_t count) {
  Polyline samples;
  double low = std::numeric_limits<double>::infinity(), high = -low;
  for (std::size_t k = 0; k <= count; ++k) {
    const double at = std::lerp(x.low, x.high, static_cast<double>(k) / static_cast<double>(count));
    samples.push_back({at, f(at)});
    if (!std::isfinite(samples.back().y)) continue;
    low = std::min(low, samples.back().y);
    high = std::max(high, samples.back().y);
  }
  // A step this large within one sample's distance is worth a closer look.
  const double suspicious = 0.02 * (high - low);
  Sampled result;
  for (std::size_t k = 0; k < samples.size(); ++k) {
    result.line.push_back(samples[k]);
    if (k + 1 == samples.size()) break;
    Point a = samples[k], b = samples[k + 1];
    const double step = std::abs(b.y - a.y);
    if (!std::isfinite(step) || !(step > suspicious)) continue;
    bisect(f, a, b);
    if (std::abs(b.y - a.y) < step / 2) continue;
    result.line.insert(result.line.end(), {a, {a.x, nan}, b});
    if (b.x == samples[k + 1].x) {
      result.taken.push_back(b);
      result.left_out.push_back({b.x, a.y});
    } else if (a.x == samples[k].x) {
      result.taken.push_back(a);
      result.left_out.push_back({a.x, b.y});
    }
  }
  return result;
}

}  // namespace wengert::cli::plot
