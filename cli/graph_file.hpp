/// Graphs in files: the text form (.txt), and the JSON of drawings that hold their graph (docs/drawing_json.md).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "wengert/graph/graph.hpp"

namespace wengert::cli {

/// A graph, and the values that it had when it was written, if they are there: of tensors norms.
struct SavedGraph {
  graph::Graph graph{};
  std::optional<std::vector<double>> values{};  ///< by node; NaN too where one is not known
};

/// By its name it is a file of a graph, and it exists.
[[nodiscard]] bool is_graph_file(const std::string& name);

/// Throws WorkError with file and line, or what is missing in the JSON.
[[nodiscard]] SavedGraph read_saved_graph(const std::string& file);
[[nodiscard]] graph::Graph read_graph(const std::string& file);

}  // namespace wengert::cli
