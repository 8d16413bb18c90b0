// Reading order: fold_run (neighbours), fold_middle (rows under each other), fold (one group of axes after the other);
// then the rows.
#include "wengert/autodiff/ops/kernels_fold.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "wengert/autodiff/ops/kernels.hpp"
#include "wengert/autodiff/ops/kernels_strided.hpp"

namespace wengert::kernels {

namespace {

constexpr std::int64_t lanes = 8;

/// At least one element: eight partial results, folded as a tree.
template <class T, class Op>
T fold_run(const T* from, std::int64_t count, Op op) {
  T result = from[0];
  std::int64_t i = 1;
  if (count >= 2 * lanes) {
    std::array<T, lanes> lane;
    std::copy_n(from, lanes, lane.begin());
    for (i = lanes; i + lanes <= count; i += lanes)
      for (std::size_t l = 0; l < lanes; ++l) lane[l] = op(lane[l], from[i + static_cast<std::int64_t>(l)]);
    result = op(op(op(lane[0], lane[4]), op(lane[1], lane[5])), op(op(lane[2], lane[6]), op(lane[3], lane[7])));
  }
  for (; i < count; ++i) result = op(result, from[i]);
  return result;
}

/// The fold of a dense array seen as [outer, count, inner] over the middle.
template <class T, class Op>
void fold_middle(const T* from, std::int64_t outer, std::int64_t count, std::int64_t inner, T* to, Op op) {
  for (std::int64_t o = 0; o < outer; ++o) {
    const T* const rows = from + o * count * inner;
    if (inner == 1) {
      to[o] = fold_run(rows, count, op);
      continue;
    }
    T* __restrict const row_to = to + o * inner;
    std::copy_n(rows, inner, row_to);
    for (std::int64_t i = 1; i < count; ++i) {
      const T* __restrict const row = rows + i * inner;
      for (std::int64_t j = 0; j < inner; ++j) row_to[j] = op(row_to[j], row[j]);
    }
  }
}

template <class T, class Op>
Array folded(const Array& from, std::span<const std::int64_t> axes, const Type& result, Op op) {
  const Shape& shape = from.shape();
  std::array<bool, Shape::max_rank> folds{};
  for (const std::int64_t axis : axes) folds[static_cast<std::size_t>(axis)] = true;
  // Group after group of neighbouring axes, from the last: what is left of it is the `inner` of the next.
  Array held = from.dense();
  std::int64_t outer = shape.size(), inner = 1;
  for (std::size_t end = shape.rank(); end > 0;) {
    std::size_t begin = end - 1;
    if (!folds[begin]) {
      outer /= shape[begin];
      inner *= shape[begin];
    } else {
      while (begin > 0 && folds[begin - 1]) --begin;
      std::int64_t group = 1;
      for (std::size_t axis = begin; axis < end; ++axis) group *= shape[axis];
      outer /= group;
      Array next = Array::uninitialised({from.dtype(), Shape{outer, inner}});
      fold_middle(held.data<T>().data(), outer, group, inner, next.mutable_data<T>().data(), op);
      held = std::move(next);
    }
    end = begin;
  }
  return held.reshaped(result.shape);
}

/// The axes of a rank: those that are not among `axes`, then `axes`. True if that is the order they have.
bool axes_last(std::size_t rank, std::span<const std::int64_t> axes, std::array<std::size_t, Shape::max_rank>& order) {
  std::size_t kept = 0;
  for (std::size_t axis = 0; axis < rank; ++axis)
    if (std::find(axes.begin(), axes.end(), static_cast<std::int64_t>(axis)) == axes.end()) order[kept++] = axis;
  for (const std::int64_t axis : axes) order[kept++] = static_cast<std::size_t>(axis);
  return std::is_sorted(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(rank));
}

/// A dense array of `shape` with its axes in that order.
View reordered(const Shape& shape, const std::array<std::size_t, Shape::max_rank>& order) {
  const View dense = dense_view(shape);
  std::array<std::int64_t, Shape::max_rank> extents{};
  View view;
  for (std::size_t k = 0; k < shape.rank(); ++k) {
    extents[k] = shape[order[k]];
    view.stride[k] = dense.stride[order[k]];
  }
  view.shape = Shape(std::span<const std::int64_t>(extents.data(), shape.rank()));
  return view;
}

}  // namespace

Array fold(const Array& from, std::span<const std::int64_t> axes, Fold operation) {
  const Shape& shape = from.shape();
  std::array<std::int64_t, Shape::max_rank> kept{};
  std::size_t rank = 0;
  std::int64_t count = 1;
  for (std::size_t axis = 0; axis < shape.rank(); ++axis) {
    if (std::find(axes.begin(), axes.end(), static_cast<std::int64_t>(axis)) != axes.end())
      count *= shape[axis];
    else
      kept[rank++] = shape[axis];
  }
  const Type type{from.dtype(), Shape(std::span<const std::int64_t>(kept.data(), rank))};
  if (type.shape.size() == 0) return Array::uninitialised(type);
  if (count == 0) return Array::uniform(type, 1.0);
  return with_real_type(type.dtype, [&]<class T>(std::type_identity<T>) {
    if (from.is_uniform() && operation != Fold::product) return Array::uniform_of<T>(type.shape, from.stored<T>()[0]);
    switch (operation) {
      case Fold::maximum:
        return folded<T>(from, axes, type, [](T a, T b) { return a > b || std::isnan(a) ? a : b; });
      case Fold::minimum:
        return folded<T>(from, axes, type, [](T a, T b) { return a < b || std::isnan(a) ? a : b; });
      case Fold::product:
        break;
    }
    return folded<T>(from, axes, type, [](T a, T b) { return a * b; });
  });
}

Array rows_of(const Array& from, std::span<const std::int64_t> axes) {
  std::int64_t count = 1, rows = 1;
  std::array<std::size_t, Shape::max_rank> order{};
  const Shape& shape = from.shape();
  const bool there = axes_last(shape.rank(), axes, order);
  for (std::size_t k = 0; k < shape.rank(); ++k) (k < shape.rank() - axes.size() ? rows : count) *= shape[order[k]];
  const Array moved = there ? from.dense() : gather(from, reordered(shape, order)).dense();
  return moved.reshaped(Shape{rows, count});
}

Array from_rows(const Array& rows, const Shape& shape, std::span<const std::int64_t> axes) {
  std::array<std::size_t, Shape::max_rank> order{};
  if (axes_last(shape.rank(), axes, order)) return rows.reshaped(shape);
  Array to = Array::uninitialised({rows.dtype(), shape});
  const View view = reordered(shape, order);
  scatter(rows.reshaped(view.shape), view, to);
  return to;
}

}  // namespace wengert::kernels
