/// See dot.hpp. Reading order: text, looks, Writer (head, frames and nodes, edges, legend).
#include "wengert/graph/drawing/dot.hpp"

#include <algorithm>
#include <string_view>
#include <utility>
#include <vector>

#include "wengert/graph/drawing/wording.hpp"
#include "wengert/graph/escape.hpp"

namespace wengert::graph {

namespace {

// -----------------------------------------------------------------------------------------------------------------
// Text

/// For a label in angle brackets, where Graphviz reads markup, and escapes such as \N besides; in some versions markup
/// would take a bracket for its own.
std::string markup(std::string_view bytes) {
  std::string text;
  for (const char c : xml_text(bytes)) {
    if (c == '[')
      text += "&#91;";
    else if (c == ']')
      text += "&#93;";
    else
      text += c == '\\' ? std::string("\\\\") : std::string(1, c);
  }
  return text;
}

/// A double-quoted string that shows `lines` below each other. A backslash starts an escape, a quote ends the string,
/// and an ampersand starts an entity.
std::string quoted(const std::vector<std::string>& lines) {
  std::string text = "\"";
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (i != 0) text += "\\n";
    std::string printable;
    append_escaped(printable, lines[i]);
    for (const char c : printable) {
      if (c == '\\' || c == '"') text += '\\';
      text += c == '&' ? std::string("&amp;") : std::string(1, c);
    }
  }
  return text + '"';
}
std::string quoted(std::string_view line) { return quoted(std::vector<std::string>{std::string(line)}); }

/// The bytes as part of a URL (RFC 3986): letters, digits and -._~/ stay.
std::string url_part(std::string_view bytes) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string text;
  for (const char c : bytes) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       std::string_view("-._~/").find(c) != std::string_view::npos;
    if (plain) {
      text += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      text += '%';
      text += digits[byte / 16];
      text += digits[byte % 16];
    }
  }
  return text;
}

/// A number that cannot be taken for a part of the label beside it.
std::string circled(std::uint32_t number) {
  constexpr std::uint32_t most = 20;
  if (number > most) return "(" + std::to_string(number) + ")";
  std::string text = "\u2460";
  text.back() = static_cast<char>(text.back() + static_cast<char>(number - 1));
  return text;
}

std::string replaced(std::string text, std::string_view what, std::string_view by) {
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + by.size())) {
    text.replace(at, what.size(), by);
  }
  return text;
}

// -----------------------------------------------------------------------------------------------------------------
// Looks

std::string_view shape_of(NodeRole role) {
  switch (role) {
    case NodeRole::input:
      return R"(shape=ellipse, style=filled, margin="0.03,0.02")";
    case NodeRole::parameter:
      return R"(shape=octagon, style=filled, margin="0.02,0.0")";
    case NodeRole::folded:
      return "shape=box3d, style=filled";
    case NodeRole::elsewhere:
      return R"(style="rounded,dashed")";
    default:
      return "";
  }
}

constexpr std::string_view font = R"(fontname="Helvetica,Arial,sans-serif")";

class Writer {
 public:
  Writer(const Drawing& drawing, const DotOptions& options)
      : drawing_(drawing), options_(options), colours_(palette(options.theme)) {}

  std::string run() && {
    put_head();
    put_frames();
    for (const DrawnEdge& edge : drawing_.edges) put_edge(edge);
    if (drawing_.legend) put_legend();
    text_ += "}\n";
    return std::move(text_);
  }

 private:
  template <class... Part>
  void line(const Part&... part) {
    text_.append(2 * indent_, ' ');
    ((text_ += part), ...);
    text_ += '\n';
  }

  /// Markup; without a text a blank, for Graphviz takes no empty element.
  [[nodiscard]] std::string coloured(std::string_view text, std::string_view colour, int size = 0) const {
    if (text.empty()) text = " ";
    std::string tag = "<FONT COLOR=\"" + std::string(colour) + "\"";
    if (size != 0) tag += " POINT-SIZE=\"" + std::to_string(size) + "\"";
    return tag + ">" + markup(text) + "</FONT>";
  }

  // ---- head

  void put_head() {
    line("digraph wengert {");
    indent_ = 1;
    line("graph [rankdir=", drawing_.direction == Direction::left_to_right ? "LR" : "TB", ", newrank=true, bgcolor=\"",
         colours_.background, "\", charset=\"UTF-8\", nodesep=0.22, ranksep=0.42, pad=0.15, outputorder=edgesfirst, ",
         font, ", fontsize=12, fontcolor=\"", colours_.text, "\"];");
    line(R"(node [shape=box, style="rounded,filled", penwidth=1.2, )", font,
         R"(, fontsize=12, margin="0.1,0.05", width=0.4, height=0.34];)");
    line("edge [color=\"", colours_.line, "\", arrowsize=0.65, penwidth=1.1, ", font, ", fontsize=10, fontcolor=\"",
         colours_.line, "\"];");
    std::string label;
    if (!drawing_.title.empty()) label = "<B>" + coloured(drawing_.title, colours_.text, 15) + "</B>";
    for (const std::string& note : drawing_.notes) {
      label += (label.empty() ? "" : "<BR/>") + coloured(note, colours_.faint, 10);
    }
    if (!label.empty()) line("label=<", label, ">; labelloc=t;");
  }

