// Sums over axes. The order of additions is a fixed tree that depends on the shape alone: pairwise over runs of 128, so
// that the error grows with the logarithm of the length (Higham, Accuracy and Stability of Numerical Algorithms, §4.2),
// and the bits do not depend on threads or vector widths.
#pragma once

#include <cstdint>
#include <span>

#include "wengert/graph/array.hpp"

namespace wengert::kernels {

/// The sum of `from` (f32 or f64) over `axes` (ascending, no two alike), which the result lacks. Of no elements it is
/// 0. Of a uniform array it is uniform: count · element, rounded once.
[[nodiscard]] Array sum(const Array& from, std::span<const std::int64_t> axes);

}  // namespace wengert::kernels
