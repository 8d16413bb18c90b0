#include "wengert/autodiff/exec/evaluate.hpp"

#include <cstddef>
#include <string>
#include <utility>

#include "wengert/autodiff/passes/node_value.hpp"
#include "wengert/graph/error.hpp"

namespace wengert {

using graph::Graph;
using graph::NodeId;

namespace {

void check_inputs(const Graph& graph, std::span<const Array> inputs, std::source_location where) {
  const auto variables = graph.variables();
  if (inputs.size() != variables.size()) {
    throw ArgumentError{{.operation = "evaluate",
                         .problem = std::to_string(inputs.size()) + " inputs",
                         .expected = "one for each of the " + std::to_string(variables.size()) + " variables",
                         .where = where}};
  }
  for (std::size_t k = 0; k < inputs.size(); ++k) {
    if (inputs[k].type() == graph.type(variables[k])) continue;
    throw ArgumentError{{.operation = "evaluate",
                         .operands = {to_string(inputs[k].type())},
                         .problem = "input " + std::to_string(k) + " is " + to_string(inputs[k].type()),
                         .expected = to_string(graph.type(variables[k])),
                         .where = where}};
  }
}

/// The values of all nodes. `uses`, if given: by node, how often its value is still needed; given up at 0.
std::vector<Array> values_of(const Graph& graph, std::span<const Array> inputs, std::vector<std::uint32_t>* uses,
                             std::source_location where) {
  check_inputs(graph, inputs, where);
  std::vector<Array> values(graph.size()), operands;
  std::size_t input = 0;
  for (NodeId id = 0; id < graph.size(); ++id) {
    const graph::OperationId operation = graph.operation_id(id);
    if (operation == graph::variable_operation) {
      values[id] = inputs[input++];
    } else if (uses != nullptr && (*uses)[id] == 0) {
      continue;
    } else if (operation == graph::constant_operation) {
      values[id] = passes::constant_elements(graph.attribute(id));
    } else {
      operands.clear();
      for (const NodeId operand : graph.operands(id)) operands.push_back(values[operand]);
      if (uses != nullptr) {
        for (const NodeId operand : graph.operands(id)) {
          if (--(*uses)[operand] == 0) values[operand] = Array();
        }
      }
      try {
        values[id] = passes::value_of(graph.operation(id), operands, graph.attribute(id), graph.type(id));
      } catch (const Error& error) {
        error.rethrow_at(where);
      }
    }
  }
  return values;
}

}  // namespace

std::vector<Array> evaluate(const Graph& graph, std::span<const Array> inputs, std::source_location where) {
  // From the last node to the first, so that what nobody needs does not need its operands either.
  std::vector<std::uint32_t> uses(graph.size(), 0);
  for (const NodeId output : graph.outputs()) ++uses[output];
  for (auto id = static_cast<NodeId>(graph.size()); id-- > 0;) {
    if (uses[id] == 0) continue;
    for (const NodeId operand : graph.operands(id)) ++uses[operand];
  }
  const std::vector<Array> values = values_of(graph, inputs, &uses, where);
  std::vector<Array> outputs;
  outputs.reserve(graph.outputs().size());
  for (const NodeId output : graph.outputs()) outputs.push_back(values[output]);
  return outputs;
}

std::vector<Array> evaluate_all(const Graph& graph, std::span<const Array> inputs, std::source_location where) {
  return values_of(graph, inputs, nullptr, where);
}

}  // namespace wengert