  // ---- frames and nodes

  /// From the outside in, without recursion: a frame closes when its last node or frame is written.
  void put_frames() {
    std::vector<std::vector<std::uint32_t>> nodes(drawing_.frames.size()), frames(drawing_.frames.size());
    for (std::uint32_t i = 0; i < drawing_.nodes.size(); ++i) {
      if (drawing_.nodes[i].frame == no_frame)
        put_node(drawing_.nodes[i]);
      else
        nodes[drawing_.nodes[i].frame].push_back(i);
    }
    struct Step {
      std::uint32_t frame;
      bool close;
    };
    std::vector<Step> steps;
    for (auto i = static_cast<std::uint32_t>(drawing_.frames.size()); i-- > 0;) {
      if (drawing_.frames[i].parent == no_frame)
        steps.push_back({i, false});
      else
        frames[drawing_.frames[i].parent].push_back(i);
    }
    // What flows from left to right is stacked from the bottom to the top; panels are read from the top.
    if (bottom_up() && !steps.empty() && drawing_.frames[steps[0].frame].kind == FrameKind::panel) {
      std::reverse(steps.begin(), steps.end());
    }
    while (!steps.empty()) {
      const Step step = steps.back();
      steps.pop_back();
      if (step.close) {
        --indent_;
        line("}");
        continue;
      }
      open_frame(drawing_.frames[step.frame]);
      for (const std::uint32_t node : nodes[step.frame]) put_node(drawing_.nodes[node]);
      steps.push_back({step.frame, true});
      // Collected from the last to the first: the first is on top.
      for (const std::uint32_t inner : frames[step.frame]) steps.push_back({inner, false});
    }
  }

  /// dot places what is written first at the bottom.
  [[nodiscard]] bool bottom_up() const { return drawing_.direction == Direction::left_to_right; }

  [[nodiscard]] const Tint& tint_of(std::uint8_t order) const { return colours_.gradient[(order - 1) % 2]; }

  void open_frame(const DrawnFrame& frame) {
    line("subgraph cluster_", frame.id, " {");
    ++indent_;
    switch (frame.kind) {
      case FrameKind::panel:
        line("label=<<B>", coloured(frame.label, colours_.text, 13), "</B>>; style=rounded; color=\"",
             colours_.scope.line, "\"; margin=14;");
        break;
      case FrameKind::gradient:
        line("label=<", coloured(frame.label, tint_of(frame.order).line), ">; style=\"rounded,dashed\"; color=\"",
             tint_of(frame.order).line, "\"; margin=12;");
        break;
      case FrameKind::repetition:
        line("label=<<B>",
             coloured((frame.label.empty() ? "× " : frame.label + " × ") + grouped(frame.times),
                      colours_.repetition.text, 13),
             "</B>>; labeljust=r; style=\"rounded,filled\"; peripheries=2; fillcolor=\"",
             frame.order == 0 ? colours_.repetition.fill : colours_.scope_fill[(frame.order - 1) % 2], "\"; color=\"",
             colours_.repetition.line, "\"; margin=12;");
        break;
      default:
        line("label=<", coloured(frame.label, colours_.scope.text), ">; style=\"rounded,filled\"; fillcolor=\"",
             frame.order == 0 ? colours_.scope.fill : colours_.scope_fill[(frame.order - 1) % 2], "\"; color=\"",
             frame.order == 0 ? colours_.scope.line : colours_.tie[(frame.order - 1) % 2],
             "\"; labeljust=l; margin=10;");
    }
  }

  [[nodiscard]] std::string label_of(const DrawnNode& node) const {
    std::string label;
    for (const DrawnText& text : node.texts) {
      // Markup without content is a syntax error to Graphviz.
      if (text.text.empty()) continue;
      if (!label.empty()) label += "<BR/>";
      switch (text.kind) {
        case TextKind::name:
          label += "<B>" + markup(text.text) + "</B>";
          break;
        case TextKind::type:
        case TextKind::note:
          label += coloured(text.text, colours_.faint, 10);
          break;
        case TextKind::adjoint:
          label += coloured(text.text, colours_.adjoint);
          break;
        default:
          label += markup(text.text);
      }
    }
    return label.empty() ? "\"\"" : "<" + label + ">";
  }

  [[nodiscard]] std::string link_to(const DrawnNode& node) const {
    std::string link = options_.link;
    // A relative path has no place in the scheme of files: it is relative to the picture.
    constexpr std::string_view scheme = "file://";
    if (link.starts_with(scheme) && !node.file.starts_with('/')) link.erase(0, scheme.size());
    return replaced(replaced(link, "{file}", url_part(node.file)), "{line}", std::to_string(node.line));
  }

