#include "wengert/autodiff/exec/row_kernels.hpp"

#include <algorithm>
#include <array>
#include <variant>
#include <vector>

#include "wengert/autodiff/ops/indexing.hpp"
#include "wengert/autodiff/ops/kernels_rows.hpp"
#include "wengert/autodiff/ops/kernels_sum.hpp"
#include "wengert/autodiff/ops/reductions.hpp"

namespace wengert::exec {

namespace {

constexpr std::int64_t shortest_row = 64, longest_row = 4096;

template <class T>
void sum(T* out, std::int64_t count, const T* x, const T*, const T*) {
  *out = kernels::sum_row(x, count);
}
template <class T>
void logsumexp(T* out, std::int64_t count, const T* x, const T*, const T*) {
  *out = kernels::logsumexp_row(x, count);
}
template <class T>
void softmax(T* out, std::int64_t count, const T* x, const T*, const T*) {
  kernels::softmax_row(x, count, out);
}
template <class T>
void log_softmax(T* out, std::int64_t count, const T* x, const T*, const T*) {
  kernels::log_softmax_row(x, count, out);
}

template <class T>
void take(T* out, std::int64_t, const T* x, const T* position, const T*) {
  *out = x[static_cast<std::int64_t>(*position)];
}
template <class T>
void scatter(T* out, std::int64_t count, const T* x, const T* position, const T*) {
  std::fill_n(out, count, T(0));
  out[static_cast<std::int64_t>(*position)] += *x;
}

template <class P>
constexpr const Primitive* record = &PrimitiveOf<P>::record;
const RowKernel sum_kernel{record<ops::Sum>, &sum<float>, &sum<double>, true};
const std::array along_axes{
    sum_kernel,
    RowKernel{record<ops::LogSumExp>, &logsumexp<float>, &logsumexp<double>, true},
    RowKernel{record<ops::Softmax>, &softmax<float>, &softmax<double>, false},
    RowKernel{record<ops::LogSoftmax>, &log_softmax<float>, &log_softmax<double>, false},
};
const RowKernel take_kernel{record<ops::TakeAlong>, &take<float>, &take<double>, true, 2, true};
const RowKernel scatter_kernel{record<ops::ScatterAddAlong>, &scatter<float>, &scatter<double>, false, 3, true};

/// `rows` can be worked through row by row, along the axis.
bool fits(const Type& rows, std::int64_t axis) {
  if ((rows.dtype != Dtype::f32 && rows.dtype != Dtype::f64) || rows.shape.size() == 0) return false;
  const auto last = static_cast<std::int64_t>(rows.shape.rank()) - 1;
  if (axis != last) return false;
  const std::int64_t row = rows.shape[rows.shape.rank() - 1];
  return row >= shortest_row && row <= longest_row;
}

}  // namespace

const RowKernel* row_kernel(const graph::Graph& graph, graph::NodeId node) {
  const graph::Operation* const operation = &graph.operation(node);
  for (const RowKernel& kernel : along_axes) {
    if (operation != kernel.primitive) continue;
    const auto& axes = std::get<std::vector<std::int64_t>>(graph.attribute(node));
    return axes.size() == 1 && fits(graph.type(graph.operands(node)[0]), axes[0]) ? &kernel : nullptr;
  }
  const bool takes = operation == take_kernel.primitive;
  if (!takes && operation != scatter_kernel.primitive) return nullptr;
  const std::int64_t axis = takes ? std::get<std::int64_t>(graph.attribute(node))
                                  : std::get<std::vector<std::int64_t>>(graph.attribute(node))[0];
  const Type& rows = takes ? graph.type(graph.operands(node)[0]) : graph.type(node);
  const Shape& positions = graph.type(graph.operands(node)[1]).shape;
  if (!fits(rows, axis) || positions[positions.rank() - 1] != 1) return nullptr;
  return takes ? &take_kernel : &scatter_kernel;
}

const RowKernel& row_sum() { return sum_kernel; }

}  // namespace wengert::exec
