#include "wengert/autodiff/record/lane_kernels.hpp"

#include <cstring>

#include "wengert/autodiff/ops/contract.hpp"
#include "wengert/autodiff/ops/simd.hpp"

namespace wengert::detail {

namespace {

namespace baseline {
#if defined(__AVX512F__)
#  define WENGERT_LANE_BYTES 64
#else
#  define WENGERT_LANE_BYTES 16
#endif
#include "wengert/autodiff/record/lane_kernels.inc"
#undef WENGERT_LANE_BYTES
}  // namespace baseline

#if WENGERT_SIMD_LEVELS > 1
#  if defined(__clang__)
#    pragma clang attribute push(WENGERT_TARGET_AVX2, apply_to = function)
#  else
#    pragma GCC push_options
#    pragma GCC target("avx2")
#  endif
namespace avx2 {
#  define WENGERT_LANE_BYTES 32
#  include "wengert/autodiff/record/lane_kernels.inc"
#  undef WENGERT_LANE_BYTES
}  // namespace avx2
#  if defined(__clang__)
#    pragma clang attribute pop
#    pragma clang attribute push(WENGERT_TARGET_AVX512, apply_to = function)
#  else
#    pragma GCC pop_options
#    pragma GCC push_options
#    pragma GCC target("avx512f,avx512dq,avx512vl,prefer-vector-width=512")
#  endif
namespace avx512 {
#  define WENGERT_LANE_BYTES 64
#  include "wengert/autodiff/record/lane_kernels.inc"
#  undef WENGERT_LANE_BYTES
}  // namespace avx512
#  if defined(__clang__)
#    pragma clang attribute pop
#  else
#    pragma GCC pop_options
#  endif
#endif

constexpr LaneKernels levels[] {
  {&baseline::statements,         &baseline::follow,      &baseline::walk, &baseline::spread,
   &baseline::forward_statements, &baseline::forward_walk},
#if WENGERT_SIMD_LEVELS > 1
      {&avx2::statements, &avx2::follow, &avx2::walk, &avx2::spread, &avx2::forward_statements, &avx2::forward_walk},
      {&avx512::statements,         &avx512::follow,      &avx512::walk, &avx512::spread,
       &avx512::forward_statements, &avx512::forward_walk},
#endif
};

}  // namespace

const LaneKernels& lane_kernels() noexcept { return levels[simd_level]; }

}  // namespace wengert::detail
