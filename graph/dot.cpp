/// The look of graphs; see dot.hpp. Reading order: text helpers, palette, Drawing (units, clusters, nodes, edges,
/// ties).
#include "wengert/graph/dot.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>
#include <set>
#include <tuple>
#include <utility>

#include "wengert/graph/analysis.hpp"
#include "wengert/graph/error.hpp"
#include "wengert/graph/escape.hpp"
#include "wengert/graph/fold.hpp"

namespace wengert::graph {

// -----------------------------------------------------------------------------------------------------------------
// Text

std::string short_number(double value, int digits) {
  char text[64];
  constexpr double most_whole = 1e6;  // whole numbers below it are shorter in full than in scientific notation
  if (value == std::trunc(value) && std::abs(value) < most_whole && !(value == 0 && std::signbit(value))) {
    return {text, std::to_chars(text, text + sizeof text, static_cast<std::int64_t>(value)).ptr};
  }
  std::string shown(text, std::to_chars(text, text + sizeof text, value, std::chars_format::general, digits).ptr);
  // 1e-07 to 1e-7
  if (const std::size_t e = shown.find('e'); e != std::string::npos) {
    std::size_t zeros = e + 2;
    while (zeros + 1 < shown.size() && shown[zeros] == '0') ++zeros;
    shown.erase(e + 2, zeros - (e + 2));
    if (shown[e + 1] == '+') shown.erase(e + 1, 1);
  }
  return shown;
}

namespace {

/// Appends bytes so that Graphviz shows append_escaped's form of them: inside a quoted label a backslash starts an
/// escape, a quote ends it, and an ampersand starts an HTML entity.
void append_label_text(std::string& target, std::string_view bytes) {
  std::string escaped;
  append_escaped(escaped, bytes);
  for (const char c : escaped) {
    switch (c) {
      case '\\':
        target += "\\\\";
        break;
      case '"':
        target += "\\\"";
        break;
      case '&':
        target += "&amp;";
        break;
      default:
        target += c;
    }
  }
}

/// The first `most` characters, and "…" when there were more.
std::string shortened(std::string_view bytes, std::size_t most) {
  std::size_t end = 0;
  for (std::size_t characters = 0; end < bytes.size(); ++characters) {
    if (characters + 1 == most && end + std::max<std::size_t>(1, utf8_length(bytes.substr(end))) < bytes.size()) {
      return std::string(bytes.substr(0, end)) + "…";
    }
    end += std::max<std::size_t>(1, utf8_length(bytes.substr(end)));
  }
  return std::string(bytes);
}

std::string grouped(std::size_t number) {
  std::string text = std::to_string(number);
  for (std::size_t place = text.size(); place > 3 && text.size() > 4;) {
    place -= 3;
    text.insert(place, "\u202F");  // narrow no-break space
  }
  return text;
}

std::string symbol_of(const Operation& operation) {
  return std::string(operation.symbol.empty() ? operation.name : operation.symbol);
}

// --------------------------------------------------------------------------------------------------------------
// Palette

// Light tints of the Okabe-Ito colours (Okabe, Ito 2008), with the colour itself, darkened where thin lines need it,
// as border. Text is near black on all of them (contrast above 12 : 1).
constexpr std::string_view variable_look =
    R"(shape=ellipse, style=filled, fillcolor="#DCEEFA", color="#0072B2", margin="0.03,0.02")";
constexpr std::string_view constant_look = R"(fillcolor="#EEEEEE", color="#EEEEEE", fontcolor="#333333")";
constexpr std::string_view output_look = R"(fillcolor="#FDE8D0", color="#C25100", peripheries=2)";
constexpr std::string_view folded_shape = "shape=box3d, style=filled, ";

/// Fill, line and text of a part of the graph: forward, gradient, gradient of a gradient (then the last two in turn).
struct Tint {
  std::string_view fill;
  std::string_view line;
  std::string_view tie;
  std::string_view frame;
};
constexpr Tint folded_forward{"#F2F2F2", "#666666", "", ""};
constexpr Tint first_gradient{"#F6E6F0", "#A0457F", "#C58AB0", "#FCF6FA"};
constexpr Tint second_gradient{"#E0F2EA", "#007A59", "#6DB39B", "#F5FBF8"};

constexpr const Tint& tint_of(std::uint8_t part) {
  return part == 0 ? folded_forward : part % 2 == 1 ? first_gradient : second_gradient;
}

std::string colours(const Tint& tint) {
  return "fillcolor=\"" + std::string(tint.fill) + "\", color=\"" + std::string(tint.line) + "\"";
}

// --------------------------------------------------------------------------------------------------------------
// Drawing

class Drawing {
 public:
  Drawing(const Graph& graph, const TextSink& sink, const DotOptions& options, const DotAnnotations& annotations)
      : graph_(graph), sink_(sink), options_(options), annotations_(annotations) {
    if (options.digits < 1 || options.digits > 17) {
      throw ArgumentError{{.operation = "to_dot",
                           .problem = std::to_string(options.digits) + " significant digits",
                           .expected = "1 to 17"}};
    }
    if (options.most_nodes == 0 || options.most_edges == 0 || options.longest_text == 0) {
      throw ArgumentError{{.operation = "to_dot", .problem = "a limit of 0", .expected = "1 or more"}};
    }
    if (annotations.order) {
      order_.resize(graph.size());
      for (NodeId id = 0; id < graph.size(); ++id) order_[id] = annotations.order(id);
    } else {
      order_ = gradient_orders(graph);
    }
    FoldLimits limits{.most_units = options.most_nodes, .most_edges = options.most_edges};
    // Every label of an edge takes a rank of its own.
    if (annotations.local_derivative || annotations.edge_label) limits.most_span /= 2;
    folding_ = fold(graph, order_, limits);
    is_output_.resize(graph.size());
    for (const NodeId output : graph.outputs()) is_output_[output] = true;
    name_the_output();
  }

