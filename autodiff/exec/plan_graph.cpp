#include "wengert/autodiff/exec/plan_graph.hpp"

#include <algorithm>

#include "wengert/autodiff/ops/elementwise.hpp"
#include "wengert/autodiff/ops/moving.hpp"
#include "wengert/autodiff/ops/products.hpp"
#include "wengert/autodiff/passes/node_value.hpp"

namespace wengert::exec {

using graph::Graph;
using graph::no_node;
using graph::NodeId;
using kernels::View;

std::optional<double> one_number(const Graph& g, NodeId node) {
  while (g.operation_id(node) != graph::variable_operation && g.operation_id(node) != graph::constant_operation &&
         (is<ops::Broadcast>(g.operation(node)) || is<ops::Reshape>(g.operation(node))))
    node = g.operands(node)[0];
  if (g.operation_id(node) != graph::constant_operation) return std::nullopt;
  const Dtype dtype = g.type(node).dtype;
  if (!is_real(dtype) && dtype != Dtype::boolean) return std::nullopt;
  return passes::uniform_element(g.attribute(node));
}

View composed(const Graph& g, NodeId node, const View& from) {
  const graph::Operation& operation = g.operation(node);
  const Shape& shape = g.type(node).shape;
  View view{.shape = shape, .start = from.start};
  const auto& numbers = std::get<std::vector<std::int64_t>>(g.attribute(node));
  if (is<ops::Broadcast>(operation)) {
    const std::size_t added = shape.rank() - from.shape.rank();
    for (std::size_t axis = 0; axis < from.shape.rank(); ++axis)
      if (from.shape[axis] != 1) view.stride[axis + added] = from.stride[axis];
  } else if (is<ops::Permute>(operation)) {
    for (std::size_t axis = 0; axis < shape.rank(); ++axis)
      view.stride[axis] = from.stride[static_cast<std::size_t>(numbers[axis])];
  } else {  // slice: all starts, all stops, all steps
    const std::size_t rank = shape.rank();
    for (std::size_t axis = 0; axis < rank; ++axis) {
      view.start += numbers[axis] * from.stride[axis];
      view.stride[axis] = numbers[2 * rank + axis] * from.stride[axis];
    }
  }
  return view;
}

bool is_arithmetic(const graph::Operation& operation) {
  return is<ops::Add>(operation) || is<ops::Sub>(operation) || is<ops::Mul>(operation) || is<ops::Scale>(operation) ||
         is<ops::Neg>(operation) || is<ops::Square>(operation) || is<ops::Max>(operation) || is<ops::Min>(operation) ||
         is<ops::Where>(operation) || is<ops::Relu>(operation);
}

bool is_of_rows(const Shape& shape, const Shape& rows) {
  const std::size_t outer = rows.rank() - 1;
  if (shape.rank() != outer && (shape.rank() != rows.rank() || shape[outer] != 1)) return false;
  return std::equal(rows.begin(), rows.begin() + outer, shape.begin());
}

bool in_one_piece(const Shape& shape, std::int64_t axis) {
  return std::all_of(shape.begin(), shape.begin() + axis, [](std::int64_t extent) { return extent == 1; });
}

std::vector<std::uint32_t> uses_of(const Graph& g) {
  std::vector<std::uint32_t> uses(g.size(), 0);
  for (NodeId node = 0; node < g.size(); ++node)
    for (const NodeId operand : g.operands(node)) ++uses[operand];
  for (const NodeId output : g.outputs()) ++uses[output];
  return uses;
}

namespace {

bool is_leaf(const Graph& g, NodeId node) {
  const graph::OperationId id = g.operation_id(node);
  return id == graph::variable_operation || id == graph::constant_operation;
}
template <class P>
bool is_node(const Graph& g, NodeId node) {
  return !is_leaf(g, node) && is<P>(g.operation(node));
}

/// The factor of a product, if `node` is a number for all of it.
bool take_factor(const Graph& g, NodeId node, Update& update) {
  if (const auto number = one_number(g, node)) {
    update.factor *= *number;
    return true;
  }
  if (!is_node<ops::Broadcast>(g, node)) return false;
  const NodeId of = g.operands(node)[0];
  if (!is_leaf(g, of) || g.type(of).shape.size() != 1) return false;
  update.scale = of;
  return true;
}

}  // namespace

std::optional<Update> find_update(const Graph& g, const std::vector<std::uint32_t>& uses, NodeId old, NodeId next) {
  const bool adds = is_node<ops::Add>(g, next);
  if ((!adds && !is_node<ops::Sub>(g, next)) || !is_real(g.type(next).dtype)) return std::nullopt;
  NodeId first = g.operands(next)[0], second = g.operands(next)[1];
  if (adds && second == old) std::swap(first, second);
  if (first != old || second == old) return std::nullopt;
  const auto is_product = [&](NodeId node) { return is_node<ops::MatMul>(g, node) && uses[node] == 1; };
  Update update{.factor = adds ? 1.0 : -1.0};
  if (is_product(second)) {
    update.product = second;
    return update;
  }
  if ((!is_node<ops::Mul>(g, second) && !is_node<ops::Scale>(g, second)) || uses[second] != 1) return std::nullopt;
  update.scaled = second;
  const NodeId x = g.operands(second)[0], y = g.operands(second)[1];
  for (const auto& [product, factor] : {std::pair{x, y}, std::pair{y, x}}) {
    if (!is_product(product) || !take_factor(g, factor, update)) continue;
    update.product = product;
    return update;
  }
  return std::nullopt;
}

}  // namespace wengert::exec
