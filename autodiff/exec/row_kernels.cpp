#include "wengert/autodiff/exec/row_kernels.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <new>
#include <variant>
#include <vector>

#include "wengert/autodiff/ops/elementwise.hpp"
#include "wengert/autodiff/ops/indexing.hpp"
#include "wengert/autodiff/ops/kernels_rows.hpp"
#include "wengert/autodiff/ops/kernels_sum.hpp"
#include "wengert/autodiff/ops/reductions.hpp"
#include "wengert/autodiff/ops/simd.hpp"

namespace wengert::exec {

namespace {

constexpr std::int64_t shortest_row = 64, longest_row = 4096;

template <class T>
void sum(T* out, std::int64_t count, const T* x, const T*, const T*) {
  *out = kernels::sum_row(x, count);
}
// An ExponentialSum lies in a column, which has room for 64 numbers at least and is aligned to 64 bytes.
template <class T>
using Sum = kernels::ExponentialSum<T>;
static_assert(sizeof(Sum<float>) <= 64 * sizeof(float) && alignof(Sum<double>) <= 64);
template <class T>
const Sum<T>& sum_in(const T* column) {
  return *std::launder(reinterpret_cast<const Sum<T>*>(column));
}
template <class T>
void exponentials(T* out, std::int64_t count, const T* x, const T* powers, const T*) {
  // Columns that steps write are registers: nothing of it is const.
  new (out) Sum<T>(kernels::exponentials(x, count, const_cast<T*>(powers)));  // NOLINT(*-const-cast)
}
template <class T>
void logsumexp(T* out, std::int64_t, const T* sum, const T*, const T*) {
  *out = sum_in(sum).logarithm();
}
template <class T>
void softmax(T* out, std::int64_t count, const T* powers, const T* sum, const T*) {
  sum_in(sum).shares(powers, count, out);
}
template <class T>
void log_softmax(T* out, std::int64_t count, const T* x, const T* sum, const T*) {
  sum_in(sum).log_shares(x, count, out);
}
template <class T>
void log_softmax_at(T* out, std::int64_t, const T* x, const T* position, const T* sum) {
  *out = sum_in(sum).log_share(x[static_cast<std::int64_t>(*position)]);
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

/// out[i] = 0 ± y[i]: what is scattered is 0 there.
template <class P, class T>
struct Onto {
  static WENGERT_INLINE void run(T* __restrict out, std::int64_t count, const T* y) {
    for (std::int64_t i = 0; i < count; ++i) out[i] = static_cast<T>(P::template value<T>(T(0), y[i]));
  }
};
template <class P, class T>
void scatter_onto(T* out, std::int64_t count, const T* x, const T* position, const T* y) {
  wengert::detail::run_at_simd_level<Onto<P, T>>(out, count, y);
  const auto at = static_cast<std::int64_t>(*position);
  out[at] = static_cast<T>(P::template value<T>(T(0) + *x, y[at]));
}
/// One rounding less than the product of the softmax.
template <class T>
void scaled_softmax(T* out, std::int64_t count, const T* powers, const T* sum, const T* factor) {
  if (*factor != 0 && std::isfinite(*factor))
    return sum_in(sum).shares(powers, count, out, static_cast<double>(*factor));
  sum_in(sum).shares(powers, count, out);
  for (std::int64_t i = 0; i < count; ++i) out[i] = static_cast<T>(ops::Scale::value<T>(*factor, out[i]));
}

// What is to be done with the softmax of a row lies in a column, too.
template <class T>
struct Scattered {
  T element, position, factor;
};
template <class T>
void scattered(T* out, std::int64_t, const T* element, const T* position, const T* factor) {
  new (out) Scattered<T>{*element, *position, *factor};
}
/// The element at its position ± factor · softmax, in one loop.
template <class P, class T>
void scatter_onto_scaled_softmax(T* out, std::int64_t count, const T* powers, const T* sum, const T* change) {
  const auto [element, position, factor] = *std::launder(reinterpret_cast<const Scattered<T>*>(change));
  const T sign = P::template value<T>(T(0), T(1)), signed_factor = sign * factor;
  scaled_softmax(out, count, powers, sum, &signed_factor);
  T& there = out[static_cast<std::int64_t>(position)];
  there = static_cast<T>(P::template value<T>(T(0) + element, sign * there));
}

template <class P>
constexpr const Primitive* record = &PrimitiveOf<P>::record;
using On = RowKernel::On;
const RowKernel sum_kernel{.primitive = record<ops::Sum>, .f32 = &sum<float>, .f64 = &sum<double>, .reduces = true};
const RowKernel exponentials_kernel{
    .f32 = &exponentials<float>, .f64 = &exponentials<double>, .arity = 2, .reduces = true};
const RowKernel logsumexp_kernel{.primitive = record<ops::LogSumExp>,
                                 .f32 = &logsumexp<float>,
                                 .f64 = &logsumexp<double>,
                                 .reduces = true,
                                 .first = 1,
                                 .on = On::sum};
const RowKernel softmax_kernel{.primitive = record<ops::Softmax>,
                               .f32 = &softmax<float>,
                               .f64 = &softmax<double>,
                               .arity = 2,
                               .first = 2,
                               .on = On::powers_and_sum};
const RowKernel log_softmax_kernel{.primitive = record<ops::LogSoftmax>,
                                   .f32 = &log_softmax<float>,
                                   .f64 = &log_softmax<double>,
                                   .arity = 2,
                                   .first = 2,
                                   .on = On::row_and_sum};
const RowKernel log_softmax_at_kernel{
    .f32 = &log_softmax_at<float>, .f64 = &log_softmax_at<double>, .arity = 3, .reduces = true, .first = 6};
const RowKernel take_kernel{.primitive = record<ops::TakeAlong>,
                            .f32 = &take<float>,
                            .f64 = &take<double>,
                            .arity = 2,
                            .reduces = true,
                            .first = 2,
                            .has_position = true};
const RowKernel scatter_kernel{.primitive = record<ops::ScatterAddAlong>,
                               .f32 = &scatter<float>,
                               .f64 = &scatter<double>,
                               .arity = 2,
                               .first = 3,
                               .has_position = true};
const RowKernel scaled_softmax_kernel{
    .f32 = &scaled_softmax<float>, .f64 = &scaled_softmax<double>, .arity = 3, .first = 6};
const RowKernel scatter_add_kernel{
    .f32 = &scatter_onto<ops::Add, float>, .f64 = &scatter_onto<ops::Add, double>, .arity = 3, .first = 3};
const RowKernel scatter_sub_kernel{
    .f32 = &scatter_onto<ops::Sub, float>, .f64 = &scatter_onto<ops::Sub, double>, .arity = 3, .first = 3};
const RowKernel scattered_kernel{
    .f32 = &scattered<float>, .f64 = &scattered<double>, .arity = 3, .reduces = true, .first = 7};
const RowKernel scatter_add_softmax_kernel{.f32 = &scatter_onto_scaled_softmax<ops::Add, float>,
                                           .f64 = &scatter_onto_scaled_softmax<ops::Add, double>,
                                           .arity = 3,
                                           .first = 6};
const RowKernel scatter_sub_softmax_kernel{.f32 = &scatter_onto_scaled_softmax<ops::Sub, float>,
                                           .f64 = &scatter_onto_scaled_softmax<ops::Sub, double>,
                                           .arity = 3,
                                           .first = 6};
constexpr std::array along_axes{&sum_kernel, &logsumexp_kernel, &softmax_kernel, &log_softmax_kernel};

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
  for (const RowKernel* const kernel : along_axes) {
    if (operation != kernel->primitive) continue;
    const auto& axes = std::get<std::vector<std::int64_t>>(graph.attribute(node));
    return axes.size() == 1 && fits(graph.type(graph.operands(node)[0]), axes[0]) ? kernel : nullptr;
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
const RowKernel& row_exponentials() { return exponentials_kernel; }
const RowKernel& row_softmax() { return softmax_kernel; }
const RowKernel& row_log_softmax() { return log_softmax_kernel; }
const RowKernel& row_log_softmax_at() { return log_softmax_at_kernel; }
bool takes_along(const RowKernel& kernel) { return &kernel == &take_kernel; }
const RowKernel& row_scaled_softmax() { return scaled_softmax_kernel; }
const RowKernel* row_scatter_onto(const RowKernel* scatter, const Primitive& primitive) {
  if (scatter != &scatter_kernel) return nullptr;
  if (&primitive == record<ops::Add>) return &scatter_add_kernel;
  return &primitive == record<ops::Sub> ? &scatter_sub_kernel : nullptr;
}
const RowKernel& row_scattered() { return scattered_kernel; }
const RowKernel& row_scatter_onto_scaled_softmax(const RowKernel& onto) {
  return &onto == &scatter_add_kernel ? scatter_add_softmax_kernel : scatter_sub_softmax_kernel;
}

}  // namespace wengert::exec
