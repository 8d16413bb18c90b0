#include "wengert/nn/layers/convolution.hpp"

#include <cmath>
#include <string>

#include "wengert/nn/functions/checks.hpp"
#include "wengert/nn/functions/lined.hpp"
#include "wengert/nn/functions/operands.hpp"

namespace wengert::nn {

using namespace detail;

namespace {

using Where = std::source_location;

/// The window along each axis.
Indices window_of(std::string_view layer, const Indices& window, std::size_t axes, Where where) {
  want(window.size() == 1 || window.size() == axes, layer, "the window is " + to_string(window),
       "one number, or one for each of " + std::to_string(axes) + " axes", where);
  Indices result;
  for (std::size_t axis = 0; axis < axes; ++axis) {
    result.push(window[window.size() == 1 ? 0 : axis]);
    want(result[axis] > 0, layer, "the window is " + to_string(window), "positive numbers", where);
  }
  return result;
}

std::int64_t number_at(const Indices& list, std::size_t axis, std::int64_t otherwise) {
  return list.size() == 0 ? otherwise : list[list.size() == 1 ? 0 : axis];
}

/// d·(w - 1) elements for each axis, the smaller half of them before.
Indices same_padding(std::string_view layer, const Indices& window, const ConvOptions& options, Where where) {
  want(options.padding.size() == 0, layer, "padding " + to_string(options.padding) + " beside `same`", "one of the two",
       where);
  Indices result;
  for (std::size_t axis = 0; axis < window.size(); ++axis) {
    want(number_at(options.stride, axis, 1) == 1, layer, "`same` with stride " + to_string(options.stride), "stride 1",
         where);
    const std::int64_t around = number_at(options.dilation, axis, 1) * (window[axis] - 1);
    result.push(around / 2);
    result.push(around - around / 2);
  }
  return result;
}

void want_groups(std::string_view layer, std::int64_t in, std::int64_t out, std::int64_t groups, Where where) {
  want(in > 0 && out > 0, layer, std::to_string(in) + " and " + std::to_string(out) + " channels",
       "one at least on either side", where);
  want(groups > 0 && in % groups == 0 && out % groups == 0, layer,
       std::to_string(groups) + " groups of " + std::to_string(in) + " and " + std::to_string(out) + " channels",
       "groups of equally many channels", where);
}

/// weight [first, second, window…].
void begin(ConvolutionLayer& layer, std::int64_t first, std::int64_t second, const Indices& window, std::int64_t out,
           bool bias, Dtype dtype, Random& random, Where where) {
  Indices extents{first, second};
  double inputs = static_cast<double>(second);
  for (const std::int64_t extent : window) {
    extents.push(extent);
    inputs *= static_cast<double>(extent);
  }
  const double most = 1 / std::sqrt(inputs);
  layer.weight = random.uniform(Shape(extents, where), -most, most, dtype, where);
  if (bias) layer.bias = random.uniform(Shape{{out}, where}, -most, most, dtype, where);
}

/// x has `channels`, with or without an axis for the batch before them, and weights of its dtype.
void want_input(std::string_view layer, const Tensor& x, std::int64_t channels, const Tensor& weight, Where where) {
  check_real(layer, "the input", x, where);
  const std::size_t rank = weight.rank();
  const bool fits =
      (x.rank() == rank && x.shape()[1] == channels) || (x.rank() == rank - 1 && x.shape()[0] == channels);
  if (!fits) {
    const std::string one = std::to_string(channels) + (rank == 4 ? ",*,*]" : ",*]"), dtype(to_string(x.dtype()));
    refuse_shape(layer, "the input", x,
                 dtype + "[batch," + one + " or " + dtype + "[" + one + ": " + std::to_string(channels) +
                     (channels == 1 ? " channel" : " channels"),
                 where);
  }
  check_same_dtype(layer, "the weight", weight, x, where);
}

Tensor with_bias(const Tensor& y, const std::optional<Tensor>& bias, std::size_t axes, Where where) {
  if (!bias) return y;
  Indices extents{bias->size()};
  for (std::size_t axis = 0; axis < axes; ++axis) extents.push(1);
  return at(y, where) + reshape(*bias, Shape(extents, where), where);
}

ConvolutionLayer convolution(std::string_view layer, std::int64_t in, std::int64_t out, const Indices& window,
                             std::size_t axes, Random& random, const ConvOptions& options, Where where) {
  want_groups(layer, in, out, options.groups, where);
  const Indices extents = window_of(layer, window, axes, where);
  ConvolutionLayer result;
  result.how = {.stride = options.stride,
                .padding = options.same ? same_padding(layer, extents, options, where) : options.padding,
                .dilation = options.dilation,
                .groups = options.groups,
                .output_padding = {}};
  begin(result, out, in / options.groups, extents, out, options.bias, options.dtype, random, where);
  return result;
}

}  // namespace

Conv1d::Conv1d(std::int64_t in, std::int64_t out, std::int64_t window, Random& random, const ConvOptions& options,
               Where where)
    : ConvolutionLayer(convolution("Conv1d", in, out, {window}, 1, random, options, where)) {}
Tensor Conv1d::operator()(const Tensor& x, Where where) const {
  want_input("Conv1d", x, weight.shape()[1] * how.groups, weight, where);
  const LayerScope scope("Conv1d", x, weight, where);
  return with_bias(conv1d(x, weight, how, where), bias, 1, where);
}

Conv2d::Conv2d(std::int64_t in, std::int64_t out, const Indices& window, Random& random, const ConvOptions& options,
               Where where)
    : ConvolutionLayer(convolution("Conv2d", in, out, window, 2, random, options, where)) {}
Tensor Conv2d::operator()(const Tensor& x, Where where) const {
  want_input("Conv2d", x, weight.shape()[1] * how.groups, weight, where);
  const LayerScope scope("Conv2d", x, weight, where);
  return with_bias(conv2d(x, weight, how, where), bias, 2, where);
}

ConvTranspose2d::ConvTranspose2d(std::int64_t in, std::int64_t out, const Indices& window, Random& random,
                                 const ConvTransposeOptions& options, Where where) {
  want_groups("ConvTranspose2d", in, out, options.groups, where);
  const Indices extents = window_of("ConvTranspose2d", window, 2, where);
  how = {.stride = options.stride,
         .padding = options.padding,
         .dilation = options.dilation,
         .groups = options.groups,
         .output_padding = options.output_padding};
  begin(*this, in, out / options.groups, extents, out, options.bias, options.dtype, random, where);
}
Tensor ConvTranspose2d::operator()(const Tensor& x, Where where) const {
  want_input("ConvTranspose2d", x, weight.shape()[0], weight, where);
  const LayerScope scope("ConvTranspose2d", x, weight, where);
  return with_bias(conv_transpose2d(x, weight, how, where), bias, 2, where);
}

}  // namespace wengert::nn
