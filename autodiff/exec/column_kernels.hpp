// Column kernels: what one step of a column program runs. A kernel applies an elementwise primitive, or two of them at
// once, to columns of numbers.
//
// Arithmetic has kernels of its own here, for each level of instructions and for operands that are one number for the
// whole column (`uniform`), so that constants take no room and no time. Everything else runs the loop that the
// primitive has on tensors (ops/column_loops.hpp), the same bits.
#pragma once

#include <cstddef>
#include <cstdint>

#include "wengert/autodiff/record/primitive.hpp"

namespace wengert::exec {

/// out[i] = f(a[i], b[i], c[i]) for i < count. An operand that the kernel takes for uniform is read at a[0] only;
/// operands beyond the arity are not read. `out` overlaps none of them.
template <class T>
using ColumnKernel = void (*)(T* out, std::int64_t count, const T* a, const T* b, const T* c);

/// Two primitives of arithmetic in one pass: nothing of the first is stored.
enum class Pair : std::uint8_t {
  mul_add,    ///< a·b + c
  mul_sub,    ///< a·b - c
  sub_mul,    ///< c - a·b
  scale_add,  ///< the same with `scale`, which masks
  scale_sub,
  sub_scale,
  add_add,      ///< (a + b) + c
  mul_mul,      ///< (a·b)·c
  scale_scale,  ///< (a·b)·c, both masked
  none
};
/// The pair of `first`, whose value is operand `position` of `second` and nobody else's; none where there is no kernel.
[[nodiscard]] Pair pair_of(const Primitive& first, const Primitive& second, std::size_t position);

/// The kernel may write over an operand, element for element; those of pairs and of copies may.
[[nodiscard]] bool may_overwrite(const Primitive& primitive);

/// The kernel of a primitive; bit k of `uniform` says that operand k is. Null if it has none for such operands: then
/// they have to be spread. There is always one for uniform = 0, but for primitives that have no kernels at all.
template <class T>
[[nodiscard]] ColumnKernel<T> column_kernel(const Primitive& primitive, unsigned uniform);
template <class T>
[[nodiscard]] ColumnKernel<T> column_kernel(Pair pair, unsigned uniform);
/// Where one function is made of another (kernels::vector_pairs), the kernel that computes both of one operand, the
/// same bits: out[i] = whole(a[i]), and it writes part(a[i]) to b[i]. Null if there is none.
template <class T>
[[nodiscard]] ColumnKernel<T> column_kernel_beside(const Primitive& whole, const Primitive& part);
/// There may be one for it and another primitive.
[[nodiscard]] bool has_kernel_beside(const Primitive& primitive);
/// out[i] = a[i], or a[0].
template <class T>
[[nodiscard]] ColumnKernel<T> copy_kernel(bool uniform);

}  // namespace wengert::exec
