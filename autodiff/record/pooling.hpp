// Pooling: the largest element or the mean of windows that move over the last axes of a tensor, with derivatives of
// every order.
//
//     Tensor y = max_pool2d(x, {2});                            // x [N, C, H, W], windows of 2×2 side by side
//     Tensor y = avg_pool2d(x, {3}, {.stride = {2}, .padding = {1}});
//     Tensor y = adaptive_avg_pool2d(x, {1});                   // [N, C, 1, 1]
//
// Shapes and defaults are PyTorch's. f32 or f64. An input without the axis of items, [C, H, W] ([C, L]), is one item,
// and so is its result. The rules: ops/pooling.hpp.
//
// Reading order: Pooling, the functions; then what the rules are written in.
#pragma once

#include <cstdint>
#include <source_location>

#include "wengert/autodiff/record/tensor.hpp"

namespace wengert {

/// How windows lie. Of each list of numbers: none means the default, one is for every axis, else one for each axis.
struct Pooling {
  Indices stride{};               ///< the window: side by side
  Indices padding{};              ///< 0; at most half of the window, before and behind each axis
  Indices dilation{};             ///< 1; of max pooling only
  bool ceil_mode = false;         ///< a last window may go beyond the end, if it starts inside
  bool count_include_pad = true;  ///< of average pooling only: padding counts in the divisor
  std::int64_t divisor = 0;       ///< of average pooling only: divide by this; 0: by the number of elements
};

/// Largest elements, and the positions (i64) that they have in the flattened last two axes (the last axis in one
/// dimension).
struct Pooled {
  Tensor values;
  Tensor positions;
};

/// The largest element of each window of x [N, C, H, W]: [N, C, oh, ow] with oh = ⌊(H + 2·padding - dilation·(size-1) -
/// 1) / stride⌋ + 1, ⌈⌉ with ceil_mode. Padding is never chosen. A NaN is the largest. The derivative goes to the first
/// of several largest elements in row-major order, to the first NaN if there is one. Throws ShapeError for windows that
/// do not fit or hold no element, DtypeError for dtypes, ArgumentError for numbers that are none.
[[nodiscard]] Tensor max_pool2d(const Tensor& x, const Indices& window, const Pooling& how = {},
                                std::source_location where = std::source_location::current());
[[nodiscard]] Pooled max_pool2d_with_positions(const Tensor& x, const Indices& window, const Pooling& how = {},
                                               std::source_location where = std::source_location::current());
/// The mean of each window; the divisor is the number of its elements, padding included unless count_include_pad is
/// false, but not what goes beyond padding with ceil_mode. Errors as for max_pool2d.
[[nodiscard]] Tensor avg_pool2d(const Tensor& x, const Indices& window, const Pooling& how = {},
                                std::source_location where = std::source_location::current());
/// The mean, or the largest element, of as many windows as `size` says: window i of n from ⌊i·H/n⌋ up to but not
/// including ⌈(i+1)·H/n⌉. A size of -1 keeps the extent of the axis.
[[nodiscard]] Tensor adaptive_avg_pool2d(const Tensor& x, const Indices& size,
                                         std::source_location where = std::source_location::current());
[[nodiscard]] Tensor adaptive_max_pool2d(const Tensor& x, const Indices& size,
                                         std::source_location where = std::source_location::current());

// The same along one axis, of x [N, C, L].

[[nodiscard]] Tensor max_pool1d(const Tensor& x, const Indices& window, const Pooling& how = {},
                                std::source_location where = std::source_location::current());
[[nodiscard]] Pooled max_pool1d_with_positions(const Tensor& x, const Indices& window, const Pooling& how = {},
                                               std::source_location where = std::source_location::current());
[[nodiscard]] Tensor avg_pool1d(const Tensor& x, const Indices& window, const Pooling& how = {},
                                std::source_location where = std::source_location::current());
[[nodiscard]] Tensor adaptive_avg_pool1d(const Tensor& x, const Indices& size,
                                         std::source_location where = std::source_location::current());
[[nodiscard]] Tensor adaptive_max_pool1d(const Tensor& x, const Indices& size,
                                         std::source_location where = std::source_location::current());

// --- What the rules of ops/pooling.hpp are written in ---------------------------------------------------------------
// The primitives with their attribute.

[[nodiscard]] Tensor avg_pool2d_exactly(const Tensor& x, const graph::Attribute& windows);
[[nodiscard]] Tensor avg_pool2d_transposed(const Tensor& g, const graph::Attribute& windows);

}  // namespace wengert
