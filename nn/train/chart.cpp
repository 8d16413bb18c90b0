#include "wengert/nn/train/chart.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <limits>
#include <string_view>
#include <utility>

#include "wengert/graph/escape.hpp"

namespace wengert::nn {
namespace {

using graph::xml_text;

constexpr double width = 560, height = 300;                       // of the drawing, in its own pixels
constexpr double left = 62, right = 546, top = 46, bottom = 256;  // of the area of the curves
constexpr std::size_t most_points = 400;

std::string pixels(double x) {
  std::array<char, 32> text{};
  return {text.data(), std::to_chars(text.data(), text.data() + text.size(), x, std::chars_format::fixed, 1).ptr};
}

std::string number_text(double x) {
  std::array<char, 32> text{};
  std::string digits(text.data(),
                     std::to_chars(text.data(), text.data() + text.size(), x, std::chars_format::general, 6).ptr);
  return digits;
}

struct Axis {
  double low = std::numeric_limits<double>::infinity(), high = -std::numeric_limits<double>::infinity();
  bool log = false;

  void add(double value) {
    if (!std::isfinite(value)) return;
    low = std::min(low, value);
    high = std::max(high, value);
  }
  [[nodiscard]] bool empty() const { return !(low <= high); }
  /// A little room on both sides; a single value gets room of its own size.
  void pad(double share) {
    if (log) {
      const double factor = std::pow(high / low, share);
      low = std::max(low / factor, std::numeric_limits<double>::min());
      high *= factor;
      return;
    }
    const double room = high > low ? share * (high - low) : high != 0 ? 0.5 * std::abs(high) : 1;
    low -= room;
    high += room;
  }
  [[nodiscard]] double share_of(double value) const {
    if (log) return (std::log(value) - std::log(low)) / (std::log(high) - std::log(low));
    return (value - low) / (high - low);
  }
};

/// Multiples of 1, 2 or 5 times a power of ten: at most `most` + 1 of them in the range.
std::vector<double> linear_ticks(const Axis& axis, int most, bool whole) {
  const double least = (axis.high - axis.low) / most;
  const double power = std::pow(10.0, std::floor(std::log10(least)));
  double step = 10 * power;
  for (const double factor : {5.0, 2.0, 1.0})
    if (factor * power >= least * (1 - 1e-9)) step = factor * power;
  if (whole) step = std::max(step, 1.0);
  std::vector<double> ticks;
  for (double count = std::ceil(axis.low / step - 1e-9); count * step <= axis.high * (1 + 1e-12) + 1e-9 * step;
       ++count) {
    if (ticks.size() > 20) break;
    ticks.push_back(count == 0 ? 0 : count * step);
  }
  return ticks;
}

/// Powers of ten; 1, 2 and 5 times them where there is room.
std::vector<double> log_ticks(const Axis& axis, int most) {
  const int first = static_cast<int>(std::floor(std::log10(axis.low)));
  const int last = static_cast<int>(std::ceil(std::log10(axis.high)));
  const int stride = std::max(1, (last - first) / most);
  std::vector<double> ticks;
  for (int power = first; power <= last; power += stride) {
    for (const double factor : {1.0, 2.0, 5.0}) {
      if (factor != 1 && 3 * (last - first) > 2 * most) continue;
      const double tick = factor * std::pow(10.0, power);
      if (tick >= axis.low * (1 - 1e-9) && tick <= axis.high * (1 + 1e-9)) ticks.push_back(tick);
    }
  }
  return ticks;
}

/// At most `most_points` points, and the first one of steps: means over stretches of as many points each, or the last
/// one of each for steps. A stretch with a gap is a gap.
std::vector<ChartPoint> thinned(const std::vector<ChartPoint>& points, bool steps) {
  if (points.size() <= most_points) return points;
  std::vector<ChartPoint> result;
  const std::size_t stretch = (points.size() + most_points - 1) / most_points;
  for (std::size_t first = 0; first < points.size(); first += stretch) {
    const std::size_t count = std::min(stretch, points.size() - first);
    if (steps) {
      if (first == 0 && count > 1) result.push_back(points.front());
      result.push_back(points[first + count - 1]);
      continue;
    }
    ChartPoint mean;
    for (std::size_t k = first; k < first + count; ++k) {
      mean.x += points[k].x / static_cast<double>(count);
      mean.y += points[k].y / static_cast<double>(count);
    }
    result.push_back(mean);
  }
  return result;
}

class Drawing {
 public:
  explicit Drawing(const Chart& chart) : chart_(chart) {
    bool positive = true;
    for (ChartSeries series : chart.series) {
      series.points = thinned(series.points, series.line == ChartLine::steps);
      for (const ChartPoint& point : series.points) {
        if (!std::isfinite(point.y)) continue;
        positive = positive && point.y > 0;
        y_.add(point.y);
        x_.add(point.x);
      }
      series_.push_back(std::move(series));
    }
    if (x_.empty()) return;
    y_.log = chart.may_be_logarithmic && positive && y_.high / y_.low > 30;
    y_.pad(0.06);
    x_.add(0);
    if (x_.low == x_.high) x_.pad(0);
  }

