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

/// What softmax and its kin need of a row: its largest element m (NaN if there is one), and Σ exp(x - m) less the 1 of
/// one element that is m, so that log1p of it keeps the digits of a small rest. f32 and f64.
template <class T>
struct ExponentialSum {
  T maximum;
  double rest = 0.0;

  /// log Σ exp x.
  [[nodiscard]] T logarithm() const;
  /// The logarithm of the softmax of element x.
  [[nodiscard]] T log_share(T x) const;
  /// factor · the softmax of the row whose exp(x - m) these are, rounded once; `to` may be `powers`.
  void shares(const T* powers, std::int64_t count, T* to, double factor = 1.0) const;
  /// Its logarithm; `to` is not `x`.
  void log_shares(const T* x, std::int64_t count, T* to) const;
};
/// Of a row of one element at least; `powers`, unless null, becomes exp(x - m). `powers` is not `x`.
template <class T>
[[nodiscard]] ExponentialSum<T> exponentials(const T* x, std::int64_t count, T* powers);

}  // namespace wengert::kernels
