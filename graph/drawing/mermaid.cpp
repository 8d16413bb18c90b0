/// See mermaid.hpp.
#include "wengert/graph/drawing/mermaid.hpp"

#include <array>
#include <map>
#include <vector>

#include "wengert/graph/drawing/writing.hpp"

namespace wengert::graph {

namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_word(char c) { return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

/// Whether the character between `before` and `after` (0: none) is text to everyone who reads the label: Mermaid's
/// lexer and its entity codes, Markdown (which newer versions apply to every label: "+", "1." and "_x_" are lists and
/// emphasis there, "www.x" a link), HTML, icons ("fa:…") and KaTeX ("$$").
bool is_plain(char before, char c, char after) {
  if (is_word(c) || c == ',' || c == '(' || c == '/') return true;
  if (c == ' ') return before != 0 && before != ' ' && after != 0;
  if (c == '-') return is_word(after);
  if (c == '_') return is_word(before) && is_word(after);
  if (c == '.') return is_digit(after);
  if (c == ')') return !is_digit(before);
  return false;
}

/// Appends printable text with entity codes.
void append_text(std::string& target, std::string_view text) {
  for (std::size_t k = 0; k < text.size(); ++k) {
    const char before = k == 0 ? '\0' : text[k - 1];
    const char after = k + 1 == text.size() ? '\0' : text[k + 1];
    // Mermaid takes a backslash and an n, however written, for a line break.
    if (text.substr(k).starts_with("\\n")) {
      target += "#92;x0a";
      ++k;
      continue;
    }
    if (text.substr(k).starts_with("\\\\")) {
      target += text.substr(k).starts_with("\\\\n") ? "#92;x5c" : "#92;#92;";
      ++k;
      continue;
    }
    const auto byte = static_cast<unsigned char>(text[k]);
    const std::size_t length = byte < 0x80 ? 1 : utf8_length(text.substr(k));
    const char32_t point = code_point(text.substr(k, length));
    if (point == 0xFB02) {
      // Between its stages Mermaid keeps entity codes as U+FB02 U+00B0 … U+00B6 U+00DF. A text must not look like one.
      target += R"(#92;xef#92;xac#92;x82)";
    } else if (point == 0xB6) {
      target += R"(#92;xc2#92;xb6)";
    } else if (length == 1 && !is_plain(before, text[k], after)) {
      target += "#" + std::to_string(static_cast<std::uint32_t>(point)) + ";";
    } else {
      target += text.substr(k, length);
    }
    k += length - 1;
  }
}

/// Words of Mermaid's grammar, which an id must not start with.
constexpr std::array keywords{"accdescr",  "acctitle", "call",      "class",   "click", "default",
                              "direction", "end",      "flowchart", "graph",   "href",  "interpolate",
                              "linkstyle", "style",    "subgraph",  "swimlane"};

std::string mermaid_id(const std::string& id) {
  for (const std::string_view keyword : keywords) {
    if (id.starts_with(keyword)) return "id_" + id;
  }
  return id;
}

/// Brackets of the shape.
std::array<std::string_view, 2> shape_of(const DrawnNode& node) {
  switch (node.role) {
    case NodeRole::input:
      return {"([", "])"};
    case NodeRole::parameter:
      return {"{{", "}}"};
    case NodeRole::operation:
      return {"(", ")"};
    case NodeRole::folded:
      return {"[[", "]]"};
    default:
      return {"[", "]"};
  }
}

/// Number of an operand: ① to ⑳, then (21).
std::string circled(std::uint32_t position) {
  if (position > 20) return "(" + std::to_string(position) + ")";
  return {'\xE2', '\x91', static_cast<char>(0xA0 + position - 1)};
}

std::string quoted(std::string_view printable) {
  std::string text = "\"";
  append_text(text, printable);
  if (printable.empty()) text += ' ';  // an empty string is no token of the grammar
  return text + '"';
}

/// A title knows no entity codes, and Mermaid takes out what looks like HTML: such characters are written as escape.hpp
/// writes bytes.
std::string title_string(std::string_view bytes) {
  std::string text = "\"";
  detail::for_each_character(detail::printable(bytes), [&](std::string_view sequence, char32_t point) {
    switch (point) {
      case U'<':
        text += R"(\\x3c)";
        break;
      case U'>':
        text += R"(\\x3e)";
        break;
      case U'&':
        text += R"(\\x26)";
        break;
      case 0xB6:  // see append_text
        text += R"(\\xc2\\xb6)";
        break;
      case 0xFB02:
        text += R"(\\xef\\xac\\x82)";
        break;
      case 0xFFFE:  // not part of YAML
        text += R"(\ufffe)";
        break;
      case 0xFFFF:
        text += R"(\uffff)";
        break;
      case U'"':
      case U'\\':
        text += '\\';
        [[fallthrough]];
      default:
        text += sequence;
    }
  });
  return text + '"';
}

class Writer {
 public:
  Writer(const Drawing& drawing, Theme theme) : drawing_(drawing), palette_(palette(theme)) {}

  std::string write() {
    put_head();
    detail::walk_frames(
        drawing_, [&](std::uint32_t frame) { open(drawing_.frames[frame]); },
        [&](std::uint32_t node) { put_node(drawing_.nodes[node]); },
        [&](std::uint32_t) {
          --indent_;
          line("end");
        });
    for (const DrawnEdge& edge : drawing_.edges) put_edge(edge);
    put_notes();
    for (const auto& [name, look] : classes_) line("classDef " + name + " " + look);
    for (const std::string& style : styles_) line(style);
    for (const auto& [look, links] : link_styles_) line("linkStyle " + links + " " + look);
    return text_;
  }

 private:
  void line(std::string_view text) {
    text_.append(2 * indent_, ' ');
    text_ += text;
    text_ += '\n';
  }

  void put_head() {
    line("---");
    if (!drawing_.title.empty()) line("title: " + title_string(drawing_.title));
    line("config:");
    line("  theme: base");
    line("  themeVariables:");
    const auto variable = [&](const std::string& name, std::string_view colour) {
      line("    " + name + ": \"" + std::string(colour) + "\"");
    };
    variable("background", palette_.background);
    variable("textColor", palette_.text);
    variable("primaryTextColor", palette_.text);
    variable("titleColor", palette_.text);
    variable("lineColor", palette_.line);
    variable("edgeLabelBackground", palette_.background);
    line("---");
    line(drawing_.direction == Direction::top_down ? "flowchart TB" : "flowchart LR");
    indent_ = 1;
  }

  void open(const DrawnFrame& frame) {
    line("subgraph " + mermaid_id(frame.id) + " [" + quoted(detail::frame_text(frame)) + "]");
    ++indent_;
    // A subgraph without lines to the outside would turn by a quarter.
    line(drawing_.direction == Direction::top_down ? "direction TB" : "direction LR");
    std::string look = "style " + mermaid_id(frame.id);
    const auto tint = [&](std::string_view fill, std::string_view stroke, std::string_view color) {
      look += " fill:" + std::string(fill) + ",stroke:" + std::string(stroke) + ",color:" + std::string(color);
    };
    const std::size_t parity = frame.order == 0 ? 0 : (frame.order - 1U) % 2;
    switch (frame.kind) {
      case FrameKind::panel:
        tint(palette_.background, palette_.scope.line, palette_.text);
        break;
      case FrameKind::gradient:
        tint(palette_.background, palette_.gradient[parity].line, palette_.gradient[parity].line);
        look += ",stroke-dasharray:6 4";
        break;
      case FrameKind::repetition:
        tint(palette_.repetition.fill, palette_.repetition.line, palette_.repetition.text);
        look += ",stroke-width:2px";
        break;
      default:
        tint(frame.order == 0 ? palette_.scope.fill : palette_.scope_fill[parity], palette_.scope.line,
             palette_.scope.text);
    }
    styles_.push_back(look);
  }

  /// The class of a node by role, order and whether it is an output.
  static std::string class_of(const DrawnNode& node) {
    std::string name(detail::word(node.role));
    if (node.role != NodeRole::elsewhere && node.order != 0) {
      if (node.role == NodeRole::operation) name.clear();
      name += name.empty() ? "" : "_";
      name += node.order % 2 == 1 ? "gradient" : "second_gradient";
    }
    if (node.output) name = name == "operation" ? "output" : name + "_output";
    return name;
  }

  std::string look_text(const NodeLook& look, const DrawnNode& node) const {
    std::string text = "fill:" + look.fill + ",stroke:" + look.line + ",color:" + look.text;
    text += node.not_finite ? ",stroke-width:4px" : node.output ? ",stroke-width:3px" : ",stroke-width:1.2px";
    if (node.role == NodeRole::elsewhere) text += ",stroke-dasharray:3 3";
    return text;
  }

  void put_node(const DrawnNode& node) {
    const auto [left, right] = shape_of(node);
    std::string text = mermaid_id(node.id) + std::string(left) + '"';
    for (std::size_t k = 0; k < node.texts.size(); ++k) {
      if (k != 0) text += "<br/>";
      append_text(text, detail::printable(node.texts[k].text));
    }
    if (text.ends_with('"')) text += ' ';  // an empty string is no token of the grammar
    line(text + '"' + std::string(right) + ":::" + class_of(node));
    DrawnNode plain = node;
    plain.magnitude.reset();
    plain.not_finite = false;
    plain.mark = Mark::none;
    classes_.emplace(class_of(node), look_text(look_of(plain, palette_), plain));
    if (node.magnitude || node.not_finite || node.mark != Mark::none) {
      styles_.push_back("style " + mermaid_id(node.id) + " " + look_text(look_of(node, palette_), node));
    }
  }

  void put_edge(const DrawnEdge& edge) {
    const DrawnNode& from = drawing_.nodes[edge.from];
    const DrawnNode& to = drawing_.nodes[edge.to];
    // What runs against the flow is written from head to tail, so that the layout has its way: a gradient then flows
    // back beside its forward graph. Mermaid has no such arrow; of one with two heads, the second is hidden.
    const bool back = edge.kind == EdgeKind::carried ||
                      (edge.kind == EdgeKind::operand && from.order == to.order && to.order % 2 == 1);
    const std::string_view arrow = edge.kind == EdgeKind::tie ? "-.-" : back ? "<-->" : "-->";
    std::string text = edge.position == 0 ? "" : circled(edge.position);
    if (const std::string label = detail::edge_text(edge); !label.empty()) text += (text.empty() ? "" : " ") + label;
    if (!text.empty()) text = "|" + quoted(text) + "|";
    line(mermaid_id((back ? to : from).id) + " " + std::string(arrow) + text + " " + mermaid_id((back ? from : to).id));

    std::string look;
    const auto add = [&](std::string_view what) { look += (look.empty() ? "" : ",") + std::string(what); };
    const std::size_t parity = to.order == 0 ? 0 : (to.order - 1U) % 2;
    if (edge.kind == EdgeKind::tie) {
      add("stroke:" + std::string(palette_.tie[parity]));
    } else if (to.order != 0) {
      add("stroke:" + std::string(palette_.gradient[parity].line));
    }
    if (edge.kind == EdgeKind::carried) add("stroke-dasharray:6 4");
    if (edge.count > 1) add("stroke-width:3px");
    if (back) add("marker-end:none");
    if (!look.empty()) {
      std::string& links = link_styles_[look];
      links += (links.empty() ? "" : ",") + std::to_string(edges_);
    }
    ++edges_;
  }

  void put_notes() {
    if (drawing_.notes.empty()) return;
    std::string text = "wengert_notes[\"";
    for (std::size_t k = 0; k < drawing_.notes.size(); ++k) {
      if (k != 0) text += "<br/>";
      append_text(text, detail::printable(drawing_.notes[k]));
    }
    if (text.ends_with('"')) text += ' ';
    line(text + "\"]:::notes");
    classes_.emplace("notes", "fill:" + std::string(palette_.background) + ",stroke:" +
                                  std::string(palette_.background) + ",color:" + std::string(palette_.faint));
  }

  const Drawing& drawing_;
  const Palette& palette_;
  std::map<std::string, std::string> classes_;
  std::vector<std::string> styles_;
  std::map<std::string, std::string> link_styles_;  // numbers of edges by look
  std::size_t edges_ = 0;
  std::size_t indent_ = 0;
  std::string text_;
};

}  // namespace

std::string mermaid_string(std::string_view bytes) { return quoted(detail::printable(bytes)); }

std::string to_mermaid(const Drawing& drawing, Theme theme) {
  detail::check(drawing, "to_mermaid");
  return Writer(drawing, theme).write();
}

}  // namespace wengert::graph
