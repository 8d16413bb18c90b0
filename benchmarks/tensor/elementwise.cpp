// Every elementwise primitive of the list, at its own points over and over. The bare kernel is the one that the library
// uses, called on buffers that are there: what is left of the time is checking, allocating and recording.
#include <algorithm>
#include <array>
#include <memory>
#include <stdexcept>
#include <utility>

#include "wengert/autodiff/ops/tile.hpp"
#include "wengert/benchmarks/tensor/row.hpp"

namespace tensor_benchmark {

namespace {

/// Operands as columns of T: the primitive's points, one after the other.
template <class P, class T>
std::array<std::vector<T>, P::arity> columns_of(std::int64_t count) {
  constexpr auto points = P::points();
  std::array<std::vector<T>, P::arity> columns;
  for (std::size_t k = 0; k < P::arity; ++k) {
    columns[k].resize(static_cast<std::size_t>(count));
    for (std::size_t i = 0; i < columns[k].size(); ++i) columns[k][i] = static_cast<T>(points[i % points.size()].at[k]);
  }
  return columns;
}

template <class P, class T, std::size_t... K>
Row measure_one(std::int64_t count, const Settings& settings, std::index_sequence<K...>) {
  const Primitive& primitive = PrimitiveOf<P>::record;
  const auto x = columns_of<P, T>(count);
  std::vector<Tensor> operands;
  for (std::size_t k = 0; k < P::arity; ++k) {
    operands.push_back(tensor(std::span<const T>(x[k]), Shape{count}));
    if (primitive.truth_operands >> k & 1u) operands[k] = operands[k] != 0.0;
  }

  using R = std::conditional_t<P::result == ops::Result::truth, bool, T>;
  const auto size = static_cast<std::size_t>(count);
  const std::vector<T> g(size, T(1));
  const std::unique_ptr<R[]> y(new R[size]);
  std::array<std::vector<T>, P::arity> adjoint;
  for (auto& column : adjoint) column.resize(size);
  Bare bare;
  bare.forward = [&] {
    for (std::int64_t i = 0; i < count; i += kernels::tile)
      kernels::value_column<P, T, R>(y.get() + i, std::min(kernels::tile, count - i), x[K].data() + i...);
  };
  bare.forward();
  if constexpr (!std::is_same_v<R, bool>) {
    bare.backward = [&] {
      const auto along = [&]<std::size_t O> {
        if constexpr (ops::differentiable_in<P, O>) {
          for (std::int64_t i = 0; i < count; i += kernels::tile)
            kernels::contribution_column<P, O, T>(adjoint[O].data() + i, std::min(kernels::tile, count - i),
                                                  g.data() + i, y.get() + i, x[K].data() + i...);
        }
      };
      (along.template operator()<K>(), ...);
    };
  }
  // Both compute the same, bit for bit.
  const Tensor by_library = detail::record_tensor(primitive, operands, {}, {});
  const auto got = by_library.value().template data<R>();
  for (std::size_t i = 0; i < size; ++i)
    if (!(got[i] == y[i] || (got[i] != got[i] && y[i] != y[i])))
      throw std::runtime_error(std::string(P::name) + ": the bare kernel disagrees");
  return measure(primitive, operands, {}, bare, settings);
}

}  // namespace

void measure_elementwise(const std::vector<std::int64_t>& sizes, const Settings& settings, std::string_view only,
                         const std::function<void(const Row&)>& done) {
  ops::ElementwisePrimitives::for_each([&]<class P> {
    if (!only.empty() && only != P::name) return;
    double seconds = 0;  // an element, forward and backward, at the size before
    for (const std::int64_t size : sizes) {
      if (seconds * static_cast<double>(size) > 1.0) break;  // polygamma: a million would take minutes
      const Row row = measure_one<P, float>(size, settings, std::make_index_sequence<P::arity>{});
      seconds = (row.forward.median + row.record.median + row.reverse.median) / static_cast<double>(size);
      done(row);
      if (row.dtype == Dtype::boolean) continue;  // of truth values alone
      done(measure_one<P, double>(size, settings, std::make_index_sequence<P::arity>{}));
    }
  });
}

}  // namespace tensor_benchmark
