// Layers that only move elements, or nothing.
#pragma once

#include <cstdint>
#include <source_location>
#include <tuple>

#include "wengert/nn/module/pass.hpp"

namespace wengert::nn {

/// x.
struct Identity {
  static auto members(auto&) { return std::tie(); }
  [[nodiscard]] Tensor operator()(const Tensor& x) const { return x; }
};

/// Axes `first` to `last` as one: [batch, channels, height, width] gives [batch, channels·height·width]. Negative axes
/// count from the end.
struct Flatten {
  std::int64_t first = 1, last = -1;

  static auto members(auto&) { return std::tie(); }
  /// Throws ShapeError unless x has these axes, one not before the other.
  [[nodiscard]] Tensor operator()(const Tensor& x, std::source_location where = std::source_location::current()) const;
};

/// Every element `factor` times along each axis after the channels (the nearest neighbour): [batch, channels, height,
/// width] gives [batch, channels, factor·height, factor·width].
struct Upsample {
  std::int64_t factor;

  static auto members(auto&) { return std::tie(); }
  /// Throws ArgumentError unless the factor is 1 at least.
  explicit Upsample(std::int64_t factor, std::source_location where = std::source_location::current());
  /// Throws ShapeError below rank 3 and above 5.
  [[nodiscard]] Tensor operator()(const Tensor& x, std::source_location where = std::source_location::current()) const;
};

}  // namespace wengert::nn
