/// The back door through which tests plant violations in a graph, so that verify can be tested.
#pragma once

#include <utility>

#include "wengert/graph/graph.hpp"

namespace wengert::graph {

struct GraphTestAccess {
  static auto& nodes(Graph& graph) { return graph.nodes_; }
  static auto& pool(Graph& graph) { return graph.pool_; }
  static auto& types(Graph& graph) { return graph.types_; }
  static auto& attributes(Graph& graph) { return graph.attributes_; }
  static auto& outputs(Graph& graph) { return graph.outputs_; }
  static auto& variables(Graph& graph) { return graph.variables_; }
  static auto& scopes(Graph& graph) { return graph.scopes_; }
  static auto& locations(Graph& graph) { return graph.locations_; }
  static auto& links(Graph& graph) { return graph.links_; }
  static auto& name_entries(Graph& graph) { return graph.names_.sparse_; }
  static auto& dense_names(Graph& graph) { return graph.names_.dense_; }
  static auto& scope_entries(Graph& graph) { return graph.node_scopes_.sparse_; }
  static auto& location_entries(Graph& graph) { return graph.node_locations_.sparse_; }
};

}  // namespace wengert::graph