  void put_node(const DrawnNode& node) {
    const NodeLook look = look_of(node, colours_);
    std::string more;
    if (const auto shape = shape_of(node.role); !shape.empty()) more += ", " + std::string(shape);
    if (node.output) more += ", peripheries=2";
    if (node.not_finite || node.mark == Mark::culprit) more += ", penwidth=3";
    if (!node.file.empty() && !options_.link.empty()) {
      more += ", URL=" + quoted(link_to(node));
    }
    line(node.id, " [label=", label_of(node), ", fillcolor=\"", look.fill, "\", color=\"", look.line,
         "\", fontcolor=\"", look.text, "\"", more, ", tooltip=", quoted(node.tooltip), "];");
  }

  // ---- edges

  /// The forward graph flows one way and its gradient back beside it, a gradient of that flows forward again: the
  /// arrows of every odd part are written down from head to tail. Arrows between parts have no say in the layout; ties
  /// have.
  void put_edge(const DrawnEdge& edge) {
    const DrawnNode& from = drawing_.nodes[edge.from];
    const DrawnNode& to = drawing_.nodes[edge.to];
    if (edge.kind == EdgeKind::tie) {
      line(from.id, " -> ", to.id, " [style=dashed, color=\"", colours_.tie[(std::max<int>(to.order, 1) - 1) % 2],
           "\", arrowhead=none, minlen=0, weight=2, penwidth=0.9];");
      return;
    }
    std::string look;
    const auto add = [&](const std::string& attribute) { look += (look.empty() ? "" : ", ") + attribute; };
    const bool back = from.order == to.order && from.order % 2 == 1;
    std::string label = edge.label;
    if (edge.count > 1) label = (label.empty() ? "" : label + " ") + "×" + std::to_string(edge.count);
    // Where labels stand beside lines and not above them, blanks keep them apart.
    if (!label.empty()) add("label=" + quoted(drawing_.direction == Direction::top_down ? " " + label + " " : label));
    if (edge.position != 0) {
      add((back ? "taillabel=\"" : "headlabel=\"") + circled(edge.position) +
          "\", labeldistance=1.3, labelfontsize=9, labelfontcolor=\"" + std::string(colours_.faint) + "\"");
    }
    if (to.order != 0) add("color=\"" + std::string(tint_of(to.order).line) + "\"");
    if (edge.count > 1) add("penwidth=1.8");
    if (edge.kind == EdgeKind::carried) {
      add("style=dashed");
      if (edge.from != edge.to) add("constraint=false");
    } else if (from.order != to.order) {
      add("constraint=false");
    }
    if (back) add("dir=back");
    const DrawnNode& tail = back ? to : from;
    const DrawnNode& head = back ? from : to;
    line(tail.id, " -> ", head.id, look.empty() ? "" : " [" + look + "]", ";");
  }

  // ---- legend

  /// What occurs in the drawing, in a frame of its own: a column beside it, or a row above it.
  void put_legend() {
    std::vector<std::pair<std::string, DrawnNode>> entries;
    const auto entry = [&](std::string text, auto&& occurs, const DrawnNode& look) {
      if (std::any_of(drawing_.nodes.begin(), drawing_.nodes.end(), occurs))
        entries.emplace_back(std::move(text), look);
    };
    const auto role_entry = [&](std::string text, NodeRole role) {
      entry(std::move(text), [&](const DrawnNode& node) { return node.role == role && node.order == 0; },
            {.role = role});
    };
    role_entry("input", NodeRole::input);
    role_entry("parameter", NodeRole::parameter);
    role_entry("constant", NodeRole::constant);
    role_entry("operation", NodeRole::operation);
    entry("output", [](const DrawnNode& node) { return node.output && node.order == 0; }, {.output = true});
    entry("several nodes", [](const DrawnNode& node) { return node.role == NodeRole::folded; },
          {.role = NodeRole::folded});
    entry("not drawn", [](const DrawnNode& node) { return node.role == NodeRole::elsewhere; },
          {.role = NodeRole::elsewhere});
    entry("gradient", [](const DrawnNode& node) { return node.order == 1; }, {.order = 1});
    entry("second gradient", [](const DrawnNode& node) { return node.order > 1; }, {.order = 2});
    entry("∞ or NaN", [](const DrawnNode& node) { return node.not_finite; }, {.not_finite = true});
    if (bottom_up()) std::reverse(entries.begin(), entries.end());
    line("subgraph cluster_legend {");
    ++indent_;
    line("label=<", coloured("key", colours_.faint), ">; style=rounded; color=\"", colours_.scope.line,
         "\"; margin=8;");
    for (std::size_t k = 0; k < entries.size(); ++k) {
      DrawnNode& node = entries[k].second;
      node.id = "legend" + std::to_string(k);
      node.texts = {{TextKind::operation, entries[k].first}};
      put_node(node);
      if (k != 0) line("legend", std::to_string(k - 1), " -> ", node.id, " [style=invis, minlen=0];");
    }
    --indent_;
    line("}");
  }

  const Drawing& drawing_;
  const DotOptions& options_;
  const Palette& colours_;
  std::string text_;
  std::size_t indent_ = 0;
};

}  // namespace

std::string to_dot(const Drawing& drawing, const DotOptions& options) { return Writer(drawing, options).run(); }

}  // namespace wengert::graph
