// Folds over axes whose operation is not addition (kernels_sum.hpp), and arrays seen as rows.
#pragma once

#include <cstdint>
#include <span>

#include "wengert/graph/array.hpp"

namespace wengert::kernels {

enum class Fold : std::uint8_t { product, maximum, minimum };

/// The fold of `from` (f32 or f64) over `axes` (ascending, no two alike), which the result lacks. The order depends on
/// the shape alone. A NaN among the elements gives NaN. Of no elements: the product is 1; maximum and minimum must not
/// be asked.
[[nodiscard]] Array fold(const Array& from, std::span<const std::int64_t> axes, Fold operation);

/// `from` as a dense matrix: one row for each element that a reduction over `axes` leaves, in the order of these, and
/// in it the elements that it reduces. Copies nothing if `axes` are the last ones.
[[nodiscard]] Array rows_of(const Array& from, std::span<const std::int64_t> axes);
/// The inverse: such rows as an array of `shape`.
[[nodiscard]] Array from_rows(const Array& rows, const Shape& shape, std::span<const std::int64_t> axes);

}  // namespace wengert::kernels
