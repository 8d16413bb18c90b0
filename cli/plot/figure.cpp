#include "wengert/cli/plot/figure.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "wengert/cli/plot/labels.hpp"
#include "wengert/cli/plot/svg.hpp"

namespace wengert::cli::plot {
namespace {

// Sizes in pixels. A figure of 700 pixels on a slide of 1920 is enlarged nearly three times.
constexpr double margin = 18;
constexpr double title_size = 21, panel_title_size = 17, label_size = 16, tick_size = 15, contour_size = 14;
constexpr double tick_gap = 7;  // below the axis: clear of the lowest label of the other axis
constexpr double mark_radius = 6;

/// The range of the finite (on a logarithmic axis, positive) coordinates.
class Extent {
 public:
  explicit Extent(Scale scale) : scale_(scale) {}
  void add(double value) {
    if (!std::isfinite(value) || (scale_ == Scale::log && !(value > 0))) return;
    range_.low = std::min(range_.low, value);
    range_.high = std::max(range_.high, value);
  }
  [[nodiscard]] Range range() const { return padded(drawable(range_, scale_), scale_); }

 private:
  Scale scale_;
  Range range_{std::numeric_limits<double>::infinity(), -std::numeric_limits<double>::infinity()};
};

template <class Coordinate>
Range range_of(const Axis& axis, const Panel& panel, const Coordinate& coordinate) {
  if (!axis.range.empty()) return drawable(axis.range, axis.scale);
  Extent extent(axis.scale);
  const auto add = [&](const Polyline& points) {
    for (const Point& p : points) extent.add(coordinate(p));
  };
  for (const Curve& curve : panel.curves) add(curve.points);
  for (const Marks& marks : panel.marks) add(marks.points);
  for (const Contour& contour : panel.contours)
    for (const Polyline& line : contour.lines) add(line);
  return extent.range();
}

std::vector<Tick> ticks_of(const Axis& axis, Range range, int most) {
  if (!axis.ticks.empty()) return ticks_at(axis.ticks);
  return axis.scale == Scale::log ? log_ticks(range, most) : linear_ticks(range, most);
}

double width_of(const Tick& tick) {
  return text_width(tick.label, tick_size) + text_width(tick.exponent, 0.72 * tick_size);
}

/// A panel's axes, and the way from its numbers to pixels.
struct Frame {
  Range x, y;
  Scale x_scale, y_scale;
  std::vector<Tick> x_ticks, y_ticks;
  Box area{};  ///< where curves are

  Frame(const Panel& panel, double width, double height)
      : x(range_of(panel.x, panel, [](Point p) { return p.x; })),
        y(range_of(panel.y, panel, [](Point p) { return p.y; })),
        x_scale(panel.x.scale),
        y_scale(panel.y.scale),
        x_ticks(ticks_of(panel.x, x, std::max(2, static_cast<int>(width / 80)))),
        y_ticks(ticks_of(panel.y, y, std::max(2, static_cast<int>(height / 45)))) {}

  [[nodiscard]] static double share(double value, Range range, Scale scale) {
    if (scale == Scale::linear) return (value - range.low) / (range.high - range.low);
    if (!(value > 0)) return std::numeric_limits<double>::quiet_NaN();
    return (std::log(value) - std::log(range.low)) / (std::log(range.high) - std::log(range.low));
  }
  [[nodiscard]] Point pixels(Point p) const {
    return {area.left + share(p.x, x, x_scale) * (area.right - area.left),
            area.bottom - share(p.y, y, y_scale) * (area.bottom - area.top)};
  }
  [[nodiscard]] Polyline pixels(const Polyline& points) const {
    Polyline mapped;
    for (const Point& p : points) mapped.push_back(pixels(p));
    return mapped;
  }
};

/// The room that a panel's texts need around its area.
struct Room {
  double left = 0, top = 0, bottom = 0, right = 0;
};

Room room_of(const Panel& panel, const Frame& frame) {
  Room room;
  for (const Tick& tick : frame.y_ticks) room.left = std::max(room.left, width_of(tick) + 10);
  if (!frame.x_ticks.empty()) room.right = width_of(frame.x_ticks.back()) / 2;
  if (!panel.title.empty()) room.top += panel_title_size + 8;
  if (!panel.y.label.empty()) room.top += label_size + 8;
  room.top = std::max(room.top, tick_size / 2);
  room.bottom = tick_size + tick_gap + 4 + (panel.x.label.empty() ? 0 : label_size + 4);
  return room;
}

class PanelDrawing {
 public:
  PanelDrawing(Svg& svg, const Panel& panel, const Frame& frame, Theme theme)
      : svg_(svg), panel_(panel), frame_(frame), theme_(theme), colours_(surroundings(theme)), labels_(frame.area) {}

