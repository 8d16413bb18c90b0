// reciprocals: numbers that are divided by one number are multiplied by its reciprocal.
#include <cstdint>
#include <utility>
#include <vector>

#include "wengert/autodiff/passes/known.hpp"
#include "wengert/autodiff/passes/passes.hpp"
#include "wengert/autodiff/passes/rebuild.hpp"

namespace wengert::passes {

using graph::Graph;
using graph::NodeId;

Rewrite reciprocals(const Graph& graph) {
  const std::vector<bool> needed = live(graph);
  // Of a number, or none: what it is divided by. 1/b counts as both.
  const auto divisor = [&](NodeId id) {
    if (graph.type(id).shape.rank() != 0) return graph::no_node;
    switch (known(graph.operation_id(id))) {
      case Known::div:
        return graph.operands(id)[1];
      case Known::reciprocal:
        return graph.operands(id)[0];
      default:
        return graph::no_node;
    }
  };
  std::vector<std::uint32_t> divided(graph.size(), 0);  // how many numbers are divided by a node
  for (NodeId id = 0; id < graph.size(); ++id)
    if (const NodeId b = divisor(id); needed[id] && b != graph::no_node) ++divided[b];

  Rebuild rebuild(graph);
  graph::GraphBuilder& builder = rebuild.builder();
  return std::move(rebuild).run([&](NodeId id, std::span<const NodeId> operands) {
    const NodeId b = divisor(id);
    if (b == graph::no_node || divided[b] < 2)
      return builder.add(graph.operation_id(id), operands, graph.attribute(id));
    const NodeId reciprocal = builder.add(id_of(Known::reciprocal), {operands.back()});
    if (operands.size() == 1 || rebuild.number(operands[0]) == 1.0) return reciprocal;
    return builder.add(id_of(Known::mul), {operands[0], reciprocal});
  });
}

}  // namespace wengert::passes
