#include "wengert/autodiff/exec/row_kernels.hpp"

#include <array>
#include <variant>
#include <vector>

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

const std::array all{
    RowKernel{&PrimitiveOf<ops::Sum>::record, &sum<float>, &sum<double>, true},
    RowKernel{&PrimitiveOf<ops::LogSumExp>::record, &logsumexp<float>, &logsumexp<double>, true},
    RowKernel{&PrimitiveOf<ops::Softmax>::record, &softmax<float>, &softmax<double>, false},
    RowKernel{&PrimitiveOf<ops::LogSoftmax>::record, &log_softmax<float>, &log_softmax<double>, false},
};

}  // namespace

const RowKernel* row_kernel(const graph::Graph& graph, graph::NodeId node) {
  const graph::Operation& operation = graph.operation(node);
  for (const RowKernel& kernel : all) {
    if (&operation != kernel.primitive) continue;
    const Type& type = graph.type(graph.operands(node)[0]);
    const auto& axes = std::get<std::vector<std::int64_t>>(graph.attribute(node));
    const std::size_t rank = type.shape.rank();
    if ((type.dtype != Dtype::f32 && type.dtype != Dtype::f64) || type.shape.size() == 0 || axes.size() != 1 ||
        static_cast<std::size_t>(axes[0]) + 1 != rank)
      return nullptr;
    const std::int64_t row = type.shape[rank - 1];
    return row >= shortest_row && row <= longest_row ? &kernel : nullptr;
  }
  return nullptr;
}

}  // namespace wengert::exec
