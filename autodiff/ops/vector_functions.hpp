// Mathematical functions on columns of f32 and f64 in vector code, chosen when the program runs: Highway's
// (hwy/contrib/math), and some that are built on them. The only file that knows Highway is vector_functions.cpp; where
// it is missing, or the machine is too old, there is no such function and callers go through the C library.
//
// What holds of each:
//   - The error is at most the one stated in vector_accuracy.hpp (and docs/accuracy.md), for every argument. Where
//     Highway's code is not good for one (NaN, ±∞, sin of a large number, values about to overflow), its lane is
//     computed by the C library.
//   - The result of an element depends on that element alone, not on its place in the column, nor on the column's
//     length.
//   - AVX2 and AVX-512 give the same bits. SSE4 has no fused multiply-add and may differ from them within the
//     stated error.
// So f(x) of a Scalar (C library) and of a tensor may differ, by the sum of both errors.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace wengert {

// Declared only: which primitives have a vector function is known without any of them.
namespace ops {
struct Sqrt;
struct Rsqrt;
struct Exp;
struct Exp2;
struct Expm1;
struct Log;
struct Log1p;
struct Log2;
struct Log10;
struct Sin;
struct Cos;
struct Sinh;
struct Cosh;
struct Tanh;
struct Asin;
struct Acos;
struct Atan;
struct Asinh;
struct Acosh;
struct Atanh;
struct Sigmoid;
struct Softplus;
struct LogSigmoid;
struct Gaussian;
struct Erf;
struct Erfc;
}  // namespace ops

namespace kernels {

enum class VectorFunction : std::uint8_t {
  sqrt,
  rsqrt,
  exp,
  exp2,
  expm1,
  log,
  log1p,
  log2,
  log10,
  sin,
  cos,
  sinh,
  cosh,
  tanh,
  asin,
  acos,
  atan,
  asinh,
  acosh,
  atanh,
  sigmoid,
  softplus,
  log_sigmoid,
  gaussian,
  erf,
  erfc,
  none  // also how many there are
};
inline constexpr std::size_t vector_function_count = static_cast<std::size_t>(VectorFunction::none);

/// The vector function that computes primitive P's value; none for most.
template <class P>
inline constexpr VectorFunction vector_function = VectorFunction::none;
template <>
inline constexpr VectorFunction vector_function<ops::Sqrt> = VectorFunction::sqrt;
template <>
inline constexpr VectorFunction vector_function<ops::Rsqrt> = VectorFunction::rsqrt;
template <>
inline constexpr VectorFunction vector_function<ops::Exp> = VectorFunction::exp;
template <>
inline constexpr VectorFunction vector_function<ops::Exp2> = VectorFunction::exp2;
template <>
inline constexpr VectorFunction vector_function<ops::Expm1> = VectorFunction::expm1;
template <>
inline constexpr VectorFunction vector_function<ops::Log> = VectorFunction::log;
template <>
inline constexpr VectorFunction vector_function<ops::Log1p> = VectorFunction::log1p;
template <>
inline constexpr VectorFunction vector_function<ops::Log2> = VectorFunction::log2;
template <>
inline constexpr VectorFunction vector_function<ops::Log10> = VectorFunction::log10;
template <>
inline constexpr VectorFunction vector_function<ops::Sin> = VectorFunction::sin;
template <>
inline constexpr VectorFunction vector_function<ops::Cos> = VectorFunction::cos;
template <>
inline constexpr VectorFunction vector_function<ops::Sinh> = VectorFunction::sinh;
template <>
inline constexpr VectorFunction vector_function<ops::Cosh> = VectorFunction::cosh;
template <>
inline constexpr VectorFunction vector_function<ops::Tanh> = VectorFunction::tanh;
template <>
inline constexpr VectorFunction vector_function<ops::Asin> = VectorFunction::asin;
template <>
inline constexpr VectorFunction vector_function<ops::Acos> = VectorFunction::acos;
template <>
inline constexpr VectorFunction vector_function<ops::Atan> = VectorFunction::atan;
template <>
inline constexpr VectorFunction vector_function<ops::Asinh> = VectorFunction::asinh;
template <>
inline constexpr VectorFunction vector_function<ops::Acosh> = VectorFunction::acosh;
template <>
inline constexpr VectorFunction vector_function<ops::Atanh> = VectorFunction::atanh;
template <>
inline constexpr VectorFunction vector_function<ops::Sigmoid> = VectorFunction::sigmoid;
template <>
inline constexpr VectorFunction vector_function<ops::Softplus> = VectorFunction::softplus;
template <>
inline constexpr VectorFunction vector_function<ops::LogSigmoid> = VectorFunction::log_sigmoid;
template <>
inline constexpr VectorFunction vector_function<ops::Gaussian> = VectorFunction::gaussian;
template <>
inline constexpr VectorFunction vector_function<ops::Erf> = VectorFunction::erf;
template <>
inline constexpr VectorFunction vector_function<ops::Erfc> = VectorFunction::erfc;

/// y[i] = f(x[i]); the columns do not overlap.
template <class T>
using ColumnFunction = void (*)(const T* x, T* y, std::int64_t count);

/// What softmax and its kin are made of, for a row of one element at least.
template <class T>
struct RowFunctions {
  struct Sum {
    double others = 0.0;  ///< Σ exp(x[i] - m) over the elements that are not m: none of its digits go to the others
    std::int64_t largest = 0;  ///< how many elements are m
  };
  /// The largest element; unspecified if one is NaN.
  T (*largest)(const T* x, std::int64_t count) = nullptr;
  /// y[i] = exp(x[i] - m), for a finite m that no element exceeds; y is not x. If an element is NaN, `others` is.
  Sum (*powers)(const T* x, T m, T* y, std::int64_t count) = nullptr;
  /// y[i] = x[i]·factor, the factor not rounded to T where there are fused instructions; y may be x.
  void (*scaled)(const T* x, double factor, T* y, std::int64_t count) = nullptr;
};

/// The functions for one instruction set; null where there is none.
struct VectorFunctions {
  std::array<ColumnFunction<float>, vector_function_count> f32{};
  std::array<ColumnFunction<double>, vector_function_count> f64{};
  RowFunctions<float> rows_f32{};
  RowFunctions<double> rows_f64{};

  template <class T>
  [[nodiscard]] ColumnFunction<T> of(VectorFunction f) const noexcept {
    if constexpr (sizeof(T) == sizeof(float))
      return f32[static_cast<std::size_t>(f)];
    else
      return f64[static_cast<std::size_t>(f)];
  }
  template <class T>
  [[nodiscard]] const RowFunctions<T>& rows() const noexcept {
    if constexpr (sizeof(T) == sizeof(float))
      return rows_f32;
    else
      return rows_f64;
  }
};

/// Those for the best instructions that this machine has.
[[nodiscard]] const VectorFunctions& vector_functions() noexcept;

/// All that this machine can run, the best first, for tests and benchmarks. Empty without vector functions.
struct VectorLevel {
  std::string_view name;
  const VectorFunctions* functions;
};
[[nodiscard]] std::vector<VectorLevel> vector_levels();

}  // namespace kernels
}  // namespace wengert
