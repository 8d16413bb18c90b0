// Attention of several heads, and the layer of a transformer. The batch comes first: x is [batch, length, width], or
// [length, width] for one item.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <source_location>
#include <tuple>
#include <vector>

#include "wengert/nn/functions/attention.hpp"
#include "wengert/nn/layers/linear.hpp"
#include "wengert/nn/layers/normalisation.hpp"

namespace wengert::nn {

struct MultiheadAttentionOptions {
  bool bias = true;
  double dropout = 0.0;  ///< of the weights, in training
  bool causal = false;   ///< each position attends to itself and those before it, whatever a call says
  Dtype dtype = Dtype::f32;
};

/// What one call attends to.
struct Attending {
  /// As AttentionOptions::mask, broadcast to [batch, heads, queries, keys].
  std::optional<Tensor> mask{};
  /// Which keys there are, bool [batch, keys]; the others are padding. (PyTorch's key_padding_mask says the opposite.)
  std::optional<Tensor> present{};
  bool causal = false;
};

/// Attention of several heads, each of its own projection of queries, keys and values; heads that attend to nothing
/// give zeros. Parameters as PyTorch's, by name and form: in_proj_weight [3·width, width] holds those of queries, keys
/// and values one below the other.
struct MultiheadAttention {
  Tensor in_proj_weight;
  std::optional<Tensor> in_proj_bias;
  Linear out_proj;
  std::int64_t heads;
  double dropout;
  bool causal;

  static auto members(auto& self) { return std::tie(self.in_proj_weight, self.in_proj_bias, self.out_proj); }
  static constexpr std::array names{"in_proj_weight", "in_proj_bias", "out_proj"};

  /// Begins as PyTorch's: Xavier for the three, biases 0. Throws ArgumentError unless the heads divide the width.
  MultiheadAttention(std::int64_t width, std::int64_t heads, Random& random,
                     const MultiheadAttentionOptions& options = {},
                     std::source_location where = std::source_location::current());

  /// Of x to itself. Throws ShapeError unless the last axis of x is the width.
  [[nodiscard]] Tensor operator()(const Tensor& x, Pass& pass,
                                  std::source_location where = std::source_location::current()) const {
    return attend(x, x, x, {}, pass, where);
  }
  [[nodiscard]] Tensor operator()(const Tensor& x, const Attending& attending = {},
                                  std::source_location where = std::source_location::current()) const {
    return attend(x, x, x, attending, where);
  }
  /// Of queries to other keys and values. q is [batch, queries, width], k and v [batch, keys, width].
  [[nodiscard]] Tensor attend(const Tensor& q, const Tensor& k, const Tensor& v, const Attending& attending, Pass& pass,
                              std::source_location where = std::source_location::current()) const;
  /// Evaluates.
  [[nodiscard]] Tensor attend(const Tensor& q, const Tensor& k, const Tensor& v, const Attending& attending = {},
                              std::source_location where = std::source_location::current()) const;
};

enum class TransformerActivation : std::uint8_t { relu, gelu };

struct TransformerOptions {
  std::int64_t feed_forward = 2048;  ///< the width between the two linear layers
  double dropout = 0.1;
  TransformerActivation activation = TransformerActivation::relu;
  bool norm_first = false;  ///< normalise what goes into a block, not what comes out of the sum
  bool causal = false;      ///< each position attends to itself and those before it
  double epsilon = 1e-5;    ///< of the normalisations
  bool bias = true;
  Dtype dtype = Dtype::f32;
};

/// Attention, then two linear layers on each position, each with a residual and a normalisation around it; parameters
/// as PyTorch's.
///
///     norm_first:  x + attention(norm1(x)), then x + linear2(activation(linear1(norm2(x))))
///     else:        norm1(x + attention(x)), then norm2(x + linear2(activation(linear1(x))))
struct TransformerEncoderLayer {
  MultiheadAttention self_attn;
  Linear linear1, linear2;
  LayerNorm norm1, norm2;
  double dropout;
  TransformerActivation activation;
  bool norm_first;

  static auto members(auto& self) {
    return std::tie(self.self_attn, self.linear1, self.linear2, self.norm1, self.norm2);
  }
  static constexpr std::array names{"self_attn", "linear1", "linear2", "norm1", "norm2"};

  TransformerEncoderLayer(std::int64_t width, std::int64_t heads, Random& random,
                          const TransformerOptions& options = {},
                          std::source_location where = std::source_location::current());

  [[nodiscard]] Tensor operator()(const Tensor& x, Pass& pass,
                                  std::source_location where = std::source_location::current()) const {
    return encode(x, {}, pass, where);
  }
  /// Evaluates.
  [[nodiscard]] Tensor operator()(const Tensor& x, const Attending& attending = {},
                                  std::source_location where = std::source_location::current()) const;
  [[nodiscard]] Tensor encode(const Tensor& x, const Attending& attending, Pass& pass,
                              std::source_location where = std::source_location::current()) const;
};

/// Layers of one form, one after the other, and a normalisation of what comes out if there is one.
struct TransformerEncoder {
  std::vector<TransformerEncoderLayer> layers;
  std::optional<LayerNorm> norm;

  static auto members(auto& self) { return std::tie(self.layers, self.norm); }
  static constexpr std::array names{"layers", "norm"};

  /// `final_norm`: for layers that normalise first. Throws ArgumentError for a negative count.
  TransformerEncoder(std::int64_t count, std::int64_t width, std::int64_t heads, Random& random,
                     const TransformerOptions& options = {}, bool final_norm = false,
                     std::source_location where = std::source_location::current());

  [[nodiscard]] Tensor operator()(const Tensor& x, Pass& pass,
                                  std::source_location where = std::source_location::current()) const {
    return encode(x, {}, pass, where);
  }
  /// Evaluates.
  [[nodiscard]] Tensor operator()(const Tensor& x, const Attending& attending = {},
                                  std::source_location where = std::source_location::current()) const;
  [[nodiscard]] Tensor encode(const Tensor& x, const Attending& attending, Pass& pass,
                              std::source_location where = std::source_location::current()) const;
};

}  // namespace wengert::nn
