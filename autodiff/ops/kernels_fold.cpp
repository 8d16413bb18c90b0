// Reading order: fold_run (neighbours), fold_middle (rows under each other), fold_stored (one group of axes after the
// other); then the rows.
#include "wengert/autodiff/ops/kernels_fold.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "wengert/autodiff/ops/kernels.hpp"

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
void fold_stored(const T* from, const Shape& shape, std::span<const std::int64_t> axes, T* to, Scratch& scratch,
                 Op op) {
  std::array<bool, Shape::max_rank> folds{};
  for (const std::int64_t axis : axes) folds[static_cast<std::size_t>(axis)] = true;
  std::size_t groups = 0;
  for (std::size_t axis = 0; axis < shape.rank(); ++axis)
    groups += folds[axis] && (axis == 0 || !folds[axis - 1]) ? 1 : 0;
  // Group after group of neighbouring axes, from the last: what is left of it is the `inner` of the next.
  std::int64_t outer = shape.size(), inner = 1;
  if (groups == 0) std::copy_n(from, outer, to);
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
      T* const next = --groups == 0 ? to : scratch.take<T>(outer * inner);
      fold_middle(from, outer, group, inner, next, op);
      from = next;
    }
    end = begin;
  }
}

/// How many elements are folded to one.
std::int64_t count_of(const Shape& shape, std::span<const std::int64_t> axes) {
  std::int64_t count = 1;
  for (const std::int64_t axis : axes) count *= shape[static_cast<std::size_t>(axis)];
  return count;
}

}  // namespace

void fold(const Array& from, std::span<const std::int64_t> axes, Fold operation, Array& to, Scratch& scratch) {
  with_real_type(from.dtype(), [&]<class T>(std::type_identity<T>) {
    const std::span<T> target = to.mutable_data<T>();
    if (target.empty()) return;
    if (count_of(from.shape(), axes) == 0) return static_cast<void>(std::fill(target.begin(), target.end(), T(1)));
    if (from.is_uniform() && operation != Fold::product)
      return static_cast<void>(std::fill(target.begin(), target.end(), from.stored<T>()[0]));
    const T* const elements = dense_elements<T>(from, scratch);
    const auto by = [&](auto op) { fold_stored(elements, from.shape(), axes, target.data(), scratch, op); };
    switch (operation) {
      case Fold::maximum:
        return by([](T a, T b) { return a > b || std::isnan(a) ? a : b; });
      case Fold::minimum:
        return by([](T a, T b) { return a < b || std::isnan(a) ? a : b; });
      case Fold::product:
        return by([](T a, T b) { return a * b; });
    }
  });
}

Array fold(const Array& from, std::span<const std::int64_t> axes, Fold operation, const Type& result) {
  if (result.shape.size() != 0 && count_of(from.shape(), axes) == 0) return Array::uniform(result, 1.0);
  if (from.is_uniform() && operation != Fold::product)
    return with_real_type(result.dtype, [&]<class T>(std::type_identity<T>) {
      return Array::uniform_of<T>(result.shape, from.stored<T>()[0]);
    });
  Array to = Array::uninitialised(result);
  Scratch scratch;
  fold(from, axes, operation, to, scratch);
  return to;
}

RowOrder::RowOrder(const Shape& shape, std::span<const std::int64_t> axes) {
  // The axes that are not among `axes`, then `axes`.
  std::array<std::size_t, Shape::max_rank> order{};
  std::size_t kept = 0;
  for (std::size_t axis = 0; axis < shape.rank(); ++axis)
    if (std::find(axes.begin(), axes.end(), static_cast<std::int64_t>(axis)) == axes.end()) order[kept++] = axis;
  for (const std::int64_t axis : axes) order[kept++] = static_cast<std::size_t>(axis);
  there = std::is_sorted(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(shape.rank()));
  const View dense = dense_view(shape);
  std::array<std::int64_t, Shape::max_rank> extents{};
  for (std::size_t k = 0; k < shape.rank(); ++k) {
    extents[k] = shape[order[k]];
    view.stride[k] = dense.stride[order[k]];
    (k < shape.rank() - axes.size() ? rows : count) *= extents[k];
  }
  view.shape = Shape(std::span<const std::int64_t>(extents.data(), shape.rank()));
}

}  // namespace wengert::kernels
