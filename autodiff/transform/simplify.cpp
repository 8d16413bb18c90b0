#include "wengert/autodiff/transform/simplify.hpp"

#include <array>
#include <utility>
#include <vector>

#include "wengert/autodiff/passes/node_value.hpp"

namespace wengert {

namespace {

using graph::NodeId;

Array elements(const Expansion& e, NodeId node) {
  if (const auto found = e.arrays.find(node); found != e.arrays.end()) return found->second;
  if (e.graph.operation_id(node) == graph::constant_operation)
    return passes::constant_elements(e.graph.attribute(node));
  if (e.graph.type(node).dtype == Dtype::boolean) return Array::from(std::array{e.values[node] != 0.0}, Shape{});
  return Array::scalar(e.values[node]);
}

Expansion rewritten(const Expansion& before, passes::Rewrite rewrite) {
  std::vector<bool> known(rewrite.graph.size(), false);
  for (const NodeId node : rewrite.node_of) {
    if (node != graph::no_node) known[node] = true;
  }
  Expansion after = before.renumbered(std::move(rewrite.graph), rewrite.node_of);
  std::vector<Array> operands;
  for (NodeId node = 0; node < after.graph.size(); ++node) {
    if (known[node]) continue;
    Array value;
    if (after.graph.operands(node).empty()) {
      value = elements(after, node);
    } else {
      operands.clear();
      for (const NodeId operand : after.graph.operands(node)) operands.push_back(elements(after, operand));
      value =
          passes::value_of(after.graph.operation(node), operands, after.graph.attribute(node), after.graph.type(node));
    }
    if (after.graph.type(node) == Type{})
      after.values[node] = value.element(0);
    else
      after.arrays.insert_or_assign(node, std::move(value));
  }
  return after;
}

}  // namespace

Expansion applied(const passes::Pass& pass, const Expansion& expansion) {
  return rewritten(expansion, pass.run(expansion.graph));
}

Expansion simplify(const Expansion& expansion) { return rewritten(expansion, passes::simplify(expansion.graph)); }

}  // namespace wengert
