/// What the tests of vector functions share: the exact values (in a wider format), and the distance from them.
#pragma once

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <random>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "wengert/autodiff/ops/vector_accuracy.hpp"

namespace wengert::test {

/// The C library's functions in this format err by a thousandth of a unit in the last place of T, or less.
template <class T>
using Wide = std::conditional_t<sizeof(T) == sizeof(float), double, long double>;

template <class W>
W exact(kernels::VectorFunction f, W x) {
  using enum kernels::VectorFunction;
  switch (f) {
    case sqrt:
      return std::sqrt(x);
    case rsqrt:
      return 1 / std::sqrt(x);
    case exp:
      return std::exp(x);
    case exp2:
      return std::exp2(x);
    case expm1:
      return std::expm1(x);
    case log:
      return std::log(x);
    case log1p:
      return std::log1p(x);
    case log2:
      return std::log2(x);
    case log10:
      return std::log10(x);
    case sin:
      return std::sin(x);
    case cos:
      return std::cos(x);
    case sinh:
      return std::sinh(x);
    case cosh:
      return std::cosh(x);
    case tanh:
      return std::tanh(x);
    case asin:
      return std::asin(x);
    case acos:
      return std::acos(x);
    case atan:
      return std::atan(x);
    case asinh:
      return std::asinh(x);
    case acosh:
      return std::acosh(x);
    case atanh:
      return std::atanh(x);
    case sigmoid:
      return x < 0 ? std::exp(x) / (1 + std::exp(x)) : 1 / (1 + std::exp(-x));
    case softplus:
      return x > 0 ? x + std::log1p(std::exp(-x)) : std::log1p(std::exp(x));
    case log_sigmoid: {
      const W y = x < 0 ? x - std::log1p(std::exp(x)) : -std::log1p(std::exp(-x));
      // Where the result underflows it is 0 - 0, as the primitive writes it.
      return -y < std::ldexp(W(1), sizeof(W) == sizeof(double) ? -150 : -1075) ? W(0) : y;
    }
    case gaussian: {
      // The square of the first 24 digits is exact.
      if (!(std::abs(x) < 100)) return std::exp(-x * x);
      const W head = static_cast<float>(x);
      return std::exp(-head * head) * std::exp(-(x - head) * (x + head));
    }
    case erf:
      return std::erf(x);
    case erfc:
      return std::erfc(x);
    case none:
      break;
  }
  return std::numeric_limits<W>::quiet_NaN();
}

/// Units in the last place of the exact value between it and `got`; ∞ where NaN, ±∞ or the sign of a zero is wrong.
template <class T>
double ulp_error(T got, Wide<T> wanted) {
  constexpr double wrong = std::numeric_limits<double>::infinity();
  const T nearest = static_cast<T>(wanted);
  if (std::isnan(wanted) || std::isnan(got)) return std::isnan(wanted) == std::isnan(got) ? 0 : wrong;
  if (got == nearest) {
    if (got == 0 && std::signbit(got) != std::signbit(nearest)) return wrong;
    if (std::isinf(got)) return 0;
  } else if (std::isinf(got)) {
    // Rounded up to ∞ from beneath: as good as the largest number, within a unit of its last place.
    return std::abs(nearest) == std::numeric_limits<T>::max() && std::signbit(got) == std::signbit(nearest) ? 1 : wrong;
  } else if (std::isinf(nearest)) {
    return std::abs(got) == std::numeric_limits<T>::max() && std::signbit(got) == std::signbit(nearest) ? 1 : wrong;
  }
  int exponent = std::numeric_limits<T>::min_exponent;
  if (std::abs(nearest) >= std::numeric_limits<T>::min()) std::frexp(nearest, &exponent);
  const auto difference = std::abs(static_cast<Wide<T>>(got) - wanted);
  return static_cast<double>(std::ldexp(difference, std::numeric_limits<T>::digits - exponent));
}

struct WorstError {
  double ulp = 0, at = 0;
};

/// The largest error of a column function over `x`; `wanted` holds the exact values.
template <class T>
void measure(kernels::ColumnFunction<T> f, std::span<const T> x, std::span<const Wide<T>> wanted, WorstError& worst) {
  std::vector<T> y(x.size());
  f(x.data(), y.data(), static_cast<std::int64_t>(x.size()));
  for (std::size_t i = 0; i < x.size(); ++i) {
    const double ulp = ulp_error<T>(y[i], wanted[i]);
    if (ulp > worst.ulp) worst = {ulp, static_cast<double>(x[i])};
  }
}

/// Every level's worst error over many columns; `next` fills a column, and returns false when there are no more.
template <class T, class Next>
std::vector<WorstError> worst_errors(kernels::VectorFunction f, Next&& next) {
  const auto levels = kernels::vector_levels();
  std::vector<WorstError> worst(levels.size());
  std::vector<T> x(4096);
  std::vector<Wide<T>> wanted(x.size());
  while (next(std::span<T>(x))) {
    for (std::size_t i = 0; i < x.size(); ++i) wanted[i] = exact<Wide<T>>(f, x[i]);
    for (std::size_t k = 0; k < levels.size(); ++k)
      measure<T>(levels[k].functions->template of<T>(f), x, wanted, worst[k]);
  }
  return worst;
}

/// Every `stride`-th f32 of all, in the order of their bits.
struct EveryFloat {
  std::uint64_t stride, next = 0;
  bool operator()(std::span<float> x) {
    if (next >> 32 != 0) return false;
    for (float& v : x) {
      v = std::bit_cast<float>(static_cast<std::uint32_t>(next));
      next += stride;
    }
    return true;
  }
};

/// Random f64: `per_binade` between any two powers of two, with either sign, and `dense` as many for the binades from
/// 2^-12 to 2^11, where the functions have their shapes.
struct EachBinade {
  int per_binade, dense;
  std::mt19937_64 random;
  int exponent = std::numeric_limits<double>::min_exponent - std::numeric_limits<double>::digits, left = 0;
  bool operator()(std::span<double> x) {
    bool any = false;
    for (double& v : x) {
      if (left == 0 && exponent < std::numeric_limits<double>::max_exponent - 1) {
        ++exponent;
        left = per_binade * (exponent >= -12 && exponent <= 10 ? dense : 1);
      }
      if (left > 0) {
        --left;
        any = true;
      }
      const std::uint64_t bits = random();
      v = std::ldexp(1.0 + std::ldexp(static_cast<double>(bits >> 12), -52), exponent);
      if (bits & 1u) v = -v;
    }
    return any;
  }
};

}  // namespace wengert::test
