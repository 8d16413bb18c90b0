#include "wengert/autodiff/ops/moving.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <type_traits>

#include "wengert/autodiff/ops/kernels_strided.hpp"
#include "wengert/autodiff/ops/refuse.hpp"

namespace wengert::ops {

using kernels::View;

namespace {

/// How many of start, start+step, … lie before stop, in the direction of the step. Overflows for no step.
std::int64_t count_of(std::int64_t start, std::int64_t stop, std::int64_t step) {
  return start == stop ? 0 : (stop - start - (step > 0 ? 1 : -1)) / step + 1;
}

/// The places start + i·step of every axis, in the buffer of a dense array of `outer`.
View places_in(const Shape& outer, const Shape& inner, std::span<const std::int64_t> starts,
               std::span<const std::int64_t> steps) {
  const View dense = kernels::dense_view(outer);
  View view{.shape = inner};
  for (std::size_t axis = 0; axis < outer.rank(); ++axis) {
    view.start += starts[axis] * dense.stride[axis];
    if (inner[axis] > 1) view.stride[axis] = steps[axis] * dense.stride[axis];
  }
  return view;
}

void fill_with_zeros(Array& to) {
  with_element_type(to.dtype(), [&]<class T>(std::type_identity<T>) {
    const auto all = to.mutable_data<T>();
    std::fill(all.begin(), all.end(), T{});
  });
}

Shape shape_of(const Attribute& attribute) { return Shape(integers(attribute), {}); }

}  // namespace

Type Broadcast::type(std::span<const Type> x, const Attribute& attribute) {
  const Shape shape = shape_of(attribute);
  Shape both;
  if (x[0].shape.rank() > shape.rank() || !broadcast_shape(x[0].shape, shape, both) || !(both == shape))
    refuse<ShapeError>(name, x, "operand 0 has " + to_string(x[0]), "a shape that broadcasts to " + to_string(shape),
                       "shapes are aligned at the last axis; extents are equal, or 1 where they are repeated");
  return {x[0].dtype, shape};
}

namespace {

/// Where the elements of an array of `from` are in one that it is broadcast to.
View repeated(const Shape& from, const Shape& to) {
  const View dense = kernels::dense_view(from);
  View view{.shape = to};
  const std::size_t new_axes = to.rank() - from.rank();
  for (std::size_t axis = 0; axis < from.rank(); ++axis)
    if (from[axis] != 1) view.stride[axis + new_axes] = dense.stride[axis];
  return view;
}

}  // namespace

Array Broadcast::value(std::span<const Array> x, const Attribute&, const Type& result) {
  return kernels::gather(x[0], repeated(x[0].shape(), result.shape));
}
void Broadcast::value_into(std::span<const Array> x, const Attribute&, Array& to, kernels::Scratch&) {
  kernels::gather(x[0], repeated(x[0].shape(), to.shape()), to);
}

std::vector<Sample> Broadcast::samples() {
  const auto to = [](Type type, std::vector<std::int64_t> shape) { return Sample{{type}, std::move(shape)}; };
  return {to({Dtype::f64, Shape{}}, {2, 3}),     to({Dtype::f64, Shape{3}}, {2, 3}),
          to({Dtype::f32, Shape{2, 1}}, {2, 3}), to({Dtype::f64, Shape{2, 1, 3}}, {4, 2, 2, 3}),
          to({Dtype::f64, Shape{1, 3}}, {0, 3}), to({Dtype::f64, Shape{2, 3}}, {2, 3})};
}

// --- Moving elements ------------------------------------------------------------------------------------------------

Type Reshape::type(std::span<const Type> x, const Attribute& attribute) {
  const Shape shape = shape_of(attribute);
  if (shape.size() != x[0].shape.size())
    refuse<ShapeError>(name, x,
                       "operand 0 has " + to_string(x[0]) + ", " + std::to_string(x[0].shape.size()) + " elements",
                       std::to_string(shape.size()) + " elements for " + to_string(shape));
  return {x[0].dtype, shape};
}

Array Reshape::value(std::span<const Array> x, const Attribute&, const Type& result) {
  return x[0].reshaped(result.shape);
}
void Reshape::value_into(std::span<const Array> x, const Attribute&, Array& to, kernels::Scratch&) {
  kernels::gather(x[0], kernels::dense_view(x[0].shape()), to);
}

std::vector<Sample> Reshape::samples() {
  return {{{{Dtype::f64, Shape{2, 3}}}, std::vector<std::int64_t>{3, 2}},
          {{{Dtype::f32, Shape{4}}}, std::vector<std::int64_t>{2, 1, 2}},
          {{{Dtype::f64, Shape{1}}}, std::vector<std::int64_t>{}},
          {{{Dtype::f64, Shape{0, 3}}}, std::vector<std::int64_t>{2, 0}}};
}

Type Permute::type(std::span<const Type> x, const Attribute& attribute) {
  const auto axes = integers(attribute);
  const std::size_t rank = x[0].shape.rank();
  std::array<bool, Shape::max_rank> seen{};
  Indices extents;
  bool good = axes.size() == rank;
  for (std::size_t k = 0; k < axes.size() && good; ++k) {
    good = position_of(axes[k]) < rank && !seen[position_of(axes[k])];
    if (!good) break;
    seen[position_of(axes[k])] = true;
    extents.push(x[0].shape[position_of(axes[k])]);
  }
  if (!good)
    refuse<ShapeError>(name, x, "axes " + graph::to_string(attribute) + " for " + to_string(x[0]),
                       "each of the axes 0 to " + std::to_string(static_cast<int>(rank) - 1) + " once");
  return {x[0].dtype, Shape(extents, {})};
}

namespace {

View permuted(const Shape& from, std::span<const std::int64_t> axes, const Shape& to) {
  const View dense = kernels::dense_view(from);
  View view{.shape = to};
  for (std::size_t k = 0; k < axes.size(); ++k) view.stride[k] = dense.stride[position_of(axes[k])];
  return view;
}

}  // namespace

Array Permute::value(std::span<const Array> x, const Attribute& axes, const Type& result) {
  return kernels::gather(x[0], permuted(x[0].shape(), integers(axes), result.shape));
}
void Permute::value_into(std::span<const Array> x, const Attribute& axes, Array& to, kernels::Scratch&) {
  kernels::gather(x[0], permuted(x[0].shape(), integers(axes), to.shape()), to);
}

Indices Permute::inverse(const Attribute& attribute) {
  const auto axes = integers(attribute);
  Indices result(axes);
  for (std::size_t k = 0; k < axes.size(); ++k) result[position_of(axes[k])] = static_cast<std::int64_t>(k);
  return result;
}

std::vector<Sample> Permute::samples() {
  return {{{{Dtype::f64, Shape{2, 3}}}, std::vector<std::int64_t>{1, 0}},
          {{{Dtype::f32, Shape{2, 3, 4}}}, std::vector<std::int64_t>{2, 0, 1}},
          {{{Dtype::f64, Shape{2, 3, 4}}}, std::vector<std::int64_t>{0, 2, 1}},
          {{{Dtype::f64, Shape{2, 1, 3, 2}}}, std::vector<std::int64_t>{3, 2, 0, 1}},
          {{{Dtype::f64, Shape{0, 2}}}, std::vector<std::int64_t>{1, 0}},
          {{{Dtype::f64, Shape{}}}, std::vector<std::int64_t>{}}};
}

Type Slice::type(std::span<const Type> x, const Attribute& ranges) {
  const Shape& shape = x[0].shape;
  const std::size_t rank = shape.rank();
  const auto numbers = groups_of(name, x, ranges, 3, rank);
  Indices extents;
  for (std::size_t axis = 0; axis < rank; ++axis) {
    const std::int64_t start = numbers[axis], stop = numbers[rank + axis], step = numbers[2 * rank + axis];
    const std::int64_t extent = shape[axis];
    const bool fits =
        step > 0 ? start >= 0 && start <= stop && stop <= extent : stop >= -1 && stop <= start && start < extent;
    if (!fits || step == 0) {
      const std::string last = std::to_string(step < 0 ? extent - 1 : extent);
      refuse<ShapeError>(name, x,
                         "axis " + std::to_string(axis) + " of " + to_string(x[0]) + " from " + std::to_string(start) +
                             " to " + std::to_string(stop) + " in steps of " + std::to_string(step),
                         step == 0  ? "a step that is not 0"
                         : step < 0 ? "-1 <= stop <= start <= " + last
                                    : "0 <= start <= stop <= " + last);
    }
    extents.push(count_of(start, stop, step));
  }
  return {x[0].dtype, Shape(extents, {})};
}

Array Slice::value(std::span<const Array> x, const Attribute& ranges, const Type& result) {
  return kernels::gather(x[0], places_in(x[0].shape(), result.shape, starts(ranges), steps(ranges)));
}
void Slice::value_into(std::span<const Array> x, const Attribute& ranges, Array& to, kernels::Scratch&) {
  kernels::gather(x[0], places_in(x[0].shape(), to.shape(), starts(ranges), steps(ranges)), to);
}

void Slice::add_transposed(std::size_t, const Array& cotangent, std::span<const Array> x, const Attribute& ranges,
                           kernels::Accumulator& adjoint) {
  kernels::scatter_add(cotangent, places_in(x[0].shape(), cotangent.shape(), starts(ranges), steps(ranges)),
                       adjoint.writable(x[0].type(), name));
}

Indices Slice::starts(const Attribute& ranges) {
  const auto numbers = integers(ranges);
  return Indices(numbers.first(numbers.size() / 3));
}
Indices Slice::steps(const Attribute& ranges) {
  const auto numbers = integers(ranges);
  return Indices(numbers.last(numbers.size() / 3));
}

std::string Slice::label(const Attribute& ranges) {
  const auto numbers = integers(ranges);
  const std::size_t rank = numbers.size() / 3;
  std::string text = "slice [";
  for (std::size_t k = 0; k < rank; ++k) {
    text += (k == 0 ? "" : ", ") + std::to_string(numbers[k]) + ":" + std::to_string(numbers[rank + k]);
    if (numbers[2 * rank + k] != 1) text += ":" + std::to_string(numbers[2 * rank + k]);
  }
  return text + "]";
}

std::vector<Sample> Slice::samples() {
  return {{{{Dtype::f64, Shape{5}}}, std::vector<std::int64_t>{1, 5, 2}},
          {{{Dtype::f32, Shape{3, 4}}}, std::vector<std::int64_t>{0, 1, 3, 3, 2, 1}},
          {{{Dtype::f64, Shape{3, 4}}}, std::vector<std::int64_t>{2, 0, 2, 4, 1, 1}},
          {{{Dtype::f64, Shape{0, 2}}}, std::vector<std::int64_t>{0, 0, 0, 1, 1, 1}},
          {{{Dtype::f64, Shape{5}}}, std::vector<std::int64_t>{4, -1, -1}},
          {{{Dtype::f64, Shape{4, 5}}}, std::vector<std::int64_t>{3, 1, 0, 5, -2, 3}},
          {{{Dtype::f32, Shape{2, 3, 4}}}, std::vector<std::int64_t>{1, 0, 3, -1, 3, -1, -1, 1, -3}},
          {{{Dtype::f64, Shape{0}}}, std::vector<std::int64_t>{-1, -1, -1}},
          {{{Dtype::f64, Shape{}}}, std::vector<std::int64_t>{}}};
}

Type Embed::type(std::span<const Type> x, const Attribute& places) {
  want_real(name, x);
  const Shape& shape = x[0].shape;
  const std::size_t rank = shape.rank();
  const auto numbers = groups_of(name, x, places, 3, rank);
  for (std::size_t axis = 0; axis < rank; ++axis) {
    const std::int64_t extent = numbers[axis], start = numbers[rank + axis], step = numbers[2 * rank + axis];
    const std::int64_t count = shape[axis];
    // Of an empty operand, start may stand where a slice of nothing may.
    const std::int64_t past = step > 0 ? 0 : 1;
    const bool fits = count == 0 ? start >= -past && start <= extent - past
                                 : start >= 0 && start < extent && step != 0 &&
                                       count <= count_of(start, step > 0 ? extent : -1, step);
    if (!fits || step == 0)
      refuse<ShapeError>(name, x,
                         "axis " + std::to_string(axis) + " of " + to_string(x[0]) + " from " + std::to_string(start) +
                             " in steps of " + std::to_string(step),
                         "places within an extent of " + std::to_string(extent));
  }
  return {x[0].dtype, Shape(numbers.first(rank), {})};
}

Array Embed::value(std::span<const Array> x, const Attribute& places, const Type& result) {
  return value_of<Embed>(x, places, result);
}
void Embed::value_into(std::span<const Array> x, const Attribute& places, Array& to, kernels::Scratch&) {
  fill_with_zeros(to);
  if (to.size() != 0) kernels::scatter(x[0], places_in(to.shape(), x[0].shape(), starts(places), steps(places)), to);
}

Indices Embed::starts(const Attribute& places) {
  const auto numbers = integers(places);
  return Indices(numbers.subspan(numbers.size() / 3, numbers.size() / 3));
}
Indices Embed::steps(const Attribute& places) {
  const auto numbers = integers(places);
  return Indices(numbers.last(numbers.size() / 3));
}
Indices Embed::stops(const Shape& x, const Attribute& places) {
  Indices result = starts(places);
  const Indices step = steps(places);
  for (std::size_t axis = 0; axis < x.rank(); ++axis)
    if (x[axis] > 0) result[axis] += (x[axis] - 1) * step[axis] + (step[axis] > 0 ? 1 : -1);
  return result;
}

std::vector<Sample> Embed::samples() {
  return {{{{Dtype::f64, Shape{2}}}, std::vector<std::int64_t>{5, 1, 2}},
          {{{Dtype::f32, Shape{2, 3}}}, std::vector<std::int64_t>{3, 7, 1, 0, 1, 3}},
          {{{Dtype::f64, Shape{1, 4}}}, std::vector<std::int64_t>{3, 4, 2, 0, 1, 1}},
          {{{Dtype::f64, Shape{0, 2}}}, std::vector<std::int64_t>{3, 2, 0, 0, 1, 1}},
          {{{Dtype::f64, Shape{3}}}, std::vector<std::int64_t>{7, 6, -3}},
          {{{Dtype::f64, Shape{2, 3}}}, std::vector<std::int64_t>{4, 3, 3, 2, -2, -1}},
          {{{Dtype::f64, Shape{}}}, std::vector<std::int64_t>{}}};
}

// --- Joining --------------------------------------------------------------------------------------------------------

namespace {

void want_operands(const char* operation, std::span<const Type> x) {
  if (x.empty()) refuse<ArgumentError>(operation, x, "no operands", "at least one");
}
/// The operands one after the other along `axis` of the result.
void join(std::span<const Array> x, std::size_t axis, Array& to, const auto& extent_of) {
  const View dense = kernels::dense_view(to.shape());
  std::int64_t start = 0;
  for (const Array& operand : x) {
    Indices extents(to.shape().extents());
    extents[axis] = extent_of(operand);
    View view = dense;
    view.shape = Shape(extents, {});
    view.start = start * dense.stride[axis];
    kernels::scatter(operand, view, to);
    start += extents[axis];
  }
}

}  // namespace

Type Stack::type(std::span<const Type> x, const Attribute& axis_attribute) {
  want_operands(name, x);
  const std::int64_t axis = std::get<std::int64_t>(axis_attribute);
  want_axis(name, x, axis, x[0].shape.rank() + 1);
  for (std::size_t k = 1; k < x.size(); ++k) {
    if (x[k] == x[0]) continue;
    const std::string problem = "operand " + std::to_string(k) + " has " + to_string(x[k]);
    if (x[k].dtype != x[0].dtype) refuse<DtypeError>(name, x, problem, to_string(x[0]) + " like operand 0");
    refuse<ShapeError>(name, x, problem, to_string(x[0]) + " like operand 0");
  }
  Indices extents;
  for (std::size_t k = 0; k <= x[0].shape.rank(); ++k) {
    if (k == position_of(axis)) extents.push(static_cast<std::int64_t>(x.size()));
    if (k < x[0].shape.rank()) extents.push(x[0].shape[k]);
  }
  return {x[0].dtype, Shape(extents, {})};
}

Array Stack::value(std::span<const Array> x, const Attribute& axis, const Type& result) {
  return value_of<Stack>(x, axis, result);
}
void Stack::value_into(std::span<const Array> x, const Attribute& axis, Array& to, kernels::Scratch&) {
  join(x, position_of(std::get<std::int64_t>(axis)), to, [](const Array&) { return std::int64_t{1}; });
}

std::vector<Sample> Stack::samples() {
  const Type number{Dtype::f64, Shape{}}, row{Dtype::f32, Shape{3}}, matrix{Dtype::f64, Shape{2, 3}};
  return {{{number, number, number}, std::int64_t{0}},
          {{row, row}, std::int64_t{0}},
          {{row, row}, std::int64_t{1}},
          {{matrix}, std::int64_t{1}},
          {{{Dtype::f64, Shape{0}}, {Dtype::f64, Shape{0}}}, std::int64_t{0}}};
}

Type Concatenate::type(std::span<const Type> x, const Attribute& axis_attribute) {
  want_operands(name, x);
  const std::int64_t axis = std::get<std::int64_t>(axis_attribute);
  want_axis(name, x, axis, x[0].shape.rank());
  Indices extents(x[0].shape.extents());
  for (std::size_t k = 1; k < x.size(); ++k) {
    const std::string problem = "operand " + std::to_string(k) + " has " + to_string(x[k]);
    if (x[k].dtype != x[0].dtype)
      refuse<DtypeError>(name, x, problem, std::string(to_string(x[0].dtype)) + " like operand 0");
    bool fits = x[k].shape.rank() == x[0].shape.rank();
    for (std::size_t a = 0; a < x[0].shape.rank() && fits; ++a)
      fits = a == position_of(axis) || x[k].shape[a] == x[0].shape[a];
    if (!fits)
      refuse<ShapeError>(name, x, problem,
                         to_string(x[0]) + " like operand 0, but for the extent of axis " + std::to_string(axis));
    extents[position_of(axis)] += x[k].shape[position_of(axis)];
  }
  return {x[0].dtype, Shape(extents, {})};
}

Array Concatenate::value(std::span<const Array> x, const Attribute& axis_attribute, const Type& result) {
  return value_of<Concatenate>(x, axis_attribute, result);
}
void Concatenate::value_into(std::span<const Array> x, const Attribute& axis_attribute, Array& to, kernels::Scratch&) {
  const std::size_t axis = position_of(std::get<std::int64_t>(axis_attribute));
  join(x, axis, to, [axis](const Array& operand) { return operand.shape()[axis]; });
}

std::vector<Sample> Concatenate::samples() {
  return {{{{Dtype::f64, Shape{2}}, {Dtype::f64, Shape{3}}}, std::int64_t{0}},
          {{{Dtype::f32, Shape{2, 1}}, {Dtype::f32, Shape{2, 3}}, {Dtype::f32, Shape{2, 2}}}, std::int64_t{1}},
          {{{Dtype::f64, Shape{2, 2}}, {Dtype::f64, Shape{0, 2}}}, std::int64_t{0}}};
}

// --- Crossing -------------------------------------------------------------------------------------------------------

namespace {

/// `value` as an element of dtype To; what does not fit is a DomainError.
template <Element To, Element From>
To converted(From value) {
  if constexpr (std::is_same_v<To, bool>) {
    return value != From{};
  } else if constexpr (std::is_integral_v<To> && std::is_floating_point_v<From>) {
    const auto whole = static_cast<double>(std::trunc(value));
    const double limit = std::ldexp(1.0, static_cast<int>(8 * sizeof(To)) - 1);
    if (!(whole >= -limit && whole < limit))
      throw DomainError{{.operation = Convert::name,
                         .problem = "the element " + std::to_string(value),
                         .expected = "a value of " + std::string(to_string(dtype_of<To>()))}};
    return static_cast<To>(whole);
  } else if constexpr (std::is_same_v<To, std::int32_t> && std::is_same_v<From, std::int64_t>) {
    if (value < std::numeric_limits<To>::min() || value > std::numeric_limits<To>::max())
      throw DomainError{{.operation = Convert::name,
                         .problem = "the element " + std::to_string(value),
                         .expected = "a value of i32"}};
    return static_cast<To>(value);
  } else {
    return static_cast<To>(value);
  }
}

void want_position(const char* operation, std::span<const Type> x, std::int64_t position, std::int64_t size) {
  if (position < 0 || position >= size)
    refuse<ShapeError>(operation, x, "element number " + std::to_string(position),
                       "a number below " + std::to_string(size) + ", the count of elements");
}

}  // namespace

Type Convert::type(std::span<const Type> x, const Attribute& dtype_name) {
  Dtype dtype{};
  if (!parse_dtype(std::get<std::string>(dtype_name), dtype))
    refuse<ArgumentError>(name, x, "no dtype is called " + graph::to_string(dtype_name), "f32, f64, i32, i64 or bool");
  return {dtype, x[0].shape};
}

Array Convert::value(std::span<const Array> x, const Attribute& dtype, const Type& result) {
  if (x[0].dtype() == result.dtype) return x[0];
  if (!x[0].is_uniform()) return value_of<Convert>(x, dtype, result);
  return with_element_type(x[0].dtype(), [&]<class From>(std::type_identity<From>) {
    return with_element_type(result.dtype, [&]<class To>(std::type_identity<To>) {
      return Array::uniform_of<To>(result.shape, converted<To>(x[0].stored<From>()[0]));
    });
  });
}
void Convert::value_into(std::span<const Array> x, const Attribute&, Array& to, kernels::Scratch&) {
  with_element_type(x[0].dtype(), [&]<class From>(std::type_identity<From>) {
    with_element_type(to.dtype(), [&]<class To>(std::type_identity<To>) {
      const auto from = x[0].stored<From>();
      const auto out = to.mutable_data<To>();
      if (x[0].is_uniform())
        std::fill(out.begin(), out.end(), converted<To>(from[0]));
      else
        for (std::size_t i = 0; i < out.size(); ++i) out[i] = converted<To>(from[i]);
    });
  });
}

std::vector<Sample> Convert::samples() {
  return {{{{Dtype::f32, Shape{2, 3}}}, std::string("f64")},
          {{{Dtype::f64, Shape{3}}}, std::string("f32")},
          {{{Dtype::f64, Shape{}}}, std::string("f64")}};
}

Type ToScalar::type(std::span<const Type> x, const Attribute& position) {
  want_position(name, x, std::get<std::int64_t>(position), x[0].shape.size());
  return {Dtype::f64, Shape{}};
}

Array ToScalar::value(std::span<const Array> x, const Attribute& position, const Type& result) {
  return value_of<ToScalar>(x, position, result);
}
void ToScalar::value_into(std::span<const Array> x, const Attribute& position, Array& to, kernels::Scratch&) {
  to.mutable_data<double>()[0] = x[0].element(std::get<std::int64_t>(position));
}

void ToScalar::add_transposed(std::size_t, const Array& cotangent, std::span<const Array> x, const Attribute& position,
                              kernels::Accumulator& adjoint) {
  kernels::with_real_type(x[0].dtype(), [&]<class T>(std::type_identity<T>) {
    adjoint.writable(x[0].type(), name).template mutable_data<T>()[position_of(std::get<std::int64_t>(position))] +=
        static_cast<T>(cotangent.element(0));
  });
}

std::vector<Sample> ToScalar::samples() {
  return {{{{Dtype::f64, Shape{2, 3}}}, std::int64_t{4}},
          {{{Dtype::f32, Shape{2}}}, std::int64_t{0}},
          {{{Dtype::f64, Shape{}}}, std::int64_t{0}}};
}

Type ToTensor::type(std::span<const Type> x, const Attribute& attribute) {
  const auto numbers = integers(attribute);
  if (!(x[0] == Type{Dtype::f64, Shape{}}))
    refuse<ShapeError>(name, x, "operand 0 has " + to_string(x[0]), "a Scalar, or f64 of rank 0");
  if (numbers.size() < 2 || (numbers[1] != 4 && numbers[1] != 8))
    refuse<ArgumentError>(name, x, "the attribute " + graph::to_string(attribute), "[position, 4 or 8, extents…]");
  const Shape shape(numbers.subspan(2), {});
  want_position(name, x, numbers[0], shape.size());
  return {numbers[1] == 4 ? Dtype::f32 : Dtype::f64, shape};
}

Array ToTensor::value(std::span<const Array> x, const Attribute& place, const Type& result) {
  return value_of<ToTensor>(x, place, result);
}
void ToTensor::value_into(std::span<const Array> x, const Attribute& place, Array& to, kernels::Scratch&) {
  fill_with_zeros(to);
  kernels::with_real_type(to.dtype(), [&]<class T>(std::type_identity<T>) {
    to.mutable_data<T>()[position_of(integers(place)[0])] = static_cast<T>(x[0].element(0));
  });
}

std::vector<Sample> ToTensor::samples() {
  const Type number{Dtype::f64, Shape{}};
  return {{{number}, std::vector<std::int64_t>{4, 8, 2, 3}},
          {{number}, std::vector<std::int64_t>{1, 4, 2}},
          {{number}, std::vector<std::int64_t>{0, 8}}};
}

}  // namespace wengert::ops