  void draw() {
    svg_.begin_group("panel");
    for (const Area& area : panel_.areas) {
      svg_.polygon(clipped_polygon(frame_.pixels(area.corners), frame_.area), colour(area.style), 0.16);
    }
    grid();
    lines();
    marks();
    texts();
    frame_texts();
    svg_.end_group();
  }

 private:
  [[nodiscard]] std::string_view colour(std::size_t style) const { return series_colour(theme_, style); }

  void grid() {
    const Box& area = frame_.area;
    for (const Tick& tick : frame_.x_ticks) {
      const double x = frame_.pixels({tick.at, frame_.y.low}).x;
      grid_line({{x, area.top}, {x, area.bottom}}, zero(tick, frame_.x_scale));
    }
    for (const Tick& tick : frame_.y_ticks) {
      const double y = frame_.pixels({frame_.x.low, tick.at}).y;
      grid_line({{area.left, y}, {area.right, y}}, zero(tick, frame_.y_scale));
    }
  }

  void grid_line(const Polyline& line, std::string_view stroke) {
    svg_.line(line, {stroke, 1});
    labels_.avoid_gently(line);
  }

  /// The line through 0 is darker than the others.
  [[nodiscard]] std::string_view zero(const Tick& tick, Scale scale) const {
    return scale == Scale::linear && tick.at == 0 ? colours_.muted : colours_.grid;
  }

  void lines() {
    const double last = std::max<double>(1, static_cast<double>(panel_.contours.size()) - 1);
    for (std::size_t k = 0; k < panel_.contours.size(); ++k) {
      const std::string graded = graded_colour(theme_, static_cast<double>(k) / last);
      std::vector<Polyline> parts;
      for (const Polyline& line : panel_.contours[k].lines)
        for (Polyline& part : clipped(frame_.pixels(line), frame_.area)) parts.push_back(std::move(part));
      for (const Polyline& part : parts) {
        svg_.line(part, {graded, 1.6});
        labels_.avoid_gently(part);
      }
      contours_.push_back(std::move(parts));
    }
    for (const Curve& curve : panel_.curves) {
      std::vector<Polyline> parts = clipped(frame_.pixels(curve.points), frame_.area);
      for (const Polyline& part : parts) {
        svg_.line(part, {colour(curve.style), curve.width, curve.solid ? "" : series_dashes(curve.style)});
        labels_.avoid(part);
        if (curve.arrows) arrows(part, colour(curve.style));
      }
      curves_.push_back(std::move(parts));
    }
  }

  void arrows(const Polyline& path, std::string_view fill) {
    constexpr double length = 11, half_width = 5.5, shortest = 22;
    for (std::size_t k = 0; k + 1 < path.size(); ++k) {
      const Point a = path[k], b = path[k + 1];
      const double distance = std::hypot(b.x - a.x, b.y - a.y);
      if (distance < shortest) continue;
      const double dx = (b.x - a.x) / distance, dy = (b.y - a.y) / distance;
      const Point tip{(a.x + b.x) / 2 + dx * length / 2, (a.y + b.y) / 2 + dy * length / 2};
      const Point foot{tip.x - dx * length, tip.y - dy * length};
      svg_.polygon({tip,
                    {foot.x - dy * half_width, foot.y + dx * half_width},
                    {foot.x + dy * half_width, foot.y - dx * half_width}},
                   fill);
    }
  }

  void mark(Point at, Mark shape, std::string_view stroke, double radius) {
    const Stroke edge{stroke, 2.5};
    switch (shape) {
      case Mark::none:
        return;
      case Mark::dot:
        svg_.circle(at, radius, stroke, {colours_.background, 1});
        break;
      case Mark::ring:
        svg_.circle(at, radius, colours_.background, edge);
        break;
      case Mark::square:
        svg_.rectangle({at.x - radius, at.y - radius, at.x + radius, at.y + radius}, stroke);
        break;
      case Mark::cross:
        svg_.line({{at.x - radius, at.y - radius}, {at.x + radius, at.y + radius}}, edge);
        svg_.line({{at.x - radius, at.y + radius}, {at.x + radius, at.y - radius}}, edge);
        break;
    }
    labels_.avoid(Box{at.x, at.y, at.x, at.y}.grown(radius + 1));
  }

