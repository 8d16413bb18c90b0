// Row kernels: primitives that work along the last axis of a tensor, as steps of column code whose columns are whole
// rows. A reduction leaves one number for its row; softmax and log softmax make a row of a row.
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
  bool reduces = false;  ///< to one number
};

/// The kernel that computes a node of a graph row by row; null where it has none: for other primitives, axes and
/// dtypes, and for rows too short to be worth a pass of their own or too long for the caches.
[[nodiscard]] const RowKernel* row_kernel(const graph::Graph& graph, graph::NodeId node);

}  // namespace wengert::exec
