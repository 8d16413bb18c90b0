// Reading order: Numbers (the attribute), windows_of (all that the type rules check), then the primitives.
#include "wengert/autodiff/ops/pooling.hpp"

#include "wengert/autodiff/ops/kernels_pooling.hpp"
#include "wengert/autodiff/ops/refuse.hpp"

namespace wengert::ops {

namespace {

using kernels::Windows;
using kernels::Windows2d;

/// Places in the attribute: five numbers for each axis, the divisor, two extents.
constexpr std::size_t for_axis = 5, divided_by = 2 * for_axis, extents = divided_by + 1;

std::span<const std::int64_t> numbers_of(const char* operation, std::span<const Type> x, const Attribute& attribute,
                                         std::size_t count) {
  const auto n = integers(attribute);
  bool good = n.size() == count;
  for (std::size_t k = 0; k < n.size() && good; ++k) {
    const std::size_t which = k % for_axis;  // size, stride, padding, dilation, count
    good = k >= divided_by ? n[k] >= 0 && (k > divided_by || n[k] <= 2) : n[k] >= (which == 1 || which == 3 ? 1 : 0);
    if (good && k < divided_by && which == 3 && n[k - 3] == 0) good = n[k - 2] == 1 && n[k - 1] == 0 && n[k] == 1;
  }
  if (!good)
    refuse<ArgumentError>(operation, x, "the attribute " + graph::to_string(attribute),
                          "size, stride, padding, dilation, count for two axes (1, 0, 1 with size 0)" +
                              std::string(count > divided_by ? ", a divisor from 0 to 2" : "") +
                              (count > extents ? ", two extents" : ""));
  return n;
}

void want_planes(const char* operation, std::span<const Type> x) {
  want_real(operation, x);
  if (x[0].shape.rank() != 4)
    refuse<ShapeError>(operation, x, "operand 0 has " + to_string(x[0]), "four axes: items, channels, rows, columns");
}

Windows2d windows_of(std::span<const std::int64_t> n, std::int64_t rows, std::int64_t columns) {
  const auto along = [&](std::size_t axis, std::int64_t extent) {
    const auto at = n.subspan(axis * for_axis, for_axis);
    return Windows{at[0], at[1], at[2], at[3], at[4], extent};
  };
  return {along(0, rows), along(1, columns)};
}

/// Every window holds an element, and no number of those that say where overflows.
bool hold_elements(const Windows& w) {
  std::int64_t last = 0, reach = 0, ignored = 0;
  if (w.count == 0) return true;
  if (w.extent == 0) return false;
  if (w.size == 0)
    return !__builtin_mul_overflow(w.count + 1, w.extent, &last) && !__builtin_add_overflow(last, w.count, &last);
  // Half of the window at most is padding; where elements of a window are further apart than the axis is long, padding
  // could push all of them out.
  return w.padding <= w.size / 2 && (w.padding == 0 || w.dilation <= w.extent) &&
         !__builtin_mul_overflow(w.count - 1, w.stride, &last) && !__builtin_sub_overflow(last, w.padding, &last) &&
         last < w.extent && !__builtin_mul_overflow(w.size - 1, w.dilation, &reach) &&
         !__builtin_add_overflow(reach, w.extent, &ignored) && !__builtin_add_overflow(w.extent, w.padding, &ignored);
}

void want_elements(const char* operation, std::span<const Type> x, const Windows2d& windows) {
  for (std::size_t axis = 0; axis < 2; ++axis) {
    const Windows& w = windows[axis];
    if (hold_elements(w)) continue;
    std::string text = std::to_string(w.count) + " windows";
    if (w.size > 0)
      text += " of " + std::to_string(w.size) + " (stride " + std::to_string(w.stride) + ", padding " +
              std::to_string(w.padding) + ", dilation " + std::to_string(w.dilation) + ")";
    refuse<ShapeError>(operation, x, text + " along an axis of " + std::to_string(w.extent),
                       "windows that hold one element at least, and padding of at most half of a window");
  }
}

Shape pooled(const Shape& x, const Windows2d& windows) {
  return Shape({x[0], x[1], windows[0].count, windows[1].count}, {});
}

}  // namespace

std::string pooling_label(const char* symbol, const Attribute& attribute) {
  const auto n = integers(attribute);
  std::string text = symbol;
  if (n.size() < divided_by) return text;
  const auto pair = [&](std::size_t k, const char* between) {
    return std::to_string(n[k]) + between + std::to_string(n[k + for_axis]);
  };
  if (n[0] == 0 && n[for_axis] == 0) return text + " to " + pair(4, "×");
  text += " " + pair(0, "×");
  if (n[1] != n[0] || n[for_axis + 1] != n[for_axis]) text += " stride " + pair(1, ",");
  if (n[2] != 0 || n[for_axis + 2] != 0) text += " padding " + pair(2, ",");
  if (n[3] != 1 || n[for_axis + 3] != 1) text += " dilation " + pair(3, ",");
  return text;
}

// --- The largest ----------------------------------------------------------------------------------------------------

Type MaxPool2dPositions::type(std::span<const Type> x, const Attribute& attribute) {
  const auto n = numbers_of(name, x, attribute, divided_by);
  want_planes(name, x);
  const Windows2d windows = windows_of(n, x[0].shape[2], x[0].shape[3]);
  want_elements(name, x, windows);
  return {Dtype::i64, pooled(x[0].shape, windows)};
}

Array MaxPool2dPositions::value(std::span<const Array> x, const Attribute& windows, const Type& result) {
  return value_of<MaxPool2dPositions>(x, windows, result);
}
void MaxPool2dPositions::value_into(std::span<const Array> x, const Attribute& windows, Array& to,
                                    kernels::Scratch& scratch) {
  kernels::positions_of_largest(x[0], windows_of(integers(windows), x[0].shape()[2], x[0].shape()[3]), to, scratch);
}

// --- The mean -------------------------------------------------------------------------------------------------------

Type AvgPool2d::type(std::span<const Type> x, const Attribute& attribute) {
  const auto n = numbers_of(name, x, attribute, extents);
  want_planes(name, x);
  const Windows2d windows = windows_of(n, x[0].shape[2], x[0].shape[3]);
  want_elements(name, x, windows);
  return {x[0].dtype, pooled(x[0].shape, windows)};
}

Array AvgPool2d::value(std::span<const Array> x, const Attribute& windows, const Type& result) {
  return value_of<AvgPool2d>(x, windows, result);
}
void AvgPool2d::value_into(std::span<const Array> x, const Attribute& windows, Array& to, kernels::Scratch& scratch) {
  const auto n = integers(windows);
  kernels::window_means(x[0], windows_of(n, x[0].shape()[2], x[0].shape()[3]),
                        static_cast<kernels::Divisor>(n[divided_by]), to, scratch);
}

Attribute AvgPool2d::with_extents(const Attribute& windows, const Shape& of) {
  const auto n = integers(windows);
  std::vector<std::int64_t> numbers(n.begin(), n.end());
  numbers.insert(numbers.end(), {of[2], of[3]});
  return numbers;
}

Type AvgPool2dTransposed::type(std::span<const Type> x, const Attribute& attribute) {
  const auto n = numbers_of(name, x, attribute, extents + 2);
  want_planes(name, x);
  const Windows2d windows = windows_of(n, n[extents], n[extents + 1]);
  want_elements(name, x, windows);
  const Shape& g = x[0].shape;
  if (!(g == pooled(g, windows)))
    refuse<ShapeError>(name, x, "operand 0 has " + to_string(x[0]),
                       "an element for each of " + std::to_string(windows[0].count) + "×" +
                           std::to_string(windows[1].count) + " windows");
  return {x[0].dtype, Shape({g[0], g[1], n[extents], n[extents + 1]}, {})};
}

Array AvgPool2dTransposed::value(std::span<const Array> x, const Attribute& windows, const Type& result) {
  return value_of<AvgPool2dTransposed>(x, windows, result);
}
void AvgPool2dTransposed::value_into(std::span<const Array> x, const Attribute& windows, Array& to,
                                     kernels::Scratch& scratch) {
  const auto n = integers(windows);
  kernels::window_means_transposed(x[0], windows_of(n, n[extents], n[extents + 1]),
                                   static_cast<kernels::Divisor>(n[divided_by]), to, scratch);
}

Attribute AvgPool2dTransposed::without_extents(const Attribute& windows) {
  return attribute_of(integers(windows).first(extents));
}

// --- Samples --------------------------------------------------------------------------------------------------------

namespace {

struct Example {
  Type x;
  std::vector<std::int64_t> windows;
  std::int64_t divisor;
};

std::vector<Example> examples() {
  return {{{Dtype::f64, {1, 1, 4, 4}}, {2, 2, 0, 1, 2, 2, 2, 0, 1, 2}, 1},
          {{Dtype::f64, {2, 2, 3, 5}}, {3, 1, 1, 1, 3, 2, 1, 0, 1, 4}, 2},
          {{Dtype::f32, {1, 2, 5, 3}}, {2, 2, 1, 1, 3, 3, 2, 1, 1, 2}, 1},
          {{Dtype::f64, {1, 1, 5, 4}}, {2, 2, 0, 2, 2, 3, 3, 0, 1, 2}, 2},
          {{Dtype::f64, {1, 2, 5, 3}}, {0, 1, 0, 1, 3, 0, 1, 0, 1, 2}, 1},
          {{Dtype::f32, {2, 1, 2, 3}}, {0, 1, 0, 1, 3, 2, 1, 0, 1, 2}, 0},
          {{Dtype::f64, {0, 2, 2, 2}}, {2, 1, 0, 1, 1, 2, 1, 0, 1, 1}, 0},
          {{Dtype::f64, {2, 1, 2, 0}}, {2, 1, 0, 1, 1, 2, 1, 0, 1, 0}, 1}};
}

std::vector<std::int64_t> with_divisor(const Example& e) {
  std::vector<std::int64_t> n = e.windows;
  n.push_back(e.divisor);
  return n;
}

}  // namespace

std::vector<Sample> MaxPool2dPositions::samples() {
  std::vector<Sample> all;
  for (const Example& e : examples()) all.push_back({{e.x}, e.windows});
  return all;
}
std::vector<Sample> AvgPool2d::samples() {
  std::vector<Sample> all;
  for (const Example& e : examples()) all.push_back({{e.x}, with_divisor(e)});
  return all;
}
std::vector<Sample> AvgPool2dTransposed::samples() {
  std::vector<Sample> all;
  for (const Example& e : examples()) {
    std::vector<std::int64_t> n = with_divisor(e);
    n.insert(n.end(), {e.x.shape[2], e.x.shape[3]});
    all.push_back({{{e.x.dtype, pooled(e.x.shape, windows_of(n, 0, 0))}}, n});
  }
  return all;
}

}  // namespace wengert::ops