  void marks() {
    for (const Curve& curve : panel_.curves)
      for (const Point& p : frame_.pixels(curve.points))
        if (frame_.area.contains(p)) mark(p, curve.mark, colour(curve.style), 4);
    for (const Marks& marks : panel_.marks)
      for (const Point& p : frame_.pixels(marks.points))
        if (frame_.area.contains(p)) mark(p, marks.mark, colour(marks.style), mark_radius);
  }

  // --- Texts; where a line passes, on a patch of the background ---

  /// A label's text, shortened where it is wider than the panel, and the box that it needs.
  struct Label {
    Label(const std::string& whole, double size, bool is_bold, const Box& area)
        : bold(is_bold),
          font(size),
          text(fitted_text(whole, scale() * size, area.right - area.left)),
          width(text_width(text, scale() * size)),
          height(1.15 * size) {}
    [[nodiscard]] double scale() const { return bold ? 1.05 : 1; }
    bool bold;
    double font;
    std::string text;
    double width, height;
  };

  void put(const Box& box, const Label& label, std::string_view fill) {
    if (labels_.crossed(box)) svg_.rectangle(box.grown(1), colours_.background, 0.8);
    const Point at{(box.left + box.right) / 2, box.bottom - 0.28 * label.font};
    svg_.text(at, label.text, {label.font, fill, Anchor::middle, label.bold});
  }

  void texts() {
    for (const Marks& marks : panel_.marks) {
      if (marks.label.empty() || marks.points.empty()) continue;
      const Point p = frame_.pixels(marks.points.front());
      if (!frame_.area.contains(p)) continue;
      const Label label(marks.label, label_size, false, frame_.area);
      put(labels_.around(p, label.width, label.height), label, colours_.ink);
    }
    for (std::size_t k = 0; k < curves_.size(); ++k) {
      const Curve& curve = panel_.curves[k];
      if (curve.label.empty() || curves_[k].empty()) continue;
      const Label label(curve.label, label_size, true, frame_.area);
      put(labels_.beside(curves_[k], label.width, label.height), label, text_colour(theme_, curve.style));
    }
    for (const Area& area : panel_.areas) {
      const Polyline inside = clipped_polygon(frame_.pixels(area.corners), frame_.area);
      if (area.label.empty() || inside.empty()) continue;
      Point middle;
      for (const Point& p : inside) {
        middle.x += p.x / static_cast<double>(inside.size());
        middle.y += p.y / static_cast<double>(inside.size());
      }
      const Label label(area.label, label_size, true, frame_.area);
      put(labels_.around(middle, label.width, label.height), label, text_colour(theme_, area.style));
    }
    for (std::size_t k = 0; k < contours_.size(); ++k) {
      const std::string& text = panel_.contours[k].label;
      if (text.empty() || contours_[k].empty()) continue;
      const Label label(text, contour_size, false, frame_.area);
      put(labels_.upon(contours_[k], label.width, label.height), label, colours_.muted);
    }
  }

  void frame_texts() {
    const Box& area = frame_.area;
    svg_.line({{area.left, area.top}, {area.left, area.bottom}, {area.right, area.bottom}}, {colours_.muted, 1.2});
    for (const Tick& tick : frame_.x_ticks) {
      const double x = frame_.pixels({tick.at, frame_.y.low}).x;
      svg_.text({x, area.bottom + tick_size + tick_gap}, tick.label, {tick_size, colours_.muted, Anchor::middle},
                tick.exponent);
    }
    for (const Tick& tick : frame_.y_ticks) {
      const double y = frame_.pixels({frame_.x.low, tick.at}).y;
      svg_.text({area.left - 7, y + 0.36 * tick_size}, tick.label, {tick_size, colours_.muted, Anchor::end},
                tick.exponent);
    }
    // No wider than the panel with the margin behind it.
    const double width = area.right - area.left + margin;
    double y = area.top - 10;
    if (!panel_.y.label.empty()) {
      svg_.text({area.left, y}, fitted_text(panel_.y.label, label_size, width), {label_size, colours_.ink});
      y -= label_size + 8;
    }
    if (!panel_.title.empty()) {
      const std::string title = fitted_text(panel_.title, 1.05 * panel_title_size, width);
      svg_.text({area.left, y}, title, {panel_title_size, colours_.ink, Anchor::start, true});
    }
    if (!panel_.x.label.empty()) {
      const Point at{(area.left + area.right) / 2, area.bottom + tick_size + tick_gap + label_size + 5};
      svg_.text(at, fitted_text(panel_.x.label, label_size, width), {label_size, colours_.ink, Anchor::middle});
    }
  }

