/// A graph as JSON for Model Explorer (Google AI Edge, github.com/google-ai-edge/model-explorer), which draws graphs of
/// a million nodes on the GPU, scopes as groups to open and close.
///
/// What is written is its `GraphCollection` (src/ui/src/components/visualizer/common/input_graph.ts): a label and one
/// graph; of each node id, label, namespace (the scopes; below "gradient" those of what a node is a derivative by),
/// attributes, incoming edges, type and value of its output. It goes node by node, in memory that does not grow with
/// the graph.
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "wengert/graph/graph.hpp"
#include "wengert/graph/text.hpp"

namespace wengert::graph {

struct ModelExplorerOptions {
  std::string label = "wengert";  ///< of the collection and of the graph
  bool locations = true;          ///< with the lines of the source
  /// More attributes of a node, name and value: a value, an adjoint, a time. Empty: none.
  std::function<std::vector<std::pair<std::string, std::string>>(NodeId)> attributes{};
};

/// Writes the JSON text piece by piece. Valid JSON in valid UTF-8, whatever bytes names hold (graph/escape.hpp).
void write_model_explorer(const Graph& graph, const TextSink& sink, const ModelExplorerOptions& options = {});
/// The JSON text.
[[nodiscard]] std::string to_model_explorer(const Graph& graph, const ModelExplorerOptions& options = {});
/// Into a file, as it goes. Throws EnvironmentError when it cannot be written.
void save_model_explorer(const Graph& graph, const std::string& path, const ModelExplorerOptions& options = {});

}  // namespace wengert::graph
