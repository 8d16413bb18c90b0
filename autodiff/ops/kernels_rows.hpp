// Kernels of what is computed along axes, row by row: running sums, products of the others, norms, softmax and its
// kin. `axes` are ascending, no two alike; the dtype is f32 or f64; `to` is of the result's type, dense, not shared.
// Sums of f32 are added up in f64 here.
#pragma once

#include <cstdint>
#include <span>

#include "wengert/autodiff/ops/scratch.hpp"
#include "wengert/graph/array.hpp"

namespace wengert::kernels {

/// Element i of the result is the sum of the elements 0 … i along the axis, or i … n-1 if `reversed`: added one after
/// the other.
void running_sum(const Array& from, std::int64_t axis, bool reversed, Array& to, Scratch& scratch);
/// Each element replaced by the product of the others.
void products_of_others(const Array& from, std::span<const std::int64_t> axes, Array& to, Scratch& scratch);
/// 1/n at the n elements that equal the one of `chosen` (a reduction of `from` over the axes), 0 elsewhere.
void tie_shares(const Array& from, const Array& chosen, std::span<const std::int64_t> axes, Array& to,
                Scratch& scratch);
/// √Σx², without overflow or underflow on the way.
void norm(const Array& from, std::span<const std::int64_t> axes, Array& to, Scratch& scratch);

/// log Σ exp x; -∞ of nothing but -∞, and of no elements.
void logsumexp(const Array& from, std::span<const std::int64_t> axes, Array& to, Scratch& scratch);
/// exp x / Σ exp x, and its logarithm; 0 and -∞ where all are -∞.
void softmax(const Array& from, std::span<const std::int64_t> axes, Array& to, Scratch& scratch);
void log_softmax(const Array& from, std::span<const std::int64_t> axes, Array& to, Scratch& scratch);

/// The same of one row, one element at least, f32 and f64; `to` is not `x`.
template <class T>
[[nodiscard]] T logsumexp_row(const T* x, std::int64_t count);
template <class T>
void softmax_row(const T* x, std::int64_t count, T* to);
template <class T>
void log_softmax_row(const T* x, std::int64_t count, T* to);

}  // namespace wengert::kernels
