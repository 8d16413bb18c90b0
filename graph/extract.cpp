/// See extract.hpp.
#include "wengert/graph/extract.hpp"

#include <string>
#include <utility>

#include "wengert/graph/analysis.hpp"
#include "wengert/graph/error.hpp"
#include "wengert/graph/uses.hpp"

namespace wengert::graph {

namespace {

void check_node(const Graph& graph, NodeId node, const char* function) {
  if (node >= graph.size()) {
    throw ArgumentError{{.operation = function,
                         .problem = "no node " + std::to_string(node),
                         .expected = "a node below " + std::to_string(graph.size())}};
  }
}

}  // namespace

Extract extract(const Graph& graph, const std::vector<bool>& keep) {
  if (keep.size() != graph.size()) {
    throw ArgumentError{
        {.operation = "extract",
         .problem = std::to_string(keep.size()) + " entries for " + std::to_string(graph.size()) + " nodes",
         .expected = "one per node"}};
  }
  Extract part;
  GraphBuilder builder;
  std::vector<NodeId> place(graph.size(), no_node);
  std::vector<ScopeId> scopes(graph.scope_count(), root_scope);
  for (ScopeId scope = 1; scope < graph.scope_count(); ++scope) {
    const Scope record = graph.scope_record(scope);
    scopes[scope] = builder.add_scope(scopes[record.parent], record.name);
  }
  const auto placed = [&](NodeId node, NodeId id, bool elsewhere) {
    place[id] = node;
    part.origin.push_back(id);
    part.elsewhere.push_back(elsewhere);
    if (const auto name = graph.name(id); !name.empty()) builder.set_name(node, name);
    if (graph.scope(id) != root_scope) builder.set_scope(node, scopes[graph.scope(id)]);
    if (const Location location = graph.location(id); !location.empty()) builder.set_location(node, location);
  };
  const auto add_leaf = [&](NodeId id, bool elsewhere) {
    if (graph.operation_id(id) != constant_operation) {
      placed(builder.variable(graph.type(id)), id, elsewhere);
    } else if (const Attribute& value = graph.attribute(id); std::holds_alternative<double>(value)) {
      placed(builder.constant(std::get<double>(value)), id, false);
    } else if (std::holds_alternative<std::int64_t>(value)) {
      placed(builder.integer_constant(std::get<std::int64_t>(value)), id, false);
    } else {
      placed(builder.constant(std::get<Array>(value)), id, false);
    }
  };
  std::vector<NodeId> operands;
  for (NodeId id = 0; id < graph.size(); ++id) {
    if (!keep[id]) continue;
    operands.clear();
    for (const NodeId operand : graph.operands(id)) {
      if (place[operand] == no_node) add_leaf(operand, true);
      operands.push_back(place[operand]);
    }
    const OperationId operation = graph.operation_id(id);
    if (operation == variable_operation || operation == constant_operation) {
      // A constant may stand there already, for a user that came first.
      if (place[id] == no_node) add_leaf(id, false);
    } else {
      placed(builder.add(operation, operands, graph.attribute(id)), id, false);
    }
  }
  for (const NodeId output : graph.outputs()) {
    if (keep[output]) builder.output(place[output]);
  }
  for (const AdjointLink& link : graph.all_adjoint_links()) {
    if (place[link.adjoint] == no_node || place[link.primal] == no_node) continue;
    // At the rim a primal node has no operands, and an adjoint none of its own ties.
    if (part.elsewhere[place[link.adjoint]] ||
        (link.operand != AdjointLink::itself && part.elsewhere[place[link.primal]]))
      continue;
    builder.add_adjoint_link(place[link.adjoint], place[link.primal], link.operand);
  }
  part.graph = std::move(builder).build();
  return part;
}

std::vector<bool> around(const Graph& graph, NodeId node, std::size_t distance) {
  check_node(graph, node, "around");
  const UseIndex uses(graph);
  std::vector<bool> reached(graph.size(), false);
  std::vector<NodeId> rim{node}, next;
  reached[node] = true;
  const auto reach = [&](NodeId id) {
    if (reached[id]) return;
    reached[id] = true;
    next.push_back(id);
  };
  for (std::size_t step = 0; step < distance && !rim.empty(); ++step) {
    next.clear();
    for (const NodeId id : rim) {
      for (const NodeId operand : graph.operands(id)) reach(operand);
      for (const Use& use : uses[id]) reach(use.user);
    }
    rim.swap(next);
  }
  return reached;
}

std::vector<bool> with_adjoints(const Graph& graph, std::vector<bool> nodes) {
  // Ties ascend by their adjoint, and one that is added here has no adjoints of its own added.
  const std::vector<bool> given = nodes;
  for (const AdjointLink& link : graph.all_adjoint_links()) {
    if (link.operand == AdjointLink::itself && given[link.primal]) nodes[link.adjoint] = true;
  }
  return nodes;
}

std::vector<bool> between(const Graph& graph, NodeId from, NodeId to) {
  check_node(graph, from, "between");
  check_node(graph, to, "between");
  std::vector<bool> on_path = depending_on(graph, std::span(&from, 1));
  const std::vector<bool> needed = needed_by(graph, std::span(&to, 1));
  for (NodeId id = 0; id < graph.size(); ++id) on_path[id] = on_path[id] && needed[id];
  return on_path;
}

}  // namespace wengert::graph
