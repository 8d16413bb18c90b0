#include "wengert/autodiff/exec/native/native.hpp"

#include <utility>

#include "wengert/autodiff/ops/elementwise.hpp"

namespace wengert::exec {

NativeOperation native_operation(const Primitive& primitive) {
  using enum NativeOperation;
  static const std::pair<const Primitive*, NativeOperation> table[]{
      {&PrimitiveOf<ops::Add>::record, add},
      {&PrimitiveOf<ops::Sub>::record, sub},
      {&PrimitiveOf<ops::Mul>::record, mul},
      {&PrimitiveOf<ops::Scale>::record, scale},
      {&PrimitiveOf<ops::Div>::record, divide},
      {&PrimitiveOf<ops::Neg>::record, negate},
      {&PrimitiveOf<ops::Reciprocal>::record, reciprocal},
      {&PrimitiveOf<ops::Square>::record, square},
      {&PrimitiveOf<ops::Sqrt>::record, square_root},
      {&PrimitiveOf<ops::Rsqrt>::record, reciprocal_root},
      {&PrimitiveOf<ops::Abs>::record, absolute},
      {&PrimitiveOf<ops::Relu>::record, relu},
      {&PrimitiveOf<ops::Max>::record, larger},
      {&PrimitiveOf<ops::Min>::record, smaller},
      {&PrimitiveOf<ops::Less>::record, less},
      {&PrimitiveOf<ops::LessEqual>::record, less_equal},
      {&PrimitiveOf<ops::Equal>::record, equal},
      {&PrimitiveOf<ops::NotEqual>::record, not_equal},
      {&PrimitiveOf<ops::Greater>::record, greater},
      {&PrimitiveOf<ops::GreaterEqual>::record, greater_equal},
      {&PrimitiveOf<ops::LogicalAnd>::record, both},
      {&PrimitiveOf<ops::LogicalOr>::record, either},
      {&PrimitiveOf<ops::LogicalXor>::record, one_of_two},
      {&PrimitiveOf<ops::LogicalNot>::record, opposite},
      {&PrimitiveOf<ops::Where>::record, choose},
  };
  for (const auto& [record, operation] : table)
    if (record == &primitive) return operation;
  return none;
}

}  // namespace wengert::exec