  void write() {
    put_head();
    put_clusters();
    put_edges();
    if (options_.ties != DotTies::none) put_ties();
    if (options_.legend) put_legend();
    text_ += "}\n";
    sink_(text_);
  }

 private:
  // ---- pieces of text

  void put(std::string_view text) {
    text_ += text;
    if (text_.size() >= piece) {
      sink_(text_);
      text_.clear();
    }
  }
  template <class... Part>
  void put_line(const Part&... part) {
    text_.append(2 * indent_, ' ');
    ((text_ += part), ...);
    put("\n");
  }

  [[nodiscard]] std::string label(const std::vector<std::string>& lines) const {
    std::vector<std::string> shown;
    shown.reserve(lines.size());
    for (const std::string& line : lines) shown.push_back(shortened(line, options_.longest_text));
    return dot_label(shown);
  }

  static std::string unit_name(const FoldedUnit& unit) {
    return (unit.kind == FoldKind::node ? "n" : "fold") + std::to_string(unit.first);
  }

  // ---- head and clusters

  void put_head() {
    put_line("digraph wengert {");
    indent_ = 1;
    put_line(
        "graph [rankdir=", options_.direction == DotDirection::left_to_right ? "LR" : "TB",
        R"(, newrank=true, bgcolor=white, charset="UTF-8", nodesep=0.22, ranksep=0.45, pad=0.15, outputorder=edgesfirst, )",
        R"(fontname="Helvetica,Arial,sans-serif", fontsize=12, fontcolor="#222222"];)");
    put_line(R"(node [shape=box, style="rounded,filled", fillcolor=white, color="#555555", penwidth=1.2, )",
             R"(fontname="Helvetica,Arial,sans-serif", fontsize=12, fontcolor="#111111", )",
             R"(margin="0.11,0.055", width=0.4, height=0.36];)");
    put_line(R"(edge [color="#555555", arrowsize=0.65, penwidth=1.1, fontname="Helvetica,Arial,sans-serif", )",
             R"(fontsize=10, fontcolor="#333333"];)");
    if (!options_.title.empty()) {
      put_line("label=", dot_label({shortened(options_.title, longest_tooltip)}), "; labelloc=t; fontsize=15;");
    }
  }

  /// A frame: the scope it belongs to and the part of the graph (forward, gradient, ...) that it lies in.
  using Frame = std::pair<std::uint8_t, ScopeId>;

  /// The frame that a unit stands in: that of its scope, or of the outermost scope that is not too deep.
  [[nodiscard]] ScopeId frame_of(const FoldedUnit& unit) const {
    if (!options_.scopes) return root_scope;
    ScopeId scope = unit.kind == FoldKind::scope ? graph_.scope_record(unit.scope).parent : unit.scope;
    std::size_t depth = 0;
    for (ScopeId outer = scope; outer != root_scope; outer = graph_.scope_record(outer).parent) ++depth;
    for (; depth > deepest_frame; --depth) scope = graph_.scope_record(scope).parent;
    return scope;
  }

  /// Nodes and sub-frames of each frame; then the frames from the outside in, without recursion.
  void put_clusters() {
    std::map<Frame, std::vector<std::uint32_t>> units;
    std::map<Frame, std::set<ScopeId>> children;
    for (std::uint32_t index = 0; index < folding_.units.size(); ++index) {
      const FoldedUnit& unit = folding_.units[index];
      ScopeId scope = frame_of(unit);
      units[{unit.part, scope}].push_back(index);
      while (scope != root_scope) {
        const ScopeId parent = graph_.scope_record(scope).parent;
        if (!children[{unit.part, parent}].insert(scope).second) break;
        scope = parent;
      }
      parts_.insert(unit.part);
    }
    for (const std::uint8_t part : parts_) {
      struct Step {
        ScopeId scope;
        bool close;
      };
      std::vector<Step> steps{{root_scope, false}};
      while (!steps.empty()) {
        const Step step = steps.back();
        steps.pop_back();
        const bool framed = step.scope != root_scope || part != 0;
        if (step.close) {
          --indent_;
          put_line("}");
          continue;
        }
        if (framed) open_frame(part, step.scope);
        for (const std::uint32_t index : units[{part, step.scope}]) put_unit(folding_.units[index]);
        if (framed) steps.push_back({step.scope, true});
        const auto& inner = children[{part, step.scope}];
        for (auto child = inner.rbegin(); child != inner.rend(); ++child) steps.push_back({*child, false});
      }
    }
  }

  void open_frame(std::uint8_t part, ScopeId scope) {
    put_line("subgraph cluster_", std::to_string(part), "_", std::to_string(scope), " {");
    ++indent_;
    if (scope == root_scope) {
      const std::string what = part == 1 ? "gradient" : "gradient of order " + std::to_string(part);
      put_line("label=", label({what}), "; style=\"rounded,dashed\"; color=\"", tint_of(part).line, "\"; fontcolor=\"",
               tint_of(part).line, "\"; fontsize=12; margin=12;");
    } else {
      put_line("label=", label({std::string(graph_.scope_record(scope).name)}),
               "; style=\"rounded,filled\"; fillcolor=\"", part == 0 ? "#F7F9FB" : tint_of(part).frame, "\"; color=\"",
               part == 0 ? "#B8C4CE" : tint_of(part).tie,
               "\"; fontcolor=\"#444444\"; fontsize=12; labeljust=l; margin=10;");
    }
  }

  // ---- nodes

  void put_unit(const FoldedUnit& unit) {
    if (unit.kind == FoldKind::node) return put_node(unit.first);
    std::vector<std::string> lines;
    const auto count = grouped(unit.count) + " nodes";
    switch (unit.kind) {
      case FoldKind::scope:
        lines = {std::string(graph_.scope_record(unit.scope).name), count};
        break;
      case FoldKind::chain:
        lines = {"chain of " + count};
        break;
      default:
        lines = {count};
        break;
    }
    std::string what;
    for (std::size_t i = 0; i < unit.operations.size() && i < 3; ++i) {
      const auto& [operation, times] = unit.operations[i];
      what += (i == 0 ? "" : ", ") + symbol_of(graph::operation(operation)) + " " + grouped(times);
    }
    lines.push_back(what + (unit.operations.size() > 3 ? ", …" : ""));
    put_line(unit_name(unit), " [label=", label(lines), ", ", folded_shape, colours(tint_of(unit.part)),
             ", tooltip=", dot_label({"nodes %" + std::to_string(unit.first) + " to %" + std::to_string(unit.last)}),
             "];");
  }

  void put_node(NodeId id) {
    const OperationId operation = graph_.operation_id(id);
    const bool gradient = order_[id] != 0;
    std::string look;
    if (operation == variable_operation) {
      look = variable_look;
    } else if (gradient) {
      look = colours(tint_of(order_[id])) + (is_output_[id] ? ", peripheries=2" : "");
    } else if (is_output_[id]) {
      look = output_look;
    } else if (operation == constant_operation) {
      look = constant_look;
    }
    put_line("n", std::to_string(id), " [label=", label(lines_of(id)), look.empty() ? "" : ", ", look,
             ", tooltip=", dot_label(tooltip_of(id)), "];");
  }

  [[nodiscard]] std::vector<std::string> lines_of(NodeId id) const {
    std::vector<std::string> lines;
    const OperationId operation = graph_.operation_id(id);
    std::string what;  // what it does
    bool has_value = false;
    if (operation == constant_operation) {
      what = constant_text(graph_.attribute(id));
      has_value = graph_.type(id).shape.rank() == 0;
    } else if (operation != variable_operation) {
      what = symbol_of(graph_.operation(id));
      if (const std::string attribute = to_string(graph_.attribute(id)); !attribute.empty()) what += " " + attribute;
    }
    std::string name(graph_.name(id));
    if (name.empty() && operation == variable_operation) name = "variable";
    if (name.empty()) name = adjoint_text(id);
    if (!name.empty()) lines.push_back(std::move(name));
    if (!what.empty()) lines.push_back(std::move(what));
    const Type& type = graph_.type(id);
    if (options_.types == DotTypes::all || (options_.types == DotTypes::tensors && type != Type{})) {
      lines.push_back(to_string(type));
    }
    const auto number = [&](const auto& of, const char* prefix) {
      if (!of) return;
      if (const std::optional<double> value = of(id)) lines.push_back(prefix + short_number(*value, options_.digits));
    };
    if (!has_value) number(annotations_.value, "");
    number(annotations_.adjoint, "∂ ");
    if (annotations_.lines) {
      for (std::string& line : annotations_.lines(id)) lines.push_back(std::move(line));
    }
    if (options_.ids) lines.push_back("%" + std::to_string(id));
    return lines;
  }

  [[nodiscard]] std::string constant_text(const Attribute& attribute) const {
    if (const double* const value = std::get_if<double>(&attribute)) return short_number(*value, options_.digits);
    const Array* const array = std::get_if<Array>(&attribute);
    if (array == nullptr) return to_string(attribute);
    // The type stands on a line of its own.
    constexpr std::int64_t most = 4;
    const std::int64_t shown = array->is_uniform() ? 1 : std::min(array->size(), most);
    std::string text;
    for (std::int64_t i = 0; i < shown; ++i) {
      text += (i == 0 ? "" : ", ") + (is_real(array->dtype()) ? short_number(array->element(i), options_.digits)
                                                              : std::to_string(array->integer_element(i)));
    }
    if (array->rank() == 0) return text;
    return (array->is_uniform() ? "all " : "{") + text +
           (array->is_uniform()     ? ""
            : shown < array->size() ? ", …}"
                                    : "}");
  }

  /// "∂L/∂w, ∂L/∂b" for the adjoint of named nodes; "∂/∂w" when it is not known of what.
  [[nodiscard]] std::string adjoint_text(NodeId id) const {
    std::string text;
    std::size_t named = 0;
    for (const AdjointLink& link : graph_.adjoint_links(id)) {
      if (order_[id] == 0 || link.operand != AdjointLink::itself || graph_.name(link.primal).empty()) continue;
      if (++named > 3) return text + ", …";
      text += (named == 1 ? "∂" : ", ∂") + (order_[id] == 1 ? output_name_ : "") + "/∂" +
              std::string(graph_.name(link.primal));
    }
    return text;
  }

  /// The name of the only forward output, for adjoint_text.
  void name_the_output() {
    std::set<std::string_view> names;
    for (const NodeId output : graph_.outputs()) {
      if (order_[output] == 0) names.insert(graph_.name(output));
    }
    if (names.size() == 1) output_name_ = *names.begin();
  }

  [[nodiscard]] std::vector<std::string> tooltip_of(NodeId id) const {
    const Operation& operation = graph_.operation(id);
    std::string first = "%" + std::to_string(id) + " = " + std::string(operation.name);
    for (const NodeId operand : graph_.operands(id)) {
      if (first.size() > 80) {
        first += " …";
        break;
      }
      first += " %" + std::to_string(operand);
    }
    std::vector<std::string> lines{first + " : " + to_string(graph_.type(id))};
    if (!operation.doc.empty()) lines.emplace_back(operation.doc);
    if (const auto name = graph_.name(id); !name.empty()) lines.push_back(shortened(name, longest_tooltip));
    if (const Location location = graph_.location(id); !location.empty()) {
      lines.push_back(shortened(location.file, longest_tooltip) + ":" + std::to_string(location.line) +
                      (location.function.empty() ? "" : " in " + shortened(location.function, longest_tooltip)));
    }
    return lines;
  }

  // ---- edges

  [[nodiscard]] const FoldedUnit& unit_of(NodeId id) const { return folding_.units[folding_.unit_of[id]]; }

  void put_edges() {
    // Where an end is folded, or where they are many, all edges between the same two units become one line.
    std::map<std::pair<std::uint32_t, std::uint32_t>, std::size_t> bundles;
    std::map<NodeId, std::size_t> uses;  // of each operand by one user
    for (NodeId user = 0; user < graph_.size(); ++user) {
      const auto operands = graph_.operands(user);
      const std::uint32_t to = folding_.unit_of[user];
      const bool single = folding_.units[to].kind == FoldKind::node;
      uses.clear();
      if (single && operands.size() > most_parallel) {
        for (const NodeId operand : operands) ++uses[operand];
      }
      for (std::uint32_t position = 0; position < operands.size(); ++position) {
        const NodeId operand = operands[position];
        const std::uint32_t from = folding_.unit_of[operand];
        if (from == to) continue;
        const bool many = !uses.empty() && uses[operand] > most_parallel;
        if (single && !many && folding_.units[from].kind == FoldKind::node) {
          put_edge(operand, user, position);
        } else {
          ++bundles[{from, to}];
        }
      }
    }
    for (const auto& [ends, count] : bundles) {
      const FoldedUnit& from = folding_.units[ends.first];
      const FoldedUnit& to = folding_.units[ends.second];
      std::string look;
      if (count > 1) look = ", label=" + dot_label({"×" + grouped(count)}) + ", penwidth=1.8";
      put_arrow(from, to, look);
    }
  }

  /// An arrow, laid out as its parts want it. The forward graph flows one way and its gradient back beside it, a
  /// gradient of that flows forward again: the arrows of every odd part are written down from head to tail. Arrows
  /// between parts have no say in the layout; ties have (put_ties).
  void put_arrow(const FoldedUnit& from, const FoldedUnit& to, std::string look) {
    if (to.part != 0) look += ", color=\"" + std::string(tint_of(to.part).line) + "\"";
    if (from.part != to.part) look += ", constraint=false";
    const bool back = from.part == to.part && from.part % 2 == 1;
    if (back) look += ", dir=back";
    const std::string attributes = look.empty() ? std::string(";") : " [" + look.substr(2) + "];";
    put_line(unit_name(back ? to : from), " -> ", unit_name(back ? from : to), attributes);
  }

  void put_edge(NodeId operand, NodeId user, std::uint32_t position) {
    std::string shown;
    if (annotations_.edge_label) shown = annotations_.edge_label(user, position);
    if (shown.empty() && annotations_.local_derivative) {
      if (const auto value = annotations_.local_derivative(user, position)) {
        shown = short_number(*value, options_.digits);
      }
    }
    std::string look;
    // Where labels stand beside lines and not above them, blanks keep them apart.
    if (!shown.empty())
      look += ", label=" + label({options_.direction == DotDirection::top_down ? " " + shown + " " : shown});
    const FoldedUnit& from = unit_of(operand);
    const FoldedUnit& to = unit_of(user);
    if (graph_.operands(user).size() > 1 && !graph_.operation(user).commutative) {
      look += from.part == to.part && from.part % 2 == 1 ? ", taillabel=\"" : ", headlabel=\"";
      look += std::to_string(position + 1) + "\", labeldistance=1.3, labelfontsize=8, labelfontcolor=\"#777777\"";
    }
    put_arrow(from, to, std::move(look));
  }

  /// Dashed lines between nodes and their adjoints, which pull these beside them.
  void put_ties() {
    std::set<std::pair<std::uint32_t, std::uint32_t>> drawn;
    for (const AdjointLink& link : graph_.all_adjoint_links()) {
      if (order_[link.adjoint] == 0) continue;
      if (link.operand != AdjointLink::itself && options_.ties != DotTies::all) continue;
      const std::uint32_t from = folding_.unit_of[link.adjoint];
      const std::uint32_t to = folding_.unit_of[link.primal];
      if (from == to || drawn.size() >= options_.most_edges || !drawn.emplace(from, to).second) continue;
      put_line(unit_name(folding_.units[to]), " -> ", unit_name(folding_.units[from]), " [style=dashed, color=\"",
               tint_of(folding_.units[from].part).tie, "\", arrowhead=none, minlen=0, weight=2, penwidth=0.9];");
    }
  }

  void put_legend() {
    put_line("subgraph cluster_legend {");
    indent_ = 2;
    put_line(R"(label="legend"; style=rounded; color="#CCCCCC"; fontcolor="#666666"; fontsize=12;)");
    put_line("legend_variable [label=\"variable\", ", variable_look, "];");
    put_line("legend_constant [label=\"constant\", ", constant_look, "];");
    put_line("legend_operation [label=\"operation\"];");
    put_line("legend_output [label=\"output\", ", output_look, "];");
    put_line(
        "legend_variable -> legend_operation; legend_constant -> legend_operation; "
        "legend_operation -> legend_output;");
    if (std::any_of(parts_.begin(), parts_.end(), [](std::uint8_t part) { return part != 0; })) {
      put_line("legend_gradient [label=\"gradient\", ", colours(first_gradient), "];");
      put_line(
          R"(legend_gradient -> legend_output [style=dashed, color="#C58AB0", arrowhead=none, label="adjoint of"];)");
    }
    indent_ = 1;
    put_line("}");
  }

  static constexpr std::size_t piece = std::size_t{1} << 16U;  // bytes collected before the sink is called
  static constexpr std::size_t deepest_frame = 16;             // scopes inside it are drawn without frames of their own
  static constexpr std::size_t most_parallel = 3;  // edges between the same two nodes, beyond which they are one line
  static constexpr std::size_t longest_tooltip = 400;  // characters of a name in a tooltip

  const Graph& graph_;
  const TextSink& sink_;
  const DotOptions& options_;
  const DotAnnotations& annotations_;
  std::vector<std::uint8_t> order_;
  Folding folding_;
  std::vector<bool> is_output_;
  std::set<std::uint8_t> parts_;
  std::string output_name_;
  std::string text_;
  std::size_t indent_ = 0;
};

}  // namespace

std::string dot_label(const std::vector<std::string>& lines) {
  std::string text = "\"";
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (i != 0) text += "\\n";
    append_label_text(text, lines[i]);
  }
  return text + '"';
}

void write_dot(const Graph& graph, const TextSink& sink, const DotOptions& options, const DotAnnotations& annotations) {
  Drawing(graph, sink, options, annotations).write();
}

std::string to_dot(const Graph& graph, const DotOptions& options, const DotAnnotations& annotations) {
  std::string text;
  write_dot(
      graph, [&](std::string_view piece) { text += piece; }, options, annotations);
  return text;
}

}  // namespace wengert::graph
