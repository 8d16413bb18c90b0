// Layers that normalise. What they compute: nn/functions/normalisation.hpp.
//
// weight begins as ones and bias as zeros; without `affine` there are none.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <source_location>
#include <tuple>

#include "wengert/nn/functions/normalisation.hpp"
#include "wengert/nn/module/parameters.hpp"
#include "wengert/nn/module/pass.hpp"

namespace wengert::nn {

struct LayerNormOptions {
  double epsilon = 1e-5;
  bool affine = true;
  bool bias = true;  ///< with `affine`
  Dtype dtype = Dtype::f32;
};

/// layer_norm over the last axes.
struct LayerNorm {
  std::optional<Tensor> weight, bias;  ///< both of the shape `normalised`
  Shape normalised;
  double epsilon;

  static auto members(auto& self) { return std::tie(self.weight, self.bias); }
  static constexpr std::array names{"weight", "bias"};

  /// The extents of the last axes; or of the last one.
  explicit LayerNorm(const Shape& last, const LayerNormOptions& options = {},
                     std::source_location where = std::source_location::current());
  explicit LayerNorm(std::int64_t last, const LayerNormOptions& options = {},
                     std::source_location where = std::source_location::current())
      : LayerNorm(Shape{{last}, where}, options, where) {}

  [[nodiscard]] Tensor operator()(const Tensor& x, std::source_location where = std::source_location::current()) const;
};

struct RMSNormOptions {
  std::optional<double> epsilon = {};  ///< none: the distance from 1 to the next number of the dtype
  bool affine = true;
  Dtype dtype = Dtype::f32;
};

/// rms_norm over the last axes.
struct RMSNorm {
  std::optional<Tensor> weight;  ///< of the shape `normalised`
  Shape normalised;
  std::optional<double> epsilon;

  static auto members(auto& self) { return std::tie(self.weight); }
  static constexpr std::array names{"weight"};

  explicit RMSNorm(const Shape& last, const RMSNormOptions& options = {},
                   std::source_location where = std::source_location::current());
  explicit RMSNorm(std::int64_t last, const RMSNormOptions& options = {},
                   std::source_location where = std::source_location::current())
      : RMSNorm(Shape{{last}, where}, options, where) {}

  [[nodiscard]] Tensor operator()(const Tensor& x, std::source_location where = std::source_location::current()) const;
};

struct GroupNormOptions {
  double epsilon = 1e-5;
  bool affine = true;
  Dtype dtype = Dtype::f32;
};

/// group_norm of [batch, channels, …].
struct GroupNorm {
  std::optional<Tensor> weight, bias;  ///< [channels]
  std::int64_t groups, channels;
  double epsilon;

  static auto members(auto& self) { return std::tie(self.weight, self.bias); }
  static constexpr std::array names{"weight", "bias"};

  /// Throws ArgumentError unless the groups divide the channels.
  GroupNorm(std::int64_t groups, std::int64_t channels, const GroupNormOptions& options = {},
            std::source_location where = std::source_location::current());

  /// Throws ShapeError unless x has these channels.
  [[nodiscard]] Tensor operator()(const Tensor& x, std::source_location where = std::source_location::current()) const;
};

struct InstanceNormOptions {
  double epsilon = 1e-5;
  bool affine = false;
  Dtype dtype = Dtype::f32;
};

/// instance_norm of [batch, channels, …], in training and evaluation alike.
struct InstanceNorm {
  std::optional<Tensor> weight, bias;  ///< [channels]
  std::int64_t channels;
  double epsilon;

  static auto members(auto& self) { return std::tie(self.weight, self.bias); }
  static constexpr std::array names{"weight", "bias"};

  explicit InstanceNorm(std::int64_t channels, const InstanceNormOptions& options = {},
                        std::source_location where = std::source_location::current());

  /// Throws ShapeError unless x has these channels.
  [[nodiscard]] Tensor operator()(const Tensor& x, std::source_location where = std::source_location::current()) const;
};

struct BatchNormOptions {
  double epsilon = 1e-5;
  /// The share of the batch in the running statistics; none: they are the mean over all batches.
  std::optional<double> momentum = 0.1;
  bool affine = true;
  bool track = true;  ///< without it, an evaluation takes the statistics of its batch
  Dtype dtype = Dtype::f32;
};

/// batch_norm of [batch, channels, …], of any number of axes from 2 on: BatchNorm1d, 2d and 3d are one.
///
/// In training mean and variance are those of the batch, and
///     running ← (1 - momentum)·running + momentum·that of the batch,
/// with the unbiased variance. An evaluation uses the running ones, which begin as 0 and 1.
struct BatchNorm {
  std::optional<Tensor> weight, bias;               ///< [channels]
  std::optional<Buffer> running_mean, running_var;  ///< [channels]
  std::optional<Buffer> num_batches_tracked;        ///< i64
  std::int64_t channels;
  double epsilon;
  std::optional<double> momentum;

  static auto members(auto& self) {
    return std::tie(self.weight, self.bias, self.running_mean, self.running_var, self.num_batches_tracked);
  }
  static constexpr std::array names{"weight", "bias", "running_mean", "running_var", "num_batches_tracked"};

  explicit BatchNorm(std::int64_t channels, const BatchNormOptions& options = {},
                     std::source_location where = std::source_location::current());

  /// Throws ShapeError unless x has these channels; in training, unless each has more than one element.
  [[nodiscard]] Tensor operator()(const Tensor& x, Pass& pass,
                                  std::source_location where = std::source_location::current());
  /// Evaluates.
  [[nodiscard]] Tensor operator()(const Tensor& x, std::source_location where = std::source_location::current()) const;
};

}  // namespace wengert::nn
