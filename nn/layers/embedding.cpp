#include "wengert/nn/layers/embedding.hpp"

#include <string>
#include <vector>

#include "wengert/autodiff/transform/custom.hpp"
#include "wengert/nn/functions/checks.hpp"
#include "wengert/nn/functions/lined.hpp"
#include "wengert/nn/functions/operands.hpp"

namespace wengert::nn {

using namespace detail;

Tensor embedding(const Tensor& index, const Tensor& weight, std::optional<std::int64_t> padding,
                 std::source_location where) {
  check_real("embedding", "the weight", weight, where);
  if (weight.rank() != 2) refuse_shape("embedding", "the weight", weight, "[count,features]", where);
  if (index.dtype() != Dtype::i64 && index.dtype() != Dtype::i32)
    throw DtypeError{{.operation = "embedding",
                      .operands = {to_string(index.type()), to_string(weight.type())},
                      .problem = "the index has " + to_string(index.type()),
                      .expected = "i64 or i32",
                      .where = where,
                      .hint = "convert(index, Dtype::i64) makes positions of whole numbers"}};
  const std::int64_t count = weight.shape()[0];
  const Tensor positions = convert(index, Dtype::i64, where);
  // Positions that are traced are looked at by gather, when there are any.
  const bool known = !positions.value().is_unknown();
  const std::int64_t stride = positions.value().stride();
  const auto stored = known ? positions.value().stored<std::int64_t>() : std::span<const std::int64_t>{};
  for (std::int64_t k = 0; known && k < positions.size(); ++k) {
    const std::int64_t position = stored[static_cast<std::size_t>(k * stride)];
    if (position >= 0 && position < count) continue;
    throw DomainError{{.operation = "embedding",
                       .operands = {to_string(index.type()), to_string(weight.type())},
                       .problem = "element " + std::to_string(k) + " of the index is " + std::to_string(position),
                       .expected = "a position from 0 to " + std::to_string(count - 1),
                       .where = where}};
  }
  const Tensor rows = gather(weight, positions, 0, where);
  if (!padding || rows.is_constant()) return rows;
  Indices extents(positions.shape().extents());
  extents.push(1);
  const Tensor column = reshape(positions, Shape(extents, where), where);
  const Tensor is_padding = at(column, where) == static_cast<double>(*padding);
  return select(is_padding, stop_gradient(rows, where), rows, where);
}

Embedding::Embedding(std::int64_t count, std::int64_t features, Random& random, const EmbeddingOptions& options,
                     std::source_location where)
    : padding(options.padding) {
  want(count > 0 && features > 0, "Embedding",
       std::to_string(count) + " rows of " + std::to_string(features) + " features", "one of each at least", where);
  want(!padding || (*padding >= 0 && *padding < count), "Embedding",
       "the padding is row " + std::to_string(padding.value_or(0)), "a row from 0 to " + std::to_string(count - 1),
       where);
  weight = random.normal(Shape{{count, features}, where}, 0, 1, options.dtype, where);
  if (padding) {
    std::vector<double> rows(static_cast<std::size_t>(count), 1.0);
    rows[static_cast<std::size_t>(*padding)] = 0.0;
    weight = weight * convert(tensor(rows, Shape{{count, 1}, where}), options.dtype);
  }
}

Tensor Embedding::operator()(const Tensor& index, std::source_location where) const {
  const LayerScope scope("Embedding", index, weight, where);
  return embedding(index, weight, padding, where);
}

}  // namespace wengert::nn
