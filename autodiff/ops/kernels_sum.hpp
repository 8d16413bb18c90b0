// Sums over axes. The order of additions is a fixed tree that depends on the shape alone: pairwise over runs of 128, so
// that the error grows with the logarithm of the length (Higham, Accuracy and Stability of Numerical Algorithms, §4.2),
// and the bits do not depend on threads or vector widths.
#pragma once

#include <cstdint>
#include <span>

#include "wengert/autodiff/ops/scratch.hpp"
#include "wengert/graph/array.hpp"

namespace wengert::kernels {

/// Neighbours that are one part of the tree: eight sums side by side, of sixteen additions one after the other.
inline constexpr std::int64_t sum_run = 128;

/// The sum of `from` (f32 or f64) over `axes` (ascending, no two alike), which the result lacks, in `to` (dense, not
/// shared). Of no elements it is 0, of a uniform array count · element, rounded once.
void sum(const Array& from, std::span<const std::int64_t> axes, Array& to, Scratch& scratch);
/// The same as a new array; in the last two cases it is uniform.
[[nodiscard]] Array sum(const Array& from, std::span<const std::int64_t> axes);

/// The same on elements in memory, one at least; f32 and f64.
template <class T>
void sum(const T* from, const Shape& shape, std::span<const std::int64_t> axes, T* to, Scratch& scratch);
extern template void sum(const float*, const Shape&, std::span<const std::int64_t>, float*, Scratch&);
extern template void sum(const double*, const Shape&, std::span<const std::int64_t>, double*, Scratch&);

/// The sum of `count` elements from those of its tiles, each by sum_row; of `length`, 2^k · sum_run, only the last may
/// be shorter. The bits are those of sum_row of all.
template <class T>
[[nodiscard]] T sum_of_tiles(const T* tiles, std::int64_t count, std::int64_t length);
extern template float sum_of_tiles(const float*, std::int64_t, std::int64_t);
extern template double sum_of_tiles(const double*, std::int64_t, std::int64_t);

/// The sum of a row of elements, one after the other in memory; f32 and f64.
template <class T>
[[nodiscard]] T sum_row(const T* from, std::int64_t count);
extern template float sum_row(const float*, std::int64_t);
extern template double sum_row(const double*, std::int64_t);

}  // namespace wengert::kernels
