// A table of vectors, one for each of a vocabulary's words.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <source_location>
#include <tuple>

#include "wengert/nn/module/parameters.hpp"
#include "wengert/nn/module/pass.hpp"

namespace wengert::nn {

/// The rows of weight [count, features] at the positions of `index` (i64 or i32): […] gives […, features]. Positions
/// equal to `padding` give no derivative. Throws DomainError for a position that is not there, DtypeError for an index
/// that is not whole numbers.
[[nodiscard]] Tensor embedding(const Tensor& index, const Tensor& weight, std::optional<std::int64_t> padding = {},
                               std::source_location where = std::source_location::current());

struct EmbeddingOptions {
  /// The position that stands for nothing: its row begins as zeros and is not trained.
  std::optional<std::int64_t> padding = {};
  Dtype dtype = Dtype::f32;
};

/// embedding(index, weight), with a weight that begins normal, of mean 0 and deviation 1.
struct Embedding {
  Tensor weight;  ///< [count, features]
  std::optional<std::int64_t> padding;

  static auto members(auto& self) { return std::tie(self.weight); }
  static constexpr std::array names{"weight"};

  /// Throws ArgumentError unless there is a row and a feature at least, and the padding is one of the rows.
  Embedding(std::int64_t count, std::int64_t features, Random& random, const EmbeddingOptions& options = {},
            std::source_location where = std::source_location::current());

  [[nodiscard]] Tensor operator()(const Tensor& index,
                                  std::source_location where = std::source_location::current()) const;
};

}  // namespace wengert::nn
