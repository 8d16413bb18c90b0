// Reading order: Numbers (the attribute), sizes_of (all that the type rules check), then the primitives.
#include "wengert/autodiff/ops/convolution.hpp"

#include <algorithm>
#include <array>

#include "wengert/autodiff/ops/kernels_convolution.hpp"
#include "wengert/autodiff/ops/refuse.hpp"

namespace wengert::ops {

namespace {

using kernels::ConvolutionSizes;

/// Places in the attribute.
enum Number : std::size_t { stride = 0, padding = 2, dilation = 6, group_count = 8, marked = 9, extents = 10 };

/// The numbers of the attribute, each one that it can be.
std::span<const std::int64_t> numbers_of(const char* operation, std::span<const Type> x, const Attribute& attribute,
                                         bool with_extents) {
  const auto n = integers(attribute);
  bool good = n.size() == (with_extents ? extents + 2 : extents);
  for (std::size_t k = 0; k < n.size() && good; ++k) {
    const bool not_zero = k < padding || (k >= dilation && k < marked);
    good = n[k] >= (not_zero ? 1 : 0) && (k != marked || n[k] <= 2);
  }
  if (!good)
    refuse<ArgumentError>(operation, x, "the attribute " + graph::to_string(attribute),
                          std::string("strides, padding (4), dilations, groups, a mark from 0 to 2") +
                              (with_extents ? ", two extents" : "") + ": padding and extents 0 or more, the others 1");
  return n;
}

std::string on_axes(const char* name, std::int64_t rows, std::int64_t columns) {
  return std::string(" ") + name + " " + std::to_string(rows) + "," + std::to_string(columns);
}

/// "f64[*,3,*,*]": 0 and more in `known` are extents, -1 any.
std::string pattern(Dtype dtype, std::initializer_list<std::int64_t> known) {
  std::string text = std::string(to_string(dtype)) + "[";
  for (const std::int64_t extent : known) {
    if (text.back() != '[') text += ',';
    text += extent < 0 ? "*" : std::to_string(extent);
  }
  return text + "]";
}

/// The sizes, from shapes of input, weight and output of which one may be missing; what the operands' own checks leave:
/// places of windows. `which` is what the shapes of the operands are.
struct Parts {
  const Shape* input = nullptr;
  const Shape* weight = nullptr;
  const Shape* output = nullptr;
};

void want_operands(const char* operation, std::span<const Type> x) {
  want_real(operation, x);
  if (x[0].dtype != x[1].dtype)
    refuse<DtypeError>(operation, x, "operand 1 has " + to_string(x[1]),
                       std::string(to_string(x[0].dtype)) + " like operand 0",
                       "convert one of them; f32 and f64 are never mixed silently");
  for (std::size_t k = 0; k < 2; ++k)
    if (x[k].shape.rank() != 4)
      refuse<ShapeError>(operation, x, "operand " + std::to_string(k) + " has " + to_string(x[k]), "four axes");
}

ConvolutionSizes sizes_of(std::span<const std::int64_t> n, const Shape& input, const Shape& weight,
                          const ConvolutionSizes::Pair& places) {
  ConvolutionSizes s;
  s.items = input[0];
  s.groups = n[group_count];
  s.channels = weight[1];
  s.outputs = weight[0] / s.groups;
  s.extent = {input[2], input[3]};
  s.window = {weight[2], weight[3]};
  s.places = places;
  s.stride = {n[stride], n[stride + 1]};
  s.before = {n[padding], n[padding + 2]};
  s.dilation = {n[dilation], n[dilation + 1]};
  s.padded = n[padding] + n[padding + 1] + n[padding + 2] + n[padding + 3] > 0;
  s.cotangent = n[marked];
  return s;
}

/// How many places a window has along both axes; 0 where it does not fit.
ConvolutionSizes::Pair places_in(std::span<const std::int64_t> n, std::array<std::int64_t, 2> extent,
                                 std::array<std::int64_t, 2> window) {
  ConvolutionSizes::Pair places{};
  for (std::size_t axis = 0; axis < 2; ++axis) {
    std::int64_t around = 0;
    if (window[axis] == 0 || __builtin_add_overflow(n[padding + 2 * axis], n[padding + 2 * axis + 1], &around))
      continue;
    places[axis] = places_of_window(extent[axis], around, window[axis], n[stride + axis], n[dilation + axis]);
  }
  return places;
}

std::string window_text(std::span<const std::int64_t> n, std::int64_t rows, std::int64_t columns) {
  std::string text = "a window of " + std::to_string(rows) + "×" + std::to_string(columns);
  if (n[dilation] != 1 || n[dilation + 1] != 1) text += on_axes(", dilation", n[dilation], n[dilation + 1]).substr(1);
  return text;
}

void want_places(const char* operation, std::span<const Type> x, std::span<const std::int64_t> n,
                 ConvolutionSizes::Pair places, std::int64_t rows, std::int64_t columns) {
  if (places[0] > 0 && places[1] > 0) return;
  const Indices around(n.subspan(padding, dilation - padding));
  const bool padded = std::any_of(around.begin(), around.end(), [](std::int64_t p) { return p != 0; });
  refuse<ShapeError>(operation, x, window_text(n, rows, columns),
                     "one of 1×1 at least that is not larger than the input " + to_string(x[0]) +
                         (padded ? " with padding " + to_string(around) : ""));
}

void want_groups(const char* operation, std::span<const Type> x, std::int64_t groups, std::int64_t channels,
                 const char* what) {
  if (channels % groups == 0) return;
  refuse<ShapeError>(operation, x, std::to_string(groups) + " groups for " + std::to_string(channels) + " " + what,
                     "a number that divides " + std::to_string(channels));
}

/// The output that belongs to input and weight must be as large as the output given.
void want_output(const char* operation, std::span<const Type> x, std::size_t operand, ConvolutionSizes::Pair places,
                 std::int64_t items, std::int64_t outputs) {
  const Shape& g = x[operand].shape;
  if (g[2] == places[0] && g[3] == places[1] && (items < 0 || g[0] == items) && (outputs < 0 || g[1] == outputs))
    return;
  refuse<ShapeError>(operation, x, "operand " + std::to_string(operand) + " has " + to_string(x[operand]),
                     pattern(x[operand].dtype, {items, outputs, places[0], places[1]}) + ", an output of conv2d");
}

ConvolutionSizes::Pair last_two(const Shape& shape) { return {shape[2], shape[3]}; }

}  // namespace

Attribute convolution_attribute(const Attribute& like, std::int64_t cotangent) {
  const auto n = integers(like).first(extents);
  std::vector<std::int64_t> numbers(n.begin(), n.end());
  numbers[marked] = cotangent;
  return numbers;
}
Attribute convolution_attribute(const Attribute& like, std::int64_t cotangent, const Shape& result) {
  Attribute attribute = convolution_attribute(like, cotangent);
  auto& numbers = std::get<std::vector<std::int64_t>>(attribute);
  numbers.insert(numbers.end(), {result[2], result[3]});
  return attribute;
}

std::int64_t places_of_window(std::int64_t extent, std::int64_t around, std::int64_t size, std::int64_t stride,
                              std::int64_t dilation) noexcept {
  std::int64_t reach = 0;  // from the first element of a window to the last
  if (__builtin_mul_overflow(size - 1, dilation, &reach) || __builtin_add_overflow(extent, around, &extent)) return 0;
  return reach >= extent ? 0 : (extent - reach - 1) / stride + 1;
}

std::string convolution_label(const char* symbol, const Attribute& how) {
  const auto n = integers(how);
  std::string text = symbol;
  if (n.size() < extents) return text;
  if (n[stride] != 1 || n[stride + 1] != 1) text += on_axes("stride", n[stride], n[stride + 1]);
  if (std::any_of(n.begin() + padding, n.begin() + dilation, [](std::int64_t p) { return p != 0; }))
    text += on_axes("padding", n[padding], n[padding + 1]) + "," + std::to_string(n[padding + 2]) + "," +
            std::to_string(n[padding + 3]);
  if (n[dilation] != 1 || n[dilation + 1] != 1) text += on_axes("dilation", n[dilation], n[dilation + 1]);
  if (n[group_count] != 1) text += " groups " + std::to_string(n[group_count]);
  return text;
}

// --- The primitives -------------------------------------------------------------------------------------------------

Type Conv2d::type(std::span<const Type> x, const Attribute& how) {
  const auto n = numbers_of(name, x, how, false);
  want_operands(name, x);
  const Shape &input = x[0].shape, &weight = x[1].shape;
  const std::int64_t groups = n[group_count];
  want_groups(name, x, groups, input[1], "input channels");
  want_groups(name, x, groups, weight[0], "output channels");
  if (weight[1] != input[1] / groups)
    refuse<ShapeError>(name, x, "operand 1 has " + to_string(x[1]),
                       pattern(x[1].dtype, {-1, input[1] / groups, -1, -1}) + " to go with " + to_string(x[0]) +
                           (groups == 1 ? "" : " in " + std::to_string(groups) + " groups"));
  const auto places = places_in(n, last_two(input), last_two(weight));
  want_places(name, x, n, places, weight[2], weight[3]);
  return {x[0].dtype, Shape({input[0], weight[0], places[0], places[1]}, {})};
}

Array Conv2d::value(std::span<const Array> x, const Attribute& how, const Type& result) {
  return value_of<Conv2d>(x, how, result);
}
void Conv2d::value_into(std::span<const Array> x, const Attribute& how, Array& to, kernels::Scratch& scratch) {
  kernels::convolve(x[0], x[1], sizes_of(integers(how), x[0].shape(), x[1].shape(), last_two(to.shape())), to, scratch);
}

Type Conv2dByInput::type(std::span<const Type> x, const Attribute& how) {
  const auto n = numbers_of(name, x, how, true);
  want_operands(name, x);
  const Shape &g = x[0].shape, &weight = x[1].shape;
  const std::int64_t groups = n[group_count];
  want_groups(name, x, groups, weight[0], "output channels");
  const std::array<std::int64_t, 2> extent{n[extents], n[extents + 1]};
  want_output(name, x, 0, places_in(n, extent, last_two(weight)), -1, weight[0]);
  std::int64_t channels = 0;
  if (__builtin_mul_overflow(weight[1], groups, &channels))
    refuse<ShapeError>(name, x, std::to_string(groups) + " groups", "fewer than 2^63 channels");
  return {x[0].dtype, Shape({g[0], channels, extent[0], extent[1]}, {})};
}

Array Conv2dByInput::value(std::span<const Array> x, const Attribute& how, const Type& result) {
  return value_of<Conv2dByInput>(x, how, result);
}
void Conv2dByInput::value_into(std::span<const Array> x, const Attribute& how, Array& to, kernels::Scratch& scratch) {
  kernels::convolve_by_input(x[0], x[1], sizes_of(integers(how), to.shape(), x[1].shape(), last_two(x[0].shape())), to,
                             scratch);
}

Type Conv2dByWeight::type(std::span<const Type> x, const Attribute& how) {
  const auto n = numbers_of(name, x, how, true);
  want_operands(name, x);
  const Shape &input = x[0].shape, &g = x[1].shape;
  const std::int64_t groups = n[group_count];
  want_groups(name, x, groups, input[1], "input channels");
  want_groups(name, x, groups, g[1], "output channels");
  const std::array<std::int64_t, 2> window{n[extents], n[extents + 1]};
  want_output(name, x, 1, places_in(n, last_two(input), window), input[0], -1);
  return {x[0].dtype, Shape({g[1], input[1] / groups, window[0], window[1]}, {})};
}

Array Conv2dByWeight::value(std::span<const Array> x, const Attribute& how, const Type& result) {
  return value_of<Conv2dByWeight>(x, how, result);
}
void Conv2dByWeight::value_into(std::span<const Array> x, const Attribute& how, Array& to, kernels::Scratch& scratch) {
  kernels::convolve_by_weight(x[0], x[1], sizes_of(integers(how), x[0].shape(), to.shape(), last_two(x[1].shape())), to,
                              scratch);
}

// --- Samples --------------------------------------------------------------------------------------------------------

namespace {

/// Input, weight and how.
struct Example {
  Shape input, weight;
  std::vector<std::int64_t> how;
  Dtype dtype = Dtype::f64;
};

std::vector<Example> examples() {
  return {{{1, 1, 3, 3}, {1, 1, 2, 2}, {1, 1, 0, 0, 0, 0, 1, 1, 1, 0}},
          {{2, 2, 4, 3}, {3, 2, 2, 3}, {1, 1, 1, 1, 1, 1, 1, 1, 1, 0}},
          {{1, 2, 5, 4}, {2, 2, 3, 2}, {2, 1, 1, 0, 0, 1, 1, 2, 1, 0}},
          {{2, 4, 3, 3}, {2, 2, 1, 1}, {1, 1, 0, 0, 0, 0, 1, 1, 2, 0}},
          {{1, 2, 1, 6}, {4, 1, 1, 3}, {1, 2, 0, 0, 2, 2, 1, 1, 2, 0}, Dtype::f32},
          {{2, 3, 2, 2}, {2, 3, 1, 1}, {2, 2, 0, 0, 0, 0, 1, 1, 1, 0}, Dtype::f32},
          {{0, 2, 3, 3}, {2, 2, 2, 2}, {1, 1, 0, 0, 0, 0, 1, 1, 1, 0}},
          {{2, 0, 3, 3}, {2, 0, 2, 2}, {1, 1, 0, 0, 0, 0, 1, 1, 1, 0}},
          {{1, 2, 3, 2}, {0, 2, 2, 2}, {1, 1, 0, 0, 0, 0, 1, 1, 1, 0}},
          {{1, 1, 2, 5}, {1, 1, 2, 2}, {3, 3, 2, 1, 1, 2, 1, 3, 1, 1}}};
}

Type output_of(const Example& e) {
  const Type operands[]{{e.dtype, e.input}, {e.dtype, e.weight}};
  return Conv2d::type(operands, e.how);
}

}  // namespace

std::vector<Sample> Conv2d::samples() {
  std::vector<Sample> all;
  for (const Example& e : examples()) all.push_back({{{e.dtype, e.input}, {e.dtype, e.weight}}, e.how});
  return all;
}
std::vector<Sample> Conv2dByInput::samples() {
  std::vector<Sample> all;
  for (const Example& e : examples())
    all.push_back({{output_of(e), {e.dtype, e.weight}}, convolution_attribute(e.how, e.how[marked], e.input)});
  return all;
}
std::vector<Sample> Conv2dByWeight::samples() {
  std::vector<Sample> all;
  for (const Example& e : examples())
    all.push_back({{{e.dtype, e.input}, output_of(e)}, convolution_attribute(e.how, e.how[marked], e.weight)});
  return all;
}

}  // namespace wengert::ops
