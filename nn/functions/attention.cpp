#include "wengert/nn/functions/attention.hpp"

#include <cmath>
#include <limits>
#include <vector>

#include "wengert/nn/functions/checks.hpp"
#include "wengert/nn/functions/dropout.hpp"
#include "wengert/nn/functions/lined.hpp"
#include "wengert/nn/functions/operands.hpp"
#include "wengert/nn/functions/reduced.hpp"

namespace wengert::nn {

using detail::check_rank;
using detail::check_same_dtype;

namespace {

constexpr const char* name = "scaled_dot_product_attention";

void check_operands(const Tensor& q, const Tensor& k, std::source_location where) {
  detail::check_real(name, "q", q, where);
  check_same_dtype(name, "k", k, q, where);
  check_rank(name, "q", q, 2, Shape::max_rank, where);
  check_rank(name, "k", k, 2, Shape::max_rank, where);
  if (k.shape()[k.rank() - 1] != q.shape()[q.rank() - 1])
    detail::refuse_shape(name, "k", k, "the width of q, " + std::to_string(q.shape()[q.rank() - 1]), where);
}

/// Query i and key j, j <= i.
[[nodiscard]] Tensor lower_triangle(std::int64_t queries, std::int64_t keys) {
  Array array = Array::zeros({Dtype::boolean, Shape{queries, keys}});
  const auto elements = array.mutable_data<bool>();
  for (std::int64_t i = 0; i < queries; ++i)
    for (std::int64_t j = 0; j < keys && j <= i; ++j) elements[static_cast<std::size_t>(i * keys + j)] = true;
  return Tensor(array);
}

}  // namespace

Tensor attention_weights(const Tensor& q, const Tensor& k, const AttentionOptions& options,
                         std::source_location where) {
  check_operands(q, k, where);
  const auto line = detail::location_of_any({&q, &k}, where);
  const auto width = static_cast<double>(q.shape()[q.rank() - 1]);
  const double scale = options.scale ? *options.scale : 1 / std::sqrt(width);
  Tensor scores = matmul(q * scale, transpose(k, where), where);
  constexpr double nothing = -std::numeric_limits<double>::infinity();
  const auto refuse_mask = [&] {
    detail::refuse_shape(name, "mask", *options.mask, "a shape that is broadcast to " + to_string(scores.shape()),
                         where);
  };
  if (options.mask) {
    const Tensor& mask = *options.mask;
    const Shape shape = scores.shape();
    if (mask.dtype() != Dtype::boolean) check_same_dtype(name, "mask", mask, q, where);
    if (mask.rank() > shape.rank()) refuse_mask();
    for (std::size_t axis = 1; axis <= mask.rank(); ++axis)
      if (const std::int64_t extent = mask.shape()[mask.rank() - axis];
          extent != 1 && extent != shape[shape.rank() - axis])
        refuse_mask();
    scores = mask.dtype() == Dtype::boolean ? detail::select(mask, scores, nothing, where) : scores + mask;
  }
  if (options.causal) {
    const Shape& shape = scores.shape();
    scores = detail::select(lower_triangle(shape[shape.rank() - 2], shape[shape.rank() - 1]), scores, nothing, where);
  }
  return softmax(scores, {-1}, where);
}

namespace {

Tensor attend(const Tensor& q, const Tensor& k, const Tensor& v, const AttentionOptions& options, Pass* pass,
              std::source_location where) {
  check_operands(q, k, where);
  check_same_dtype(name, "v", v, q, where);
  check_rank(name, "v", v, 2, Shape::max_rank, where);
  if (v.shape()[v.rank() - 2] != k.shape()[k.rank() - 2])
    detail::refuse_shape(name, "v", v, "as many values as keys, " + std::to_string(k.shape()[k.rank() - 2]), where);
  detail::check_option(name, "dropout", options.dropout, options.dropout >= 0.0 && options.dropout <= 1.0,
                       "a number from 0 to 1", where);
  const auto line = detail::location_of_any({&q, &k, &v}, where);
  Tensor weights = attention_weights(q, k, options, where);
  if (options.dropout > 0.0 && pass != nullptr && pass->is_training())
    weights = dropout(weights, options.dropout, pass->random(), where);
  return matmul(weights, v, where);
}

}  // namespace

Tensor scaled_dot_product_attention(const Tensor& q, const Tensor& k, const Tensor& v, const AttentionOptions& options,
                                    std::source_location where) {
  return attend(q, k, v, options, nullptr, where);
}
Tensor scaled_dot_product_attention(const Tensor& q, const Tensor& k, const Tensor& v, const AttentionOptions& options,
                                    Pass& pass, std::source_location where) {
  return attend(q, k, v, options, &pass, where);
}

Tensor sinusoidal_positions(std::int64_t length, std::int64_t width, Dtype dtype, std::source_location where) {
  detail::check_option("sinusoidal_positions", "length", static_cast<double>(length), length >= 0, "0 at least", where);
  detail::check_option("sinusoidal_positions", "width", static_cast<double>(width), width >= 0 && width % 2 == 0,
                       "an even number", where);
  std::vector<double> values;
  values.reserve(static_cast<std::size_t>(length * width));
  for (std::int64_t p = 0; p < length; ++p)
    for (std::int64_t i = 0; i < width; i += 2) {
      const double angle =
          static_cast<double>(p) * std::pow(10000.0, -static_cast<double>(i) / static_cast<double>(width));
      values.push_back(std::sin(angle));
      values.push_back(std::cos(angle));
    }
  return convert(tensor(values, Shape{length, width}), dtype, where);
}

}  // namespace wengert::nn
