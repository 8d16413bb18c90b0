/// SVG text, element by element. The same calls give the same bytes.
///
/// Plain attributes only, no style sheets, ids, markers or clip paths: so a drawing survives being pasted into a page
/// beside others, and looks the same in browsers and in the programs that slides are made with.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "wengert/cli/plot/geometry.hpp"
#include "wengert/graph/escape.hpp"

namespace wengert::cli::plot {

using graph::xml_text;

/// Pixels that `text` takes in a sans-serif font of this size; rather too many than too few.
[[nodiscard]] double text_width(std::string_view text, double size);

/// The text, or as much of its beginning as fits into `width` pixels with an ellipsis behind it.
[[nodiscard]] std::string fitted_text(std::string_view text, double size, double width);

struct Stroke {
  std::string_view colour;
  double width = 1;
  std::string_view dashes{};
};

enum class Anchor : std::uint8_t { start, middle, end };

struct TextStyle {
  double size = 16;
  std::string_view colour;
  Anchor anchor = Anchor::start;
  bool bold = false;
};

class Svg {
 public:
  /// Title and description are what a screen reader says; neither is drawn.
  Svg(double width, double height, std::string_view title, std::string_view description, std::string_view background);

  void line(const Polyline& points, const Stroke& stroke);
  void polygon(const Polyline& corners, std::string_view fill, double opacity = 1);
  void rectangle(const Box& box, std::string_view fill, double opacity = 1);
  /// All of one colour, in one path.
  void boxes(const std::vector<Box>& boxes, std::string_view fill);
  void circle(Point centre, double radius, std::string_view fill, const Stroke& stroke);
  /// `at` is on the base line. An exponent stands higher and is smaller.
  void text(Point at, std::string_view text, const TextStyle& style, std::string_view exponent = {});
  /// A comment for readers of the file; also a mark for tests.
  void begin_group(std::string_view what);
  void end_group();

  /// The whole document; nothing may be drawn afterwards.
  [[nodiscard]] std::string finished() &&;

 private:
  std::string text_;
};

}  // namespace wengert::cli::plot
