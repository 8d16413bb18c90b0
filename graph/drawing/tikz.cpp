/// See tikz.hpp. Reading order: pieces, frames, edges, nodes, legend, the whole.
#include "wengert/graph/drawing/tikz.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <set>
#include <vector>

#include "wengert/graph/drawing/latex_text.hpp"
#include "wengert/graph/drawing/layout.hpp"
#include "wengert/graph/drawing/route.hpp"
#include "wengert/graph/drawing/writing.hpp"

namespace wengert::graph {

namespace {

// In points.
constexpr double inner_border = 2.2;  // between the borders of an output
constexpr double stack = 2.5;         // between the boxes of folded nodes
constexpr double title_room = 20;
constexpr double note_line = 9;
constexpr double legend_margin = 6;
constexpr double least_legend = 220;

/// A number with one digit behind the point at most.
std::string number(double value) {
  const double tenths = std::round(value * 10);
  char text[32];
  const auto whole = static_cast<std::int64_t>(tenths);
  std::string digits(text, std::to_chars(text, text + sizeof text, whole < 0 ? -whole : whole).ptr);
  if (digits.size() < 2) digits.insert(0, "0");
  std::string shown = (whole < 0 ? "-" : "") + digits.substr(0, digits.size() - 1);
  if (digits.back() != '0') shown += std::string(".") + digits.back();
  return shown;
}

std::string at(double x, double y) { return "(" + number(x) + "," + number(y) + ")"; }

class Writer {
 public:
  Writer(const Drawing& drawing, Theme theme)
      : drawing_(drawing), palette_(palette(theme)), dark_(theme == Theme::dark), where_(layout(drawing)) {}

  std::string write(const TikzOptions& options) {
    put_frames();
    for (std::size_t k = 0; k < drawing_.edges.size(); ++k) put_edge(k);
    for (std::size_t k = 0; k < drawing_.nodes.size(); ++k) put_node(drawing_.nodes[k], where_.nodes[k]);
    for (std::size_t k = 0; k < drawing_.edges.size(); ++k) put_edge_texts(k);
    put_surroundings();
    return whole(options);
  }

 private:
  // ---- pieces

  /// The name of a colour, which is defined at the top.
  std::string colour(std::string_view hex) {
    std::string name = "wengert";
    name += hex.substr(1);
    colours_.insert(name);
    return name;
  }

  void line(const std::string& text) { body_ += "  " + text + "\n"; }

  void put_text(double x, double y, const std::string& style, const std::string& text) {
    line("\\node[" + style + "] at " + at(x, y) + " {" + text + "};");
  }

  // ---- frames

  void put_frames() {
    for (std::size_t k = 0; k < drawing_.frames.size(); ++k) {
      const DrawnFrame& frame = drawing_.frames[k];
      const LayoutBox& box = where_.frames[k];
      if (box.width == 0) continue;
      const std::size_t parity = frame.order == 0 ? 0 : (frame.order - 1U) % 2;
      std::string_view fill = frame.order == 0 ? palette_.scope.fill : palette_.scope_fill[parity];
      std::string_view border = palette_.scope.line;
      std::string_view text = palette_.scope.text;
      std::string look;
      if (frame.kind == FrameKind::panel) {
        fill = palette_.background;
      } else if (frame.kind == FrameKind::gradient) {
        fill = palette_.background;
        border = text = palette_.gradient[parity].line;
        look = ", dashed";
      } else if (frame.kind == FrameKind::repetition) {
        fill = palette_.repetition.fill;
        border = palette_.repetition.line;
        text = palette_.repetition.text;
        look = ", line width=1.2bp";
      }
      line("\\path[draw=" + colour(border) + ", fill=" + colour(fill) + look + ", rounded corners=4bp] " +
           at(box.x, box.y) + " rectangle " + at(box.x + box.width, box.y + box.height) + ";");
      if (const std::string label = detail::frame_text(frame); !label.empty()) {
        put_text(box.x + 3, box.y + 2, "text=" + colour(text) + ", anchor=north west", text_of_printable(label));
      }
    }
  }

  /// For what is printable already: its escapes are not doubled again.
  static std::string text_of_printable(const std::string& printable) {
    std::string bytes;
    return unescape(printable, bytes) ? latex_text(bytes) : std::string();
  }

  // ---- edges

  std::string_view line_colour(const DrawnEdge& edge) const {
    const std::uint8_t order = drawing_.nodes[edge.to].order;
    if (order == 0) return palette_.line;
    return edge.kind == EdgeKind::tie ? palette_.tie[(order - 1U) % 2] : palette_.gradient[(order - 1U) % 2].line;
  }

