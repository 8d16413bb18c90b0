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

namespace wengert::kernels {
namespace {

HWY_EXPORT(functions);

const VectorFunctions* functions_for(std::int64_t targets) {
  hwy::ChosenTarget target;
  target.Update(targets);
  return HWY_DISPATCH_TABLE(functions)[target.GetIndex()]();
}

}  // namespace

const VectorFunctions& vector_functions() noexcept {
  static const VectorFunctions& chosen = *functions_for(hwy::SupportedTargets());
  return chosen;
}

std::vector<VectorLevel> vector_levels() {
  std::vector<VectorLevel> levels;
  for (const std::int64_t target : hwy::SupportedAndGeneratedTargets()) {
    const VectorFunctions* const functions = functions_for(target);
    if (functions != &no_functions) levels.push_back({hwy::TargetName(target), functions});
  }
  return levels;
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
