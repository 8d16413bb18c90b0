// Reading order: Split and the loops (an array as [outer, extent, inner] around an axis), then the primitives.
#include "wengert/autodiff/ops/indexing.hpp"

#include <algorithm>
#include <cmath>
#include <string>
#include <type_traits>
#include <utility>

#include "wengert/autodiff/ops/refuse.hpp"
#include "wengert/autodiff/ops/threads.hpp"

namespace wengert::ops {

namespace {

/// A shape as [outer, extent, inner] around an axis.
struct Split {
  std::int64_t outer = 1, extent = 1, inner = 1;

  Split(const Shape& shape, std::int64_t axis) : extent(shape[position_of(axis)]) {
    for (std::size_t k = 0; k < shape.rank(); ++k) {
      if (k < position_of(axis)) outer *= shape[k];
      if (k > position_of(axis)) inner *= shape[k];
    }
  }
};

/// The positions, every one stored, and in range along an axis of `of`.
std::span<const std::int64_t> checked_positions(const char* operation, const Array& index, const Type& of,
                                                std::int64_t axis, kernels::Scratch& scratch) {
  const std::int64_t extent = of.shape[position_of(axis)];
  for (const std::int64_t at : index.stored<std::int64_t>())
    if (at < 0 || at >= extent)
      throw DomainError{{.operation = operation,
                         .operands = {to_string(of), to_string(index.type())},
                         .problem = "the position " + std::to_string(at),
                         .expected = (extent == 0 ? "none" : "one from 0 to " + std::to_string(extent - 1)) +
                                     std::string(" along axis ") + std::to_string(axis) + " of " + to_string(of),
                         .hint = at < 0 ? "positions do not count from the end" : ""}};
  return {kernels::dense_elements<std::int64_t>(index, scratch), position_of(index.size())};
}

void fill_with_zeros(Array& to) {
  kernels::with_real_type(to.dtype(), [&]<class T>(std::type_identity<T>) {
    const auto all = to.mutable_data<T>();
    std::fill(all.begin(), all.end(), T(0));
  });
}

/// slice(begin in the array with the axis, begin in the array with the positions, elements) for every outer index and
/// position.
template <class Slice>
void for_each_slice(const Split& split, std::span<const std::int64_t> index, const Slice& slice) {
  const auto count = static_cast<std::int64_t>(index.size());
  if (count == 0 || split.inner == 0) return;
  for (std::int64_t o = 0; o < split.outer; ++o)
    for (std::int64_t i = 0; i < count; ++i)
      slice((o * split.extent + index[position_of(i)]) * split.inner, (o * count + i) * split.inner, split.inner);
}

/// element(place in the array with the axis, place in the array of the shape of the positions); `split` is that of the
/// former, `count` the extent of the latter. Outer indices are divided between threads.
template <class Element>
void for_each_element(const Split& split, std::int64_t count, std::span<const std::int64_t> index,
                      kernels::Scratch& scratch, const Element& element) {
  if (index.empty()) return;
  constexpr double element_time = 1;  // nanoseconds
  const kernels::Chunks chunks(split.outer, element_time * static_cast<double>(count * split.inner));
  kernels::in_chunks(chunks.count, scratch, [&](std::int64_t chunk, kernels::Scratch&) {
    const std::int64_t begin = chunks.begin(chunk), end = chunks.end(chunk);
    if (split.inner == 1) {
      std::int64_t at = begin * count;
      for (std::int64_t o = begin; o < end; ++o)
        for (std::int64_t i = 0; i < count; ++i, ++at) element(o * split.extent + index[position_of(at)], at);
      return;
    }
    for (std::int64_t o = begin; o < end; ++o)
      for (std::int64_t i = 0; i < count; ++i)
        for (std::int64_t j = 0; j < split.inner; ++j) {
          const std::int64_t at = (o * count + i) * split.inner + j;
          element((o * split.extent + index[position_of(at)]) * split.inner + j, at);
        }
  });
}

/// Adds the slices of `from` to `to`, at checked positions.
void add_slices(const Array& from, std::span<const std::int64_t> index, std::int64_t axis, Array& to) {
  kernels::with_real_type(to.dtype(), [&]<class T>(std::type_identity<T>) {
    const T* const source = from.stored<T>().data();
    const std::int64_t stride = from.stride();
    T* const target = to.mutable_data<T>().data();
    for_each_slice(Split(to.shape(), axis), index, [=](std::int64_t t, std::int64_t f, std::int64_t count) {
      for (std::int64_t j = 0; j < count; ++j) target[t + j] += source[(f + j) * stride];
    });
  });
}

void add_elements(const Array& from, std::span<const std::int64_t> index, std::int64_t axis, Array& to,
                  kernels::Scratch& scratch) {
  kernels::with_real_type(to.dtype(), [&]<class T>(std::type_identity<T>) {
    const T* const source = from.stored<T>().data();
    const std::int64_t stride = from.stride();
    T* const target = to.mutable_data<T>().data();
    for_each_element(Split(to.shape(), axis), from.shape()[position_of(axis)], index, scratch,
                     [=](std::int64_t t, std::int64_t f) { target[t] += source[f * stride]; });
  });
}

/// Axis and extent.
std::span<const std::int64_t> place_of(const char* operation, std::span<const Type> x, const Attribute& attribute) {
  const auto numbers = integers(attribute);
  if (numbers.size() != 2 || numbers[1] < 0)
    refuse<ArgumentError>(operation, x, "the attribute " + graph::to_string(attribute), "[axis, extent]");
  return numbers;
}

}  // namespace

// --- By position ----------------------------------------------------------------------------------------------------

Type Gather::type(std::span<const Type> x, const Attribute& axis_attribute) {
  const std::int64_t axis = std::get<std::int64_t>(axis_attribute);
  want_index(name, x, 1);
  want_axis(name, x, axis, x[0].shape.rank());
  if (x[0].shape.rank() - 1 + x[1].shape.rank() > Shape::max_rank)
    refuse<ShapeError>(name, x, "slices of " + to_string(x[0]) + " at positions " + to_string(x[1]),
                       "a result of at most " + std::to_string(Shape::max_rank) + " axes");
  Indices extents;
  for (std::size_t k = 0; k < x[0].shape.rank(); ++k) {
    if (k == position_of(axis))
      for (const std::int64_t extent : x[1].shape) extents.push(extent);
    else
      extents.push(x[0].shape[k]);
  }
  return {x[0].dtype, Shape(extents, {})};
}

Array Gather::value(std::span<const Array> x, const Attribute& axis, const Type& result) {
  if (x[0].is_uniform()) {
    kernels::Scratch scratch;
    static_cast<void>(checked_positions(name, x[1], x[0].type(), std::get<std::int64_t>(axis), scratch));
    return with_element_type(result.dtype, [&]<class T>(std::type_identity<T>) {
      return Array::uniform_of<T>(result.shape, x[0].stored<T>()[0]);
    });
  }
  return value_of<Gather>(x, axis, result);
}
void Gather::value_into(std::span<const Array> x, const Attribute& axis_attribute, Array& to,
                        kernels::Scratch& scratch) {
  const std::int64_t axis = std::get<std::int64_t>(axis_attribute);
  const Split split(x[0].shape(), axis);
  const auto index = checked_positions(name, x[1], x[0].type(), axis, scratch);
  with_element_type(to.dtype(), [&]<class T>(std::type_identity<T>) {
    const T* const source = kernels::dense_elements<T>(x[0], scratch);
    T* const target = to.mutable_data<T>().data();
    for_each_slice(split, index, [=](std::int64_t f, std::int64_t t, std::int64_t count) {
      std::copy_n(source + f, count, target + t);
    });
  });
}

void Gather::add_transposed(std::size_t, const Array& cotangent, std::span<const Array> x, const Attribute& axis,
                            kernels::Accumulator& adjoint) {
  add_slices(cotangent, x[1].dense().data<std::int64_t>(), std::get<std::int64_t>(axis),
             adjoint.writable(x[0].type(), name));
}

std::vector<Sample> Gather::samples() {
  const auto of = [](Type x, Shape index, std::int64_t axis) {
    const std::int64_t extent = x.shape[position_of(axis)];
    return Sample{{x, {Dtype::i64, index}}, axis, extent};
  };
  return {of({Dtype::f64, Shape{5}}, {7}, 0),       of({Dtype::f64, Shape{4, 3}}, {6}, 0),
          of({Dtype::f32, Shape{3, 4}}, {2}, 1),    of({Dtype::f64, Shape{2, 5, 3}}, {2, 4}, 1),
          of({Dtype::f64, Shape{4, 3}}, {}, 0),     of({Dtype::f64, Shape{3}}, {}, 0),
          of({Dtype::f64, Shape{2, 3}}, {0}, 1),    of({Dtype::f64, Shape{0, 3}}, {4}, 1),
          of({Dtype::f64, Shape{1, 3}}, {5, 1}, 0), of({Dtype::f64, Shape{2, 0}}, {3}, 0)};
}

Type ScatterAdd::type(std::span<const Type> x, const Attribute& attribute) {
  const auto place = place_of(name, x, attribute);
  const Shape &from = x[0].shape, &index = x[1].shape;
  want_real(name, x.first(1));
  want_index(name, x, 1);
  bool fits = place[0] >= 0 && position_of(place[0]) + index.rank() <= from.rank();
  for (std::size_t k = 0; k < index.rank() && fits; ++k) fits = from[position_of(place[0]) + k] == index[k];
  if (!fits)
    refuse<ShapeError>(
        name, x, "operand 0 has " + to_string(x[0]),
        "the axes " + to_string(index) + " of the positions from axis " + std::to_string(place[0]) + " on");
  if (from.rank() + 1 - index.rank() > Shape::max_rank)
    refuse<ShapeError>(name, x, "operand 0 has " + to_string(x[0]),
                       "a result of at most " + std::to_string(Shape::max_rank) + " axes");
  Indices extents;
  for (std::size_t k = 0; k <= from.rank(); ++k) {
    if (k == position_of(place[0])) {
      extents.push(place[1]);
      k += index.rank();
    }
    if (k < from.rank()) extents.push(from[k]);
  }
  return {x[0].dtype, Shape(extents, {})};
}

Array ScatterAdd::value(std::span<const Array> x, const Attribute& place, const Type& result) {
  return value_of<ScatterAdd>(x, place, result);
}
void ScatterAdd::value_into(std::span<const Array> x, const Attribute& place, Array& to, kernels::Scratch& scratch) {
  const auto index = checked_positions(name, x[1], to.type(), integers(place)[0], scratch);
  fill_with_zeros(to);
  if (to.size() != 0) add_slices(x[0], index, integers(place)[0], to);
}

std::vector<Sample> ScatterAdd::samples() {
  const auto of = [](Type x, Shape index, std::int64_t axis, std::int64_t extent) {
    return Sample{{x, {Dtype::i64, index}}, std::vector<std::int64_t>{axis, extent}, extent};
  };
  return {of({Dtype::f64, Shape{7}}, {7}, 0, 5),          of({Dtype::f64, Shape{6, 3}}, {6}, 0, 4),
          of({Dtype::f32, Shape{3, 2}}, {2}, 1, 4),       of({Dtype::f64, Shape{2, 2, 4, 3}}, {2, 4}, 1, 5),
          of({Dtype::f64, Shape{3}}, {}, 0, 4),           of({Dtype::f64, Shape{}}, {}, 0, 3),
          of({Dtype::f64, Shape{2, 0}}, {0}, 1, 3),       of({Dtype::f64, Shape{0, 4}}, {4}, 1, 3),
          of({Dtype::f64, Shape{3, 2, 2}}, {3, 2}, 0, 3), of({Dtype::f64, Shape{2, 3}}, {}, 2, 2)};
}

namespace {

/// Equal extents but along the axis.
void want_extents_beside(const char* operation, std::span<const Type> x, std::int64_t axis) {
  bool fits = x[0].shape.rank() == x[1].shape.rank();
  for (std::size_t k = 0; k < x[0].shape.rank() && fits; ++k)
    fits = k == position_of(axis) || x[0].shape[k] == x[1].shape[k];
  if (!fits)
    refuse<ShapeError>(operation, x, "the positions have " + to_string(x[1]) + " for " + to_string(x[0]),
                       "the same extents but along axis " + std::to_string(axis));
}

}  // namespace

Type TakeAlong::type(std::span<const Type> x, const Attribute& axis_attribute) {
  const std::int64_t axis = std::get<std::int64_t>(axis_attribute);
  want_index(name, x, 1);
  want_axis(name, x, axis, x[0].shape.rank());
  want_extents_beside(name, x, axis);
  return {x[0].dtype, x[1].shape};
}

Array TakeAlong::value(std::span<const Array> x, const Attribute& axis, const Type& result) {
  if (x[0].is_uniform()) {
    kernels::Scratch scratch;
    static_cast<void>(checked_positions(name, x[1], x[0].type(), std::get<std::int64_t>(axis), scratch));
    return with_element_type(result.dtype, [&]<class T>(std::type_identity<T>) {
      return Array::uniform_of<T>(result.shape, x[0].stored<T>()[0]);
    });
  }
  return value_of<TakeAlong>(x, axis, result);
}
void TakeAlong::value_into(std::span<const Array> x, const Attribute& axis_attribute, Array& to,
                           kernels::Scratch& scratch) {
  const std::int64_t axis = std::get<std::int64_t>(axis_attribute);
  const Split split(x[0].shape(), axis);
  const auto index = checked_positions(name, x[1], x[0].type(), axis, scratch);
  with_element_type(to.dtype(), [&]<class T>(std::type_identity<T>) {
    const T* const source = kernels::dense_elements<T>(x[0], scratch);
    T* const target = to.mutable_data<T>().data();
    for_each_element(split, to.shape()[position_of(axis)], index, scratch,
                     [=](std::int64_t f, std::int64_t t) { target[t] = source[f]; });
  });
}

void TakeAlong::add_transposed(std::size_t, const Array& cotangent, std::span<const Array> x, const Attribute& axis,
                               kernels::Accumulator& adjoint) {
  kernels::Scratch scratch;
  add_elements(cotangent, x[1].dense().data<std::int64_t>(), std::get<std::int64_t>(axis),
               adjoint.writable(x[0].type(), name), scratch);
}

std::vector<Sample> TakeAlong::samples() {
  const auto of = [](Type x, Shape index, std::int64_t axis) {
    const std::int64_t extent = x.shape[position_of(axis)];
    return Sample{{x, {Dtype::i64, index}}, axis, extent};
  };
  return {of({Dtype::f64, Shape{5}}, {7}, 0),       of({Dtype::f64, Shape{4, 3}}, {2, 3}, 0),
          of({Dtype::f32, Shape{3, 4}}, {3, 6}, 1), of({Dtype::f64, Shape{2, 5, 3}}, {2, 4, 3}, 1),
          of({Dtype::f64, Shape{2, 3}}, {2, 0}, 1), of({Dtype::f64, Shape{0, 3}}, {0, 2}, 1),
          of({Dtype::f64, Shape{1}}, {1}, 0)};
}

Type ScatterAddAlong::type(std::span<const Type> x, const Attribute& attribute) {
  const auto place = place_of(name, x, attribute);
  want_real(name, x.first(1));
  want_index(name, x, 1);
  want_axis(name, x, place[0], x[0].shape.rank());
  if (!(x[0].shape == x[1].shape))
    refuse<ShapeError>(name, x, "the positions have " + to_string(x[1]) + " for " + to_string(x[0]), "the same shape");
  Indices extents(x[0].shape.extents());
  extents[position_of(place[0])] = place[1];
  return {x[0].dtype, Shape(extents, {})};
}

Array ScatterAddAlong::value(std::span<const Array> x, const Attribute& place, const Type& result) {
  return value_of<ScatterAddAlong>(x, place, result);
}
void ScatterAddAlong::value_into(std::span<const Array> x, const Attribute& place, Array& to,
                                 kernels::Scratch& scratch) {
  const auto index = checked_positions(name, x[1], to.type(), integers(place)[0], scratch);
  fill_with_zeros(to);
  if (to.size() != 0) add_elements(x[0], index, integers(place)[0], to, scratch);
}

std::vector<Sample> ScatterAddAlong::samples() {
  const auto of = [](Type x, std::int64_t axis, std::int64_t extent) {
    return Sample{{x, {Dtype::i64, x.shape}}, std::vector<std::int64_t>{axis, extent}, extent};
  };
  return {of({Dtype::f64, Shape{7}}, 0, 5),    of({Dtype::f64, Shape{2, 3}}, 0, 4),
          of({Dtype::f32, Shape{3, 6}}, 1, 4), of({Dtype::f64, Shape{2, 4, 3}}, 1, 5),
          of({Dtype::f64, Shape{2, 0}}, 1, 3), of({Dtype::f64, Shape{0, 2}}, 1, 3),
          of({Dtype::f64, Shape{1}}, 0, 1)};
}

// --- Positions ------------------------------------------------------------------------------------------------------

namespace {

Type type_of_first(const char* operation, std::span<const Type> x, const Attribute& attribute) {
  const std::int64_t axis = std::get<std::int64_t>(attribute);
  want_axis(operation, x, axis, x[0].shape.rank());
  const Type result{Dtype::i64, without(x[0].shape, std::span(&axis, 1))};
  if (x[0].shape[position_of(axis)] == 0 && result.shape.size() != 0)
    refuse<ShapeError>(operation, x, "no elements along axis " + std::to_string(axis) + " of " + to_string(x[0]),
                       "one at least");
  return result;
}

template <class T>
bool is_nan([[maybe_unused]] T x) {
  if constexpr (std::is_floating_point_v<T>)
    return std::isnan(x);
  else
    return false;
}

/// The first position of the element that `before(a, b)` puts before every other; the first NaN, if there is one.
template <class Before>
void find_first(const Array& from, const Attribute& attribute, Array& to, const Before& before) {
  const Split split(from.shape(), std::get<std::int64_t>(attribute));
  std::int64_t* const target = to.mutable_data<std::int64_t>().data();
  std::fill_n(target, to.size(), 0);
  if (to.size() == 0 || from.is_uniform()) return;
  with_element_type(from.dtype(), [&]<class T>(std::type_identity<T>) {
    const T* const source = from.data<T>().data();
    for (std::int64_t o = 0; o < split.outer; ++o) {
      const T* const rows = source + o * split.extent * split.inner;
      std::int64_t* const at = target + o * split.inner;
      for (std::int64_t i = 1; i < split.extent; ++i)
        for (std::int64_t j = 0; j < split.inner; ++j) {
          const T best = rows[at[j] * split.inner + j], here = rows[i * split.inner + j];
          if (before(here, best) || (is_nan(here) && !is_nan(best))) at[j] = i;
        }
    }
  });
}

std::vector<Sample> samples_along() {
  return {{{{Dtype::f64, Shape{6}}}, std::int64_t{0}},    {{{Dtype::f32, Shape{3, 4}}}, std::int64_t{1}},
          {{{Dtype::f64, Shape{3, 4}}}, std::int64_t{0}}, {{{Dtype::f64, Shape{2, 3, 4}}}, std::int64_t{1}},
          {{{Dtype::f64, Shape{0, 4}}}, std::int64_t{1}}, {{{Dtype::f64, Shape{1}}}, std::int64_t{0}}};
}

}  // namespace

Type ArgMax::type(std::span<const Type> x, const Attribute& axis) { return type_of_first(name, x, axis); }
Array ArgMax::value(std::span<const Array> x, const Attribute& axis, const Type& result) {
  return value_of<ArgMax>(x, axis, result);
}
void ArgMax::value_into(std::span<const Array> x, const Attribute& axis, Array& to, kernels::Scratch&) {
  find_first(x[0], axis, to, [](auto a, auto b) { return a > b; });
}
std::vector<Sample> ArgMax::samples() { return samples_along(); }

Type ArgMin::type(std::span<const Type> x, const Attribute& axis) { return type_of_first(name, x, axis); }
Array ArgMin::value(std::span<const Array> x, const Attribute& axis, const Type& result) {
  return value_of<ArgMin>(x, axis, result);
}
void ArgMin::value_into(std::span<const Array> x, const Attribute& axis, Array& to, kernels::Scratch&) {
  find_first(x[0], axis, to, [](auto a, auto b) { return a < b; });
}
std::vector<Sample> ArgMin::samples() { return samples_along(); }

Type ArgSort::type(std::span<const Type> x, const Attribute& attribute) {
  const auto order = integers(attribute);
  if (order.size() != 3 || (order[1] != 0 && order[1] != 1))
    refuse<ArgumentError>(name, x, "the attribute " + graph::to_string(attribute), "[axis, 0 or 1, count]");
  want_axis(name, x, order[0], x[0].shape.rank());
  const std::int64_t extent = x[0].shape[position_of(order[0])];
  if (order[2] < 0 || order[2] > extent)
    refuse<ShapeError>(
        name, x,
        std::to_string(order[2]) + " elements along axis " + std::to_string(order[0]) + " of " + to_string(x[0]),
        "0 to " + std::to_string(extent));
  Indices extents(x[0].shape.extents());
  extents[position_of(order[0])] = order[2];
  return {Dtype::i64, Shape(extents, {})};
}

Array ArgSort::value(std::span<const Array> x, const Attribute& order, const Type& result) {
  return value_of<ArgSort>(x, order, result);
}
void ArgSort::value_into(std::span<const Array> x, const Attribute& attribute, Array& to, kernels::Scratch& scratch) {
  const auto order = integers(attribute);
  const bool descending = order[1] != 0;
  const std::int64_t count = order[2];
  const Split split(x[0].shape(), order[0]);
  if (to.size() == 0) return;
  std::int64_t* const target = to.mutable_data<std::int64_t>().data();
  with_element_type(x[0].dtype(), [&]<class T>(std::type_identity<T>) {
    const T* const source = x[0].stored<T>().data();
    const std::int64_t stride = x[0].stride();
    struct Keyed {
      T first;
      std::int64_t second;
    };
    // The position breaks ties: so the order is one, however it is found, and equal elements keep theirs.
    const auto ascends = [](const Keyed& a, const Keyed& b) {
      return a.first < b.first || (!(b.first < a.first) && a.second < b.second);
    };
    const auto descends = [](const Keyed& a, const Keyed& b) {
      return a.first > b.first || (!(b.first > a.first) && a.second < b.second);
    };
    Keyed* const row = scratch.take<Keyed>(split.extent);
    for (std::int64_t o = 0; o < split.outer; ++o)
      for (std::int64_t j = 0; j < split.inner; ++j) {
        // Numbers from the front on, each NaN behind them: that order is kept.
        const auto put = [&](bool nans, Keyed* next) {
          for (std::int64_t i = 0; i < split.extent; ++i) {
            const T element = source[((o * split.extent + i) * split.inner + j) * stride];
            if (is_nan(element) == nans) *next++ = {element, i};
          }
          return next;
        };
        Keyed* const numbers_end = put(false, row);
        put(true, numbers_end);
        Keyed* const wanted_end = std::min(numbers_end, row + count);
        const auto sort_by = [&](const auto& before) {
          if (wanted_end == numbers_end)
            std::sort(row, numbers_end, before);
          else
            std::partial_sort(row, wanted_end, numbers_end, before);
        };
        if (descending)
          sort_by(descends);
        else
          sort_by(ascends);
        for (std::int64_t i = 0; i < count; ++i) target[(o * count + i) * split.inner + j] = row[i].second;
      }
  });
}

std::vector<Sample> ArgSort::samples() {
  const auto of = [](Type x, std::vector<std::int64_t> order) { return Sample{{x}, std::move(order)}; };
  return {of({Dtype::f64, Shape{6}}, {0, 0, 6}),       of({Dtype::f64, Shape{6}}, {0, 1, 6}),
          of({Dtype::f32, Shape{3, 4}}, {1, 1, 2}),    of({Dtype::f64, Shape{3, 4}}, {0, 0, 3}),
          of({Dtype::f64, Shape{2, 5, 2}}, {1, 1, 3}), of({Dtype::f64, Shape{0, 4}}, {1, 0, 4}),
          of({Dtype::f64, Shape{3}}, {0, 0, 0}),       of({Dtype::f64, Shape{1}}, {0, 0, 1})};
}

}  // namespace wengert::ops
