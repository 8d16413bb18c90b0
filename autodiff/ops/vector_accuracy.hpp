// The errors of the vector functions (vector_functions.hpp): what docs/accuracy.md says and the tests hold.
#pragma once

#include <array>
#include <string_view>

#include "wengert/autodiff/ops/vector_functions.hpp"

namespace wengert::kernels {

/// The largest error in units in the last place, of the result's type, against the exact value.
struct VectorAccuracy {
  VectorFunction function;
  std::string_view name;  ///< of the primitive
  double f32, f64;
};
/// In the order of VectorFunction.
inline constexpr std::array<VectorAccuracy, vector_function_count> vector_accuracy{{
    {VectorFunction::sqrt, "sqrt", 0.5, 0.5},
    {VectorFunction::rsqrt, "rsqrt", 1.5, 1.5},
    {VectorFunction::exp, "exp", 1.1, 1.1},
    {VectorFunction::exp2, "exp2", 1.25, 1.25},
    {VectorFunction::expm1, "expm1", 2, 2},
    {VectorFunction::log, "log", 1, 1.1},
    {VectorFunction::log1p, "log1p", 2.5, 2.6},
    {VectorFunction::log2, "log2", 2, 2},
    {VectorFunction::log10, "log10", 2.25, 2.25},
    {VectorFunction::sin, "sin", 2.5, 3},
    {VectorFunction::cos, "cos", 2.75, 3.25},
    {VectorFunction::sinh, "sinh", 2.75, 2.75},
    {VectorFunction::cosh, "cosh", 2, 2},
    {VectorFunction::tanh, "tanh", 3, 3},
    {VectorFunction::asin, "asin", 2.5, 2.5},
    {VectorFunction::acos, "acos", 1.5, 1.5},
    {VectorFunction::atan, "atan", 2.75, 2.25},
    {VectorFunction::asinh, "asinh", 3.25, 3.5},
    {VectorFunction::acosh, "acosh", 3.5, 3.5},
    {VectorFunction::atanh, "atanh", 3.5, 3.5},
    {VectorFunction::sigmoid, "sigmoid", 2.5, 2.5},
    {VectorFunction::softplus, "softplus", 3, 3},
    {VectorFunction::log_sigmoid, "log_sigmoid", 3, 3},
    {VectorFunction::gaussian, "gaussian", 1.75, 1.75},
    {VectorFunction::erf, "erf", 2.75, 2},
    {VectorFunction::erfc, "erfc", 5, 4.75},
}};

}  // namespace wengert::kernels