  void put_edge(std::size_t k) {
    const DrawnEdge& edge = drawing_.edges[k];
    const auto& points = where_.edges[k].points;
    if (points.empty()) return;
    std::string look = "draw=" + colour(line_colour(edge));
    look += edge.kind == EdgeKind::tie ? ", tie" : edge.kind == EdgeKind::carried ? ", carried" : ", operand";
    if (edge.count > 1) look += ", line width=1.4bp";
    std::string path;
    for (const LayoutPoint& point : points) path += (path.empty() ? "" : " -- ") + at(point.x, point.y);
    line("\\path[" + look + "] " + path + ";");
  }

  void put_edge_texts(std::size_t k) {
    const DrawnEdge& edge = drawing_.edges[k];
    const LayoutLine& path = where_.edges[k];
    if (path.points.empty()) return;
    if (const std::string text = detail::edge_text(edge); !text.empty()) {
      put_text(path.label.x, path.label.y, "label", text_of_printable(text));
    }
    if (path.number) put_text(path.number->x, path.number->y, "number", std::to_string(edge.position));
  }

  // ---- nodes

  /// The outline of a role's shape in a box.
  static std::string outline(NodeRole role, const LayoutBox& box) {
    const double right = box.x + box.width;
    const double below = box.y + box.height;
    if (role == NodeRole::input) {
      return at(box.x + box.width / 2, box.y + box.height / 2) + " ellipse [x radius=" + number(box.width / 2) +
             ", y radius=" + number(box.height / 2) + "]";
    }
    if (role == NodeRole::parameter) {
      const double middle = box.y + box.height / 2;
      const double tip = std::min(detail::hexagon_slant * box.height, box.width / 2);
      return at(box.x, middle) + " -- " + at(box.x + tip, box.y) + " -- " + at(right - tip, box.y) + " -- " +
             at(right, middle) + " -- " + at(right - tip, below) + " -- " + at(box.x + tip, below) + " -- cycle";
    }
    return at(box.x, box.y) + " rectangle " + at(right, below);
  }

  static LayoutBox inset(const LayoutBox& box, double by) {
    return {box.x + by, box.y + by, std::max(0.0, box.width - 2 * by), std::max(0.0, box.height - 2 * by)};
  }

  void put_shape(const DrawnNode& node, const LayoutBox& box) {
    const NodeLook look = look_of(node, palette_);
    std::string style = "draw=" + colour(look.line) + ", fill=" + colour(look.fill);
    if (node.role == NodeRole::operation) style += ", rounded corners=4bp";
    if (node.role == NodeRole::elsewhere) style += ", densely dashed";
    if (node.not_finite || node.mark == Mark::culprit) style += ", line width=2bp";
    if (node.role == NodeRole::folded) {
      const LayoutBox behind{box.x + stack, box.y + stack, box.width, box.height};
      line("\\path[" + style + "] " + outline(node.role, behind) + ";");
    }
    line("\\path[" + style + "] " + outline(node.role, box) + ";");
    if (node.output) {
      std::string inner = "draw=" + colour(look.line);
      if (node.role == NodeRole::operation) inner += ", rounded corners=2.5bp";
      line("\\path[" + inner + "] " + outline(node.role, inset(box, inner_border)) + ";");
    }
  }

  void put_node(const DrawnNode& node, const LayoutBox& box) {
    put_shape(node, box);
    const NodeLook look = look_of(node, palette_);
    std::string text;
    for (const DrawnText& part : node.texts) {
      // Each line is a group, so that a bracket or a star at its start is not taken for an option of the line break.
      text += text.empty() ? "{" : "\\\\{";
      if (part.kind == TextKind::name) text += "\\bfseries ";
      if (part.kind == TextKind::adjoint && node.role != NodeRole::elsewhere) {
        text += "\\color{" + colour(palette_.adjoint) + "}";
      }
      text += latex_text(part.text) + "}";
    }
    if (text.empty()) return;
    put_text(box.x + box.width / 2, box.y + box.height / 2, "text=" + colour(look.text), text);
  }

  // ---- around the graph

  void put_surroundings() {
    double y = where_.height + 2;
    if (!drawing_.title.empty()) {
      put_text(where_.width / 2, -title_room / 2,
               "text=" + colour(palette_.text) + ", font=\\sffamily\\bfseries\\normalsize", latex_text(drawing_.title));
    }
    if (drawing_.legend) y = put_legend(y);
    for (const std::string& note : drawing_.notes) {
      put_text(4, y, "note", latex_text(note));
      y += note_line;
    }
  }

