// Convolutions of tensors, with derivatives of every order.
//
//     Tensor y = conv2d(x, w, {.stride = {2}, .padding = {1}});       // x [N, C, H, W], w [O, C, kh, kw]
//     Tensor y = conv2d(x, w) + reshape(bias, Shape{O, 1, 1});        // a bias is an addition
//
// What networks call a convolution is a cross-correlation: the weight is not turned round. It is linear in each
// operand, and its two transposes are primitives: conv_transpose2d is the one by the input. Shapes and defaults are
// PyTorch's. Operands are f32 or f64, not mixed. An input without the axis of items, [C, H, W] ([C, L]), is one item,
// and so is its result. Sums run in an order that depends on the shapes alone, in the operands' dtype. Padding
// contributes nothing, whatever it meets. The rules: ops/convolution.hpp.
//
// Reading order: Convolution, the functions, columns; then what the rules are written in.
#pragma once

#include <cstdint>
#include <source_location>

#include "wengert/autodiff/record/tensor.hpp"

namespace wengert {

/// How a window moves over an input. Of each list of numbers: none means the default, one is for every axis, else one
/// for each axis.
struct Convolution {
  Indices stride{};          ///< 1
  Indices padding{};         ///< 0; elements around the input that count as 0. Two for each axis: before and behind it
  Indices dilation{};        ///< 1: the distance of the input's elements that one window sees
  std::int64_t groups = 1;   ///< channels are divided into so many groups that do not see each other
  Indices output_padding{};  ///< 0; of conv_transpose only: so many more elements at the end, below the stride
};

/// y[n, o, p, q] = Σ w[o, c, i, j] · x[n, c₀+c, p·stride + i·dilation - padding, …] of x [N, C, H, W] and w
/// [O, C/groups, kh, kw]: [N, O, oh, ow] with oh = ⌊(H + padding - dilation·(kh-1) - 1) / stride⌋ + 1. Throws
/// ShapeError for operands that do not go together and for a window larger than the padded input, DtypeError for
/// dtypes, ArgumentError for numbers that are none (a stride of 0).
[[nodiscard]] Tensor conv2d(const Tensor& x, const Tensor& w, const Convolution& how = {},
                            std::source_location where = std::source_location::current());
/// The same along one axis, of x [N, C, L] and w [O, C/groups, k].
[[nodiscard]] Tensor conv1d(const Tensor& x, const Tensor& w, const Convolution& how = {},
                            std::source_location where = std::source_location::current());
/// The transpose of conv2d by its input, as a function of x [N, C, H, W] and w [C, O/groups, kh, kw]: [N, O, oh, ow]
/// with oh = (H - 1)·stride - padding + dilation·(kh-1) + output_padding + 1.
[[nodiscard]] Tensor conv_transpose2d(const Tensor& x, const Tensor& w, const Convolution& how = {},
                                      std::source_location where = std::source_location::current());
/// The same along one axis, of x [N, C, L] and w [C, O/groups, k].
[[nodiscard]] Tensor conv_transpose1d(const Tensor& x, const Tensor& w, const Convolution& how = {},
                                      std::source_location where = std::source_location::current());

// --- Columns ---------------------------------------------------------------------------------------------------------

/// What a window of a size sees at each place, as a column: of x [N, C, H, W], [N, C·kh·kw, oh·ow] with the places in
/// row-major order; padding is 0. `matmul(reshape(w, …), unfold(x, …))` is a convolution. Throws as conv2d, and
/// ArgumentError for groups.
[[nodiscard]] Tensor unfold(const Tensor& x, const Indices& window, const Convolution& how = {},
                            std::source_location where = std::source_location::current());
/// Its transpose: each column added to what its window sees of [N, C, H, W], `size` being H and W.
[[nodiscard]] Tensor fold(const Tensor& columns, const Indices& size, const Indices& window,
                          const Convolution& how = {}, std::source_location where = std::source_location::current());

// --- What the rules of ops/convolution.hpp are written in -----------------------------------------------------------
// The three primitives with their attribute; operands that fit exactly.

[[nodiscard]] Tensor conv2d_exactly(const Tensor& x, const Tensor& w, const graph::Attribute& how);
[[nodiscard]] Tensor conv2d_by_input(const Tensor& g, const Tensor& w, const graph::Attribute& how);
[[nodiscard]] Tensor conv2d_by_weight(const Tensor& x, const Tensor& g, const graph::Attribute& how);

}  // namespace wengert
