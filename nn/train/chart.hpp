// Curves as SVG for a page: the charts of a report. Colours are classes of the page's style sheet, so that one drawing
// serves light and dark. The same chart gives the same bytes.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace wengert::nn {

struct ChartPoint {
  double x = 0, y = 0;
};

enum class ChartLine : std::uint8_t { faint, strong, steps };  ///< `steps`: keeps its value up to the next point

struct ChartSeries {
  std::string label{};
  std::vector<ChartPoint> points{};  ///< by x, ascending; a y that is not finite is a gap
  ChartLine line = ChartLine::strong;
  int colour = 0;  ///< 0 to 3: class c0 … c3
};

struct Chart {
  std::string title{};
  std::string x_label{};
  std::vector<ChartSeries> series{};
  bool may_be_logarithmic = true;
  std::optional<double> mark{};  ///< a vertical line at this x …
  std::string mark_label{};      ///< … and what it says
};

/// The chart as an <svg> element of a page. The y axis is logarithmic where all numbers are positive and lie more than
/// a factor of 30 apart. Long series are thinned to means of neighbours. Empty without a finite point.
[[nodiscard]] std::string svg_of(const Chart& chart);

}  // namespace wengert::nn
