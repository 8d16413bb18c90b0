/// A reverse sweep over the sample operations, for tests that need a graph with a gradient tied to it.
/// The graph layer has none of its own; rules here are written out by hand for scalars.
#pragma once

#include <utility>
#include <vector>

#include "sample_operations.hpp"
#include "wengert/graph/graph.hpp"

namespace wengert::graph::sample {

/// Appends the derivative of `output` with respect to everything it depends on, ties included; returns the adjoint of
/// each node (no_node where there is none).
inline std::vector<NodeId> append_gradient(GraphBuilder& builder, NodeId output) {
  std::vector<NodeId> adjoint(output + 1, no_node);
  adjoint[output] = builder.constant(1.0);
  builder.add_adjoint_link(adjoint[output], output);
  for (NodeId id = output + 1; id-- > 0;) {
    if (adjoint[id] == no_node) continue;
    const NodeId seed = adjoint[id];
    const std::vector<NodeId> operands(builder.operands(id).begin(), builder.operands(id).end());
    const OperationId operation = builder.operation_id(id);
    for (std::size_t k = 0; k < operands.size(); ++k) {
      if (builder.operation_id(operands[k]) == constant_operation) continue;
      NodeId part = no_node;
      if (operation == add) part = seed;
      if (operation == sub) part = k == 0 ? seed : builder.add(neg, {seed});
      if (operation == mul) part = builder.add(mul, {seed, operands[1 - k]});
      if (operation == neg) part = builder.add(neg, {seed});
      if (operation == sin) part = builder.add(mul, {seed, builder.add(cos, {operands[0]})});
      if (operation == cos) part = builder.add(neg, {builder.add(mul, {seed, builder.add(sin, {operands[0]})})});
      if (operation == tanh) {
        part = builder.add(mul, {seed, builder.add(sub, {builder.constant(1.0), builder.add(mul, {id, id})})});
      }
      if (part == no_node) continue;
      builder.add_adjoint_link(part, id, static_cast<std::int32_t>(k));
      NodeId& total = adjoint[operands[k]];
      total = total == no_node ? part : builder.add(add, {total, part});
    }
    // Every user of `id` has been visited, so its adjoint is complete.
    builder.add_adjoint_link(adjoint[id], id);
  }
  return adjoint;
}

}  // namespace wengert::graph::sample
