#include "wengert/autodiff/exec/lanes.hpp"

#include <algorithm>

#include "wengert/autodiff/passes/node_value.hpp"

namespace wengert::exec {

using graph::Graph;
using graph::NodeId;

bool Lanes::can_run(const Graph& graph) {
  for (NodeId node = 0; node < graph.size(); ++node) {
    const Type& type = graph.type(node);
    if (type.shape.rank() != 0 || (type.dtype != Dtype::f64 && type.dtype != Dtype::boolean)) return false;
    const graph::OperationId operation = graph.operation_id(node);
    if (operation == graph::variable_operation) {
      if (type.dtype != Dtype::f64) return false;
      continue;
    }
    if (operation == graph::constant_operation) continue;
    if (!graph.operation(node).elementwise) return false;
  }
  return true;
}

namespace {

/// The number of samples at which the columns of a tile take a fifth of a second-level cache of 1 MiB, beside inputs,
/// outputs and code. Of many columns, at which code that no cache holds has been fetched for enough of them.
std::int64_t tile_of(std::size_t columns) {
  constexpr std::size_t cache = std::size_t{192} << 10;
  const auto fits = static_cast<std::int64_t>(cache / (sizeof(double) * std::max<std::size_t>(columns, 1)));
  return std::clamp<std::int64_t>(fits / 16 * 16, 64, 256);
}

}  // namespace

kernels::Chunks Lanes::chunks(std::int64_t samples) const {
  // Nanoseconds for a primitive and sample; functions take longer.
  const double step_time = columns_.native == nullptr ? 0.4 : 0.12;
  const std::int64_t tile = columns_.tile;
  return {(samples + tile - 1) / tile,
          step_time * static_cast<double>(columns_.operations) * static_cast<double>(std::min(tile, samples))};
}

Lanes::Lanes(const Graph& graph, bool native) {
  ColumnBuilder builder;
  std::vector<ColumnBuilder::Value> value(graph.size());
  std::vector<ColumnBuilder::Value> operands;
  for (NodeId node = 0; node < graph.size(); ++node) {
    const graph::OperationId operation = graph.operation_id(node);
    if (operation == graph::variable_operation) {
      value[node] = builder.load();
    } else if (operation == graph::constant_operation) {
      value[node] = builder.constant(passes::uniform_element(graph.attribute(node)).value());
    } else {
      operands.clear();
      for (const NodeId operand : graph.operands(node)) operands.push_back(value[operand]);
      // Every elementwise operation is a Primitive.
      value[node] = builder.apply(static_cast<const Primitive&>(graph.operation(node)), operands);
    }
  }
  for (const NodeId output : graph.outputs()) builder.store(value[output]);
  columns_ = builder.columns<double>(tile_of, native);
  samples_ = builder.samples(native);
}

}  // namespace wengert::exec
