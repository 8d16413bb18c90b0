/// See json.hpp.
#include "wengert/graph/drawing/json.hpp"

#include <charconv>
#include <cmath>
#include <optional>
#include <utility>
#include <vector>

#include "wengert/graph/drawing/writing.hpp"

namespace wengert::graph {

namespace {

using detail::word;

/// The shortest text that reads back to the same number; JSON has no word for what is not finite.
std::string json_number(const std::optional<double>& value) {
  if (!value || !std::isfinite(*value)) return "null";
  char text[32];
  return {text, std::to_chars(text, text + sizeof text, *value).ptr};
}

std::string json_strings(const std::vector<std::string>& texts) {
  std::string json = "[";
  for (const std::string& text : texts) json += (json.size() > 1 ? ", " : "") + json_string(text);
  return json + "]";
}

std::string_view json_bool(bool value) { return value ? "true" : "false"; }

std::string json_id(NodeId id) { return id == no_node ? "null" : std::to_string(id); }

std::string json_frame_id(const Drawing& drawing, std::uint32_t frame) {
  return frame == no_frame ? "null" : json_string(drawing.frames[frame].id);
}

/// A word of ours as a JSON string.
std::string quoted(std::string_view text) { return '"' + std::string(text) + '"'; }

std::string json_of(const Drawing& drawing, const DrawnFrame& frame) {
  std::string json = "{\"id\": " + json_string(frame.id);
  json += ", \"kind\": " + quoted(word(frame.kind));
  json += ", \"parent\": " + json_frame_id(drawing, frame.parent);
  json += ", \"order\": " + std::to_string(frame.order);
  json += ", \"label\": " + json_string(frame.label);
  json += ", \"times\": " + std::to_string(frame.times);
  return json + "}";
}

std::string json_of(const Drawing& drawing, const DrawnNode& node) {
  std::string json = "{\"id\": " + json_string(node.id);
  json += ", \"role\": " + quoted(word(node.role));
  json += ", \"output\": ";
  json += json_bool(node.output);
  json += ", \"not_finite\": ";
  json += json_bool(node.not_finite);
  json += ", \"mark\": " + quoted(word(node.mark));
  json += ", \"order\": " + std::to_string(node.order);
  json += ", \"frame\": " + json_frame_id(drawing, node.frame);
  json += ", \"magnitude\": " + json_number(node.magnitude);
  json += ", \"texts\": [";
  for (std::size_t k = 0; k < node.texts.size(); ++k) {
    json += k == 0 ? "" : ", ";
    json += "{\"kind\": " + quoted(word(node.texts[k].kind)) + ", \"text\": " + json_string(node.texts[k].text) + "}";
  }
  json += "], \"tooltip\": " + json_strings(node.tooltip);
  json += ", \"file\": " + (node.file.empty() ? "null" : json_string(node.file));
  json += ", \"line\": " + (node.file.empty() ? "null" : std::to_string(node.line));
  json += ", \"first\": " + json_id(node.first);
  json += ", \"last\": " + json_id(node.last);
  json += ", \"count\": " + std::to_string(node.count);
  json += ", \"copies\": " + std::to_string(node.copies);
  return json + "}";
}

std::string json_of(const Drawing& drawing, const DrawnEdge& edge) {
  std::string json = "{\"from\": " + json_string(drawing.nodes[edge.from].id);
  json += ", \"to\": " + json_string(drawing.nodes[edge.to].id);
  json += ", \"kind\": " + quoted(word(edge.kind));
  json += ", \"position\": " + std::to_string(edge.position);
  json += ", \"count\": " + std::to_string(edge.count);
  json += ", \"label\": " + json_string(edge.label);
  return json + "}";
}

/// "graph": the lines of the text form; "values": a number, or as a string what JSON has no word for, for each node.
void put_source(const JsonSource& source, const TextSink& sink) {
  sink(",\n  \"graph\": [");
  std::string line, separator = "\n    ";
  const auto put_line = [&] {
    sink(std::exchange(separator, ",\n    ") + json_string(line));
    line.clear();
  };
  write_text(*source.graph,
             [&](std::string_view piece) {
               for (std::size_t end; (end = piece.find('\n')) != piece.npos; piece.remove_prefix(end + 1)) {
                 line += piece.substr(0, end);
                 put_line();
               }
               line += piece;
             },
             {.locations = false});
  if (!line.empty()) put_line();
  sink("\n  ]");
  if (!source.value) return;
  sink(",\n  \"values\": [");
  for (NodeId node = 0; node < source.graph->size(); ++node) {
    const std::optional<double> value = source.value(node);
    std::string text = json_number(value);
    if (value && !std::isfinite(*value)) text = std::isnan(*value) ? "\"nan\"" : *value > 0 ? "\"inf\"" : "\"-inf\"";
    sink((node == 0 ? "" : ", ") + text);
  }
  sink("]");
}

/// `"name": [`, an object a line, `]`.
template <class Item>
void put_list(const Drawing& drawing, const TextSink& sink, std::string_view name, const std::vector<Item>& items) {
  std::string text = "  " + quoted(name) + ": [";
  for (std::size_t k = 0; k < items.size(); ++k) {
    text += (k == 0 ? "\n    " : ",\n    ") + json_of(drawing, items[k]);
    sink(text);
    text.clear();
  }
  sink(text + (items.empty() ? "]" : "\n  ]"));
}

}  // namespace

std::string json_string(std::string_view bytes) {
  std::string json = "\"";
  // What is printable holds no control characters.
  for (const char c : detail::printable(bytes)) {
    if (c == '<') {
      json += "\\u003c";
    } else {
      if (c == '"' || c == '\\') json += '\\';
      json += c;
    }
  }
  return json + '"';
}

void write_json(const Drawing& drawing, const TextSink& sink, const JsonSource& source) {
  detail::check(drawing, "to_json");
  std::string head = "{\n  \"schema\": " + std::to_string(json_schema);
  head += ",\n  \"direction\": " + quoted(word(drawing.direction));
  head += ",\n  \"title\": " + json_string(drawing.title);
  head += ",\n  \"notes\": " + json_strings(drawing.notes);
  head += ",\n  \"legend\": ";
  head += json_bool(drawing.legend);
  sink(head + ",\n");
  put_list(drawing, sink, "frames", drawing.frames);
  sink(",\n");
  put_list(drawing, sink, "nodes", drawing.nodes);
  sink(",\n");
  put_list(drawing, sink, "edges", drawing.edges);
  if (source.graph != nullptr) put_source(source, sink);
  sink("\n}\n");
}

std::string to_json(const Drawing& drawing, const JsonSource& source) {
  std::string text;
  write_json(
      drawing, [&](std::string_view piece) { text += piece; }, source);
  return text;
}

}  // namespace wengert::graph
