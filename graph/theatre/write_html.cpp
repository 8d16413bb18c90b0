/// See write_html.hpp. Reading order: JsonWriter, to_json, to_html.
#include "wengert/graph/theatre/write_html.hpp"

#include <charconv>
#include <cmath>
#include <map>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>

#include "wengert/graph/drawing/graphviz.hpp"
#include "wengert/graph/drawing/json.hpp"
#include "wengert/graph/drawing/writing.hpp"
#include "wengert/graph/error.hpp"
#include "wengert/graph/escape.hpp"
#include "wengert/graph/theatre/page_sources.hpp"

namespace wengert::graph {

namespace {

/// The shortest text that reads back to the same number; what is not finite is a string, as JSON has no word for it.
std::string number(double value) {
  if (std::isnan(value)) return "\"nan\"";
  if (std::isinf(value)) return value > 0 ? "\"inf\"" : "\"-inf\"";
  char text[32];
  return {text, std::to_chars(text, text + sizeof text, value).ptr};
}

/// A place or a length on the page: two decimals are finer than any screen.
std::string length(double value) {
  char text[32];
  return {text, std::to_chars(text, text + sizeof text, std::round(value * 100) / 100).ptr};
}

std::string_view truth(bool value) { return value ? "true" : "false"; }

template <class Range, class Write>
std::string list(const Range& items, Write&& write) {
  std::string json = "[";
  bool first = true;
  for (const auto& item : items) {
    json += first ? "" : ",";
    first = false;
    json += write(item);
  }
  return json + "]";
}

template <class Integer>
std::string integers(const Integer& items) {
  return list(items, [](auto item) { return std::to_string(item); });
}
std::string numbers(const std::vector<double>& items) { return list(items, &number); }
std::string strings(const std::vector<std::string>& items) {
  return list(items, [](const std::string& item) { return json_string(item); });
}

/// Node ids and positions; -1 for none.
std::string place_or_none(std::uint32_t place) { return place == 0xFFFFFFFFU ? "-1" : std::to_string(place); }

std::string json_of(const Figure& f) {
  std::string json = "{\"type\":" + json_string(to_string(f.type));
  if (!f.elements.empty() || f.type.shape.size() == 0) return json + ",\"elements\":" + numbers(f.elements) + "}";
  json += ",\"norm\":" + number(f.norm) + ",\"least\":" + number(f.least) + ",\"most\":" + number(f.most);
  json += ",\"mean\":" + number(f.mean) + ",\"zeros\":" + std::to_string(f.zeros);
  json += ",\"not_finite\":" + std::to_string(f.not_finite) + ",\"histogram\":" + integers(f.histogram);
  json += ",\"rows\":" + std::to_string(f.heat_rows) + ",\"columns\":" + std::to_string(f.heat_columns);
  return json + ",\"heat\":" + list(f.heat, [](double x) { return number(static_cast<float>(x)); }) + "}";
}

std::string json_of(const Attribute& attribute) {
  return std::visit(
      []<class T>(const T& value) -> std::string {
        if constexpr (std::is_same_v<T, std::monostate>)
          return "null";
        else if constexpr (std::is_same_v<T, double>)
          return number(value);
        else if constexpr (std::is_same_v<T, std::int64_t>)
          return std::to_string(value);
        else if constexpr (std::is_same_v<T, std::vector<std::int64_t>>)
          return integers(value);
        else if constexpr (std::is_same_v<T, std::string>)
          return json_string(value);
        else  // an array, which is the node's value; a function, which the page cannot call
          return "null";
      },
      attribute);
}

constexpr std::size_t most_constant = 4096;  // elements of a constant in a rule

/// The elements of a constant node.
Figure constant_figure(const Graph& graph, NodeId id) {
  const Attribute& attribute = graph.attribute(id);
  if (const auto* const array = std::get_if<Array>(&attribute)) return figure_of(*array, most_constant);
  const auto* const real = std::get_if<double>(&attribute);
  const double value = real != nullptr ? *real : static_cast<double>(std::get<std::int64_t>(attribute));
  return {.type = graph.type(id), .elements = {value}};
}

/// What every node has: operation, operands, attribute, type, name.
std::string head_of(const Graph& graph, NodeId id) {
  const Type& type = graph.type(id);
  std::string json = "{\"op\":" + json_string(graph.operation(id).name);
  json += ",\"in\":" + integers(graph.operands(id)) + ",\"attr\":" + json_of(graph.attribute(id));
  json += ",\"dtype\":" + json_string(to_string(Type{type.dtype, {}})) + ",\"shape\":" + integers(type.shape.extents());
  return json + ",\"name\":" + json_string(graph.name(id));
}

std::string json_of(const TheatreRule& rule) {
  std::string json = "{\"elementwise\":";
  json += truth(rule.elementwise);
  json += ",\"nodes\":[";
  for (NodeId id = 0; id < rule.graph.size(); ++id) {
    json += (id == 0 ? "" : ",") + head_of(rule.graph, id);
    if (rule.graph.operation_id(id) == constant_operation)
      json += ",\"value\":" + json_of(constant_figure(rule.graph, id));
    json += "}";
  }
  return json + "],\"out\":" + std::to_string(rule.graph.outputs()[0]) + "}";
}

std::string json_of(const TheatreStep& step) {
  std::string json = "{\"user\":" + std::to_string(step.user) + ",\"position\":" + std::to_string(step.position);
  json += ",\"rule\":" + place_or_none(step.rule) + ",\"adjoint\":" + place_or_none(step.adjoint);
  if (step.local) json += ",\"local\":" + json_of(*step.local);
  return json + ",\"contribution\":" + json_of(step.contribution) + "}";
}

std::string node_json(const TheatreAct& act, NodeId id) {
  std::string json = head_of(act.graph, id);
  json += ",\"order\":" + std::to_string(act.order[id]) + ",\"parameter\":";
  json += truth(act.parameter[id]);
  json += ",\"adjoint_node\":" + place_or_none(act.adjoint_node[id]);
  if (const Location where = act.graph.location(id); !where.empty()) {
    json += ",\"file\":" + json_string(where.file) + ",\"line\":" + std::to_string(where.line);
  }
  if (act.graph.operation_id(id) == constant_operation)
    json += ",\"value\":" + json_of(constant_figure(act.graph, id));
  else if (act.value[id])
    json += ",\"value\":" + json_of(*act.value[id]);
  if (act.adjoint[id]) json += ",\"adjoint\":" + json_of(*act.adjoint[id]);
  return json + "}";
}

std::string box_json(const TheatreAct& act, std::size_t index) {
  const DrawnNode& node = act.drawing.nodes[index];
  const LayoutBox& box = act.layout.nodes[index];
  const bool single = node.count == 1;
  std::string json = "{\"id\":" + json_string(node.id) + ",\"role\":" + json_string(detail::word(node.role));
  json += ",\"output\":";
  json += truth(node.output);
  json += ",\"order\":" + std::to_string(node.order) + ",\"frame\":" + place_or_none(node.frame);
  json += ",\"node\":" + place_or_none(single ? node.first : no_node);
  json += ",\"count\":" + std::to_string(node.count) + ",\"copies\":" + std::to_string(node.copies);
  json += ",\"texts\":" + list(node.texts, [](const DrawnText& text) {
            return "[" + json_string(detail::word(text.kind)) + "," + json_string(text.text) + "]";
          });
  json += ",\"tooltip\":" + strings(node.tooltip);
  json += ",\"file\":" + json_string(node.file) + ",\"line\":" + std::to_string(node.line);
  if (node.magnitude) json += ",\"magnitude\":" + length(*node.magnitude);
  if (single && !act.repetition.empty() && act.repetition[node.first] != no_rule) {
    json += ",\"repetition\":" + std::to_string(act.repetition[node.first]);
    json += ",\"like\":" + std::to_string(act.first_copy[node.first]);
  }
  return json + ",\"at\":[" + length(box.x) + "," + length(box.y) + "," + length(box.width) + "," + length(box.height) +
         "]}";
}

std::string line_json(const TheatreAct& act, std::size_t index) {
  const DrawnEdge& edge = act.drawing.edges[index];
  const LayoutLine& line = act.layout.edges[index];
  std::string json = "{\"from\":" + std::to_string(edge.from) + ",\"to\":" + std::to_string(edge.to);
  json += ",\"kind\":" + json_string(detail::word(edge.kind)) + ",\"position\":" + std::to_string(edge.position);
  json += ",\"count\":" + std::to_string(edge.count) + ",\"label\":" + json_string(edge.label);
  json += ",\"label_at\":[" + length(line.label.x) + "," + length(line.label.y) + "],\"points\":[";
  for (std::size_t k = 0; k < line.points.size(); ++k)
    json += (k == 0 ? "" : ",") + length(line.points[k].x) + "," + length(line.points[k].y);
  return json + "]}";
}

std::string frame_json(const TheatreAct& act, std::size_t index) {
  const DrawnFrame& frame = act.drawing.frames[index];
  const LayoutBox& box = act.layout.frames[index];
  std::string json = "{\"id\":" + json_string(frame.id) + ",\"kind\":" + json_string(detail::word(frame.kind));
  json += ",\"parent\":" + place_or_none(frame.parent) + ",\"order\":" + std::to_string(frame.order);
  json += ",\"label\":" + json_string(frame.label) + ",\"times\":" + std::to_string(frame.times);
  return json + ",\"at\":[" + length(box.x) + "," + length(box.y) + "," + length(box.width) + "," + length(box.height) +
         "]}";
}

/// `,"name":[item of 0,item of 1,…]`, an item a line.
template <class Item>
void put_items(std::string& json, std::string_view name, std::size_t count, Item&& item) {
  json += ",\n\"" + std::string(name) + "\":[";
  for (std::size_t k = 0; k < count; ++k) json += (k == 0 ? "\n" : ",\n") + item(k);
  json += "]";
}

void check(const TheatreAct& act) {
  const std::size_t size = act.graph.size();
  const bool whole =
      act.order.size() == size && act.parameter.size() == size && act.adjoint_node.size() == size &&
      act.value.size() == size && act.adjoint.size() == size && act.repetition.size() == act.first_copy.size() &&
      (act.repetition.empty() || act.repetition.size() == size) &&
      act.layout.nodes.size() == act.drawing.nodes.size() && act.layout.edges.size() == act.drawing.edges.size() &&
      act.layout.frames.size() == act.drawing.frames.size() && act.output < size;
  if (!whole) {
    throw ArgumentError{{.operation = "to_html",
                         .problem = "the act '" + act.title + "' has columns that do not fit its graph",
                         .expected = "one entry per node, box, line and frame"}};
  }
}

/// Of a graph that is too large to walk only the nodes that have a box of their own are told.
std::string act_json(const TheatreAct& act) {
  check(act);
  std::string json = "{\"title\":" + json_string(act.title) + ",\"output\":" + std::to_string(act.output);
  json += ",\"walk\":";
  json += truth(act.walk);
  json += ",\"curved\":";
  json += truth(act.curved);
  json += ",\"size\":" + std::to_string(act.graph.size());
  json += ",\"direction\":" + json_string(detail::word(act.drawing.direction));
  std::vector<std::string> notes = act.drawing.notes;
  notes.insert(notes.end(), act.notes.begin(), act.notes.end());
  json += ",\"notes\":" + strings(notes);
  json += ",\"repetitions\":" + list(act.repetitions, [](const auto& r) { return std::to_string(r.times); });
  std::map<NodeId, bool> told;
  if (!act.walk) {
    for (const DrawnNode& node : act.drawing.nodes)
      if (node.count == 1 && node.first < act.graph.size()) told[node.first] = true;
  } else {
    for (NodeId id = 0; id < act.graph.size(); ++id) told[id] = true;
  }
  json += ",\n\"nodes\":{";
  for (bool first = true; const auto& [id, yes] : told) {
    json += (first ? "\n\"" : ",\n\"") + std::to_string(id) + "\":" + node_json(act, id);
    first = false;
  }
  json += "}";
  put_items(json, "boxes", act.drawing.nodes.size(), [&](std::size_t k) { return box_json(act, k); });
  put_items(json, "lines", act.drawing.edges.size(), [&](std::size_t k) { return line_json(act, k); });
  put_items(json, "frames", act.drawing.frames.size(), [&](std::size_t k) { return frame_json(act, k); });
  put_items(json, "steps", act.steps.size(), [&](std::size_t k) { return json_of(act.steps[k]); });
  put_items(json, "rules", act.rules.size(), [&](std::size_t k) { return json_of(act.rules[k]); });
  return json + "}";
}

/// What is said of each operation: its symbol, its formula.
std::string operations_json(const Theatre& theatre) {
  std::map<std::string_view, const Operation*> operations;
  const auto add = [&](const Graph& graph) {
    for (NodeId id = 0; id < graph.size(); ++id) operations[graph.operation(id).name] = &graph.operation(id);
  };
  for (const TheatreAct& act : theatre.acts) {
    add(act.graph);
    for (const TheatreRule& rule : act.rules) add(rule.graph);
  }
  std::string json = "{";
  for (const auto& [name, operation] : operations) {
    json += (json.size() > 1 ? ",\n" : "\n") + json_string(name) +
            ":{\"symbol\":" + json_string(operation->symbol.empty() ? operation->name : operation->symbol) +
            ",\"elementwise\":";
    json += truth(operation->elementwise);
    json += ",\"doc\":" + json_string(operation->doc) + "}";
  }
  return json + "}";
}

}  // namespace

std::string to_json(const Theatre& theatre) {
  if (theatre.acts.empty()) {
    throw ArgumentError{{.operation = "to_html", .problem = "the theatre has no act", .expected = "one or more"}};
  }
  std::string json = "{\"schema\":1,\"title\":" + json_string(theatre.title);
  json += ",\"link\":" + json_string(theatre.link) + ",\n\"operations\":" + operations_json(theatre) + ",\n\"acts\":[";
  for (std::size_t k = 0; k < theatre.acts.size(); ++k) json += (k == 0 ? "" : ",\n") + act_json(theatre.acts[k]);
  return json + "]}\n";
}

std::string to_html(const Theatre& theatre) {
  const std::string policy = "default-src 'none'; style-src '" + std::string(page::style_hash) + "'; script-src '" +
                             std::string(page::script_hash) + "'; base-uri 'none'; form-action 'none'";
  const std::string title = xml_text(theatre.title.empty() ? "Wengert" : theatre.title), data = to_json(theatre);
  const std::pair<std::string_view, std::string_view> parts[] = {{"{{policy}}", policy},
                                                                 {"{{title}}", title},
                                                                 {"{{style}}", page::style},
                                                                 {"{{data}}", data},
                                                                 {"{{script}}", page::script}};
  // Each part stands in the page once, in this order; what was put in is not read again.
  std::string html;
  std::string_view rest = page::html;
  for (const auto& [mark, text] : parts) {
    const std::size_t at = rest.find(mark);
    html.append(rest.substr(0, at)).append(text);
    rest.remove_prefix(at + mark.size());
  }
  return html.append(rest);
}

void write_html(const Theatre& theatre, const std::string& path) { write_file(path, to_html(theatre)); }

}  // namespace wengert::graph
