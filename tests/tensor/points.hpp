// The points of an elementwise primitive, as tensors.
#pragma once

#include <vector>

#include "tensor_helpers.hpp"
#include "wengert/autodiff/record/primitive.hpp"

namespace wengert::test {

/// The primitive's points `copies` times over, one tensor per operand, in a dtype (the condition of `where` in bool).
inline std::vector<Tensor> operands_of(const Primitive& p, std::size_t copies, Dtype dtype) {
  const auto arity = static_cast<std::size_t>(p.arity);
  std::vector<std::vector<double>> columns(arity);
  for (std::size_t c = 0; c < copies; ++c)
    for (std::size_t i = 0; i < p.point_count; ++i) {
      double x[3];
      int order = 0;
      p.point(i, x, order);
      for (std::size_t k = 0; k < arity; ++k) columns[k].push_back(x[k]);
    }
  std::vector<Tensor> result;
  for (std::size_t k = 0; k < arity; ++k) {
    const Tensor column = tensor(columns[k], Shape{static_cast<std::int64_t>(columns[k].size())});
    result.push_back(convert(column, p.truth_operands >> k & 1u ? Dtype::boolean : dtype));
  }
  return result;
}

}  // namespace wengert::test
