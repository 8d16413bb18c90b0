// Normalisations: differences from a mean, in units of a spread.
//
// All compute (x - mean) / √(variance + ε), the mean taken out first, so that a large one costs no digits; they differ
// in what mean and variance are taken over. The variance is the biased one, Σ(x - mean)² / n. Where all elements are
// equal the result is 0, and so is the derivative through the variance. weight and bias scale and shift what comes out;
// either may be absent. x is f32 or f64; weight and bias have its dtype (DtypeError).
//
// Layers with these parameters: nn/layers/normalisation.hpp.
#pragma once

#include <cstdint>
#include <optional>
#include <source_location>

#include "wengert/autodiff/autodiff.hpp"

namespace wengert::nn {

/// Over the last axes, whose extents are `normalised`; weight and bias have that shape. (Ba, Kiros, Hinton 2016)
/// Throws ShapeError unless x ends with `normalised`, which has one axis at least.
[[nodiscard]] Tensor layer_norm(const Tensor& x, const Shape& normalised, const std::optional<Tensor>& weight = {},
                                const std::optional<Tensor>& bias = {}, double epsilon = 1e-5,
                                std::source_location where = std::source_location::current());

/// x / √(mean of x² + ε) · weight over the last axes: no mean is taken out. (Zhang, Sennrich 2019) Without ε it is the
/// distance from 1 to the next number of the dtype. Throws as layer_norm.
[[nodiscard]] Tensor rms_norm(const Tensor& x, const Shape& normalised, const std::optional<Tensor>& weight = {},
                              std::optional<double> epsilon = {},
                              std::source_location where = std::source_location::current());

/// x is [batch, channels, …]. For each item of the batch, over each of `groups` equal groups of neighbouring channels
/// and all that follows; weight and bias are [channels]. (Wu, He 2018) Throws ArgumentError unless the groups divide
/// the channels.
[[nodiscard]] Tensor group_norm(const Tensor& x, std::int64_t groups, const std::optional<Tensor>& weight = {},
                                const std::optional<Tensor>& bias = {}, double epsilon = 1e-5,
                                std::source_location where = std::source_location::current());

/// x is [batch, channels, …]. For each item of the batch and each channel, over what follows. (Ulyanov and others 2016)
/// Throws ShapeError unless more than one element follows.
[[nodiscard]] Tensor instance_norm(const Tensor& x, const std::optional<Tensor>& weight = {},
                                   const std::optional<Tensor>& bias = {}, double epsilon = 1e-5,
                                   std::source_location where = std::source_location::current());

/// x is [batch, channels, …], of any number of axes from 2 on. With a mean and a variance for each channel that are
/// given, as in an evaluation.
[[nodiscard]] Tensor batch_norm(const Tensor& x, const Tensor& mean, const Tensor& variance,
                                const std::optional<Tensor>& weight = {}, const std::optional<Tensor>& bias = {},
                                double epsilon = 1e-5, std::source_location where = std::source_location::current());

/// What batch_norm_in_training gives.
struct BatchNormed {
  Tensor y;
  Tensor mean;             ///< of each channel, over the batch and all places: [channels]
  Tensor variance;         ///< likewise, biased
  std::int64_t count = 0;  ///< of elements that each is taken over; variance · count / (count - 1) is unbiased
};
/// The same with mean and variance of the batch itself; derivatives flow through both. (Ioffe, Szegedy 2015) Throws
/// ShapeError unless each channel has more than one element.
[[nodiscard]] BatchNormed batch_norm_in_training(const Tensor& x, const std::optional<Tensor>& weight = {},
                                                 const std::optional<Tensor>& bias = {}, double epsilon = 1e-5,
                                                 std::source_location where = std::source_location::current());

}  // namespace wengert::nn
