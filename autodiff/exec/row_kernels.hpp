// Row kernels: primitives that work along the last axis of a tensor, as steps of column code whose columns are whole
// rows. A reduction leaves one number for its row; softmax and log softmax make a row of a row. `take_along` and
// `scatter_add_along` with one position in each row do so too: the position comes as a number of the group's dtype,
// which holds it exactly, and is in range.
//
// They are the primitives' own kernels on one row (ops/kernels_sum.hpp, ops/kernels_rows.hpp), the same bits.
#pragma once

#include "wengert/autodiff/exec/column_kernels.hpp"
#include "wengert/graph/graph.hpp"

namespace wengert::exec {

struct RowKernel {
  /// What a kernel works on: the primitive's operands, or for softmax and its kin what `exponentials` leaves of them.
  enum class On : std::uint8_t { operands, sum, row_and_sum, powers_and_sum };

  const Primitive* primitive = nullptr;  ///< none: a step that no node of a graph is
  ColumnKernel<float> f32 = nullptr;
  ColumnKernel<double> f64 = nullptr;
  std::uint8_t arity = 1;
  bool reduces = false;       ///< to one number, or a few that belong together
  std::uint8_t first = 0;     ///< bit k: of operand k it reads the first element (the ExponentialSum) alone
  bool has_position = false;  ///< operand 1 is one
  On on = On::operands;
};

/// The kernel that computes a node of a graph row by row; null where it has none: for other primitives, axes and
/// dtypes, and for rows too short to be worth a pass of their own or too long for the caches.
[[nodiscard]] const RowKernel* row_kernel(const graph::Graph& graph, graph::NodeId node);

/// The sum of a tile.
[[nodiscard]] const RowKernel& row_sum();

/// The ExponentialSum of operand 0. It writes operand 1, too, with the exponentials.
[[nodiscard]] const RowKernel& row_exponentials();
[[nodiscard]] const RowKernel& row_softmax();
[[nodiscard]] const RowKernel& row_log_softmax();
/// Of log softmax the element at a position: operands row, position, ExponentialSum.
[[nodiscard]] const RowKernel& row_log_softmax_at();
[[nodiscard]] bool takes_along(const RowKernel& kernel);
/// `scale` of one number and softmax: operands exponentials, ExponentialSum, number.
[[nodiscard]] const RowKernel& row_scaled_softmax();
/// What `scatter` scatters, plus or less a row: operands element, position, row. Null if `scatter` scatters nothing, or
/// the primitive is neither.
[[nodiscard]] const RowKernel* row_scatter_onto(const RowKernel* scatter, const Primitive& primitive);
/// The same where the row is row_scaled_softmax: operands exponentials, ExponentialSum, and what row_scattered leaves
/// of element, position and number.
[[nodiscard]] const RowKernel& row_scattered();
[[nodiscard]] const RowKernel& row_scatter_onto_scaled_softmax(const RowKernel& onto);

}  // namespace wengert::exec
