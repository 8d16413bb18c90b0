// Powers and roots.
#pragma once

#include <cmath>
#include <concepts>
#include <cstdint>
#include <source_location>
#include "wengert/autodiff/ops/contract.hpp"

namespace wengert {
namespace ops {

/// x to the power of a whole number, by repeated squaring; negative exponents invert at the end.
template <Number V>
[[nodiscard]] WENGERT_INLINE V integer_power(V x, V exponent) {
  const bool inverse = exponent < V(0);
  V rest = inverse ? -exponent : exponent, base = x, result = V(1);
  // Exponents beyond 2^31 have no odd numbers that matter at double precision: the C library is as good there.
  if (!(rest <= V(2147483647.0))) return std::pow(x, exponent);
  for (auto bits = static_cast<std::uint32_t>(rest); bits != 0; bits >>= 1) {
    if (bits & 1u) result = result * base;
    base = base * base;
  }
  return inverse ? V(1) / result : result;
}

struct IntegerPow : Elementwise<2> {
  static constexpr auto name = "integer_pow", symbol = "^", reference = "x**y";
  static constexpr auto doc =
      "x to the constant whole power n, by repeated squaring, never through a logarithm; 0^0 = 1. "
      "Partial in x: n·x^(n-1), which is exactly 0 for n = 0, also at x = 0. No derivative in n.";
  static constexpr unsigned constant_operands = 2;
  template <Number V>
  static WENGERT_INLINE V value(const V& x, const V& n) {
    return integer_power(x, n);
  }
  template <class V>
  static WENGERT_INLINE auto d0(const V&, const V& x, const V& n) {
    return when(n != V(0), n * integer_power(x, n - 1));
  }
  template <class V>
  static WENGERT_INLINE Zero d1(const V&, const V&, const V&) {
    return {};
  }
  static constexpr auto points() {
    return std::array{Point<2>{{1.5, 2.0}},   Point<2>{{-1.25, 3.0}}, Point<2>{{0.0, 0.0}},  Point<2>{{0.0, 1.0}},
                      Point<2>{{0.0, 2.0}},   Point<2>{{0.0, 3.0}},   Point<2>{{0.0, 4.0}},  Point<2>{{2.0, -1.0}},
                      Point<2>{{-0.7, -3.0}}, Point<2>{{1.1, 17.0}},  Point<2>{{-3.0, 0.0}}, Point<2>{{-2.0, 1.0}}};
  }
  static constexpr auto domain() {
    return std::array{Box<2>{{Interval{0.1, 3.0}, Interval{-4.0, 7.0, true}}},
                      Box<2>{{Interval{-3.0, -0.1}, Interval{-4.0, 7.0, true}}}};
  }
};

struct Pow : Elementwise<2> {
  static constexpr auto name = "pow", symbol = "^", reference = "x**y";
  static constexpr auto doc =
      "x^p for real p. Domain x > 0, or x = 0 with p > 0; elsewhere as the C library's pow. "
      "Partial in x: p·x^(p-1), 0 for p = 0 at every x. Partial in p: x^p·ln x, 0 at x = 0 when p >= 0 (its limit for "
      "p > 0), NaN for x < 0.";
  static constexpr Cost value_cost = Cost::dear, partial_cost = Cost::dear;
  template <Number V>
  static WENGERT_INLINE V value(const V& x, const V& p) {
    return std::pow(x, p);
  }
  template <class V>
  static WENGERT_INLINE auto d0(const V&, const V& x, const V& p) {
    using std::pow;
    return when(p != V(0), p * pow(x, p - 1));
  }
  template <class V>
  static WENGERT_INLINE auto d1(const V& y, const V& x, const V& p) {
    using std::log;
    // At x = 0 the logarithm is replaced before it is taken; p < 0 keeps its NaN or ∞ through y.
    return y * log(where(x == V(0), where(p >= V(0), V(1), x), x));
  }
  static constexpr auto points() {
    return std::array{Point<2>{{1.5, 2.5}}, Point<2>{{0.3, -1.25}}, Point<2>{{2.0, 3.0}}, Point<2>{{0.5, 0.0}, 1},
                      Point<2>{{4.0, 0.5}}};
  }
  static constexpr auto domain() {
    return std::array{Box<2>{{Interval{0.05, 6.0}, Interval{-3.0, 3.0}}},
                      Box<2>{{Interval{1e-3, 1e3}, Interval{-2.0, 2.0}}}};
  }
};

struct Sqrt : Elementwise<1> {
  static constexpr auto name = "sqrt", symbol = "√", reference = "sqrt(x)";
  static constexpr auto doc = "√x, domain x >= 0, NaN for x < 0. Partial 1/(2√x): +∞ at 0.";
  static constexpr Cost value_cost = Cost::dear;
  template <Number V>
  static WENGERT_INLINE V value(const V& x) {
    return std::sqrt(x);
  }
  template <class V>
  static WENGERT_INLINE V d0(const V& y, const V&) {
    return V(0.5) / y;
  }
  static constexpr auto points() { return std::array{Point<1>{{2.0}}, Point<1>{{0.01}}, Point<1>{{1e4}}}; }
  static constexpr auto domain() { return std::array{Box<1>{{Interval{1e-6, 1e6}}}, Box<1>{{Interval{0.1, 10.0}}}}; }
};

struct Rsqrt : Elementwise<1> {
  static constexpr auto name = "rsqrt", symbol = "1/√", reference = "1/sqrt(x)";
  static constexpr auto doc = "1/√x, domain x >= 0: +∞ at 0, NaN below. Partial -1/(2x√x): -∞ at 0.";
  static constexpr Cost value_cost = Cost::dear;
  template <Number V>
  static WENGERT_INLINE V value(const V& x) {
    return V(1) / std::sqrt(x);
  }
  template <class V>
  static WENGERT_INLINE V d0(const V& y, const V& x) {
    return -y / (x + x);
  }
  static constexpr auto points() { return std::array{Point<1>{{2.0}}, Point<1>{{0.01}}, Point<1>{{1e4}}}; }
  static constexpr auto domain() { return std::array{Box<1>{{Interval{1e-6, 1e6}}}, Box<1>{{Interval{0.1, 10.0}}}}; }
};
template <std::floating_point V>
[[nodiscard]] WENGERT_INLINE V rsqrt(V x) {
  return Rsqrt::value(x);
}

struct Cbrt : Elementwise<1> {
  static constexpr auto name = "cbrt", symbol = "∛", reference = "sign(x)*abs(x)**(mpf(1)/3)";
  static constexpr auto doc = "∛x for every x. Partial 1/(3·∛x²): +∞ at 0.";
  static constexpr Cost value_cost = Cost::dear;
  template <Number V>
  static WENGERT_INLINE V value(const V& x) {
    return std::cbrt(x);
  }
  template <class V>
  static WENGERT_INLINE V d0(const V& y, const V&) {
    return 1 / (3 * (y * y));
  }
  static constexpr auto points() { return std::array{Point<1>{{2.0}}, Point<1>{{-0.01}}, Point<1>{{1e4}}}; }
  static constexpr auto domain() { return std::array{Box<1>{{Interval{1e-6, 1e6}}}, Box<1>{{Interval{-1e3, -1e-3}}}}; }
};

struct Hypot : Elementwise<2> {
  static constexpr auto name = "hypot", symbol = "hypot", reference = "sqrt(x*x+y*y)";
  static constexpr auto doc =
      "√(x² + z²), which neither overflows nor underflows on the way. Partials x/y and z/y, y the value; both 0 at the "
      "origin. NaN where an operand is infinite.";
  static constexpr Cost value_cost = Cost::dear;
  static constexpr bool commutative = true;
  template <Number V>
  static WENGERT_INLINE V value(const V& x, const V& z) {
    return std::hypot(x, z);
  }
  template <class V>
  static WENGERT_INLINE auto d0(const V& y, const V& x, const V&) {
    return when(y != V(0), x / y);
  }
  template <class V>
  static WENGERT_INLINE auto d1(const V& y, const V&, const V& z) {
    return when(y != V(0), z / y);
  }
  static constexpr auto points() {
    return std::array{Point<2>{{1.5, -2.25}}, Point<2>{{3.0, 4.0}}, Point<2>{{-0.1, 2.0}}, Point<2>{{0.0, 2.0}}};
  }
  static constexpr auto domain() {
    return std::array{Box<2>{{Interval{0.1, 4.0}, Interval{0.1, 4.0}}},
                      Box<2>{{Interval{-4.0, -0.1}, Interval{0.1, 4.0}}},
                      Box<2>{{Interval{-8.0, -0.5}, Interval{-8.0, -0.5}}}};
  }
};

using PowerPrimitives = List<IntegerPow, Pow, Sqrt, Rsqrt, Cbrt, Hypot>;

}  // namespace ops

/// x to the power of an integer: never through a logarithm.
template <Handle A, std::integral N>
[[nodiscard]] WENGERT_INLINE auto pow(const A& x, N n, std::source_location where = std::source_location::current()) {
  return apply_at<ops::IntegerPow>(where, x, n);
}
template <class A, class B>
  requires(HandleOperands<A, B> && !std::integral<B>)
[[nodiscard]] WENGERT_INLINE auto pow(const A& x, const B& p,
                                      std::source_location where = std::source_location::current()) {
  return apply_at<ops::Pow>(where, x, p);
}
template <Handle A>
[[nodiscard]] WENGERT_INLINE auto sqrt(const A& x, std::source_location where = std::source_location::current()) {
  return apply_at<ops::Sqrt>(where, x);
}
template <Handle A>
[[nodiscard]] WENGERT_INLINE auto rsqrt(const A& x, std::source_location where = std::source_location::current()) {
  return apply_at<ops::Rsqrt>(where, x);
}
template <Handle A>
[[nodiscard]] WENGERT_INLINE auto cbrt(const A& x, std::source_location where = std::source_location::current()) {
  return apply_at<ops::Cbrt>(where, x);
}
template <class A, class B>
  requires HandleOperands<A, B>
[[nodiscard]] WENGERT_INLINE auto hypot(const A& x, const B& z,
                                        std::source_location where = std::source_location::current()) {
  return apply_at<ops::Hypot>(where, x, z);
}

// On plain numbers, for code that is generic in its number type.
using ops::rsqrt;

}  // namespace wengert
