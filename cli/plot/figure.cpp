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
    return std::log(value / range.low) / std::log(range.high / range.low);
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
  room.bottom = tick_size + 8 + (panel.x.label.empty() ? 0 : label_size + 4);
  return room;
}

class PanelDrawing {
 public:
  PanelDrawing(Svg& svg, const Panel& panel, const Frame& frame, Theme theme)
      : svg_(svg), panel_(panel), frame_(frame), theme_(theme), colours_(palette(theme)), labels_(frame.area) {}

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

  /// The text; where a line passes, on a patch of the background.
  void label(const Box& box, std::string_view text, std::string_view fill, double size, bool bold) {
    if (labels_.crossed(box)) svg_.rectangle(box.grown(1), colours_.background, 0.8);
    svg_.text({(box.left + box.right) / 2, box.bottom - 0.28 * size}, text, {size, fill, Anchor::middle, bold});
  }

  void texts() {
    for (const Marks& marks : panel_.marks) {
      if (marks.label.empty() || marks.points.empty()) continue;
      const Point p = frame_.pixels(marks.points.front());
      if (!frame_.area.contains(p)) continue;
      label(labels_.around(p, text_width(marks.label, label_size), 1.15 * label_size), marks.label, colours_.ink,
            label_size, false);
    }
    for (std::size_t k = 0; k < curves_.size(); ++k) {
      const Curve& curve = panel_.curves[k];
      if (curve.label.empty() || curves_[k].empty()) continue;
      const double width = text_width(curve.label, 1.04 * label_size);
      label(labels_.beside(curves_[k], width, 1.15 * label_size), curve.label, text_colour(theme_, curve.style),
            label_size, true);
    }
    for (const Area& area : panel_.areas) {
      const Polyline inside = clipped_polygon(frame_.pixels(area.corners), frame_.area);
      if (area.label.empty() || inside.empty()) continue;
      Point middle;
      for (const Point& p : inside) {
        middle.x += p.x / static_cast<double>(inside.size());
        middle.y += p.y / static_cast<double>(inside.size());
      }
      const double width = text_width(area.label, 1.04 * label_size);
      label(labels_.around({middle.x, middle.y}, width, 1.15 * label_size), area.label, text_colour(theme_, area.style),
            label_size, true);
    }
    for (std::size_t k = 0; k < contours_.size(); ++k) {
      const std::string& text = panel_.contours[k].label;
      if (text.empty() || contours_[k].empty()) continue;
      label(labels_.upon(contours_[k], text_width(text, contour_size), 1.15 * contour_size), text, colours_.muted,
            contour_size, false);
    }
  }

  void frame_texts() {
    const Box& area = frame_.area;
    svg_.line({{area.left, area.top}, {area.left, area.bottom}, {area.right, area.bottom}}, {colours_.muted, 1.2});
    for (const Tick& tick : frame_.x_ticks) {
      const double x = frame_.pixels({tick.at, frame_.y.low}).x;
      svg_.text({x, area.bottom + tick_size + 4}, tick.label, {tick_size, colours_.muted, Anchor::middle},
                tick.exponent);
    }
    for (const Tick& tick : frame_.y_ticks) {
      const double y = frame_.pixels({frame_.x.low, tick.at}).y;
      svg_.text({area.left - 7, y + 0.36 * tick_size}, tick.label, {tick_size, colours_.muted, Anchor::end},
                tick.exponent);
    }
    double y = area.top - 10;
    if (!panel_.y.label.empty()) {
      svg_.text({area.left, y}, panel_.y.label, {label_size, colours_.ink});
      y -= label_size + 8;
    }
    if (!panel_.title.empty()) svg_.text({area.left, y}, panel_.title, {panel_title_size, colours_.ink, {}, true});
    if (!panel_.x.label.empty()) {
      svg_.text({(area.left + area.right) / 2, area.bottom + tick_size + label_size + 9}, panel_.x.label,
                {label_size, colours_.ink, Anchor::middle});
    }
  }

  Svg& svg_;
  const Panel& panel_;
  const Frame& frame_;
  Theme theme_;
  Palette colours_;
  LabelPlacer labels_;
  std::vector<std::vector<Polyline>> contours_, curves_;  ///< in pixels, clipped
};

/// Legend entries in one line; its width.
double draw_legend(Svg& svg, const Figure& figure, Theme theme, double y) {
  double x = margin;
  for (const LegendEntry& entry : figure.legend) {
    constexpr double sample = 44;
    svg.line({{x, y}, {x + sample, y}}, {series_colour(theme, entry.style), 3, series_dashes(entry.style)});
    svg.text({x + sample + 8, y + 0.36 * label_size}, entry.label, {label_size, palette(theme).ink});
    x += sample + 8 + text_width(entry.label, label_size) + 28;
  }
  return x;
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
  width = std::max(width, 2 * margin + text_width(figure.title, 1.08 * title_size));
  const double height = top + static_cast<double>(rows) * step_y;

  const Palette colours = palette(theme);
  Svg svg(std::ceil(width), std::ceil(height), figure.title, figure.description, colours.background);
  if (!figure.title.empty()) {
    svg.text({margin, margin + title_size - 3}, figure.title, {title_size, colours.ink, Anchor::start, true});
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
