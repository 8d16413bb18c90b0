/// compose: the inside of draw(). A scene, what is known of its nodes, and the options become a Drawing.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "wengert/graph/drawing/draw.hpp"

namespace wengert::graph {

/// What is drawn: a graph, or a part of one.
struct Scene {
  const Graph& graph;
  std::vector<std::uint8_t> order;  ///< by node
  std::vector<bool> elsewhere;      ///< by node: it stands at the rim, for a part that is not drawn; empty: none does
  std::function<std::string(NodeId)> name;              ///< its own, or that of what it is the adjoint of
  std::function<std::string(NodeId)> adjoint_name;      ///< the latter: "∂f/∂y"
  std::function<std::string(NodeId)> symbol_elsewhere;  ///< of nodes at the rim, what they were
};

[[nodiscard]] Drawing compose(const Scene& scene, const DrawingOptions& options, const Annotations& annotations);

}  // namespace wengert::graph