  /// A key to what occurs, as wide as the picture. Returns where it ends.
  double put_legend(double y) {
    constexpr double swatch = 20;
    constexpr double row = 17;
    double x = legend_margin;
    const auto put = [&](const std::string& what, auto&& draw) {
      const double width = swatch + 14 + 4.2 * static_cast<double>(what.size());
      if (x > legend_margin && x + width > std::max(where_.width, least_legend)) {
        x = legend_margin;
        y += row;
      }
      draw();
      put_text(x + swatch + 4, y + 9, "note, anchor=west", what);
      x += width;
    };
    const auto node = [&](const DrawnNode& drawn, const std::string& what) {
      put(what, [&] { put_shape(drawn, {x, y + 3, swatch, 12}); });
    };
    const auto edge = [&](EdgeKind kind, const std::string& look, const std::string& what) {
      const auto is = [&](const DrawnEdge& drawn) { return drawn.kind == kind; };
      if (std::none_of(drawing_.edges.begin(), drawing_.edges.end(), is)) return;
      put(what, [&] { line("\\path[" + look + "] " + at(x, y + 9) + " -- " + at(x + swatch, y + 9) + ";"); });
    };
    const auto has = [&](auto&& which) { return std::any_of(drawing_.nodes.begin(), drawing_.nodes.end(), which); };
    for (std::size_t k = 0; k < node_role_count; ++k) {
      const auto role = static_cast<NodeRole>(k);
      if (has([&](const DrawnNode& drawn) { return drawn.role == role && drawn.order == 0; })) {
        node({.role = role}, std::string(detail::word(role)));
      }
    }
    if (has([](const DrawnNode& drawn) { return drawn.output && drawn.order == 0; })) node({.output = true}, "output");
    if (has([](const DrawnNode& drawn) { return drawn.order != 0; })) node({.order = 1}, "gradient");
    if (has([](const DrawnNode& drawn) { return drawn.not_finite; })) node({.not_finite = true}, "not finite");
    if (has([](const DrawnNode& drawn) { return drawn.magnitude.has_value(); })) {
      node({.magnitude = 0.0}, "small values");
      node({.magnitude = 1.0}, "large values");
    }
    edge(EdgeKind::tie, "tie, draw=" + colour(palette_.tie[0]), "adjoint of");
    edge(EdgeKind::carried, "carried, draw=" + colour(palette_.line), "into the next repetition");
    return y + row + 3;
  }

  // ---- the whole

  std::string whole(const TikzOptions& options) {
    const std::string faint = colour(palette_.faint);
    const std::string text = colour(palette_.line);
    const std::string background = colour(palette_.background);
    std::string head;
    if (options.standalone) {
      head += "\\documentclass[tikz, border=4bp]{standalone}\n\\usetikzlibrary{arrows.meta}\n";
      if (dark_) head += "\\AtBeginDocument{\\pagecolor{" + background + "}}\n";
    }
    for (const std::string& name : colours_) {
      head += "\\definecolor{" + name + "}{HTML}{" + name.substr(std::string_view("wengert").size()) + "}\n";
    }
    if (body_.find("\\wengertunicode") != std::string::npos) head += latex_definitions();
    if (options.standalone) head += "\\begin{document}\n";
    head += "\\begin{tikzpicture}[x=1bp, y=-1bp, line width=0.7bp,\n";
    head += "    every node/.style={inner sep=0.5bp, align=center, font=\\sffamily\\fontsize{9}{10.8}\\selectfont},\n";
    head += "    operand/.style={-{Stealth[length=5bp, width=4bp]}, rounded corners=6bp},\n";
    head += "    carried/.style={operand, dashed},\n";
    head += "    tie/.style={densely dotted, rounded corners=6bp},\n";
    head += "    label/.style={text=" + text + ", fill=" + background +
            ", fill opacity=0.85, text opacity=1, inner sep=1bp, "
            "font=\\sffamily\\fontsize{7}{8.4}\\selectfont},\n";
    head += "    number/.style={text=" + faint + ", inner sep=0bp, font=\\sffamily\\fontsize{6}{7.2}\\selectfont},\n";
    head += "    note/.style={text=" + faint +
            ", anchor=north west, align=left, "
            "font=\\sffamily\\fontsize{7}{8.4}\\selectfont}]\n";
    return head + body_ + "\\end{tikzpicture}\n" + (options.standalone ? "\\end{document}\n" : "");
  }

  const Drawing& drawing_;
  const Palette& palette_;
  bool dark_;
  Layout where_;
  std::set<std::string> colours_;
  std::string body_;
};

}  // namespace

std::string to_tikz(const Drawing& drawing, Theme theme, const TikzOptions& options) {
  detail::check(drawing, "to_tikz");
  return Writer(drawing, theme).write(options);
}

}  // namespace wengert::graph
