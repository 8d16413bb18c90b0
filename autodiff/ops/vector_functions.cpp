// Vector functions: the plain functions that take the lanes Highway's code is not good for, and the choice of the
// instruction set. The vector code is in vector_functions.inc.
#include "wengert/autodiff/ops/vector_functions.hpp"

#ifndef WENGERT_WITH_HIGHWAY  // set by CMake
#  define WENGERT_WITH_HIGHWAY 0
#endif

#if WENGERT_WITH_HIGHWAY

#  include <cfloat>
#  include <cmath>

namespace wengert::kernels {

static const VectorFunctions no_functions{};

/// Plain functions, compiled for the instructions that every machine has. `harmless` is an argument that none of the
/// vector code refuses.
namespace scalar {

template <VectorFunction F>
struct Function {
  static constexpr VectorFunction function = F;
  static constexpr double harmless = 0.5;
};

struct Sqrt : Function<VectorFunction::sqrt> {
  static float scalar(float x) { return std::sqrt(x); }
  static double scalar(double x) { return std::sqrt(x); }
};
struct Rsqrt : Function<VectorFunction::rsqrt> {
  static float scalar(float x) { return 1 / std::sqrt(x); }
  static double scalar(double x) { return 1 / std::sqrt(x); }
};
struct Exp : Function<VectorFunction::exp> {
  static float scalar(float x) { return std::exp(x); }
  static double scalar(double x) { return std::exp(x); }
};
struct Exp2 : Function<VectorFunction::exp2> {
  static float scalar(float x) { return std::exp2(x); }
  static double scalar(double x) { return std::exp2(x); }
};
struct Expm1 : Function<VectorFunction::expm1> {
  static float scalar(float x) { return std::expm1(x); }
  static double scalar(double x) { return std::expm1(x); }
};
struct Log : Function<VectorFunction::log> {
  static float scalar(float x) { return std::log(x); }
  static double scalar(double x) { return std::log(x); }
};
struct Log1p : Function<VectorFunction::log1p> {
  static float scalar(float x) { return std::log1p(x); }
  static double scalar(double x) { return std::log1p(x); }
};
struct Log2 : Function<VectorFunction::log2> {
  static float scalar(float x) { return std::log2(x); }
  static double scalar(double x) { return std::log2(x); }
};
struct Log10 : Function<VectorFunction::log10> {
  static float scalar(float x) { return std::log10(x); }
  static double scalar(double x) { return std::log10(x); }
};
struct Sin : Function<VectorFunction::sin> {
  static float scalar(float x) { return std::sin(x); }
  static double scalar(double x) { return std::sin(x); }
};
struct Cos : Function<VectorFunction::cos> {
  static float scalar(float x) { return std::cos(x); }
  static double scalar(double x) { return std::cos(x); }
};
struct Sinh : Function<VectorFunction::sinh> {
  static float scalar(float x) { return std::sinh(x); }
  static double scalar(double x) { return std::sinh(x); }
};
struct Cosh : Function<VectorFunction::cosh> {
  static float scalar(float x) { return std::cosh(x); }
  static double scalar(double x) { return std::cosh(x); }
};
struct Tanh : Function<VectorFunction::tanh> {
  static float scalar(float x) { return std::tanh(x); }
  static double scalar(double x) { return std::tanh(x); }
};
struct Asin : Function<VectorFunction::asin> {
  static float scalar(float x) { return std::asin(x); }
  static double scalar(double x) { return std::asin(x); }
};
struct Acos : Function<VectorFunction::acos> {
  static float scalar(float x) { return std::acos(x); }
  static double scalar(double x) { return std::acos(x); }
};
struct Atan : Function<VectorFunction::atan> {
  static float scalar(float x) { return std::atan(x); }
  static double scalar(double x) { return std::atan(x); }
};
struct Asinh : Function<VectorFunction::asinh> {
  static float scalar(float x) { return std::asinh(x); }
  static double scalar(double x) { return std::asinh(x); }
};
struct Acosh : Function<VectorFunction::acosh> {
  static constexpr double harmless = 2.0;
  static float scalar(float x) { return std::acosh(x); }
  static double scalar(double x) { return std::acosh(x); }
};
struct Atanh : Function<VectorFunction::atanh> {
  static float scalar(float x) { return std::atanh(x); }
  static double scalar(double x) { return std::atanh(x); }
};
// Of these three, only NaN is left over by the vector code.
template <VectorFunction F>
struct NotANumber : Function<F> {
  static float scalar(float x) { return x; }
  static double scalar(double x) { return x; }
};
struct Sigmoid : NotANumber<VectorFunction::sigmoid> {};
struct Softplus : NotANumber<VectorFunction::softplus> {};
struct LogSigmoid : NotANumber<VectorFunction::log_sigmoid> {};

}  // namespace scalar
}  // namespace wengert::kernels

