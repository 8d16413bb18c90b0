#include "wengert/nn/layers/normalisation.hpp"

#include <limits>
#include <string>

#include "wengert/nn/functions/checks.hpp"
#include "wengert/nn/functions/lined.hpp"
#include "wengert/nn/functions/operands.hpp"

namespace wengert::nn {

using namespace detail;

namespace {

using Where = std::source_location;

/// For the scope: a parameter, if there is one.
Tensor parameter_of(const std::optional<Tensor>& weight) { return weight.value_or(Tensor()); }

std::optional<Tensor> filled(bool there, const Shape& shape, double value, Dtype dtype, Where where) {
  if (!there) return {};
  return full(shape, value, dtype, where);
}

Shape channels_of(std::string_view layer, std::int64_t channels, Where where) {
  want(channels > 0, layer, std::to_string(channels) + " channels", "one at least", where);
  return Shape{{channels}, where};
}

constexpr std::size_t any_rank = Shape::max_rank;

}  // namespace

// --- LayerNorm, RMSNorm ---------------------------------------------------------------------------------------------

LayerNorm::LayerNorm(const Shape& last, const LayerNormOptions& options, Where where)
    : weight(filled(options.affine, last, 1.0, options.dtype, where)),
      bias(filled(options.affine && options.bias, last, 0.0, options.dtype, where)),
      normalised(last),
      epsilon(options.epsilon) {
  want(last.rank() > 0, "LayerNorm", "it normalises over no axes", "one at least", where);
}

Tensor LayerNorm::operator()(const Tensor& x, Where where) const {
  const LayerScope scope("LayerNorm", x, parameter_of(weight), where);
  return layer_norm(x, normalised, weight, bias, epsilon, where);
}

RMSNorm::RMSNorm(const Shape& last, const RMSNormOptions& options, Where where)
    : weight(filled(options.affine, last, 1.0, options.dtype, where)), normalised(last), epsilon(options.epsilon) {
  want(last.rank() > 0, "RMSNorm", "it normalises over no axes", "one at least", where);
}

Tensor RMSNorm::operator()(const Tensor& x, Where where) const {
  const LayerScope scope("RMSNorm", x, parameter_of(weight), where);
  return rms_norm(x, normalised, weight, epsilon, where);
}

// --- GroupNorm, InstanceNorm ----------------------------------------------------------------------------------------

GroupNorm::GroupNorm(std::int64_t group_count, std::int64_t channel_count, const GroupNormOptions& options, Where where)
    : groups(group_count), channels(channel_count), epsilon(options.epsilon) {
  const Shape shape = channels_of("GroupNorm", channels, where);
  want(groups > 0 && channels % groups == 0, "GroupNorm",
       std::to_string(groups) + " groups of " + std::to_string(channels) + " channels",
       "groups of equally many channels", where);
  weight = filled(options.affine, shape, 1.0, options.dtype, where);
  bias = filled(options.affine, shape, 0.0, options.dtype, where);
}

Tensor GroupNorm::operator()(const Tensor& x, Where where) const {
  want_channels("GroupNorm", x, channels, 2, any_rank, where);
  const LayerScope scope("GroupNorm", x, parameter_of(weight), where);
  return group_norm(x, groups, weight, bias, epsilon, where);
}

InstanceNorm::InstanceNorm(std::int64_t channel_count, const InstanceNormOptions& options, Where where)
    : channels(channel_count), epsilon(options.epsilon) {
  const Shape shape = channels_of("InstanceNorm", channels, where);
  weight = filled(options.affine, shape, 1.0, options.dtype, where);
  bias = filled(options.affine, shape, 0.0, options.dtype, where);
}

Tensor InstanceNorm::operator()(const Tensor& x, Where where) const {
  want_channels("InstanceNorm", x, channels, 3, any_rank, where);
  const LayerScope scope("InstanceNorm", x, parameter_of(weight), where);
  return instance_norm(x, weight, bias, epsilon, where);
}

// --- BatchNorm ------------------------------------------------------------------------------------------------------

BatchNorm::BatchNorm(std::int64_t channel_count, const BatchNormOptions& options, Where where)
    : channels(channel_count), epsilon(options.epsilon), momentum(options.momentum) {
  const Shape shape = channels_of("BatchNorm", channels, where);
  weight = filled(options.affine, shape, 1.0, options.dtype, where);
  bias = filled(options.affine, shape, 0.0, options.dtype, where);
  if (!options.track) return;
  running_mean = Buffer{zeros(shape, options.dtype, where)};
  running_var = Buffer{ones(shape, options.dtype, where)};
  num_batches_tracked = Buffer{zeros(Shape{}, Dtype::i64, where)};
}

Tensor BatchNorm::operator()(const Tensor& x, Pass& pass, Where where) {
  if (!pass.is_training()) return std::as_const(*this)(x, where);
  want_channels("BatchNorm", x, channels, 2, any_rank, where);
  const LayerScope scope("BatchNorm", x, parameter_of(weight), where);
  const BatchNormed result = batch_norm_in_training(x, weight, bias, epsilon, where);
  if (running_mean && running_var && num_batches_tracked) {
    const auto count = static_cast<double>(result.count);
    Tensor& batches = num_batches_tracked->value;
    if (batches.is_constant()) {
      batches = full(Shape{}, batches.item() + 1, Dtype::i64);
      const double share = momentum.value_or(1.0 / batches.item());
      // Numbers, not entries: the statistics are no part of what is differentiated.
      const auto blend = [&](Buffer& running, const Array& of_batch, double factor) {
        running.value = Tensor(running.value.value()) * (1.0 - share) + Tensor(of_batch) * (share * factor);
      };
      blend(*running_mean, result.mean.value(), 1.0);
      blend(*running_var, result.variance.value(), count / (count - 1));
    } else {  // a step of a program
      const Tensor counted = convert(batches, Dtype::f64) + 1.0;
      const auto blend = [&](Tensor& running, const Tensor& of_batch, double factor) {
        if (momentum) {
          running = running * (1.0 - *momentum) + of_batch * (*momentum * factor);
        } else {
          const Tensor share = convert(1.0 / counted, running.dtype());
          running = running * (1.0 - share) + of_batch * (share * factor);
        }
      };
      blend(running_mean->value, result.mean, 1.0);
      blend(running_var->value, result.variance, count / (count - 1));
      batches = convert(counted, Dtype::i64);
    }
  }
  return result.y;
}

Tensor BatchNorm::operator()(const Tensor& x, Where where) const {
  want_channels("BatchNorm", x, channels, 2, any_rank, where);
  const LayerScope scope("BatchNorm", x, parameter_of(weight), where);
  if (!running_mean || !running_var) return batch_norm_in_training(x, weight, bias, epsilon, where).y;
  return batch_norm(x, running_mean->value, running_var->value, weight, bias, epsilon, where);
}

}  // namespace wengert::nn
