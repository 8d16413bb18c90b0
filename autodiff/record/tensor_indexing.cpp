#include "wengert/autodiff/record/tensor_indexing.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "wengert/autodiff/record/primitive.hpp"
#include "wengert/autodiff/record/tensor_functions.hpp"

namespace wengert {

using namespace detail;

// --- By fixed places ------------------------------------------------------------------------------------------------

Tensor reverse(const Tensor& x, const Indices& axes, std::source_location where) {
  Indices start, stop(x.shape().extents()), step;
  for (std::size_t k = 0; k < x.rank(); ++k) {
    start.push(0);
    step.push(1);
  }
  bool moves = false;
  for (const std::int64_t axis : ascending_axes(axes, "reverse", x, where)) {
    const auto k = static_cast<std::size_t>(axis);
    if (x.shape()[k] < 2) continue;
    moves = true;
    start[k] = x.shape()[k] - 1;
    stop[k] = step[k] = -1;
  }
  return moves ? slice(x, start, stop, step, where) : x;
}

Tensor pad(const Tensor& x, const Indices& low, const Indices& high, double value, std::source_location where) {
  bool good = low.size() == x.rank() && high.size() == x.rank(), grows = false;
  for (std::size_t k = 0; k < x.rank() && good; ++k) {
    good = low[k] >= 0 && high[k] >= 0;
    grows = grows || low[k] > 0 || high[k] > 0;
  }
  if (!good)
    refuse<ShapeError>("pad", std::span(&x, 1),
                       to_string(low) + " before and " + to_string(high) + " behind " + to_string(x.type()),
                       "one number for every axis, 0 or more", where, "slice(x, start, stop) cuts");
  if (!grows) return x;
  const auto padded = [&](const Shape& shape, std::size_t axis) {
    Indices extents(shape.extents());
    if (__builtin_add_overflow(extents[axis], low[axis], &extents[axis]) ||
        __builtin_add_overflow(extents[axis], high[axis], &extents[axis]))
      refuse<ShapeError>("pad", std::span(&x, 1),
                         to_string(low) + " before and " + to_string(high) + " behind " + to_string(x.type()),
                         "fewer than 2^63 elements", where);
    return Shape(extents, where);
  };
  if (value == 0.0 && !std::signbit(value) && is_real(x.dtype())) {
    Shape shape = x.shape();
    for (std::size_t k = 0; k < x.rank(); ++k) shape = padded(shape, k);
    // A place in an axis of no elements is nowhere.
    Indices start = low;
    return embed(x, shape, start, {}, where);
  }
  return all_or_nothing(stream_of(std::span(&x, 1), "pad", where), [&] {
    Tensor result = x;
    for (std::size_t k = 0; k < x.rank(); ++k) {
      if (low[k] == 0 && high[k] == 0) continue;
      static_cast<void>(padded(result.shape(), k));
      const auto beside = [&](std::int64_t count) {
        Indices extents(result.shape().extents());
        extents[k] = count;
        return full(Shape(extents, where), value, x.dtype(), where);
      };
      std::vector<Tensor> parts;
      if (low[k] > 0) parts.push_back(beside(low[k]));
      parts.push_back(result);
      if (high[k] > 0) parts.push_back(beside(high[k]));
      result = concatenate(parts, static_cast<std::int64_t>(k), where);
    }
    return result;
  });
}

Tensor diagonal(const Tensor& x, std::int64_t offset, std::source_location where) {
  if (x.rank() < 2)
    refuse<ShapeError>("diagonal", std::span(&x, 1), "operand 0 has " + to_string(x.type()), "two axes at least",
                       where);
  const std::int64_t rows = x.shape()[x.rank() - 2], columns = x.shape()[x.rank() - 1];
  if (offset < -rows || offset > columns)
    refuse<ShapeError>("diagonal", std::span(&x, 1), "offset " + std::to_string(offset) + " of " + to_string(x.type()),
                       std::to_string(-rows) + " to " + std::to_string(columns), where);
  const std::int64_t count =
      std::max<std::int64_t>(0, std::min(offset < 0 ? rows + offset : rows, offset < 0 ? columns : columns - offset));
  Indices extents(x.shape().extents().first(x.rank() - 2));
  extents.push(rows * columns);
  const Shape flat(extents, where);
  // Element (i, i + offset) is number start + i·(columns + 1) of its matrix.
  const std::int64_t start = count == 0 ? 0 : offset < 0 ? -offset * columns : offset;
  const std::int64_t stop = count == 0 ? 0 : start + (count - 1) * (columns + 1) + 1;
  return all_or_nothing(stream_of(std::span(&x, 1), "diagonal", where),
                        [&] { return slice_along(reshape(x, flat, where), -1, start, stop, columns + 1, where); });
}

// --- By positions ---------------------------------------------------------------------------------------------------

Tensor gather(const Tensor& x, const Tensor& index, std::int64_t axis, std::source_location where) {
  const Tensor both[]{x, index};
  const auto along = static_cast<std::int64_t>(axis_of(axis, x.rank(), "gather", x, where));
  return record_tensor(PrimitiveOf<ops::Gather>::record, both, along, where);
}

namespace {

void want_extent(const char* operation, std::span<const Tensor> x, std::int64_t extent, std::source_location where) {
  if (extent < 0) refuse<ShapeError>(operation, x, "an extent of " + std::to_string(extent), "0 or more", where);
}

}  // namespace

Tensor scatter_add(const Tensor& x, const Tensor& index, std::int64_t extent, std::int64_t axis,
                   std::source_location where) {
  const Tensor both[]{x, index};
  want_extent("scatter_add", both, extent, where);
  if (axis < 0 && x.rank() >= index.rank()) axis += static_cast<std::int64_t>(x.rank() - index.rank()) + 1;
  return record_tensor(PrimitiveOf<ops::ScatterAdd>::record, both, std::vector<std::int64_t>{axis, extent}, where);
}

Tensor take_along(const Tensor& x, const Tensor& index, std::int64_t axis, std::source_location where) {
  const Tensor both[]{x, index};
  Stream* const s = stream_of(both, "take_along", where);
  const std::size_t along = axis_of(axis, x.rank(), "take_along", x, where);
  Indices x_extents(x.shape().extents()), index_extents(index.shape().extents());
  bool fits = x.rank() == index.rank();
  for (std::size_t k = 0; k < x.rank() && fits; ++k) {
    if (k == along) continue;
    const std::int64_t a = x_extents[k], b = index_extents[k];
    fits = a == b || a == 1 || b == 1;
    x_extents[k] = index_extents[k] = a == 1 ? b : a;
  }
  if (!fits)
    refuse<ShapeError>("take_along", both,
                       "the positions have " + to_string(index.type()) + " for " + to_string(x.type()),
                       "as many axes, and extents that broadcast but along axis " + std::to_string(along), where,
                       "gather(x, index, axis) takes whole slices");
  return all_or_nothing(s, [&] {
    const Tensor fitting[]{broadcast(x, Shape(x_extents, where), where),
                           broadcast(index, Shape(index_extents, where), where)};
    return record_tensor(PrimitiveOf<ops::TakeAlong>::record, fitting, static_cast<std::int64_t>(along), where);
  });
}

Tensor scatter_add_along(const Tensor& x, const Tensor& index, std::int64_t extent, std::int64_t axis,
                         std::source_location where) {
  const Tensor both[]{x, index};
  want_extent("scatter_add_along", both, extent, where);
  const auto along = static_cast<std::int64_t>(axis_of(axis, x.rank(), "scatter_add_along", x, where));
  return record_tensor(PrimitiveOf<ops::ScatterAddAlong>::record, both, std::vector<std::int64_t>{along, extent},
                       where);
}

// --- Positions ------------------------------------------------------------------------------------------------------

namespace {

template <class P>
Tensor position_along(const Tensor& x, std::int64_t axis, Keep keep, std::source_location where) {
  const auto along = static_cast<std::int64_t>(axis_of(axis, x.rank(), P::name, x, where));
  if (keep == Keep::no) return record_one<P>(x, along, where);
  return all_or_nothing(stream_of(std::span(&x, 1), P::name, where), [&] {
    return reshape(record_one<P>(x, along, where), ops::with_ones(x.shape(), std::span(&along, 1)), where);
  });
}
template <class P>
Tensor position_of_all(const Tensor& x, std::source_location where) {
  return all_or_nothing(stream_of(std::span(&x, 1), P::name, where), [&] {
    return record_one<P>(reshape(x, Shape{{x.size()}, where}, where), std::int64_t{0}, where);
  });
}

}  // namespace

Tensor argmax(const Tensor& x, std::int64_t axis, Keep keep, std::source_location where) {
  return position_along<ops::ArgMax>(x, axis, keep, where);
}
Tensor argmax(const Tensor& x, std::source_location where) { return position_of_all<ops::ArgMax>(x, where); }
Tensor argmin(const Tensor& x, std::int64_t axis, Keep keep, std::source_location where) {
  return position_along<ops::ArgMin>(x, axis, keep, where);
}
Tensor argmin(const Tensor& x, std::source_location where) { return position_of_all<ops::ArgMin>(x, where); }

// --- Order ----------------------------------------------------------------------------------------------------------

namespace {

Tensor first_in_order(const Tensor& x, std::int64_t count, std::size_t axis, Order order, std::source_location where) {
  return record_one<ops::ArgSort>(
      x, std::vector<std::int64_t>{static_cast<std::int64_t>(axis), order == Order::descending ? 1 : 0, count}, where);
}

}  // namespace

Tensor argsort(const Tensor& x, std::int64_t axis, Order order, std::source_location where) {
  const std::size_t along = axis_of(axis, x.rank(), "argsort", x, where);
  return first_in_order(x, x.shape()[along], along, order, where);
}

Tensor sort(const Tensor& x, std::int64_t axis, Order order, std::source_location where) {
  const std::size_t along = axis_of(axis, x.rank(), "sort", x, where);
  return all_or_nothing(stream_of(std::span(&x, 1), "sort", where), [&] {
    const Tensor positions = first_in_order(x, x.shape()[along], along, order, where);
    return take_along(x, positions, static_cast<std::int64_t>(along), where);
  });
}

Ranked topk(const Tensor& x, std::int64_t count, std::int64_t axis, Order order, std::source_location where) {
  const std::size_t along = axis_of(axis, x.rank(), "topk", x, where);
  if (count < 0 || count > x.shape()[along])
    refuse<ShapeError>(
        "topk", std::span(&x, 1),
        std::to_string(count) + " elements along axis " + std::to_string(along) + " of " + to_string(x.type()),
        "0 to " + std::to_string(x.shape()[along]), where);
  return all_or_nothing(stream_of(std::span(&x, 1), "topk", where), [&] {
    Ranked result;
    result.positions = first_in_order(x, count, along, order, where);
    result.values = take_along(x, result.positions, static_cast<std::int64_t>(along), where);
    return result;
  });
}

}  // namespace wengert
