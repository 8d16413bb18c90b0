#include "wengert/autodiff/record/primitive.hpp"

#include <vector>

#include "wengert/autodiff/record/function.hpp"

namespace wengert {

namespace detail {

Type elementwise_type(std::span<const Type> operands, bool truth_result, unsigned truth_operands) {
  const auto is_truth = [&](std::size_t k) { return (truth_operands >> k & 1u) != 0; };
  // The first that is not a truth value, if there is one, is what the others are held against.
  std::size_t first = 0;
  while (first + 1 < operands.size() && is_truth(first)) ++first;
  const Type& type = operands[first];
  for (std::size_t k = 0; k < operands.size(); ++k) {
    if (is_truth(k) && operands[k].dtype != Dtype::boolean) {
      throw DtypeError{{.problem = "operand " + std::to_string(k) + " has " + to_string(operands[k]),
                        .expected = "bool" + to_string(type.shape)}};
    }
    if (!is_truth(k) && operands[k].dtype != type.dtype) {
      throw DtypeError{{.problem = "operand " + std::to_string(k) + " has " + to_string(operands[k]),
                        .expected = to_string(type),
                        .hint = "convert one of them; types are never mixed silently"}};
    }
    if (!(operands[k].shape == type.shape)) {
      throw ShapeError{{.problem = "operand " + std::to_string(k) + " has " + to_string(operands[k]),
                        .expected = "the shape of the others, " + to_string(type.shape),
                        .hint = "broadcast it first"}};
    }
  }
  if (!truth_result && !is_real(type.dtype)) {
    throw DtypeError{
        {.problem = "operand " + std::to_string(first) + " has " + to_string(type), .expected = "f32 or f64"}};
  }
  return {truth_result ? Dtype::boolean : type.dtype, type.shape};
}

}  // namespace detail

std::span<const Primitive* const> elementwise_primitives() {
  static const std::vector<const Primitive*> all = [] {
    std::vector<const Primitive*> list;
    ops::ElementwisePrimitives::for_each([&]<class P> { list.push_back(&PrimitiveOf<P>::record); });
    return list;
  }();
  return all;
}

std::span<const Primitive* const> structural_primitives() {
  static const std::vector<const Primitive*> all = [] {
    std::vector<const Primitive*> list;
    ops::StructuralPrimitives::for_each([&]<class P> { list.push_back(&PrimitiveOf<P>::record); });
    return list;
  }();
  return all;
}

void register_primitives() {
  static const bool registered = [] {
    for (const Primitive* p : elementwise_primitives()) graph::register_operation(*p);
    for (const Primitive* p : structural_primitives()) graph::register_operation(*p);
    graph::register_operation(detail::call_primitive);
    return true;
  }();
  static_cast<void>(registered);
}

}  // namespace wengert
