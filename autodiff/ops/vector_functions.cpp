// Vector functions: the plain functions that take the lanes Highway's code is not good for, and the choice of the
// instruction set. The vector code is in vector_functions.inc.
#include "wengert/autodiff/ops/vector_functions.hpp"

#include "wengert/autodiff/ops/vector_pairs.hpp"

#ifndef WENGERT_WITH_HIGHWAY  // set by CMake
#  define WENGERT_WITH_HIGHWAY 0
#endif

#if WENGERT_WITH_HIGHWAY

#  include <algorithm>
#  include <cfloat>
#  include <cmath>
#  include <limits>
#  include <optional>

namespace wengert::kernels {

static const VectorFunctions no_functions{};
static const PairFunctions no_pairs{};

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
// Of these, only NaN is left over by the vector code.
template <VectorFunction F>
struct NotANumber : Function<F> {
  static float scalar(float x) { return x; }
  static double scalar(double x) { return x; }
};
struct Sigmoid : NotANumber<VectorFunction::sigmoid> {};
struct Softplus : NotANumber<VectorFunction::softplus> {};
struct LogSigmoid : NotANumber<VectorFunction::log_sigmoid> {};
struct Gaussian : NotANumber<VectorFunction::gaussian> {};
struct Erf : NotANumber<VectorFunction::erf> {};
struct Erfc : NotANumber<VectorFunction::erfc> {};

// Polynomials of the error function, lowest power first: interpolations at Chebyshev's points, computed in 60 digits
// (mpmath's chebyfit) and rounded. Their error is below 2e-17, of those for f32 below 2e-8.
/// erf(x)/x in x², for |x| <= 1.
inline constexpr double erf_f64[] = {0x1.20dd750429b6dp+0,   -0x1.812746b0379c1p-2,  0x1.ce2f21a040f66p-4,
                                     -0x1.b82ce31203772p-6,  0x1.565bccfa44156p-8,   -0x1.c02db0665e53dp-11,
                                     0x1.f9a2be4f731a1p-14,  -0x1.f4ca838adb73bp-17, 0x1.b981d78881a5dp-20,
                                     -0x1.5c131500d3f88p-23, 0x1.d76af6ca49787p-27,  -0x1.ac9585a44fe29p-31};
inline constexpr double erf_f32[] = {1.1283791065216064,   -0.3761262595653534,  0.11283594369888306,
                                     -0.02685421146452427, 0.005189087241888046, -0.000801686430349946,
                                     7.875874871388078e-05};
/// (1 + 2x)·e^(x²)·erfc(x) in t = (x - 3.75)/(x + 3.75), for x from 0.5 to 28 (11 for f32): a function that changes
/// little. (The form is that of Shepherd and Laframboise, Math. Comp. 36, 1981.)
inline constexpr double erfc_f64[] = {0x1.3ccda0b5d5dc2p+0,   -0x1.1f367683f899dp-3, 0x1.d5f294815a01bp-9,
                                      0x1.510169d095e90p-4,   -0x1.bda9309a29541p-4, 0x1.7a14188aafa10p-4,
                                      -0x1.e0d0fa6dc47b9p-5,  0x1.d0b00377f41cbp-6,  -0x1.3f603c43ff52dp-7,
                                      0x1.cc3a119143c51p-10,  0x1.33fb37c765daap-12, -0x1.303feb6ffe25ep-12,
                                      0x1.b140d26725c9bp-15,  0x1.779b8abf36806p-16, -0x1.7fd6ca24d693ep-17,
                                      -0x1.079e14f447adep-20, 0x1.d3266fe7a1570p-20, -0x1.845ba71ae5d74p-25,
                                      -0x1.04338cdc96c7cp-22, 0x1.d0284eab55b8dp-27, 0x1.b20f18df07352p-26};
inline constexpr double erfc_f32[] = {
    1.2375125885009766,  -0.14024077355861664,  0.0035865032114088535, 0.08228456228971481,   -0.10882515460252762,
    0.09220288693904877, -0.058574944734573364, 0.028889751061797142,  -0.009873584844172001, 0.0007303079473786056};

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

/// Calls f with every level that this machine can run, and its pairs, the best first.
template <class F>
static void for_each_level(const F& f) {
  [[maybe_unused]] const auto offer = [&](bool runs, std::string_view name, const VectorFunctions* functions,
                                          const PairFunctions* pairs) {
    if (runs && functions != &no_functions) f(VectorLevel{name, functions}, *pairs);
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
  offer(avx3, "AVX-512", N_AVX3::functions(), N_AVX3::pairs());
#    endif
#    if (HWY_TARGETS & HWY_AVX2) && HWY_STATIC_TARGET != HWY_AVX2
  offer(avx2, "AVX2", N_AVX2::functions(), N_AVX2::pairs());
#    endif
#    if (HWY_TARGETS & HWY_SSE4) && HWY_STATIC_TARGET != HWY_SSE4
  offer(sse4, "SSE4", N_SSE4::functions(), N_SSE4::pairs());
#    endif
#  endif
  // What this file is compiled for anyway.
  offer(true, hwy::TargetName(HWY_STATIC_TARGET), HWY_STATIC_DISPATCH(functions)(), HWY_STATIC_DISPATCH(pairs)());
}

std::vector<VectorLevel> vector_levels() {
  std::vector<VectorLevel> levels;
  for_each_level([&](const VectorLevel& level, const PairFunctions&) { levels.push_back(level); });
  return levels;
}

const VectorFunctions& vector_functions() noexcept {
  static const VectorFunctions& chosen = *[] {
    const VectorFunctions* best = nullptr;
    for_each_level(
        [&](const VectorLevel& level, const PairFunctions&) { best = best == nullptr ? level.functions : best; });
    return best == nullptr ? &no_functions : best;
  }();
  return chosen;
}

const PairFunctions& pair_functions(const VectorFunctions& functions) noexcept {
  const PairFunctions* found = &no_pairs;
  for_each_level([&](const VectorLevel& level, const PairFunctions& pairs) {
    if (level.functions == &functions) found = &pairs;
  });
  return *found;
}

}  // namespace wengert::kernels

#else

namespace wengert::kernels {

const VectorFunctions& vector_functions() noexcept {
  static constexpr VectorFunctions none{};
  return none;
}
std::vector<VectorLevel> vector_levels() { return {}; }
const PairFunctions& pair_functions(const VectorFunctions&) noexcept {
  static constexpr PairFunctions none{};
  return none;
}

}  // namespace wengert::kernels

#endif
