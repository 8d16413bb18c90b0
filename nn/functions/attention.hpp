// Attention: each query takes a mean of the values, weighted by how well it goes with their keys. (Vaswani and others
// 2017)
//
// A mask says what is attended to. A query that may attend to nothing gets zeros, and passes zeros back, at every
// order: no NaN, and nothing reaches parameters that other rows share.
//
// Layers: nn/layers/attention.hpp, nn/layers/transformer.hpp.
#pragma once

#include <cstdint>
#include <optional>
#include <source_location>

#include "wengert/autodiff/autodiff.hpp"
#include "wengert/nn/module/pass.hpp"

namespace wengert::nn {

struct AttentionOptions {
  /// bool: what is attended to. f32 or f64: added to the scores, -∞ for what is not attended to. Broadcast to the
  /// scores, [..., queries, keys].
  std::optional<Tensor> mask{};
  /// Query i attends to keys 0 to i alone (and to what the mask allows besides).
  bool causal = false;
  /// The factor of the scores; 1/√width of the queries unless given.
  std::optional<double> scale{};
  /// The probability with which a weight is left out in training.
  double dropout = 0.0;
};

/// softmax(scale · q·kᵀ)·v: q is [..., queries, width], k [..., keys, width], v [..., keys, width of the values];
/// leading axes are broadcast. Gives [..., queries, width of the values]. Throws ShapeError, DtypeError for operands or
/// a mask that do not fit; ArgumentError for a scale without keys' width, or a dropout outside of [0, 1].
[[nodiscard]] Tensor scaled_dot_product_attention(const Tensor& q, const Tensor& k, const Tensor& v,
                                                  const AttentionOptions& options = {},
                                                  std::source_location where = std::source_location::current());
/// With dropout, if the pass is one of training.
[[nodiscard]] Tensor scaled_dot_product_attention(const Tensor& q, const Tensor& k, const Tensor& v,
                                                  const AttentionOptions& options, Pass& pass,
                                                  std::source_location where = std::source_location::current());
/// Its weights, softmax(scale · q·kᵀ): rows sum to 1, or are 0 where nothing is attended to.
[[nodiscard]] Tensor attention_weights(const Tensor& q, const Tensor& k, const AttentionOptions& options = {},
                                       std::source_location where = std::source_location::current());

/// [length, width] of sines and cosines of the position, of wavelengths from 2π to 20000π: element (p, 2i) is
/// sin(p/10000^(2i/width)), element (p, 2i + 1) the cosine. To be added to what a transformer is given. Throws
/// ArgumentError unless the width is even.
[[nodiscard]] Tensor sinusoidal_positions(std::int64_t length, std::int64_t width, Dtype dtype = Dtype::f32,
                                          std::source_location where = std::source_location::current());

}  // namespace wengert::nn