  Svg& svg_;
  const Panel& panel_;
  const Frame& frame_;
  Theme theme_;
  Surroundings colours_;
  LabelPlacer labels_;
  std::vector<std::vector<Polyline>> contours_, curves_;  ///< in pixels, clipped
};

constexpr double legend_sample = 44, legend_gap = 8, legend_step = 28;  // pixels
constexpr double legend_widest = 400;

double legend_width(const Figure& figure) {
  double width = 0;
  for (const LegendEntry& entry : figure.legend)
    width += legend_sample + legend_gap + std::min(text_width(entry.label, label_size), legend_widest) + legend_step;
  return width;
}

/// The entries in one line.
void draw_legend(Svg& svg, const Figure& figure, Theme theme, double y) {
  double x = margin;
  for (const LegendEntry& entry : figure.legend) {
    svg.line({{x, y}, {x + legend_sample, y}}, {series_colour(theme, entry.style), 3, series_dashes(entry.style)});
    x += legend_sample + legend_gap;
    const std::string label = fitted_text(entry.label, label_size, legend_widest);
    svg.text({x, y + 0.36 * label_size}, label, {label_size, surroundings(theme).ink});
    x += text_width(label, label_size) + legend_step;
  }
}

}  // namespace

std::string svg_of(const Figure& figure, Theme theme) {
  const std::size_t columns = std::max<std::size_t>(1, std::min(figure.columns, figure.panels.size()));
  const std::size_t rows = (figure.panels.size() + columns - 1) / columns;

  // All panels get the room that the neediest of them takes, so that their areas line up.
  std::vector<Frame> frames;
  Room room;
  for (const Panel& panel : figure.panels) {
    frames.emplace_back(panel, figure.width, figure.height);
    const Room own = room_of(panel, frames.back());
    room = {std::max(room.left, own.left), std::max(room.top, own.top), std::max(room.bottom, own.bottom),
            std::max(room.right, own.right)};
  }
  double top = margin;
  if (!figure.title.empty()) top += title_size + 12;
  const double legend_y = top + label_size / 2;
  if (!figure.legend.empty()) top += label_size + 16;
  const double step_x = room.left + figure.width + room.right + margin;
  const double step_y = room.top + figure.height + room.bottom + margin;
  double width = margin + static_cast<double>(columns) * step_x;
  // A long title or legend makes the picture wider, up to a point.
  constexpr double bold = 1.08, widest = 1600;
  width = std::max(width, std::min(widest, 2 * margin + text_width(figure.title, bold * title_size)));
  width = std::max(width, 2 * margin + legend_width(figure));
  const std::string title = fitted_text(figure.title, bold * title_size, width - 2 * margin);
  const double height = top + static_cast<double>(rows) * step_y;

  const Surroundings colours = surroundings(theme);
  Svg svg(std::ceil(width), std::ceil(height), figure.title, figure.description, colours.background);
  if (!figure.title.empty()) {
    svg.text({margin, margin + title_size - 3}, title, {title_size, colours.ink, Anchor::start, true});
  }
  draw_legend(svg, figure, theme, legend_y);
  for (std::size_t k = 0; k < figure.panels.size(); ++k) {
    const std::size_t row = k / columns, column = k % columns;
    const double left = margin + static_cast<double>(column) * step_x + room.left;
    const double above = top + static_cast<double>(row) * step_y + room.top;
    frames[k].area = {left, above, left + figure.width, above + figure.height};
    PanelDrawing(svg, figure.panels[k], frames[k], theme).draw();
  }
  return std::move(svg).finished();
}

}  // namespace wengert::cli::plot
