// Kernels of what is computed along axes, row by row: running sums, products of the others, norms, softmax and its
// kin. `axes` are ascending, no two alike; the dtype is f32 or f64. Sums of f32 are added up in f64 here.
#pragma once

#include <cstdint>
#include <span>

#include "wengert/graph/array.hpp"

namespace wengert::kernels {

/// Element i of the result is the sum of the elements 0 … i along the axis, or i … n-1 if `reversed`: added one after
/// the other.
[[nodiscard]] Array running_sum(const Array& from, std::int64_t axis, bool reversed);
/// Each element replaced by the product of the others.
[[nodiscard]] Array products_of_others(const Array& from, std::span<const std::int64_t> axes);
/// 1/n at the n elements that equal the one of `chosen` (a reduction of `from` over the axes), 0 elsewhere.
[[nodiscard]] Array tie_shares(const Array& from, const Array& chosen, std::span<const std::int64_t> axes);
/// √Σx², without overflow or underflow on the way.
[[nodiscard]] Array norm(const Array& from, std::span<const std::int64_t> axes);

/// log Σ exp x; -∞ of nothing but -∞, and of no elements.
[[nodiscard]] Array logsumexp(const Array& from, std::span<const std::int64_t> axes);
/// exp x / Σ exp x, and its logarithm; 0 and -∞ where all are -∞.
[[nodiscard]] Array softmax(const Array& from, std::span<const std::int64_t> axes);
[[nodiscard]] Array log_softmax(const Array& from, std::span<const std::int64_t> axes);

}  // namespace wengert::kernels
