#include "wengert/autodiff/record/block_kernels.hpp"

#include <cstdint>
#include <cstring>

#include "wengert/autodiff/ops/contract.hpp"
#include "wengert/autodiff/ops/simd.hpp"

namespace wengert::detail {

namespace {

WENGERT_INLINE void multiply_body(const double* p, const double* a, double* to, std::size_t count) {
  WENGERT_INDEPENDENT_ITERATIONS
  for (std::size_t i = 0; i < count; ++i) to[i] = WENGERT_NUMBER("block: product", masked_product(p[i], a[i]));
}
WENGERT_INLINE void add_body(const double* __restrict from, double* __restrict to, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) WENGERT_ADD("block: addition", to[i], from[i]);
}
// Eight sums side by side, whatever the width of the machine's vectors: the same bits on each.
WENGERT_INLINE double sum_body(const double* from, std::size_t count) {
  using Lanes = double __attribute__((vector_size(64), aligned(8), may_alias));
  Lanes sums{};
  std::size_t i = 0;
  for (; i + 8 <= count; i += 8) {
    Lanes x;
    std::memcpy(&x, from + i, sizeof x);
    sums += x;
  }
  double s[8];
  std::memcpy(s, &sums, sizeof s);
  for (std::size_t k = 0; i < count; ++i, ++k) WENGERT_ADD("block: rest of a sum", s[k], from[i]);
  return ((s[0] + s[4]) + (s[1] + s[5])) + ((s[2] + s[6]) + (s[3] + s[7]));
}

void multiply(const double* p, const double* a, double* to, std::size_t n) { multiply_body(p, a, to, n); }
void add(const double* from, double* to, std::size_t n) { add_body(from, to, n); }
double sum(const double* from, std::size_t n) { return sum_body(from, n); }

#if WENGERT_SIMD_LEVELS > 1
// clang-format off
WENGERT_TARGET_AVX2 void multiply_avx2(const double* p, const double* a, double* to, std::size_t n) { multiply_body(p, a, to, n); }
WENGERT_TARGET_AVX2 void add_avx2(const double* from, double* to, std::size_t n) { add_body(from, to, n); }
WENGERT_TARGET_AVX2 double sum_avx2(const double* from, std::size_t n) { return sum_body(from, n); }
WENGERT_TARGET_AVX512 void multiply_avx512(const double* p, const double* a, double* to, std::size_t n) { multiply_body(p, a, to, n); }
WENGERT_TARGET_AVX512 void add_avx512(const double* from, double* to, std::size_t n) { add_body(from, to, n); }
WENGERT_TARGET_AVX512 double sum_avx512(const double* from, std::size_t n) { return sum_body(from, n); }
// clang-format on
#endif

constexpr BlockKernels levels[] {
  {&multiply, &add, &sum},
#if WENGERT_SIMD_LEVELS > 1
      {&multiply_avx2, &add_avx2, &sum_avx2}, {&multiply_avx512, &add_avx512, &sum_avx512},
#endif
};

}  // namespace

const BlockKernels& block_kernels() noexcept { return levels[simd_level]; }

}  // namespace wengert::detail