// SSE4, AVX2 and AVX-512: SSSE3 has what SSE4 has less some, on machines that nobody measures.
#  define HWY_DISABLED_TARGETS HWY_SSSE3
#  undef HWY_TARGET_INCLUDE
#  define HWY_TARGET_INCLUDE "wengert/autodiff/ops/vector_functions.inc"
#  include <hwy/foreach_target.h>
//
#  include "wengert/autodiff/ops/vector_functions.inc"

// Of Highway, headers only: its library, which could choose too, spends a millisecond at the start of every program.
namespace wengert::kernels {

/// Calls f with every level that this machine can run, the best first.
template <class F>
static void for_each_level(const F& f) {
  [[maybe_unused]] const auto offer = [&](bool runs, std::string_view name, const VectorFunctions* functions) {
    if (runs && functions != &no_functions) f(VectorLevel{name, functions});
  };
#  if HWY_ARCH_X86
  // What Highway compiles each for (HWY_TARGET_STR in hwy/ops/set_macros-inl.h). f16c came with AVX2's predecessors.
  [[maybe_unused]] const bool sse4 =
      __builtin_cpu_supports("sse4.2") && __builtin_cpu_supports("pclmul") && __builtin_cpu_supports("aes");
  [[maybe_unused]] const bool avx2 = sse4 && __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
                                     __builtin_cpu_supports("bmi") && __builtin_cpu_supports("bmi2");
  [[maybe_unused]] const bool avx3 = avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&
                                     __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512bw");
#    if (HWY_TARGETS & HWY_AVX3) && HWY_STATIC_TARGET != HWY_AVX3
  offer(avx3, "AVX-512", N_AVX3::functions());
#    endif
#    if (HWY_TARGETS & HWY_AVX2) && HWY_STATIC_TARGET != HWY_AVX2
  offer(avx2, "AVX2", N_AVX2::functions());
#    endif
#    if (HWY_TARGETS & HWY_SSE4) && HWY_STATIC_TARGET != HWY_SSE4
  offer(sse4, "SSE4", N_SSE4::functions());
#    endif
#  endif
  // What this file is compiled for anyway.
  offer(true, hwy::TargetName(HWY_STATIC_TARGET), HWY_STATIC_DISPATCH(functions)());
}

std::vector<VectorLevel> vector_levels() {
  std::vector<VectorLevel> levels;
  for_each_level([&](const VectorLevel& level) { levels.push_back(level); });
  return levels;
}

const VectorFunctions& vector_functions() noexcept {
  static const VectorFunctions& chosen = *[] {
    const VectorFunctions* best = nullptr;
    for_each_level([&](const VectorLevel& level) { best = best == nullptr ? level.functions : best; });
    return best == nullptr ? &no_functions : best;
  }();
  return chosen;
}

}  // namespace wengert::kernels

#else

namespace wengert::kernels {

const VectorFunctions& vector_functions() noexcept {
  static constexpr VectorFunctions none{};
  return none;
}
std::vector<VectorLevel> vector_levels() { return {}; }

}  // namespace wengert::kernels

#endif
