#include "wengert/autodiff/inspect/node_values.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <string>
#include <utility>

#include "wengert/autodiff/inspect/clock.hpp"
#include "wengert/autodiff/inspect/finite.hpp"
#include "wengert/autodiff/ops/hook.hpp"
#include "wengert/autodiff/passes/node_value.hpp"
#include "wengert/autodiff/record/primitive.hpp"
#include "wengert/graph/error.hpp"

namespace wengert::inspect {

using graph::Graph;
using graph::NodeId;

namespace {

/// Of everything but variables and constants: the graph layer defines no other operation.
const Primitive* primitive_of(const Graph& graph, NodeId node) {
  const graph::OperationId id = graph.operation_id(node);
  if (id == graph::variable_operation || id == graph::constant_operation) return nullptr;
  return static_cast<const Primitive*>(&graph::operation(id));
}

double norm_of(const Array& array) {
  if (!is_real(array.dtype())) {
    double sum = 0;
    for (std::int64_t k = 0; k < array.size(); ++k) sum += std::pow(array.element(k), 2);
    return std::sqrt(sum);
  }
  return with_element_type(array.dtype(), [&]<class T>(std::type_identity<T>) {
    double largest = 0;
    for (const T element : array.stored<T>()) {
      const double size = std::abs(static_cast<double>(element));
      if (!std::isfinite(size)) return size;
      largest = std::max(largest, size);
    }
    if (largest == 0) return 0.0;
    double sum = 0;
    for (const T element : array.stored<T>())
      WENGERT_ADD("nodes: norm", sum, std::pow(static_cast<double>(element) / largest, 2));
    return largest * std::sqrt(sum * (array.is_uniform() ? static_cast<double>(array.size()) : 1.0));
  });
}

bool is_number(const Graph& graph, NodeId node) {
  const Type& type = graph.type(node);
  return type.shape.rank() == 0 && (type.dtype == Dtype::f64 || type.dtype == Dtype::boolean);
}

/// The sweep; one node after the other.
class Sweep {
 public:
  Sweep(const Graph& graph, const NodeValues& values, const EdgeVisitor& visit)
      : graph_(graph), values_(values), visit_(visit) {
    out_.numbers.assign(graph.size(), 0.0);
    out_.reached.assign(graph.size(), false);
  }

  NodeAdjoints run(NodeId output, std::vector<double>* seconds) && {
    const Array* const array = values_.array(output);
    out_.reached[output] = true;
    if (array != nullptr)
      out_.arrays.emplace(output, Array::uniform(array->type(), 1.0));
    else
      out_.numbers[output] = 1.0;
    for (NodeId node = output + 1; node-- > 0;) {
      if (!out_.reached[node]) continue;
      const auto begin = seconds == nullptr ? Clock::time_point{} : Clock::now();
      reverse(node);
      if (seconds != nullptr) (*seconds)[node] += since(begin);
    }
    return std::move(out_);
  }

 private:
  void reverse(NodeId node) {
    const Primitive* const primitive = primitive_of(graph_, node);
    if (primitive == nullptr || !is_real(graph_.type(node).dtype)) return;
    const auto operands = graph_.operands(node);
    const bool of_numbers = values_.array(node) == nullptr && primitive->contribution != nullptr &&
                            std::ranges::all_of(operands, [&](NodeId o) { return values_.array(o) == nullptr; });
    if (of_numbers) return reverse_numbers(node, *primitive);
    const Array cotangent = out_.elements(graph_, node);
    if ((cotangent.is_uniform() || cotangent.size() == 1) && cotangent.element(0) == 0) return;
    std::vector<Array> x;
    x.reserve(operands.size());
    for (const NodeId operand : operands) x.push_back(values_.elements(graph_, operand));
    const Array y = values_.elements(graph_, node);
    const graph::Attribute& attribute = graph_.attribute(node);
    try {
      if (primitive->on_tensors.vjp_of_all != nullptr)
        reverse_all(node, *primitive, cotangent, y, x);
      else
        for (std::uint32_t k = 0; k < operands.size(); ++k) {
          if (!flows(graph_, {node, k})) continue;
          const auto position = primitive->on_tensors.scalar_position;
          if (values_.array(operands[k]) == nullptr && position != nullptr) {
            add({node, k}, nullptr, cotangent.element(position(k, attribute)));
            continue;
          }
          kernels::Accumulator part;
          primitive->on_tensors.accumulate(k, cotangent, y, x, attribute, part);
          if (part.any()) add_elements({node, k}, part.sum());
        }
    } catch (const Error& error) {
      error.rethrow_at({}, primitive->name);
    }
  }

  void reverse_numbers(NodeId node, const Primitive& primitive) {
    const double cotangent = out_.numbers[node];
    if (cotangent == 0) return;
    const auto operands = graph_.operands(node);
    std::array<double, 3> x{};
    for (std::size_t k = 0; k < operands.size(); ++k) x[k] = values_.numbers[operands[k]];
    for (std::uint32_t k = 0; k < operands.size(); ++k) {
      if (!WENGERT_HOLDS("nodes: an edge of numbers carries", flows(graph_, {node, k}))) continue;
      add({node, k}, nullptr,
          WENGERT_NUMBER("nodes: contribution to a number",
                         primitive.contribution(k, cotangent, values_.numbers[node], x.data())));
    }
  }

