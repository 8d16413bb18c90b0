#include "wengert/autodiff/passes/node_value.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <variant>

#include "wengert/autodiff/record/primitive.hpp"

namespace wengert::passes {

namespace {

bool is_number(const Type& type) {
  return type.shape.rank() == 0 && (type.dtype == Dtype::f64 || type.dtype == Dtype::boolean);
}

}  // namespace

Array value_of(const graph::Operation& operation, std::span<const Array> operands, const graph::Attribute& attribute,
               const Type& type) {
  // Every operation in the table but variables and constants is a Primitive: the graph layer defines no other.
  const auto& primitive = static_cast<const Primitive&>(operation);
  if (primitive.value != nullptr && is_number(type) &&
      std::all_of(operands.begin(), operands.end(), [](const Array& x) { return is_number(x.type()); })) {
    std::array<double, 3> x{};
    for (std::size_t k = 0; k < operands.size(); ++k) x[k] = operands[k].element(0);
    const double value = primitive.value(x.data());
    if (type.dtype == Dtype::f64) return Array::scalar(value);
    return Array::from(std::array{value != 0.0}, type.shape);
  }
  return primitive.on_tensors.value(operands, attribute, type);
}

Array constant_elements(const graph::Attribute& attribute) {
  if (const auto* number = std::get_if<double>(&attribute)) return Array::scalar(*number);
  if (const auto* integer = std::get_if<std::int64_t>(&attribute)) return Array::from(std::span(integer, 1), Shape{});
  return std::get<Array>(attribute);
}

std::optional<double> uniform_element(const graph::Attribute& attribute) {
  if (const auto* number = std::get_if<double>(&attribute)) return *number;
  if (const auto* integer = std::get_if<std::int64_t>(&attribute)) return static_cast<double>(*integer);
  if (const auto* array = std::get_if<Array>(&attribute))
    if (array->is_uniform() || array->size() == 1) return array->element(0);
  return std::nullopt;
}

}  // namespace wengert::passes
