// Vector functions two at a time: one is made of the other, and whoever wants both has the latter nearly for nothing.
#pragma once

#include "wengert/autodiff/ops/vector_functions.hpp"

namespace wengert::kernels {

struct VectorPair {
  VectorFunction whole, part;
};
inline constexpr std::array vector_pairs{VectorPair{VectorFunction::erf, VectorFunction::gaussian},
                                         VectorPair{VectorFunction::erfc, VectorFunction::gaussian}};

/// y[i] = whole(x[i]), z[i] = part(x[i]), the bits of each alone; the columns do not overlap.
template <class T>
using PairFunction = void (*)(const T* x, T* y, T* z, std::int64_t count);

/// For one instruction set, in the order of vector_pairs; null where there is none.
struct PairFunctions {
  std::array<PairFunction<float>, vector_pairs.size()> f32{};
  std::array<PairFunction<double>, vector_pairs.size()> f64{};

  template <class T>
  [[nodiscard]] PairFunction<T> of(std::size_t pair) const noexcept {
    if constexpr (sizeof(T) == sizeof(float))
      return f32[pair];
    else
      return f64[pair];
  }
};

/// Those of the instruction set of `functions`, which are vector_functions() or of a level.
[[nodiscard]] const PairFunctions& pair_functions(const VectorFunctions& functions) noexcept;

}  // namespace wengert::kernels
