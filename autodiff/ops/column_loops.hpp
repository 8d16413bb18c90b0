// The inner loops of the kernels of elementwise primitives: a primitive's value, and what a cotangent contributes to an
// operand, on columns. Values of exp, sin … go through vector functions (vector_functions.hpp); what is cheap is a loop
// that the compiler turns into vector code, once for each level of instructions (simd.hpp).
#pragma once

#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "wengert/autodiff/ops/contract.hpp"
#include "wengert/autodiff/ops/simd.hpp"
#include "wengert/autodiff/ops/vector_functions.hpp"

namespace wengert::kernels {

// What a cotangent contributes, as ops::contribution<true>, in a form that becomes vector code.
template <class T>
[[nodiscard]] WENGERT_INLINE T column_contribution(T g, T partial) {
  return detail::masked_product(partial, g);
}
template <class T>
[[nodiscard]] WENGERT_INLINE T column_contribution(T g, ops::One) {
  return g;
}
template <class T>
[[nodiscard]] WENGERT_INLINE T column_contribution(T g, ops::MinusOne) {
  return -g;
}
template <class T, class Partial>
[[nodiscard]] WENGERT_INLINE T column_contribution(T g, const ops::When<bool, Partial>& p) {
  return detail::kept(p.condition, column_contribution(g, p.partial));
}
template <class T, class Partial>
[[nodiscard]] WENGERT_INLINE T column_contribution(T g, const ops::Unless<bool, Partial>& p) {
  return detail::kept(!p.condition, column_contribution(g, p.partial));
}

template <class P, class T, class R>
struct ValueLoop {
  template <class... In>
  static WENGERT_INLINE void run(R* __restrict out, std::int64_t count, const In*... in) {
    for (std::int64_t i = 0; i < count; ++i) out[i] = static_cast<R>(P::template value<T>(in[i]...));
  }
};

/// P's value on `count` elements, the operands read as T, the result stored as R.
template <class P, class T, class R, class... In>
void value_column(R* out, std::int64_t count, const In*... in) {
  if constexpr (vector_function<P> != VectorFunction::none) {
    if (const auto f = vector_functions().of<T>(vector_function<P>)) return f(in..., out, count);
    ValueLoop<P, T, R>::run(out, count, in...);
  } else if constexpr (P::value_cost == ops::Cost::cheap) {
    detail::run_at_simd_level<ValueLoop<P, T, R>>(out, count, in...);
  } else {
    ValueLoop<P, T, R>::run(out, count, in...);
  }
}

template <class P, std::size_t O, class T>
struct ContributionLoop {
  template <class... In>
  static WENGERT_INLINE void run(T* __restrict out, std::int64_t count, const T* g, const T* y, const In*... in) {
    for (std::int64_t i = 0; i < count; ++i) out[i] = column_contribution(g[i], ops::partial<P, O>(y[i], in[i]...));
  }
};

template <class T, class Stored>
struct ConvertLoop {
  static WENGERT_INLINE void run(const Stored* __restrict from, T* __restrict to, std::int64_t count) {
    if constexpr (std::is_same_v<Stored, bool>) {
      // A truth value is a byte, 0 or 1; from bytes this becomes vector code.
      const auto* const bytes = reinterpret_cast<const unsigned char*>(from);
      for (std::int64_t i = 0; i < count; ++i) to[i] = static_cast<T>(bytes[i]);
    } else {
      for (std::int64_t i = 0; i < count; ++i) to[i] = static_cast<T>(from[i]);
    }
  }
};
template <class T>
struct AddLoop {
  static WENGERT_INLINE void run(const T* __restrict from, T* __restrict to, std::int64_t count) {
    for (std::int64_t i = 0; i < count; ++i) to[i] += from[i];
  }
};
template <class T>
struct ProductLoop {
  static WENGERT_INLINE void run(const T* __restrict partial, const T* __restrict g, T* __restrict to,
                                 std::int64_t count) {
    for (std::int64_t i = 0; i < count; ++i) to[i] = detail::masked_product(partial[i], g[i]);
  }
};
/// Keeps to[i] where truth[i], 0 or 1, is `kept_where`.
template <class T, bool kept_where>
struct KeepLoop {
  static WENGERT_INLINE void run(const T* __restrict truth, T* __restrict to, std::int64_t count) {
    for (std::int64_t i = 0; i < count; ++i) to[i] = detail::kept((truth[i] != T(0)) == kept_where, to[i]);
  }
};

/// to[i] += from[i].
template <class T>
void add_to(const T* from, T* to, std::int64_t count) {
  detail::run_at_simd_level<AddLoop<T>>(from, to, count);
}

}  // namespace wengert::kernels
