// Pooling layers. What they compute, and what `Pooling` says of stride, padding and the rest:
// autodiff/record/pooling.hpp.
//
//     nn::MaxPool2d(2)                                   // windows of 2×2 side by side
//     nn::AvgPool2d({3, 5}, {.stride = {2}})
#pragma once

#include <cstdint>
#include <source_location>
#include <tuple>

#include "wengert/autodiff/autodiff.hpp"
#include "wengert/nn/module/pass.hpp"

namespace wengert::nn {

namespace detail {

struct PoolingLayer {
  Indices window;
  Pooling how;

  static auto members(auto&) { return std::tie(); }

  explicit PoolingLayer(std::int64_t size, const Pooling& pooling = {}) : window{size}, how(pooling) {}
  explicit PoolingLayer(const Indices& size, const Pooling& pooling = {}) : window(size), how(pooling) {}
};

struct AdaptivePoolingLayer {
  Indices size;  ///< of the result, along each axis; one number for all

  static auto members(auto&) { return std::tie(); }

  explicit AdaptivePoolingLayer(std::int64_t extent) : size{extent} {}
  explicit AdaptivePoolingLayer(const Indices& extents) : size(extents) {}
};

}  // namespace detail

/// The largest element of each window of [batch, channels, length].
struct MaxPool1d : detail::PoolingLayer {
  using PoolingLayer::PoolingLayer;
  [[nodiscard]] Tensor operator()(const Tensor& x, std::source_location where = std::source_location::current()) const;
};
/// The same of [batch, channels, height, width].
struct MaxPool2d : detail::PoolingLayer {
  using PoolingLayer::PoolingLayer;
  [[nodiscard]] Tensor operator()(const Tensor& x, std::source_location where = std::source_location::current()) const;
};
/// The mean of each window of [batch, channels, length].
struct AvgPool1d : detail::PoolingLayer {
  using PoolingLayer::PoolingLayer;
  [[nodiscard]] Tensor operator()(const Tensor& x, std::source_location where = std::source_location::current()) const;
};
/// The same of [batch, channels, height, width].
struct AvgPool2d : detail::PoolingLayer {
  using PoolingLayer::PoolingLayer;
  [[nodiscard]] Tensor operator()(const Tensor& x, std::source_location where = std::source_location::current()) const;
};

/// The mean of as many windows of [batch, channels, height, width] as the result is to have elements.
struct AdaptiveAvgPool2d : detail::AdaptivePoolingLayer {
  using AdaptivePoolingLayer::AdaptivePoolingLayer;
  [[nodiscard]] Tensor operator()(const Tensor& x, std::source_location where = std::source_location::current()) const;
};
/// The largest element likewise.
struct AdaptiveMaxPool2d : detail::AdaptivePoolingLayer {
  using AdaptivePoolingLayer::AdaptivePoolingLayer;
  [[nodiscard]] Tensor operator()(const Tensor& x, std::source_location where = std::source_location::current()) const;
};

/// The mean of each channel: [batch, channels, …] gives [batch, channels].
struct GlobalAvgPool {
  static auto members(auto&) { return std::tie(); }
  /// Throws ShapeError below rank 3.
  [[nodiscard]] Tensor operator()(const Tensor& x, std::source_location where = std::source_location::current()) const;
};

}  // namespace wengert::nn
