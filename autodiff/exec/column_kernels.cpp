#include "wengert/autodiff/exec/column_kernels.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "wengert/autodiff/ops/elementwise.hpp"
#include "wengert/autodiff/ops/simd.hpp"
#include "wengert/autodiff/ops/vector_pairs.hpp"

namespace wengert::exec {

namespace {

using namespace ops;

/// How a primitive is computed here: by its own rule, or by one of the same bits that vector code is quicker with.
template <class P>
struct Rule : P {};
/// Two comparisons, the second one under the mask of the first; `or` and `not` of masks would cost as much as the rest.
template <>
struct Rule<Scale> : Scale {
  template <class V>
  static WENGERT_INLINE V value(const V& x, const V& y) {
    if (x != V(0)) {
      if (y != V(0)) return x * y;
    }
    return V(0);
  }
};

// What a kernel computes at one place. Nothing is contracted: the bits are those of one primitive after the other.
template <class P>
struct Single {
  template <class T>
  static WENGERT_INLINE T at(T a, T b, T) {
    if constexpr (P::arity == 1)
      return static_cast<T>(Rule<P>::template value<T>(a));
    else
      return static_cast<T>(Rule<P>::template value<T>(a, b));
  }
};
struct Choice {
  template <class T>
  static WENGERT_INLINE T at(T a, T b, T c) {
    return a != T(0) ? b : c;
  }
};
struct Copy {
  template <class T>
  static WENGERT_INLINE T at(T a, T, T) {
    return a;
  }
};
template <class First, class Second>
struct Both {  // second(first(a, b), c)
  template <class T>
  static WENGERT_INLINE T at(T a, T b, T c) {
    return static_cast<T>(Rule<Second>::template value<T>(Rule<First>::template value<T>(a, b), c));
  }
};
template <class First, class Second>
struct BothExchanged {  // second(c, first(a, b))
  template <class T>
  static WENGERT_INLINE T at(T a, T b, T c) {
    return static_cast<T>(Rule<Second>::template value<T>(c, Rule<First>::template value<T>(a, b)));
  }
};

template <class F, std::size_t Arity, unsigned Uniform, class T>
struct Loop {
  template <unsigned K>
  static WENGERT_INLINE T element(const T* x, T x0, std::int64_t i) {
    if constexpr (K >= Arity)
      return T(0);
    else if constexpr ((Uniform >> K & 1u) != 0)
      return x0;
    else
      return x[i];
  }
  template <unsigned K>
  static WENGERT_INLINE T first(const T* x) {
    if constexpr (K < Arity && (Uniform >> K & 1u) != 0) return *x;
    return T(0);
  }
  /// `out` may be an operand, element for element: what is at i is read before it is written, and nobody else reads it.
  static WENGERT_INLINE void run(T* out, std::int64_t count, const T* a, const T* b, const T* c) {
    const T a0 = first<0>(a), b0 = first<1>(b), c0 = first<2>(c);
#if defined(__clang__)
#  pragma clang loop vectorize(assume_safety)
#else
#  pragma GCC ivdep
#endif
    for (std::int64_t i = 0; i < count; ++i)
      out[i] = F::template at<T>(element<0>(a, a0, i), element<1>(b, b0, i), element<2>(c, c0, i));
  }
};

template <class F, std::size_t Arity, unsigned Uniform, class T>
void run_baseline(T* out, std::int64_t count, const T* a, const T* b, const T* c) {
  Loop<F, Arity, Uniform, T>::run(out, count, a, b, c);
}
/// The kernel for the best instructions that the machine has: chosen here, once, not where it runs.
template <class F, std::size_t Arity, unsigned Uniform, class T>
ColumnKernel<T> best() {
#if WENGERT_SIMD_LEVELS > 1
  if (wengert::detail::simd_level == 2)
    return &wengert::detail::run_avx512<Loop<F, Arity, Uniform, T>, T*, std::int64_t, const T*, const T*, const T*>;
  if (wengert::detail::simd_level == 1)
    return &wengert::detail::run_avx2<Loop<F, Arity, Uniform, T>, T*, std::int64_t, const T*, const T*, const T*>;
#endif
  return &run_baseline<F, Arity, Uniform, T>;
}

/// For each set of uniform operands; with all of them uniform there is none.
template <class F, std::size_t Arity, class T>
ColumnKernel<T> choose(unsigned uniform) {
  static const auto kernels = []<std::size_t... U>(std::index_sequence<U...>) {
    return std::array<ColumnKernel<T>, sizeof...(U)>{best<F, Arity, U, T>()...};
  }(std::make_index_sequence<(std::size_t{1} << Arity) - (Arity > 1 ? 1 : 0)>{});
  return uniform < kernels.size() ? kernels[uniform] : nullptr;
}

/// Primitives with kernels of their own.
using Arithmetic = List<Add, Sub, Mul, Scale, Div, Max, Min, Less, LessEqual, Greater, GreaterEqual>;

template <class P>
bool is(const Primitive& p) {
  return &p == &PrimitiveOf<P>::record;
}

}  // namespace

Pair pair_of(const Primitive& first, const Primitive& second, std::size_t position) {
  const bool left = position == 0;
  if (is<Mul>(first)) {
    if (is<Add>(second)) return Pair::mul_add;
    if (is<Sub>(second)) return left ? Pair::mul_sub : Pair::sub_mul;
    if (is<Mul>(second)) return Pair::mul_mul;
  } else if (is<Scale>(first)) {
    if (is<Add>(second)) return Pair::scale_add;
    if (is<Sub>(second)) return left ? Pair::scale_sub : Pair::sub_scale;
    if (is<Scale>(second)) return Pair::scale_scale;
  } else if (is<Add>(first) && is<Add>(second)) {
    return Pair::add_add;
  }
  return Pair::none;
}

bool may_overwrite(const Primitive& primitive) {
  bool own = is<Where>(primitive);
  Arithmetic::for_each([&]<class P> { own = own || is<P>(primitive); });
  return own;
}

template <class T>
ColumnKernel<T> column_kernel(const Primitive& primitive, unsigned uniform) {
  ColumnKernel<T> own = nullptr;
  bool found = false;
  Arithmetic::for_each([&]<class P> {
    if (found || !is<P>(primitive)) return;
    own = choose<Single<P>, 2, T>(uniform);
    found = true;
  });
  if (found) return own;
  if (is<Where>(primitive)) return choose<Choice, 3, T>(uniform);
  if (uniform != 0) return nullptr;
  if constexpr (sizeof(T) == sizeof(float))
    return primitive.column_f32;
  else
    return primitive.column_f64;
}

template <class T>
ColumnKernel<T> column_kernel(Pair pair, unsigned uniform) {
  switch (pair) {
    case Pair::mul_add:
      return choose<Both<Mul, Add>, 3, T>(uniform);
    case Pair::mul_sub:
      return choose<Both<Mul, Sub>, 3, T>(uniform);
    case Pair::sub_mul:
      return choose<BothExchanged<Mul, Sub>, 3, T>(uniform);
    case Pair::scale_add:
      return choose<Both<Scale, Add>, 3, T>(uniform);
    case Pair::scale_sub:
      return choose<Both<Scale, Sub>, 3, T>(uniform);
    case Pair::sub_scale:
      return choose<BothExchanged<Scale, Sub>, 3, T>(uniform);
    case Pair::add_add:
      return choose<Both<Add, Add>, 3, T>(uniform);
    case Pair::mul_mul:
      return choose<Both<Mul, Mul>, 3, T>(uniform);
    case Pair::scale_scale:
      return choose<Both<Scale, Scale>, 3, T>(uniform);
    case Pair::none:
      break;
  }
  return nullptr;
}

namespace {

struct PrimitivePair {
  const Primitive* whole = nullptr;
  const Primitive* part = nullptr;
};
/// In the order of kernels::vector_pairs.
const auto& primitive_pairs() {
  static const auto pairs = [] {
    std::array<PrimitivePair, kernels::vector_pairs.size()> made;
    ElementwisePrimitives::for_each([&]<class P> {
      constexpr auto function = kernels::vector_function<P>;
      for (std::size_t k = 0; k < made.size(); ++k) {
        if (kernels::vector_pairs[k].whole == function) made[k].whole = &PrimitiveOf<P>::record;
        if (kernels::vector_pairs[k].part == function) made[k].part = &PrimitiveOf<P>::record;
      }
    });
    return made;
  }();
  return pairs;
}
const kernels::PairFunctions& best_pairs() { return kernels::pair_functions(kernels::vector_functions()); }
template <std::size_t K, class T>
void run_pair(T* out, std::int64_t count, const T* a, const T* b, const T*) {
  T* const part = const_cast<T*>(b);  // NOLINT(cppcoreguidelines-pro-type-const-cast): written, as the header says
  static const kernels::PairFunction<T> both = best_pairs().of<T>(K);
  both(a, out, part, count);
}

}  // namespace

template <class T>
ColumnKernel<T> column_kernel_beside(const Primitive& whole, const Primitive& part) {
  static constexpr auto runs = []<std::size_t... K>(std::index_sequence<K...>) {
    return std::array<ColumnKernel<T>, sizeof...(K)>{&run_pair<K, T>...};
  }(std::make_index_sequence<kernels::vector_pairs.size()>{});
  for (std::size_t k = 0; k < runs.size(); ++k)
    if (primitive_pairs()[k].whole == &whole && primitive_pairs()[k].part == &part)
      return best_pairs().of<T>(k) == nullptr ? nullptr : runs[k];
  return nullptr;
}

bool has_kernel_beside(const Primitive& primitive) {
  return std::ranges::any_of(primitive_pairs(), [&](const PrimitivePair& pair) {
    return pair.whole == &primitive || pair.part == &primitive;
  });
}

template <class T>
ColumnKernel<T> copy_kernel(bool uniform) {
  return choose<Copy, 1, T>(uniform ? 1 : 0);
}

template ColumnKernel<float> column_kernel<float>(const Primitive&, unsigned);
template ColumnKernel<double> column_kernel<double>(const Primitive&, unsigned);
template ColumnKernel<float> column_kernel<float>(Pair, unsigned);
template ColumnKernel<double> column_kernel<double>(Pair, unsigned);
template ColumnKernel<float> column_kernel_beside<float>(const Primitive&, const Primitive&);
template ColumnKernel<double> column_kernel_beside<double>(const Primitive&, const Primitive&);
template ColumnKernel<float> copy_kernel<float>(bool);
template ColumnKernel<double> copy_kernel<double>(bool);

}  // namespace wengert::exec
