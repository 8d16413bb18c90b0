#include "wengert/autodiff/record/primitive.hpp"

#include <vector>

namespace wengert {

template <class P>
constinit const Primitive PrimitiveRecord<P>::stored = detail::make_primitive<P>();

namespace detail {

Type elementwise_type(std::span<const Type> operands, bool truth_result, bool truth_first) {
  const std::size_t first = truth_first ? 1 : 0;
  const Type& type = operands[first];
  if (truth_first && operands[0].dtype != Dtype::boolean) {
    throw DtypeError{
        {.problem = "operand 0 has " + to_string(operands[0]), .expected = "bool" + to_string(type.shape)}};
  }
  for (std::size_t k = 0; k < operands.size(); ++k) {
    if (k >= first && operands[k].dtype != type.dtype) {
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
    return true;
  }();
  static_cast<void>(registered);
}

}  // namespace wengert
