// Matrix products. Tiny ones go through plain loops, the others to the libraries (kernels_gemm.hpp).
#pragma once

#include <cstdint>

#include "wengert/autodiff/ops/scratch.hpp"
#include "wengert/graph/array.hpp"

namespace wengert::kernels {

/// How the operands of a product are read; a set, stored as the attribute of `matmul`.
enum Product : std::int64_t {
  plain = 0,
  transpose_first = 1,   ///< the first operand's last two axes are exchanged
  transpose_second = 2,  ///< likewise the second's
  mask_first = 4,        ///< a zero of the first operand contributes 0, whatever it meets (∞ and NaN included):
  mask_second = 8,       ///< for the operand that is a cotangent; not both
};
inline constexpr std::int64_t product_flags = 15;

/// The product of two arrays of matrices of one dtype (f32 or f64), item by item; `to` (dense, not shared) is
/// [batch…, m, n], the operands are [batch…, m, k] and [batch…, k, n], or as the flags say. Sums run in a fixed order:
/// the same bits every time on one machine type. Throws CapacityError when memory runs out.
void matmul(const Array& a, const Array& b, std::int64_t flags, Array& to, Scratch& scratch);

/// to += factor · (the product). The factor is multiplied into the operand of fewer elements; what rounds is that, the
/// product and the sum.
void matmul_add(const Array& a, const Array& b, std::int64_t flags, double factor, Array& to, Scratch& scratch);

/// True when no element is ∞ or NaN.
[[nodiscard]] bool all_finite(const float* elements, std::int64_t count);
[[nodiscard]] bool all_finite(const double* elements, std::int64_t count);

}  // namespace wengert::kernels
