// Folds over axes whose operation is not addition (kernels_sum.hpp), and arrays seen as rows.
#pragma once

#include <cstdint>
#include <span>

#include "wengert/autodiff/ops/kernels_strided.hpp"
#include "wengert/autodiff/ops/scratch.hpp"
#include "wengert/graph/array.hpp"

namespace wengert::kernels {

enum class Fold : std::uint8_t { product, maximum, minimum };

/// The fold of `from` (f32 or f64) over `axes` (ascending, no two alike), which the result lacks, in `to` (dense, not
/// shared). The order depends on the shape alone. A NaN among the elements gives NaN. Of no elements: the product is 1;
/// maximum and minimum must not be asked.
void fold(const Array& from, std::span<const std::int64_t> axes, Fold operation, Array& to, Scratch& scratch);
/// The same as a new array, of type `result`: uniform where no elements are folded, and where it is clear at once that
/// all are alike.
[[nodiscard]] Array fold(const Array& from, std::span<const std::int64_t> axes, Fold operation, const Type& result);

/// A dense array as a matrix: one row for each element that a reduction over `axes` leaves, in the order of these, and
/// in it the elements that it reduces.
struct RowOrder {
  std::int64_t rows = 1, count = 1;
  bool there = true;  ///< the array is that matrix: the axes are the last ones
  View view{};        ///< the matrix in the array

  RowOrder(const Shape& shape, std::span<const std::int64_t> axes);
};

/// The rows of `from`; copied into scratch unless they are there.
template <class T>
[[nodiscard]] const T* rows_of(const Array& from, const RowOrder& order, Scratch& scratch) {
  if (order.there || from.is_uniform()) return dense_elements<T>(from, scratch);
  T* const rows = scratch.take<T>(from.size());
  gather(from.data<T>().data(), order.view, rows);
  return rows;
}

}  // namespace wengert::kernels