  [[nodiscard]] std::string text() {
    if (x_.empty()) return {};
    text_ = "<svg class=\"chart\" viewBox=\"0 0 " + pixels(width) + " " + pixels(height) +
            "\" role=\"img\" aria-label=\"" + xml_text(chart_.title) + "\">\n";
    label(left, 18, chart_.title, "title");
    grid();
    mark();
    for (const ChartSeries& series : series_) curve(series);
    legend();
    return text_ + "</svg>\n";
  }

 private:
  [[nodiscard]] double across(double x) const { return left + x_.share_of(x) * (right - left); }
  [[nodiscard]] double down(double y) const { return bottom - y_.share_of(y) * (bottom - top); }

  void label(double x, double y, std::string_view text, std::string_view kind) {
    text_ += "<text class=\"" + std::string(kind) + "\" x=\"" + pixels(x) + "\" y=\"" + pixels(y) + "\">" +
             xml_text(text) + "</text>\n";
  }
  void line(double x1, double y1, double x2, double y2, std::string_view kind) {
    text_ += "<path class=\"" + std::string(kind) + "\" d=\"M" + pixels(x1) + " " + pixels(y1) + "L" + pixels(x2) +
             " " + pixels(y2) + "\"/>\n";
  }

  void grid() {
    for (const double tick : y_.log ? log_ticks(y_, 6) : linear_ticks(y_, 7, false)) {
      line(left, down(tick), right, down(tick), "grid");
      label(left - 8, down(tick) + 4, number_text(tick), "y tick");
    }
    for (const double tick : linear_ticks(x_, 8, true)) {
      line(across(tick), bottom, across(tick), bottom + 5, "axis");
      label(across(tick), bottom + 19, number_text(tick), "x tick");
    }
    line(left, bottom, right, bottom, "axis");
    label((left + right) / 2, bottom + 38, chart_.x_label, "x name");
  }

  void mark() {
    if (!chart_.mark || *chart_.mark < x_.low || *chart_.mark > x_.high) return;
    const double x = across(*chart_.mark);
    line(x, top, x, bottom, "mark");
    label(x, top - 5, chart_.mark_label, "x mark");
  }

  void curve(const ChartSeries& series) {
    const std::string colour = " c" + std::to_string(series.colour);
    std::string path;
    bool gap = true;
    for (const ChartPoint& point : series.points) {
      if (!std::isfinite(point.y)) {
        gap = true;
        continue;
      }
      const std::string x = pixels(across(point.x)), y = pixels(down(point.y));
      if (!gap && series.line == ChartLine::steps) path += "H" + x;
      path.append(gap ? "M" : "L").append(x).append(" ").append(y);
      gap = false;
    }
    text_ += "<path class=\"curve " + std::string(series.line == ChartLine::faint ? "faint" : "strong") + colour +
             "\" d=\"" + path + "\"/>\n";
    if (series.line != ChartLine::strong) return;
    // Points to look at; small ones where there are many.
    const double radius = series.points.size() > 60 ? 1.2 : 3;
    for (const ChartPoint& point : series.points) {
      if (!std::isfinite(point.y)) continue;
      text_ += "<circle class=\"point" + colour + "\" cx=\"" + pixels(across(point.x)) + "\" cy=\"" +
               pixels(down(point.y)) + "\" r=\"" + pixels(radius) + "\"><title>" + xml_text(chart_.x_label) + " " +
               number_text(point.x) + ": " + xml_text(series.label) + " " + number_text(point.y) +
               "</title></circle>\n";
    }
  }

  void legend() {
    double x = right;
    for (auto series = series_.rbegin(); series != series_.rend(); ++series) {
      if (series->label.empty()) continue;
      const double characters = static_cast<double>(std::min<std::size_t>(series->label.size(), 28));
      x -= 7 * characters + 34;
      line(x, 14, x + 20, 14,
           series->line == ChartLine::faint ? "curve faint c" + std::to_string(series->colour)
                                            : "curve strong c" + std::to_string(series->colour));
      label(x + 25, 18, series->label, "legend");
    }
  }

  const Chart& chart_;
  std::vector<ChartSeries> series_;
  Axis x_, y_;
  std::string text_;
};

}  // namespace

std::string svg_of(const Chart& chart) { return Drawing(chart).text(); }

}  // namespace wengert::nn