  void reverse_all(NodeId node, const Primitive& primitive, const Array& cotangent, const Array& y,
                   std::span<const Array> arrays) {
    std::vector<char> wanted(arrays.size());
    std::vector<Tensor> x;
    for (std::uint32_t k = 0; k < arrays.size(); ++k) {
      wanted[k] = flows(graph_, {node, k}) ? 1 : 0;
      x.emplace_back(arrays[k]);
    }
    const std::vector<Tensor> parts =
        primitive.on_tensors.vjp_of_all(Tensor(cotangent), Tensor(y), x, graph_.attribute(node), wanted);
    for (std::uint32_t k = 0; k < arrays.size(); ++k)
      if (wanted[k] != 0) add_elements({node, k}, parts[k].value());
  }

  void add_elements(Edge edge, const Array& part) {
    if (values_.array(graph_.operands(edge.user)[edge.position]) == nullptr)
      add(edge, nullptr, part.element(0));
    else
      add(edge, &part, 0);
  }
  void add(Edge edge, const Array* array, double number) {
    if (visit_) visit_(edge, array, number);
    const NodeId operand = graph_.operands(edge.user)[edge.position];
    out_.reached[operand] = true;
    if (array == nullptr) {
      WENGERT_ADD("nodes: adjoint of a number", out_.numbers[operand], number);
      return;
    }
    const auto [place, is_new] = out_.arrays.try_emplace(operand, *array);
    if (WENGERT_HOLDS("nodes: the first part of a tensor's adjoint", is_new)) return;
    kernels::Accumulator sum(std::exchange(place->second, Array()));
    sum.add(*array, graph_.operation(edge.user).name);
    place->second = sum.sum();
  }

  const Graph& graph_;
  const NodeValues& values_;
  const EdgeVisitor& visit_;
  NodeAdjoints out_;
};

}  // namespace

Array NodeValues::elements(const Graph& graph, NodeId node) const {
  if (const Array* const found = array(node)) return *found;
  const Type& type = graph.type(node);
  if (type == Type{}) return Array::scalar(numbers[node]);
  return Array::uniform(type, numbers[node]);
}

bool NodeValues::is_finite(NodeId node) const {
  const Array* const found = array(node);
  if (found == nullptr) return std::isfinite(numbers[node]);
  return found->is_unknown() || all_finite(*found);
}

double NodeValues::magnitude(NodeId node) const {
  const Array* const found = array(node);
  return found == nullptr ? std::abs(numbers[node]) : norm_of(*found);
}

double NodeValues::shown(NodeId node) const {
  const Array* const found = array(node);
  if (found == nullptr) return numbers[node];
  return found->size() == 1 ? found->element(0) : norm_of(*found);
}

NodeValues values_of(const Expansion& expansion) { return {expansion.values, expansion.arrays}; }

NodeValues values_of(const Graph& graph, std::span<const Array> inputs) {
  const auto variables = graph.variables();
  if (inputs.size() != variables.size()) {
    throw ArgumentError{{.operation = "values_of",
                         .problem = std::to_string(inputs.size()) + " inputs",
                         .expected = "one for each of the " + std::to_string(variables.size()) + " variables"}};
  }
  NodeValues values;
  values.numbers.assign(graph.size(), std::nan(""));
  const auto keep = [&](NodeId node, Array array) {
    if (is_number(graph, node))
      values.numbers[node] = array.element(0);
    else
      values.arrays.emplace(node, std::move(array));
  };
  std::vector<Array> operands;
  std::size_t input = 0;
  for (NodeId node = 0; node < graph.size(); ++node) {
    const graph::OperationId operation = graph.operation_id(node);
    if (operation == graph::variable_operation) {
      if (inputs[input].type() != graph.type(node)) {
        throw ArgumentError{{.operation = "values_of",
                             .problem = "input " + std::to_string(input) + " is " + to_string(inputs[input].type()),
                             .expected = to_string(graph.type(node))}};
      }
      keep(node, inputs[input++]);
    } else if (operation == graph::constant_operation) {
      keep(node, passes::constant_elements(graph.attribute(node)));
    } else {
      operands.clear();
      for (const NodeId operand : graph.operands(node)) operands.push_back(values.elements(graph, operand));
      keep(node, passes::value_of(graph.operation(node), operands, graph.attribute(node), graph.type(node)));
    }
  }
  return values;
}

NodeAdjoints adjoints_of(const Graph& graph, const NodeValues& values, NodeId output, const EdgeVisitor& visit,
                         std::vector<double>* seconds) {
  return Sweep(graph, values, visit).run(output, seconds);
}

bool flows(const Graph& graph, Edge edge) {
  const Primitive* const primitive = primitive_of(graph, edge.user);
  if (primitive == nullptr) return false;
  const NodeId operand = graph.operands(edge.user)[edge.position];
  if (graph.operation_id(operand) == graph::constant_operation) return false;
  const unsigned mask = primitive->differentiable;
  if (mask != ~0U && (mask >> edge.position & 1U) == 0) return false;
  const auto differentiable_in = primitive->on_tensors.differentiable_in;
  if (differentiable_in != nullptr && !differentiable_in(edge.position, graph.attribute(edge.user))) return false;
  return is_real(graph.type(operand).dtype) && is_real(graph.type(edge.user).dtype);
}

}  // namespace wengert::inspect
