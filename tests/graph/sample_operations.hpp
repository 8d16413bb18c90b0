/// A handful of operations for the tests of the graph layer, which knows no primitives of its own.
#pragma once

#include <algorithm>
#include <span>
#include <string>

#include "wengert/graph/error.hpp"
#include "wengert/graph/operation.hpp"

namespace wengert::graph::sample {

/// All operands alike; the result too.
inline Type same_type(std::span<const Type> operands, const Attribute& /*attribute*/) {
  for (std::size_t i = 1; i < operands.size(); ++i) {
    if (operands[i] != operands[0]) {
      throw ShapeError{{.operation = "same_type",
                        .problem = "operand " + std::to_string(i) + " has " + to_string(operands[i]),
                        .expected = to_string(operands[0])}};
    }
  }
  return operands[0];
}

/// The axes of the attribute go away; all of them when there is no attribute.
inline Type sum_type(std::span<const Type> operands, const Attribute& attribute) {
  const auto* const axes = std::get_if<std::vector<std::int64_t>>(&attribute);
  if (axes == nullptr) {
    return {operands[0].dtype, Shape{}};
  }
  std::vector<std::int64_t> kept;
  for (std::size_t axis = 0; axis < operands[0].shape.rank(); ++axis) {
    if (std::find(axes->begin(), axes->end(), static_cast<std::int64_t>(axis)) == axes->end()) {
      kept.push_back(operands[0].shape[axis]);
    }
  }
  return {operands[0].dtype, Shape(std::span<const std::int64_t>(kept))};
}

/// n operands alike become the slices of a new outermost axis.
inline Type stack_type(std::span<const Type> operands, const Attribute& /*attribute*/) {
  if (operands.empty()) {
    throw ArgumentError{{.operation = "stack", .problem = "no operands", .expected = "one or more"}};
  }
  const Type each = same_type(operands, {});
  std::vector<std::int64_t> extents{static_cast<std::int64_t>(operands.size())};
  extents.insert(extents.end(), each.shape.begin(), each.shape.end());
  return {each.dtype, Shape(std::span<const std::int64_t>(extents))};
}

inline constinit const Operation add_record{.name = "t.add",
                                            .symbol = "+",
                                            .doc = "a + b",
                                            .arity = 2,
                                            .type_rule = &same_type,
                                            .commutative = true,
                                            .elementwise = true,
                                            .linear = true};
inline constinit const Operation sub_record{
    .name = "t.sub", .symbol = "−", .doc = "a - b", .arity = 2, .type_rule = &same_type, .elementwise = true};
inline constinit const Operation mul_record{.name = "t.mul",
                                            .symbol = "×",
                                            .doc = "a b",
                                            .arity = 2,
                                            .type_rule = &same_type,
                                            .commutative = true,
                                            .elementwise = true};
inline constinit const Operation neg_record{
    .name = "t.neg", .symbol = "−", .doc = "-a", .arity = 1, .type_rule = &same_type, .elementwise = true};
inline constinit const Operation sin_record{
    .name = "t.sin", .symbol = "sin", .doc = "sin(a)", .arity = 1, .type_rule = &same_type, .elementwise = true};
inline constinit const Operation cos_record{
    .name = "t.cos", .symbol = "cos", .doc = "cos(a)", .arity = 1, .type_rule = &same_type, .elementwise = true};
inline constinit const Operation tanh_record{
    .name = "t.tanh", .symbol = "tanh", .doc = "tanh(a)", .arity = 1, .type_rule = &same_type, .elementwise = true};
inline constinit const Operation power_record{.name = "t.power",
                                              .symbol = "^",
                                              .doc = "a to the attribute's power",
                                              .arity = 1,
                                              .attribute = AttributeKind::real | AttributeKind::integer,
                                              .type_rule = &same_type,
                                              .elementwise = true};
inline constinit const Operation sum_record{.name = "t.sum",
                                            .symbol = "Σ",
                                            .doc = "sum over axes",
                                            .arity = 1,
                                            .attribute = AttributeKind::none | AttributeKind::integers,
                                            .type_rule = &sum_type,
                                            .linear = true};
inline constinit const Operation stack_record{.name = "t.stack",
                                              .symbol = "",
                                              .doc = "operands side by side",
                                              .arity = variadic,
                                              .attribute = AttributeKind::none | AttributeKind::text,
                                              .type_rule = &stack_type,
                                              .linear = true};
inline constinit const Operation noise_record{
    .name = "t.noise", .symbol = "", .doc = "random", .arity = 1, .type_rule = &same_type, .pure = false};

inline const OperationId add = register_operation(add_record);
inline const OperationId sub = register_operation(sub_record);
inline const OperationId mul = register_operation(mul_record);
inline const OperationId neg = register_operation(neg_record);
inline const OperationId sin = register_operation(sin_record);
inline const OperationId cos = register_operation(cos_record);
inline const OperationId tanh = register_operation(tanh_record);
inline const OperationId power = register_operation(power_record);
inline const OperationId sum = register_operation(sum_record);
inline const OperationId stack = register_operation(stack_record);
inline const OperationId noise = register_operation(noise_record);

}  // namespace wengert::graph::sample
