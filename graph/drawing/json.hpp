/// A drawing as JSON, for pages and programs: everything that the record holds. docs/drawing_json.md describes the
/// format field by field.
///
/// The output is valid UTF-8 and valid JSON whatever bytes the texts hold: they appear as graph/escape.hpp shows them,
/// and "<" is written as \u003c, so that the output can stand in a <script> element of a page. Every field of the
/// drawing is always there. The same drawing gives the same bytes on every machine.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "wengert/graph/drawing/drawing.hpp"
#include "wengert/graph/text.hpp"

namespace wengert::graph {

/// Version of the format: grows when a field changes its meaning or goes, not when one is added.
inline constexpr int json_schema = 1;

/// What a drawing is of, for readers that want the graph and not its boxes: the last fields of the JSON.
struct JsonSource {
  const Graph* graph = nullptr;  ///< in its text form
  /// By node, exactly; none: not known. Empty: no values.
  std::function<std::optional<double>(NodeId)> value{};
};

/// Writes the JSON text piece by piece. Throws ArgumentError when an edge or a frame names what does not exist.
void write_json(const Drawing& drawing, const TextSink& sink, const JsonSource& source = {});

/// The JSON text.
[[nodiscard]] std::string to_json(const Drawing& drawing, const JsonSource& source = {});

/// `bytes` as a JSON string, quotes included.
[[nodiscard]] std::string json_string(std::string_view bytes);

}  // namespace wengert::graph
