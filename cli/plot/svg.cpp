#include "wengert/cli/plot/svg.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <cstdint>

#include "wengert/graph/escape.hpp"

namespace wengert::cli::plot {
namespace {

constexpr std::string_view fonts =
    "system-ui, -apple-system, 'Segoe UI', Helvetica, Arial, 'DejaVu Sans', 'Liberation Sans', sans-serif";

/// Hundredths of a pixel.
std::string number(double value) {
  std::array<char, 400> text{};
  const auto end =
      std::to_chars(text.data(), text.data() + text.size(), std::round(value * 100) / 100, std::chars_format::fixed, 2)
          .ptr;
  std::string_view digits(text.data(), static_cast<std::size_t>(end - text.data()));
  digits = digits.substr(0, digits.find_last_not_of('0') + 1);
  if (digits.ends_with('.')) digits.remove_suffix(1);
  return digits == "-0" ? "0" : std::string(digits);
}

std::string attribute(std::string_view name, double value) {
  return " " + std::string(name) + "=\"" + number(value) + "\"";
}
std::string attribute(std::string_view name, std::string_view value) {
  return " " + std::string(name) + "=\"" + xml_text(value) + "\"";
}

std::string stroke_attributes(const Stroke& stroke) {
  std::string text = attribute("stroke", stroke.colour) + attribute("stroke-width", stroke.width);
  if (!stroke.dashes.empty()) text += attribute("stroke-dasharray", stroke.dashes);
  return text;
}

/// "x,y x,y …" without points that fall on the one before.
std::string coordinates(const Polyline& points) {
  std::string text, last;
  for (const Point& p : points) {
    std::string next = number(p.x) + "," + number(p.y);
    if (next == last) continue;
    text += (text.empty() ? "" : " ") + next;
    last = std::move(next);
  }
  return text;
}

}  // namespace

double text_width(std::string_view text, double size) {
  // Widths of DejaVu Sans, which is wider than most, in classes.
  double width = 0;
  for (const char c : text) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) width += 4 * 0.62;  // becomes \x01
    if ((static_cast<unsigned char>(c) & 0xC0) == 0x80) continue;              // inside a character of several bytes
    if (std::string_view("ijl.,:;|'!()[] ft").find(c) != std::string_view::npos)
      width += 0.38;
    else if (std::string_view("mwMW@%").find(c) != std::string_view::npos)
      width += 0.96;
    else if ((c >= 'A' && c <= 'Z') || (static_cast<unsigned char>(c) & 0x80) != 0 || c == '+' || c == '=' || c == '<')
      width += 0.72;
    else
      width += 0.62;
  }
  return width * size;
}

std::string fitted_text(std::string_view text, double size, double width) {
  if (text_width(text, size) <= width) return std::string(text);
  std::size_t end = 0;
  for (std::size_t at = 0; at < text.size();) {
    at += std::max<std::size_t>(1, graph::utf8_length(text.substr(at)));
    if (text_width(text.substr(0, at), size) + text_width("…", size) > width) break;
    end = at;
  }
  return std::string(text.substr(0, end)) + "…";
}

Svg::Svg(double width, double height, std::string_view title, std::string_view description,
         std::string_view background) {
  text_ = "<svg xmlns=\"http://www.w3.org/2000/svg\"" + attribute("width", width) + attribute("height", height) +
          " viewBox=\"0 0 " + number(width) + " " + number(height) + "\" role=\"img\"" +
          attribute("font-family", fonts) + ">\n<title>" + xml_text(title) + "</title>\n<desc>" +
          xml_text(description) + "</desc>\n";
  rectangle({0, 0, width, height}, background);
}

void Svg::line(const Polyline& points, const Stroke& stroke) {
  if (points.empty()) return;
  text_ += "<polyline points=\"" + coordinates(points) + "\" fill=\"none\"" + stroke_attributes(stroke) +
           " stroke-linejoin=\"round\"" + (stroke.dashes.empty() ? " stroke-linecap=\"round\"" : "") + "/>\n";
}

void Svg::polygon(const Polyline& corners, std::string_view fill, double opacity) {
  if (corners.size() < 3) return;
  text_ += "<polygon points=\"" + coordinates(corners) + "\"" + attribute("fill", fill) +
           (opacity < 1 ? attribute("fill-opacity", opacity) : "") + "/>\n";
}

void Svg::rectangle(const Box& box, std::string_view fill, double opacity) {
  text_ += "<rect" + attribute("x", box.left) + attribute("y", box.top) + attribute("width", box.right - box.left) +
           attribute("height", box.bottom - box.top) + attribute("fill", fill) +
           (opacity < 1 ? attribute("fill-opacity", opacity) : "") + "/>\n";
}

void Svg::boxes(const std::vector<Box>& boxes, std::string_view fill) {
  if (boxes.empty()) return;
  std::string path;
  for (const Box& b : boxes) {
    const std::string width = number(b.right - b.left);
    path +=
        "M" + number(b.left) + " " + number(b.top) + "h" + width + "v" + number(b.bottom - b.top) + "h-" + width + "z";
  }
  text_ += "<path d=\"" + path + "\"" + attribute("fill", fill) + " shape-rendering=\"crispEdges\"/>\n";
}

void Svg::circle(Point centre, double radius, std::string_view fill, const Stroke& stroke) {
  text_ += "<circle" + attribute("cx", centre.x) + attribute("cy", centre.y) + attribute("r", radius) +
           attribute("fill", fill) + stroke_attributes(stroke) + "/>\n";
}

void Svg::text(Point at, std::string_view text, const TextStyle& style, std::string_view exponent) {
  text_ += "<text" + attribute("x", at.x) + attribute("y", at.y) + attribute("font-size", style.size) +
           attribute("fill", style.colour);
  if (style.anchor != Anchor::start) text_ += attribute("text-anchor", style.anchor == Anchor::end ? "end" : "middle");
  if (style.bold) text_ += " font-weight=\"bold\"";
  text_ += ">" + xml_text(text);
  if (!exponent.empty()) {
    text_ += "<tspan" + attribute("dy", -0.4 * style.size) + attribute("font-size", 0.72 * style.size) + ">" +
             xml_text(exponent) + "</tspan>";
  }
  text_ += "</text>\n";
}

void Svg::begin_group(std::string_view what) { text_ += "<g" + attribute("data-part", what) + ">\n"; }
void Svg::end_group() { text_ += "</g>\n"; }

std::string Svg::finished() && {
  text_ += "</svg>\n";
  return std::move(text_);
}

}  // namespace wengert::cli::plot
