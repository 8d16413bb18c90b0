// Which vector instructions the machine has, and how code is compiled for each of them.
//
// Nothing of ours is built with -march=native. What runs in blocks is compiled three times (baseline, AVX2, AVX-512) by
// target attributes around one always-inlined body, and chosen when it is called. A translation unit that is compiled
// for AVX-512 anyway needs one version only. Contraction of a·b + c to a fused operation is left to the user's own
// flags: the AVX2 version does not enable it, so that the first two give the same bits.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "wengert/autodiff/ops/hook.hpp"

namespace wengert::detail {

#if defined(__x86_64__)
/// 0: baseline, 1: AVX2, 2: AVX-512. What the library goes by, however the translation units of its users are compiled.
extern const std::size_t simd_level;
#else
inline constexpr std::size_t simd_level = 0;
#endif

#if defined(__x86_64__) && !defined(__AVX512F__)
#  define WENGERT_SIMD_LEVELS 3
#  define WENGERT_TARGET_AVX2 __attribute__((target("avx2")))
#  if defined(__clang__)
#    define WENGERT_TARGET_AVX512 __attribute__((target("avx512f,avx512dq,avx512vl")))
#  else
#    define WENGERT_TARGET_AVX512 __attribute__((target("avx512f,avx512dq,avx512vl,prefer-vector-width=512")))
#  endif
#else
#  define WENGERT_SIMD_LEVELS 1
#endif

// What one repetition writes, no other reads. (clang finds out by itself.)
#if defined(__clang__)
#  define WENGERT_INDEPENDENT_ITERATIONS
#else
#  define WENGERT_INDEPENDENT_ITERATIONS _Pragma("GCC ivdep")
#endif

/// `value` if `keep`, else 0, whatever `value` is. Masks of bits instead of a choice: this form becomes vector code at
/// every level.
template <class T>
[[nodiscard]] __attribute__((always_inline)) inline T kept(bool keep, T value) noexcept {
  using Bits = std::conditional_t<sizeof(T) == sizeof(std::int32_t), std::int32_t, std::int64_t>;
  const Bits mask = keep ? -1 : 0;
  return std::bit_cast<T>(static_cast<Bits>(std::bit_cast<Bits>(value) & mask));
}

/// partial · cotangent, and 0 where one of them is 0, whatever the other is.
template <class T>
[[nodiscard]] __attribute__((always_inline)) inline T masked_product(T p, T a) noexcept {
  return kept(!WENGERT_HOLDS("masked product: partial is 0", p == T(0)),
              kept(!WENGERT_HOLDS("masked product: cotangent is 0", a == T(0)), p * a));
}

#if WENGERT_SIMD_LEVELS > 1
template <class Loop, class... A>
WENGERT_TARGET_AVX2 void run_avx2(A... arguments) {
  Loop::run(arguments...);
}
template <class Loop, class... A>
WENGERT_TARGET_AVX512 void run_avx512(A... arguments) {
  Loop::run(arguments...);
}
#endif

/// Loop::run, an always-inlined function, compiled for the best instructions that the machine has.
template <class Loop, class... A>
void run_at_simd_level(A... arguments) {
#if WENGERT_SIMD_LEVELS > 1
  if (simd_level == 2) return run_avx512<Loop>(arguments...);
  if (simd_level == 1) return run_avx2<Loop>(arguments...);
#endif
  Loop::run(arguments...);
}

}  // namespace wengert::detail
