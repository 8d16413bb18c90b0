#include "wengert/autodiff/ops/simd.hpp"

namespace wengert::detail {

#if defined(__x86_64__)
const std::size_t simd_level =
    WENGERT_SIMD_LEVELS == 1                                                                                        ? 0
    : __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") ? 2
    : __builtin_cpu_supports("avx2")                                                                                ? 1
                                                                                                                    : 0;
#endif

}  // namespace wengert::detail
