// Known: the primitives that passes have rules about, as an enumeration that can be switched on.
#pragma once

#include <cstdint>

#include "wengert/graph/operation.hpp"

namespace wengert::passes {

/// In the order of their names in known.cpp.
enum class Known : std::uint8_t {
  other,
  abs,
  add,
  broadcast,
  concatenate,
  convert,
  div,
  exp,
  expm1,
  gather,
  greater,
  hypot,
  integer_pow,
  log,
  log1p,
  log_sigmoid,
  log_softmax,
  logical_not,
  logsumexp,
  matmul,
  max,
  min,
  mul,
  neg,
  norm,
  permute,
  pow,
  reciprocal,
  relu,
  reshape,
  scale,
  scatter_add_along,
  sigmoid,
  slice,
  softmax,
  softplus,
  sqrt,
  square,
  stack,
  sub,
  sum,
  take_along,
  tanh,
  to_scalar,
  to_tensor,
  where,
};

/// `other` for what passes know no rule about.
[[nodiscard]] Known known(graph::OperationId operation) noexcept;
/// Not for `other`.
[[nodiscard]] graph::OperationId id_of(Known operation) noexcept;

}  // namespace wengert::passes
