// Windows over the last two axes of an array: where their largest elements are, their sums, and what sums are
// transposed. What the numbers mean: ops/pooling.hpp.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>

#include "wengert/autodiff/ops/scratch.hpp"
#include "wengert/graph/array.hpp"

namespace wengert::kernels {

/// The windows along one axis, of `extent` elements; each holds one at least.
struct Windows {
  std::int64_t size = 1;  ///< 0: adaptive
  std::int64_t stride = 1, padding = 0, dilation = 1, count = 0, extent = 0;

  /// The elements of one: first, first + step … below end.
  struct Range {
    std::int64_t first, end, step;
    [[nodiscard]] std::int64_t count() const noexcept { return (end - first + step - 1) / step; }
  };
  [[nodiscard]] Range at(std::int64_t i) const noexcept {
    if (size == 0) return {i * extent / count, ((i + 1) * extent + count - 1) / count, 1};
    const std::int64_t start = i * stride - padding;
    const std::int64_t skipped = start < 0 ? (-start + dilation - 1) / dilation : 0;
    return {start + skipped * dilation, std::min(extent, start + (size - 1) * dilation + 1), dilation};
  }
  /// No window goes beyond the end.
  [[nodiscard]] bool inside() const noexcept {
    return size == 0 || count == 0 || (count - 1) * stride - padding + (size - 1) * dilation < extent;
  }
  /// How many elements one holds, with the padding on both sides.
  [[nodiscard]] std::int64_t padded_count(std::int64_t i) const noexcept {
    if (size == 0) return at(i).count();
    const std::int64_t start = i * stride - padding;
    return Range{start, std::min(extent + padding, start + (size - 1) * dilation + 1), dilation}.count();
  }
};
using Windows2d = std::array<Windows, 2>;

/// What the sum over a window is divided by; the numbers are those of ops::PoolDivisor.
enum class Divisor : std::int64_t { one, inside, padded };

// f32 or f64, [.., H, W] or [.., oh, ow]; `to` is of the type of the result, dense, not shared. Throw CapacityError
// when memory runs out.

/// h·W + v of the first of the largest elements of each window, of a NaN if there is one; i64.
void positions_of_largest(const Array& x, const Windows2d& windows, Array& to, Scratch& scratch);
/// The mean of each window. Added row by row, f32 in f64.
void window_means(const Array& x, const Windows2d& windows, Divisor divisor, Array& to, Scratch& scratch);
/// Its transpose. Added in the order of the windows.
void window_means_transposed(const Array& g, const Windows2d& windows, Divisor divisor, Array& to, Scratch& scratch);

}  // namespace wengert::kernels
