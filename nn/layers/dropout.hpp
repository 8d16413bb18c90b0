// Layers that leave out elements in training, and are the identity in an evaluation. What they compute:
// nn/functions/dropout.hpp. The random numbers are those of the Pass: the same state gives the same masks.
#pragma once

#include <source_location>
#include <tuple>

#include "wengert/nn/module/pass.hpp"

namespace wengert::nn {

/// Each element is left out with the probability; the others are scaled by 1 / (1 - probability).
struct Dropout {
  double probability;

  static auto members(auto&) { return std::tie(); }

  /// Throws ArgumentError unless 0 ≤ probability ≤ 1.
  explicit Dropout(double probability = 0.5, std::source_location where = std::source_location::current());

  [[nodiscard]] Tensor operator()(const Tensor& x, Pass& pass,
                                  std::source_location where = std::source_location::current()) const;
  /// Evaluates.
  [[nodiscard]] Tensor operator()(const Tensor& x) const { return x; }
};

/// Whole channels of [batch, channels, …] are left out: Dropout1d, 2d and 3d are one.
struct Dropout2d {
  double probability;

  static auto members(auto&) { return std::tie(); }

  /// Throws ArgumentError unless 0 ≤ probability ≤ 1.
  explicit Dropout2d(double probability = 0.5, std::source_location where = std::source_location::current());

  [[nodiscard]] Tensor operator()(const Tensor& x, Pass& pass,
                                  std::source_location where = std::source_location::current()) const;
  /// Evaluates.
  [[nodiscard]] Tensor operator()(const Tensor& x) const { return x; }
};

/// For SELU: keeps mean 0 and variance 1.
struct AlphaDropout {
  double probability;

  static auto members(auto&) { return std::tie(); }

  /// Throws ArgumentError unless 0 ≤ probability ≤ 1.
  explicit AlphaDropout(double probability = 0.5, std::source_location where = std::source_location::current());

  [[nodiscard]] Tensor operator()(const Tensor& x, Pass& pass,
                                  std::source_location where = std::source_location::current()) const;
  /// Evaluates.
  [[nodiscard]] Tensor operator()(const Tensor& x) const { return x; }
};

}  // namespace wengert::nn
