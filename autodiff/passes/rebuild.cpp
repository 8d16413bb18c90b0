#include "wengert/autodiff/passes/rebuild.hpp"

#include <algorithm>
#include <cstdint>
#include <variant>

#include "wengert/autodiff/passes/known.hpp"
#include "wengert/autodiff/passes/node_value.hpp"
#include "wengert/graph/analysis.hpp"
#include "wengert/graph/extract.hpp"

namespace wengert::passes {

using graph::Attribute;
using graph::no_node;
using graph::NodeId;

std::vector<bool> live(const graph::Graph& graph) {
  if (graph.outputs().empty()) return std::vector<bool>(graph.size(), true);
  std::vector<bool> keep = graph::needed_by_outputs(graph);
  for (const NodeId variable : graph.variables()) keep[variable] = true;
  return keep;
}

void renumber(std::vector<NodeId>& node_of, std::span<const NodeId> origin, std::size_t size) {
  std::vector<NodeId> place(size, no_node);
  for (NodeId id = 0; id < origin.size(); ++id) place[origin[id]] = id;
  for (NodeId& node : node_of) {
    if (node != no_node) node = place[node];
  }
}

Rebuild::Rebuild(const graph::Graph& old, Duplicates duplicates)
    : old_(old),
      builder_({.merge_duplicates = duplicates == Duplicates::merge}),
      needed_(live(old)),
      node_of_(old.size(), no_node) {
  builder_.reserve(old.size());
  for (graph::ScopeId scope = 1; scope < old.scope_count(); ++scope) {
    const graph::Scope record = old.scope_record(scope);
    builder_.add_scope(record.parent, record.name);
  }
}

NodeId Rebuild::constant(const Attribute& value) {
  if (const auto* number = std::get_if<double>(&value)) return builder_.constant(*number);
  if (const auto* integer = std::get_if<std::int64_t>(&value)) return builder_.integer_constant(*integer);
  const Array& array = std::get<Array>(value);
  if (array.type() == Type{}) return builder_.constant(array.element(0));
  if (array.type() == Type{Dtype::i64, Shape{}}) return builder_.integer_constant(array.integer_element(0));
  return builder_.constant(array);
}

NodeId Rebuild::constant(const Type& type, double value) { return constant(Array::uniform(type, value)); }

std::optional<double> Rebuild::number(NodeId node) const {
  for (;;) {
    const graph::OperationId operation = builder_.operation_id(node);
    if (operation == graph::constant_operation) return uniform_element(builder_.attribute(node));
    const Known what = known(operation);
    if (what != Known::broadcast && what != Known::reshape) return std::nullopt;
    node = builder_.operands(node)[0];
  }
}

NodeId Rebuild::leaf(NodeId id) {
  return old_.operation_id(id) == graph::variable_operation ? builder_.variable(old_.type(id))
                                                            : constant(old_.attribute(id));
}

std::span<const NodeId> Rebuild::operands_of(NodeId id) {
  operands_.clear();
  for (const NodeId operand : old_.operands(id)) operands_.push_back(node_of_[operand]);
  return operands_;
}

void Rebuild::located(NodeId id, std::size_t before) {
  if (builder_.size() == before) return;
  const graph::ScopeId scope = old_.scope(id);
  const graph::LocationId line = builder_.add_location(old_.location(id));
  for (auto made = static_cast<NodeId>(before); made < builder_.size(); ++made) {
    if (scope != graph::root_scope) builder_.set_scope(made, scope);
    if (line != graph::no_location) builder_.set_location(made, line);
  }
  named_.resize(builder_.size(), false);
}

void Rebuild::placed(NodeId id, NodeId node, std::size_t before) {
  node_of_[id] = node;
  located(id, before);
  // What stands for several keeps the name and the place of the first that has one.
  if (const auto name = old_.name(id); !name.empty() && !named_[node]) {
    builder_.set_name(node, name);
    named_[node] = true;
  }
}

/// Whether operand `link.operand` of the primal node is still what it was.
bool Rebuild::same_edge(const graph::AdjointLink& link, NodeId primal) const {
  const auto position = static_cast<std::size_t>(link.operand);
  const auto operands = builder_.operands(primal);
  return builder_.operation_id(primal) == old_.operation_id(link.primal) && position < operands.size() &&
         operands[position] == node_of_[old_.operands(link.primal)[position]];
}

Rewrite Rebuild::finished() {
  for (const NodeId output : old_.outputs()) builder_.output(node_of_[output]);
  for (const graph::AdjointLink& link : old_.all_adjoint_links()) {
    const NodeId adjoint = node_of_[link.adjoint], primal = node_of_[link.primal];
    if (adjoint == no_node || primal == no_node || adjoint == primal) continue;
    // Of an edge that is no more the tie goes too.
    const bool whole = link.operand == graph::AdjointLink::itself;
    if (whole || same_edge(link, primal)) builder_.add_adjoint_link(adjoint, primal, link.operand);
  }
  Rewrite out{std::move(builder_).build(), std::move(node_of_)};
  // Rules leave nodes behind that nobody uses any more.
  const std::vector<bool> keep = live(out.graph);
  if (std::find(keep.begin(), keep.end(), false) != keep.end()) {
    graph::Extract part = graph::extract(out.graph, keep);
    renumber(out.node_of, part.origin, out.graph.size());
    out.graph = std::move(part.graph);
  }
  return out;
}

}  // namespace wengert::passes
