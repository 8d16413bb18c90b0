#include "wengert/nn/functions/normalisation.hpp"

#include <limits>
#include <string>

#include "wengert/nn/functions/checks.hpp"
#include "wengert/nn/functions/lined.hpp"
#include "wengert/nn/functions/operands.hpp"

namespace wengert::nn {

using namespace detail;

namespace {

using Where = std::source_location;

struct Normalised {
  Tensor y, mean, variance;  // mean and variance with the axes that they were taken over, of extent 1
};

Normalised normalise(const Tensor& x, const Indices& axes, double epsilon, Where where) {
  const Tensor average = mean(x, axes, Keep::yes, where);
  const Tensor centred = at(x, where) - average;
  const Tensor spread = mean(square(centred, where), axes, Keep::yes, where);
  return {at(centred, where) * rsqrt(at(spread, where) + epsilon, where), average, spread};
}

/// y · weight + bias, both of which broadcast as they are.
Tensor scaled_and_shifted(Tensor y, const std::optional<Tensor>& weight, const std::optional<Tensor>& bias,
                          Where where) {
  if (weight) y = at(y, where) * *weight;
  if (bias) y = at(y, where) + *bias;
  return y;
}

/// A [channels] tensor along axis 1 of one of rank `rank`.
Tensor along_channels(const Tensor& t, std::size_t rank, Where where) {
  Indices extents{t.size()};
  for (std::size_t axis = 2; axis < rank; ++axis) extents.push(1);
  return reshape(t, Shape(extents, where), where);
}

std::optional<Tensor> along_channels(const std::optional<Tensor>& t, std::size_t rank, Where where) {
  if (!t) return {};
  return along_channels(*t, rank, where);
}

void want_parameter(std::string_view name, std::string_view what, const std::optional<Tensor>& t, const Tensor& x,
                    const Shape& shape, Where where) {
  if (t) want_type(name, what, *t, x, shape, where);
}

/// The last axes, which have to be `normalised`.
Indices last_axes(std::string_view name, const Tensor& x, const Shape& normalised, Where where) {
  check_real(name, "the input", x, where);
  const std::size_t rank = normalised.rank();
  bool fits = rank > 0 && x.rank() >= rank;
  for (std::size_t k = 0; fits && k < rank; ++k) fits = x.shape()[x.rank() - rank + k] == normalised[k];
  if (!fits) {
    const std::string text = to_string(normalised);
    refuse_shape(name, "the input", x,
                 rank == 0 ? std::string("one axis at least to normalise over")
                           : std::string(to_string(x.dtype())) + "[…," + text.substr(1),
                 where);
  }
  Indices axes;
  for (std::size_t k = 0; k < rank; ++k) axes.push(static_cast<std::int64_t>(x.rank() - rank + k));
  return axes;
}

/// [batch, channels, …] with weight and bias per channel.
void want_channels_of(std::string_view name, const Tensor& x, const std::optional<Tensor>& weight,
                      const std::optional<Tensor>& bias, std::size_t least, Where where) {
  check_real(name, "the input", x, where);
  if (x.rank() < least)
    refuse_shape(name, "the input", x,
                 std::string(to_string(x.dtype())) + (least == 2 ? "[batch,channels,…]" : "[batch,channels,*,…]"),
                 where);
  const Shape channels{{x.shape()[1]}, where};
  want_parameter(name, "weight", weight, x, channels, where);
  want_parameter(name, "bias", bias, x, channels, where);
}

}  // namespace

Tensor layer_norm(const Tensor& x, const Shape& normalised, const std::optional<Tensor>& weight,
                  const std::optional<Tensor>& bias, double epsilon, Where where) {
  const Indices axes = last_axes("layer_norm", x, normalised, where);
  want_parameter("layer_norm", "weight", weight, x, normalised, where);
  want_parameter("layer_norm", "bias", bias, x, normalised, where);
  return scaled_and_shifted(normalise(x, axes, epsilon, where).y, weight, bias, where);
}

Tensor rms_norm(const Tensor& x, const Shape& normalised, const std::optional<Tensor>& weight,
                std::optional<double> epsilon, Where where) {
  const Indices axes = last_axes("rms_norm", x, normalised, where);
  want_parameter("rms_norm", "weight", weight, x, normalised, where);
  const double least = x.dtype() == Dtype::f32 ? static_cast<double>(std::numeric_limits<float>::epsilon())
                                               : std::numeric_limits<double>::epsilon();
  const Tensor power = mean(square(x, where), axes, Keep::yes, where);
  const Tensor y = at(x, where) * rsqrt(at(power, where) + epsilon.value_or(least), where);
  return scaled_and_shifted(y, weight, {}, where);
}

Tensor group_norm(const Tensor& x, std::int64_t groups, const std::optional<Tensor>& weight,
                  const std::optional<Tensor>& bias, double epsilon, Where where) {
  want_channels_of("group_norm", x, weight, bias, 2, where);
  const std::int64_t channels = x.shape()[1];
  want(groups > 0 && channels % groups == 0, "group_norm",
       std::to_string(groups) + " groups of " + std::to_string(channels) + " channels",
       "groups of equally many channels", where);
  // As for an empty x, whose elements tell nothing of the extent of a group.
  std::int64_t extent = channels / groups;
  for (std::size_t axis = 2; axis < x.rank(); ++axis) extent *= x.shape()[axis];
  const Tensor grouped = reshape(x, Shape{{x.shape()[0], groups, extent}, where}, where);
  const Tensor y = reshape(normalise(grouped, {2}, epsilon, where).y, x.shape(), where);
  return scaled_and_shifted(y, along_channels(weight, x.rank(), where), along_channels(bias, x.rank(), where), where);
}

Tensor instance_norm(const Tensor& x, const std::optional<Tensor>& weight, const std::optional<Tensor>& bias,
                     double epsilon, Where where) {
  want_channels_of("instance_norm", x, weight, bias, 3, where);
  Indices axes;
  std::int64_t count = 1;
  for (std::size_t axis = 2; axis < x.rank(); ++axis) {
    axes.push(static_cast<std::int64_t>(axis));
    count *= x.shape()[axis];
  }
  if (count < 2) refuse_shape("instance_norm", "the input", x, "more than one element in each channel", where);
  return scaled_and_shifted(normalise(x, axes, epsilon, where).y, along_channels(weight, x.rank(), where),
                            along_channels(bias, x.rank(), where), where);
}

Tensor batch_norm(const Tensor& x, const Tensor& mean, const Tensor& variance, const std::optional<Tensor>& weight,
                  const std::optional<Tensor>& bias, double epsilon, Where where) {
  want_channels_of("batch_norm", x, weight, bias, 2, where);
  const Shape channels{{x.shape()[1]}, where};
  want_type("batch_norm", "the mean", mean, x, channels, where);
  want_type("batch_norm", "the variance", variance, x, channels, where);
  Tensor scale = rsqrt(at(variance, where) + epsilon, where);
  if (weight) scale = at(scale, where) * *weight;
  const Tensor centred = at(x, where) - along_channels(mean, x.rank(), where);
  const Tensor y = at(centred, where) * along_channels(scale, x.rank(), where);
  return scaled_and_shifted(y, {}, along_channels(bias, x.rank(), where), where);
}

BatchNormed batch_norm_in_training(const Tensor& x, const std::optional<Tensor>& weight,
                                   const std::optional<Tensor>& bias, double epsilon, Where where) {
  want_channels_of("batch_norm", x, weight, bias, 2, where);
  const Shape channels{{x.shape()[1]}, where};
  Indices axes;
  std::int64_t count = 1;
  for (std::size_t axis = 0; axis < x.rank(); ++axis) {
    if (axis == 1) continue;
    axes.push(static_cast<std::int64_t>(axis));
    count *= x.shape()[axis];
  }
  if (count < 2)
    refuse_shape("batch_norm", "the input", x, "more than one element of each channel to learn a variance from", where,
                 "an evaluation takes a single one");
  const Normalised normalised = normalise(x, axes, epsilon, where);
  return {scaled_and_shifted(normalised.y, along_channels(weight, x.rank(), where),
                             along_channels(bias, x.rank(), where), where),
          reshape(normalised.mean, channels, where), reshape(normalised.variance, channels, where), count};
}

}  // namespace wengert::nn
