#include "wengert/nn/layers/attention.hpp"

#include <limits>
#include <string>

#include "wengert/nn/functions/activations.hpp"
#include "wengert/nn/functions/checks.hpp"
#include "wengert/nn/functions/dropout.hpp"
#include "wengert/nn/functions/lined.hpp"
#include "wengert/nn/functions/operands.hpp"
#include "wengert/nn/functions/reduced.hpp"
#include "wengert/nn/module/pass.hpp"
#include "wengert/nn/random/initialise.hpp"

namespace wengert::nn {

using detail::refuse_shape;

// --- MultiheadAttention
// ------------------------------------------------------------------------------------------------

namespace {

std::int64_t checked_heads(std::int64_t width, std::int64_t heads, std::source_location where) {
  detail::want(heads >= 1 && width >= 1 && width % heads == 0, "MultiheadAttention",
               std::to_string(heads) + " heads and a width of " + std::to_string(width),
               "heads that divide the width, one at least", where);
  return heads;
}

/// [batch, length, width] from that or from [length, width].
[[nodiscard]] Tensor batched(const char* what, const Tensor& x, std::int64_t width, std::source_location where) {
  if ((x.rank() != 2 && x.rank() != 3) || x.shape()[x.rank() - 1] != width)
    refuse_shape("MultiheadAttention", what, x,
                 "[batch,length," + std::to_string(width) + "] or [length," + std::to_string(width) + "]", where);
  return x.rank() == 3 ? x : reshape(x, Shape{1, x.shape()[0], width}, where);
}

/// [batch, heads, length, width of a head], and back.
[[nodiscard]] Tensor split(const Tensor& x, std::int64_t heads) {
  const Shape& s = x.shape();
  return permute(reshape(x, Shape{s[0], s[1], heads, s[2] / heads}), {0, 2, 1, 3});
}
[[nodiscard]] Tensor joined(const Tensor& x) {
  const Shape& s = x.shape();
  return reshape(permute(x, {0, 2, 1, 3}), Shape{s[0], s[2], s[1] * s[3]});
}

}  // namespace

MultiheadAttention::MultiheadAttention(std::int64_t width, std::int64_t head_count, Random& random,
                                       const MultiheadAttentionOptions& options, std::source_location where)
    : in_proj_weight(initialise::xavier_uniform(
          random, Shape{3 * (checked_heads(width, head_count, where), width), width}, 1, options.dtype, where)),
      out_proj(width, width, random, {.bias = options.bias, .dtype = options.dtype}, where),
      heads(head_count),
      dropout(options.dropout),
      causal(options.causal) {
  detail::check_option("MultiheadAttention", "dropout", dropout, dropout >= 0.0 && dropout <= 1.0,
                       "a number from 0 to 1", where);
  if (!options.bias) return;
  in_proj_bias = zeros(Shape{3 * width}, options.dtype, where);
  out_proj.bias = zeros(Shape{width}, options.dtype, where);
}

Tensor MultiheadAttention::attend(const Tensor& q, const Tensor& k, const Tensor& v, const Attending& attending,
                                  Pass& pass, std::source_location where) const {
  const Tensor& any = !q.is_constant() ? q : (!k.is_constant() ? k : v);
  const LayerScope scope("MultiheadAttention", any, in_proj_weight, where);
  const std::int64_t width = in_proj_weight.shape()[1];
  const Tensor queries = batched("q", q, width, where), keys = batched("k", k, width, where),
               values = batched("v", v, width, where);
  if (keys.shape()[0] != queries.shape()[0]) refuse_shape("MultiheadAttention", "k", k, "the batch of q", where);
  if (!(values.shape() == keys.shape())) refuse_shape("MultiheadAttention", "v", v, "the shape of k", where);

  // One product where all three are the same; rows 0, 1 and 2 of the parameters otherwise.
  std::array<Tensor, 3> projected;
  if (&q == &k && &k == &v) {
    const Tensor all = linear(queries, in_proj_weight, in_proj_bias, where);
    for (std::size_t part = 0; part < 3; ++part) {
      const auto begin = static_cast<std::int64_t>(part) * width;
      projected[part] = slice_along(all, 2, begin, begin + width);
    }
  } else {
    const std::array<const Tensor*, 3> inputs{&queries, &keys, &values};
    for (std::size_t part = 0; part < 3; ++part) {
      const auto begin = static_cast<std::int64_t>(part) * width;
      std::optional<Tensor> bias;
      if (in_proj_bias) bias = slice_along(*in_proj_bias, 0, begin, begin + width);
      projected[part] = linear(*inputs[part], slice_along(in_proj_weight, 0, begin, begin + width), bias, where);
    }
  }

  AttentionOptions options{.mask = attending.mask, .causal = causal || attending.causal, .dropout = dropout};
  if (attending.present) {
    const Shape expected{queries.shape()[0], keys.shape()[1]};
    detail::check_shape("MultiheadAttention", "present", *attending.present, expected, where);
    const Tensor there = reshape(*attending.present, Shape{expected[0], 1, 1, expected[1]});
    if (there.dtype() != Dtype::boolean)
      throw DtypeError{{.operation = "MultiheadAttention",
                        .problem = "present has " + to_string(attending.present->type()),
                        .expected = "bool",
                        .where = where}};
    if (!options.mask)
      options.mask = there;
    else if (options.mask->dtype() == Dtype::boolean)
      options.mask = *options.mask & there;
    else
      options.mask = detail::select(there, *options.mask, -std::numeric_limits<double>::infinity(), where);
  }
  const Tensor y = scaled_dot_product_attention(split(projected[0], heads), split(projected[1], heads),
                                                split(projected[2], heads), options, pass, where);
  const Tensor out = out_proj(joined(y), where);
  return q.rank() == 3 ? out : reshape(out, q.shape(), where);
}

Tensor MultiheadAttention::attend(const Tensor& q, const Tensor& k, const Tensor& v, const Attending& attending,
                                  std::source_location where) const {
  Pass pass = Pass::evaluation();
  return attend(q, k, v, attending, pass, where);
}

// --- Transformer
// -------------------------------------------------------------------------------------------------------

TransformerEncoderLayer::TransformerEncoderLayer(std::int64_t width, std::int64_t heads, Random& random,
                                                 const TransformerOptions& options, std::source_location where)
    : self_attn(width, heads, random,
                {.bias = options.bias, .dropout = options.dropout, .causal = options.causal, .dtype = options.dtype},
                where),
      linear1(width, options.feed_forward, random, {.bias = options.bias, .dtype = options.dtype}, where),
      linear2(options.feed_forward, width, random, {.bias = options.bias, .dtype = options.dtype}, where),
      norm1(width, {.epsilon = options.epsilon, .bias = options.bias, .dtype = options.dtype}, where),
      norm2(norm1),
      dropout(options.dropout),
      activation(options.activation),
      norm_first(options.norm_first) {}

Tensor TransformerEncoderLayer::encode(const Tensor& x, const Attending& attending, Pass& pass,
                                       std::source_location where) const {
  const LayerScope scope("TransformerEncoderLayer", x, linear1.weight, where);
  const auto dropped = [&](const Tensor& y) {
    return pass.is_training() && dropout > 0.0 ? nn::dropout(y, dropout, pass.random(), where) : y;
  };
  const auto attention = [&](const Tensor& y) { return dropped(self_attn.attend(y, y, y, attending, pass, where)); };
  const auto forward = [&](const Tensor& y) {
    const Tensor hidden = linear1(y, where);
    const Tensor active =
        activation == TransformerActivation::gelu ? gelu(hidden, Gelu::erf, where) : relu(hidden, where);
    return dropped(linear2(dropped(active), where));
  };
  if (norm_first) {
    const Tensor y = x + attention(norm1(x, where));
    return y + forward(norm2(y, where));
  }
  const Tensor y = norm1(x + attention(x), where);
  return norm2(y + forward(y), where);
}

Tensor TransformerEncoderLayer::operator()(const Tensor& x, const Attending& attending,
                                           std::source_location where) const {
  Pass pass = Pass::evaluation();
  return encode(x, attending, pass, where);
}

TransformerEncoder::TransformerEncoder(std::int64_t count, std::int64_t width, std::int64_t heads, Random& random,
                                       const TransformerOptions& options, bool final_norm, std::source_location where) {
  detail::check_option("TransformerEncoder", "count", static_cast<double>(count), count >= 0, "0 at least", where);
  for (std::int64_t k = 0; k < count; ++k) layers.emplace_back(width, heads, random, options, where);
  if (final_norm)
    norm.emplace(width, LayerNormOptions{.epsilon = options.epsilon, .bias = options.bias, .dtype = options.dtype},
                 where);
}

Tensor TransformerEncoder::encode(const Tensor& x, const Attending& attending, Pass& pass,
                                  std::source_location where) const {
  Tensor y = x;
  for (const TransformerEncoderLayer& layer : layers) y = layer.encode(y, attending, pass, where);
  return norm ? (*norm)(y, where) : y;
}

Tensor TransformerEncoder::operator()(const Tensor& x, const Attending& attending, std::source_location where) const {
  Pass pass = Pass::evaluation();
  return encode(x, attending, pass, where);
}

}  // namespace wengert::nn
