// Functions on tensors that choose, place and order elements.
//
// Positions are i64 tensors, counted from 0; they have no derivative. A position that is not there is a DomainError; a
// negative one is never there (a mark for nothing, such as -1, is not to mean the last element). Axes count from 0,
// negative ones from the end.
//
// Reading order: by fixed places, by positions, positions, order.
#pragma once

#include <cstdint>
#include <source_location>

#include "wengert/autodiff/record/tensor.hpp"
#include "wengert/autodiff/record/tensor_reductions.hpp"

namespace wengert {

// --- By fixed places ----------------------------------------------------------------------------------------------

/// The elements in reverse along the axes given.
[[nodiscard]] Tensor reverse(const Tensor& x, const Indices& axes,
                             std::source_location where = std::source_location::current());
/// x with `low` elements of a value before and `high` behind it, for every axis.
[[nodiscard]] Tensor pad(const Tensor& x, const Indices& low, const Indices& high, double value = 0.0,
                         std::source_location where = std::source_location::current());
/// The diagonal of the last two axes, as a last axis: elements (i, i + offset). Throws ShapeError below rank 2.
[[nodiscard]] Tensor diagonal(const Tensor& x, std::int64_t offset = 0,
                              std::source_location where = std::source_location::current());

// --- By positions -------------------------------------------------------------------------------------------------

/// The slices of x along an axis at the positions of `index`, whose axes take the place of that axis (NumPy's take):
/// y[a, i, b] = x[a, index[i], b]. A position may occur many times.
[[nodiscard]] Tensor gather(const Tensor& x, const Tensor& index, std::int64_t axis = 0,
                            std::source_location where = std::source_location::current());
/// Its transpose: zeros of an extent along an axis, to which the slices of x are added at the positions, in the order
/// of the positions: y[a, p, b] = Σ x[a, i, b] over the i with index[i] = p. `base + scatter_add(…)` adds to a tensor.
[[nodiscard]] Tensor scatter_add(const Tensor& x, const Tensor& index, std::int64_t extent, std::int64_t axis = 0,
                                 std::source_location where = std::source_location::current());
/// The elements of x along an axis at positions of their own (NumPy's take_along_axis): y[a, i, b] =
/// x[a, index[a, i, b], b]. Both have one rank; but along the axis their extents are broadcast.
[[nodiscard]] Tensor take_along(const Tensor& x, const Tensor& index, std::int64_t axis = -1,
                                std::source_location where = std::source_location::current());
/// Its transpose: y[a, p, b] = Σ x[a, i, b] over the i with index[a, i, b] = p, in the order of i.
[[nodiscard]] Tensor scatter_add_along(const Tensor& x, const Tensor& index, std::int64_t extent,
                                       std::int64_t axis = -1,
                                       std::source_location where = std::source_location::current());

// --- Positions ----------------------------------------------------------------------------------------------------

/// The position of the largest element along an axis: the first of several, and of a NaN if there is one. Of any dtype.
/// Throws ShapeError where there is no element. Without an axis: in row-major order.
[[nodiscard]] Tensor argmax(const Tensor& x, std::source_location where = std::source_location::current());
[[nodiscard]] Tensor argmax(const Tensor& x, std::int64_t axis, Keep keep = Keep::no,
                            std::source_location where = std::source_location::current());
/// The same for the smallest.
[[nodiscard]] Tensor argmin(const Tensor& x, std::source_location where = std::source_location::current());
[[nodiscard]] Tensor argmin(const Tensor& x, std::int64_t axis, Keep keep = Keep::no,
                            std::source_location where = std::source_location::current());

// --- Order --------------------------------------------------------------------------------------------------------
// Of any dtype. Equal elements keep their order; NaN comes last in either order. Derivatives go where the elements
// went.

enum class Order : std::uint8_t { ascending, descending };

/// Elements, and the positions they had.
struct Ranked {
  Tensor values;
  Tensor positions;
};

/// The positions that put x in order along an axis.
[[nodiscard]] Tensor argsort(const Tensor& x, std::int64_t axis = -1, Order order = Order::ascending,
                             std::source_location where = std::source_location::current());
/// The elements in order along an axis.
[[nodiscard]] Tensor sort(const Tensor& x, std::int64_t axis = -1, Order order = Order::ascending,
                          std::source_location where = std::source_location::current());
/// The first `count` of them: the largest, unless told otherwise. Throws ShapeError if there are not as many.
[[nodiscard]] Ranked topk(const Tensor& x, std::int64_t count, std::int64_t axis = -1, Order order = Order::descending,
                          std::source_location where = std::source_location::current());

}  // namespace wengert
