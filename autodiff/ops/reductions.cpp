#include "wengert/autodiff/ops/reductions.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "wengert/autodiff/ops/column_loops.hpp"
#include "wengert/autodiff/ops/kernels_fold.hpp"
#include "wengert/autodiff/ops/kernels_over.hpp"
#include "wengert/autodiff/ops/kernels_rows.hpp"
#include "wengert/autodiff/ops/kernels_sum.hpp"
#include "wengert/autodiff/ops/refuse.hpp"

namespace wengert::ops {

namespace {

/// The type of operand 0 reduced over the axes.
Type reduced(const char* operation, std::span<const Type> x, const Attribute& axes) {
  want_real(operation, x);
  want_axes(operation, x, integers(axes));
  return {x[0].dtype, without(x[0].shape, integers(axes))};
}
/// The type of operand 0, which keeps its shape.
Type along(const char* operation, std::span<const Type> x, const Attribute& axes) {
  want_real(operation, x);
  want_axes(operation, x, integers(axes));
  return x[0];
}
/// As `reduced`, where no elements have no result.
Type reduced_of_some(const char* operation, std::span<const Type> x, const Attribute& axes) {
  const Type result = reduced(operation, x, axes);
  if (x[0].shape.size() == 0 && result.shape.size() != 0)
    refuse<ShapeError>(operation, x,
                       "no elements over axes " + to_string(Indices(integers(axes))) + " of " + to_string(x[0]),
                       "one at least");
  return result;
}

/// Adds scale(cotangent, partial) to the adjoint of operand 0: a cotangent of the reduction, a partial of the operand.
/// `partial(elements of T)` makes a function of places that gives it. False if the axes are no neighbours.
template <class Partial>
bool add_scaled(const char* operation, const Array& cotangent, const Type& type, const Attribute& axes,
                kernels::Accumulator& adjoint, const Partial& partial) {
  const kernels::Around around(type.shape, integers(axes));
  if (!around.neighbours) return false;
  kernels::with_real_type(type.dtype, [&]<class T>(std::type_identity<T> t) {
    const kernels::Elements<T> g(cotangent);
    const auto at = partial(t);
    kernels::add_over<T>(around, type, operation, adjoint,
                         [&](std::int64_t i, std::int64_t r) { return contribution<true>(g[r], at(i, r)); });
  });
  return true;
}
/// The same for partials that lie in an array.
bool add_scaled(const char* operation, const Array& cotangent, const Array& partials, const Attribute& axes,
                kernels::Accumulator& adjoint) {
  return add_scaled(operation, cotangent, partials.type(), axes, adjoint, [&]<class T>(std::type_identity<T>) {
    return [p = kernels::Elements<T>(partials)](std::int64_t i, std::int64_t) { return p[i]; };
  });
}
bool neighbours(const Array& x, const Attribute& axes) { return kernels::Around(x.shape(), integers(axes)).neighbours; }

Sample over_axes(Dtype dtype, const Shape& shape, std::vector<std::int64_t> axes) {
  return {{{dtype, shape}}, std::move(axes)};
}

/// For reductions of at least one element.
std::vector<Sample> samples_of_some() {
  return {over_axes(Dtype::f64, {5}, {0}),          over_axes(Dtype::f32, {2, 3}, {1}),
          over_axes(Dtype::f64, {4, 3}, {0}),       over_axes(Dtype::f64, {2, 3}, {0, 1}),
          over_axes(Dtype::f64, {2, 3, 4}, {0, 2}), over_axes(Dtype::f64, {2, 3, 2, 2}, {1, 2}),
          over_axes(Dtype::f64, {0, 3}, {1}),       over_axes(Dtype::f64, {}, {}),
          over_axes(Dtype::f64, {3}, {}),           over_axes(Dtype::f64, {2, 1}, {1})};
}

std::vector<Sample> samples_of_any() {
  std::vector<Sample> samples = samples_of_some();
  samples.push_back(over_axes(Dtype::f64, {0, 3}, {0}));
  return samples;
}

}  // namespace

// --- Sums -----------------------------------------------------------------------------------------------------------

Type Sum::type(std::span<const Type> x, const Attribute& axes) { return reduced(name, x, axes); }
Array Sum::value(std::span<const Array> x, const Attribute& axes, const Type&) {
  return kernels::sum(x[0], integers(axes));
}
void Sum::value_into(std::span<const Array> x, const Attribute& axes, Array& to, kernels::Scratch& scratch) {
  kernels::sum(x[0], integers(axes), to, scratch);
}
std::vector<Sample> Sum::samples() { return samples_of_any(); }

Type CumSum::type(std::span<const Type> x, const Attribute& attribute) {
  want_real(name, x);
  const auto direction = integers(attribute);
  if (direction.size() != 2 || (direction[1] != 0 && direction[1] != 1))
    refuse<ArgumentError>(name, x, "the attribute " + graph::to_string(attribute), "[axis, 0 or 1]");
  want_axis(name, x, direction[0], x[0].shape.rank());
  return x[0];
}
Array CumSum::value(std::span<const Array> x, const Attribute& direction, const Type& result) {
  return value_of<CumSum>(x, direction, result);
}
void CumSum::value_into(std::span<const Array> x, const Attribute& direction, Array& to, kernels::Scratch& scratch) {
  kernels::running_sum(x[0], integers(direction)[0], integers(direction)[1] != 0, to, scratch);
}
std::vector<Sample> CumSum::samples() {
  return {over_axes(Dtype::f64, {5}, {0, 0}),       over_axes(Dtype::f64, {5}, {0, 1}),
          over_axes(Dtype::f32, {2, 3}, {1, 0}),    over_axes(Dtype::f64, {4, 3}, {0, 0}),
          over_axes(Dtype::f64, {2, 3, 4}, {1, 1}), over_axes(Dtype::f64, {0, 3}, {0, 0}),
          over_axes(Dtype::f64, {3, 0}, {0, 1}),    over_axes(Dtype::f64, {1}, {0, 0})};
}

// --- Products -------------------------------------------------------------------------------------------------------

Type Prod::type(std::span<const Type> x, const Attribute& axes) { return reduced(name, x, axes); }
Array Prod::value(std::span<const Array> x, const Attribute& axes, const Type& result) {
  return kernels::fold(x[0], integers(axes), kernels::Fold::product, result);
}
void Prod::value_into(std::span<const Array> x, const Attribute& axes, Array& to, kernels::Scratch& scratch) {
  kernels::fold(x[0], integers(axes), kernels::Fold::product, to, scratch);
}
bool Prod::add_contribution(std::size_t, const Array& cotangent, const Array&, std::span<const Array> x,
                            const Attribute& axes, kernels::Accumulator& adjoint) {
  return neighbours(x[0], axes) &&
         add_scaled(name, cotangent, ProdOthers::value(x.first(1), axes, x[0].type()), axes, adjoint);
}
std::vector<Sample> Prod::samples() { return samples_of_any(); }

Type ProdOthers::type(std::span<const Type> x, const Attribute& axes) { return along(name, x, axes); }
Array ProdOthers::value(std::span<const Array> x, const Attribute& axes, const Type& result) {
  return value_of<ProdOthers>(x, axes, result);
}
void ProdOthers::value_into(std::span<const Array> x, const Attribute& axes, Array& to, kernels::Scratch& scratch) {
  kernels::products_of_others(x[0], integers(axes), to, scratch);
}
std::vector<Sample> ProdOthers::samples() { return samples_of_any(); }

// --- The largest and the smallest -----------------------------------------------------------------------------------

bool Extremum::add_contribution(std::size_t, const Array& cotangent, const Array& y, std::span<const Array> x,
                                const Attribute& axes, kernels::Accumulator& adjoint) {
  if (!neighbours(x[0], axes)) return false;
  const std::array<Array, 2> operands{x[0], y};
  return add_scaled("amax", cotangent, TieShare::value(operands, axes, x[0].type()), axes, adjoint);
}

Type AMax::type(std::span<const Type> x, const Attribute& axes) { return reduced_of_some(name, x, axes); }
Array AMax::value(std::span<const Array> x, const Attribute& axes, const Type& result) {
  return kernels::fold(x[0], integers(axes), kernels::Fold::maximum, result);
}
void AMax::value_into(std::span<const Array> x, const Attribute& axes, Array& to, kernels::Scratch& scratch) {
  kernels::fold(x[0], integers(axes), kernels::Fold::maximum, to, scratch);
}
std::vector<Sample> AMax::samples() { return samples_of_some(); }

Type AMin::type(std::span<const Type> x, const Attribute& axes) { return reduced_of_some(name, x, axes); }
Array AMin::value(std::span<const Array> x, const Attribute& axes, const Type& result) {
  return kernels::fold(x[0], integers(axes), kernels::Fold::minimum, result);
}
void AMin::value_into(std::span<const Array> x, const Attribute& axes, Array& to, kernels::Scratch& scratch) {
  kernels::fold(x[0], integers(axes), kernels::Fold::minimum, to, scratch);
}
std::vector<Sample> AMin::samples() { return samples_of_some(); }

Type TieShare::type(std::span<const Type> x, const Attribute& axes) {
  const Type wanted = reduced(name, x, axes);
  if (!(x[1] == wanted)) {
    const std::string problem = "operand 1 has " + to_string(x[1]);
    if (x[1].dtype != wanted.dtype) refuse<DtypeError>(name, x, problem, to_string(wanted));
    refuse<ShapeError>(name, x, problem, to_string(wanted));
  }
  return x[0];
}
Array TieShare::value(std::span<const Array> x, const Attribute& axes, const Type& result) {
  return value_of<TieShare>(x, axes, result);
}
void TieShare::value_into(std::span<const Array> x, const Attribute& axes, Array& to, kernels::Scratch& scratch) {
  kernels::tie_shares(x[0], x[1], integers(axes), to, scratch);
}
std::vector<Sample> TieShare::samples() {
  return {{{{Dtype::f64, {5}}, {Dtype::f64, {}}}, std::vector<std::int64_t>{0}},
          {{{Dtype::f32, {2, 3}}, {Dtype::f32, {2}}}, std::vector<std::int64_t>{1}},
          {{{Dtype::f64, {2, 3, 4}}, {Dtype::f64, {3}}}, std::vector<std::int64_t>{0, 2}},
          {{{Dtype::f64, {0, 3}}, {Dtype::f64, {3}}}, std::vector<std::int64_t>{0}},
          {{{Dtype::f64, {}}, {Dtype::f64, {}}}, std::vector<std::int64_t>{}}};
}

// --- Norms and exponentials -----------------------------------------------------------------------------------------

Type Norm::type(std::span<const Type> x, const Attribute& axes) { return reduced(name, x, axes); }
Array Norm::value(std::span<const Array> x, const Attribute& axes, const Type& result) {
  return value_of<Norm>(x, axes, result);
}
void Norm::value_into(std::span<const Array> x, const Attribute& axes, Array& to, kernels::Scratch& scratch) {
  kernels::norm(x[0], integers(axes), to, scratch);
}
bool Norm::add_contribution(std::size_t, const Array& cotangent, const Array& y, std::span<const Array> x,
                            const Attribute& axes, kernels::Accumulator& adjoint) {
  return add_scaled(name, cotangent, x[0].type(), axes, adjoint, [&]<class T>(std::type_identity<T>) {
    return [length = kernels::Elements<T>(y), at = kernels::Elements<T>(x[0])](std::int64_t i, std::int64_t r) {
      return length[r] > T(0) ? at[i] / length[r] : T(0);
    };
  });
}
std::vector<Sample> Norm::samples() { return samples_of_any(); }

Type LogSumExp::type(std::span<const Type> x, const Attribute& axes) { return reduced(name, x, axes); }
Array LogSumExp::value(std::span<const Array> x, const Attribute& axes, const Type& result) {
  return value_of<LogSumExp>(x, axes, result);
}
void LogSumExp::value_into(std::span<const Array> x, const Attribute& axes, Array& to, kernels::Scratch& scratch) {
  kernels::logsumexp(x[0], integers(axes), to, scratch);
}
bool LogSumExp::add_contribution(std::size_t, const Array& cotangent, const Array&, std::span<const Array> x,
                                 const Attribute& axes, kernels::Accumulator& adjoint) {
  return neighbours(x[0], axes) &&
         add_scaled(name, cotangent, Softmax::value(x.first(1), axes, x[0].type()), axes, adjoint);
}
std::vector<Sample> LogSumExp::samples() { return samples_of_some(); }  // of none it is -∞, and -∞ - -∞ no difference

Type Softmax::type(std::span<const Type> x, const Attribute& axes) { return along(name, x, axes); }
Array Softmax::value(std::span<const Array> x, const Attribute& axes, const Type& result) {
  return value_of<Softmax>(x, axes, result);
}
void Softmax::value_into(std::span<const Array> x, const Attribute& axes, Array& to, kernels::Scratch& scratch) {
  kernels::softmax(x[0], integers(axes), to, scratch);
}
bool Softmax::add_contribution(std::size_t, const Array& cotangent, const Array& y, std::span<const Array>,
                               const Attribute& axes, kernels::Accumulator& adjoint) {
  const kernels::Around around(y.shape(), integers(axes));
  if (!around.neighbours) return false;
  kernels::with_real_type(y.dtype(), [&]<class T>(std::type_identity<T>) {
    const kernels::Elements<T> g(cotangent), value(y);
    Array products = Array::uninitialised(y.type());
    const auto product = products.mutable_data<T>();
    for (std::size_t i = 0; i < product.size(); ++i)
      product[i] = contribution<true>(g[static_cast<std::int64_t>(i)], value[static_cast<std::int64_t>(i)]);
    const Array sums = kernels::sum(products, integers(axes));
    const kernels::Elements<T> mean(sums);
    kernels::add_over<T>(around, y.type(), name, adjoint,
                         [&](std::int64_t i, std::int64_t r) { return contribution<true>(g[i] - mean[r], value[i]); });
  });
  return true;
}
std::vector<Sample> Softmax::samples() { return samples_of_any(); }

Type LogSoftmax::type(std::span<const Type> x, const Attribute& axes) { return along(name, x, axes); }
Array LogSoftmax::value(std::span<const Array> x, const Attribute& axes, const Type& result) {
  return value_of<LogSoftmax>(x, axes, result);
}
void LogSoftmax::value_into(std::span<const Array> x, const Attribute& axes, Array& to, kernels::Scratch& scratch) {
  kernels::log_softmax(x[0], integers(axes), to, scratch);
}
namespace {

/// adjoint += cotangent - total·exp(y), row by row.
template <class T>
void add_rows(const kernels::Around& around, const Array& cotangent, const T* y, const Array& totals, const Type& type,
              kernels::Accumulator& adjoint) {
  const bool any = adjoint.any();
  Array fresh;
  if (!any) fresh = Array::uninitialised(type);
  T* to = (any ? adjoint.writable(type, LogSoftmax::name) : fresh).template mutable_data<T>().data();
  const T* g = cotangent.data<T>().data();
  const kernels::Elements<T> total(totals);
  std::vector<T> shares(static_cast<std::size_t>(around.count));
  for (std::int64_t r = 0; r < around.outer; ++r) {
    kernels::value_column<Exp, T, T>(shares.data(), around.count, y);
    for (std::int64_t i = 0; i < around.count; ++i) {
      const T value = g[i] - contribution<true>(total[r], shares[static_cast<std::size_t>(i)]);
      to[i] = any ? to[i] + value : value;
    }
    to += around.count, g += around.count, y += around.count;
  }
  if (!any) adjoint.assign(std::move(fresh));
}

}  // namespace

bool LogSoftmax::add_contribution(std::size_t, const Array& cotangent, const Array& y, std::span<const Array>,
                                  const Attribute& axes, kernels::Accumulator& adjoint) {
  const kernels::Around around(y.shape(), integers(axes));
  if (!around.neighbours) return false;
  kernels::with_real_type(y.dtype(), [&]<class T>(std::type_identity<T>) {
    const kernels::Elements<T> g(cotangent), value(y);
    const auto some = [&](std::int64_t i) { return value[i] > static_cast<T>(minus_infinity) ? g[i] : T(0); };
    // Where no element is masked, the cotangent is what passes, and one row of shares is enough.
    if (around.inner == 1 && y.size() != 0 && !cotangent.is_uniform() && !y.is_uniform()) {
      const auto values = y.data<T>();
      const auto is_some = [](T v) { return v > static_cast<T>(minus_infinity); };
      if (std::all_of(values.begin(), values.end(), is_some)) {
        add_rows<T>(around, cotangent, values.data(), kernels::sum(cotangent, integers(axes)), y.type(), adjoint);
        return;
      }
    }
    Array passing = Array::uninitialised(y.type());
    const auto passes = passing.mutable_data<T>();
    for (std::size_t i = 0; i < passes.size(); ++i) passes[i] = some(static_cast<std::int64_t>(i));
    const Array sums = kernels::sum(passing, integers(axes));
    const Array shares = kernels::ElementwiseKernels<Exp, 0>::value(std::span(&y, 1), y.type());
    const kernels::Elements<T> total(sums), share(shares);
    kernels::add_over<T>(around, y.type(), name, adjoint, [&](std::int64_t i, std::int64_t r) {
      return some(i) - contribution<true>(total[r], share[i]);
    });
  });
  return true;
}
std::vector<Sample> LogSoftmax::samples() { return samples_of_any(); }

}  // namespace wengert::ops
