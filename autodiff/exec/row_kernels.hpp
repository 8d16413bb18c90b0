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
  const Primitive* primitive = nullptr;
  ColumnKernel<float> f32 = nullptr;
  ColumnKernel<double> f64 = nullptr;
  bool reduces = false;       ///< to one number
  std::uint8_t first = 0;     ///< bit k: of operand k it reads the first element alone
  bool has_position = false;  ///< operand 1 is one
};

/// The kernel that computes a node of a graph row by row; null where it has none: for other primitives, axes and
/// dtypes, and for rows too short to be worth a pass of their own or too long for the caches.
[[nodiscard]] const RowKernel* row_kernel(const graph::Graph& graph, graph::NodeId node);

/// The sum of a tile.
[[nodiscard]] const RowKernel& row_sum();

}  // namespace wengert::exec
