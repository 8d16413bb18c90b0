// outer: a matrix product over one term is elementwise. The gradient of a weight for a batch of one example is such a
// product; elementwise it is computed where it is used, and not written down.
#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

#include "wengert/autodiff/ops/products.hpp"
#include "wengert/autodiff/passes/known.hpp"
#include "wengert/autodiff/passes/passes.hpp"
#include "wengert/autodiff/passes/rebuild.hpp"

namespace wengert::passes {

using graph::Graph;
using graph::NodeId;

namespace {

bool has(std::int64_t flags, kernels::Product flag) { return (flags & flag) != 0; }

/// The product is over one term, of two matrices.
bool is_outer(const Graph& graph, NodeId id) {
  if (known(graph.operation_id(id)) != Known::matmul) return false;
  const auto flags = std::get<std::int64_t>(graph.attribute(id));
  const Shape& a = graph.type(graph.operands(id)[0]).shape;
  const Shape& b = graph.type(graph.operands(id)[1]).shape;
  return a.rank() == 2 && b.rank() == 2 && a[has(flags, kernels::Product::transpose_first) ? 0 : 1] == 1 &&
         graph.type(id).shape.size() > 0;
}

}  // namespace

Rewrite outer(const Graph& graph) { return outer(graph, {}); }

Rewrite outer(const Graph& graph, std::span<const NodeId> but) {
  Rebuild rebuild(graph);
  graph::GraphBuilder& builder = rebuild.builder();
  return std::move(rebuild).run([&](NodeId id, std::span<const NodeId> operands) {
    if (!is_outer(graph, id) || std::ranges::find(but, id) != but.end())
      return builder.add(graph.operation_id(id), operands, graph.attribute(id));
    const auto flags = std::get<std::int64_t>(graph.attribute(id));
    const Type type = graph.type(id);
    const std::vector<std::int64_t> column{type.shape[0], 1}, row{1, type.shape[1]};
    const std::vector<std::int64_t> whole{type.shape[0], type.shape[1]};
    const auto spread = [&](NodeId x, const std::vector<std::int64_t>& shape) {
      return builder.add(id_of(Known::broadcast), {builder.add(id_of(Known::reshape), {x}, shape)}, whole);
    };
    const NodeId a = spread(operands[0], column), b = spread(operands[1], row);
    // With a mask a zero of the cotangent contributes 0, whatever it meets; and, as everywhere, nothing passes a zero
    // of what it is multiplied by.
    const bool masked = has(flags, kernels::Product::mask_first) || has(flags, kernels::Product::mask_second);
    return builder.add(id_of(masked ? Known::scale : Known::mul), {a, b});
  });
}

}  // namespace wengert::passes
