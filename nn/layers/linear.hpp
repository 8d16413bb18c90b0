// The layer of neurons, in its matrix form.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <source_location>
#include <tuple>

#include "wengert/autodiff/autodiff.hpp"
#include "wengert/nn/random/random.hpp"

namespace wengert::nn {

struct LinearOptions {
  bool bias = true;
  Dtype dtype = Dtype::f32;
};

/// y = x·Wᵀ + b: x is […, in], W [out, in], b [out], y […, out].
///
/// W and b begin uniform in ±1/√in, as PyTorch's do. In the lecture's form h = g(Wx) the bias is the last column of W.
struct Linear {
  Tensor weight;
  std::optional<Tensor> bias;

  static auto members(auto& self) { return std::tie(self.weight, self.bias); }
  static constexpr std::array names{"weight", "bias"};

  /// Throws ArgumentError unless there is an input and an output at least.
  Linear(std::int64_t in, std::int64_t out, Random& random, const LinearOptions& options = {},
         std::source_location where = std::source_location::current());
  /// With parameters that are given. Throws ShapeError unless W is a matrix and b has an element for each of its rows.
  explicit Linear(const Tensor& weight, const std::optional<Tensor>& bias = {},
                  std::source_location where = std::source_location::current());

  /// Throws ShapeError unless the last axis of x is `in`.
  [[nodiscard]] Tensor operator()(const Tensor& x, std::source_location where = std::source_location::current()) const;
};

/// The same from its parts.
[[nodiscard]] Tensor linear(const Tensor& x, const Tensor& weight, const std::optional<Tensor>& bias = {},
                            std::source_location where = std::source_location::current());

}  // namespace wengert::nn
