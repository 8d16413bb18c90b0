// Sums, products, quotients.
#pragma once

#include <cmath>
#include <concepts>
#include <source_location>
#include "wengert/autodiff/ops/contract.hpp"

namespace wengert {
namespace ops {

struct Add : Elementwise<2> {
  static constexpr auto name = "add", symbol = "+", reference = "x+y";
  static constexpr auto doc = "x + y. Partials 1 and 1.";
  static constexpr bool partials_use_value = false;
  static constexpr bool commutative = true;
  template <class V>
  static WENGERT_INLINE V value(const V& x, const V& y) {
    return x + y;
  }
  template <class V>
  static WENGERT_INLINE One d0(const V&, const V&, const V&) {
    return {};
  }
  template <class V>
  static WENGERT_INLINE One d1(const V&, const V&, const V&) {
    return {};
  }
  static constexpr auto points() { return std::array{Point<2>{{1.5, -2.25}}, Point<2>{{0.0, 1e-3}}}; }
  static constexpr auto domain() { return std::array{Box<2>{{Interval{-4.0, 4.0}, Interval{-4.0, 4.0}}}}; }
};

struct Sub : Elementwise<2> {
  static constexpr auto name = "sub", symbol = "−", reference = "x-y";
  static constexpr auto doc = "x - y. Partials 1 and -1.";
  static constexpr bool partials_use_value = false;
  template <class V>
  static WENGERT_INLINE V value(const V& x, const V& y) {
    return x - y;
  }
  template <class V>
  static WENGERT_INLINE One d0(const V&, const V&, const V&) {
    return {};
  }
  template <class V>
  static WENGERT_INLINE MinusOne d1(const V&, const V&, const V&) {
    return {};
  }
  static constexpr auto points() { return std::array{Point<2>{{1.5, -2.25}}, Point<2>{{0.0, 1e-3}}}; }
  static constexpr auto domain() { return std::array{Box<2>{{Interval{-4.0, 4.0}, Interval{-4.0, 4.0}}}}; }
};

struct Mul : Elementwise<2> {
  static constexpr auto name = "mul", symbol = "×", reference = "x*y";
  static constexpr auto doc = "x · y. Partials y and x.";
  static constexpr bool partials_use_value = false;
  static constexpr bool commutative = true;
  template <class V>
  static WENGERT_INLINE V value(const V& x, const V& y) {
    return x * y;
  }
  template <class V>
  static WENGERT_INLINE V d0(const V&, const V&, const V& y) {
    return y;
  }
  template <class V>
  static WENGERT_INLINE V d1(const V&, const V& x, const V&) {
    return x;
  }
  static constexpr auto points() {
    return std::array{Point<2>{{1.5, -2.25}}, Point<2>{{0.0, 3.0}}, Point<2>{{0.0, 0.0}}};
  }
  static constexpr auto domain() { return std::array{Box<2>{{Interval{-4.0, 4.0}, Interval{-4.0, 4.0}}}}; }
};

/// The product of a cotangent and a partial derivative: what the recorded reverse sweep multiplies with.
struct Scale : Elementwise<2> {
  static constexpr bool commutative = true;
  static constexpr auto name = "scale", symbol = "·", reference = "x*y";
  static constexpr auto doc =
      "x · y, and 0 where either is exactly 0 whatever the other is (∞ and NaN included): a cotangent that is 0 "
      "contributes "
      "0, and nothing passes a partial that is 0. Partials y and x.";
  template <class V>
  static WENGERT_INLINE V value(const V& x, const V& y) {
    return where((x == V(0)) | (y == V(0)), V(0), x * y);
  }
  template <class V>
  static WENGERT_INLINE V d0(const V&, const V&, const V& y) {
    return y;
  }
  template <class V>
  static WENGERT_INLINE V d1(const V&, const V& x, const V&) {
    return x;
  }
  static constexpr auto points() { return std::array{Point<2>{{1.5, -2.25}}, Point<2>{{0.0, 3.0}}}; }
  static constexpr auto domain() { return std::array{Box<2>{{Interval{-4.0, 4.0}, Interval{-4.0, 4.0}}}}; }
};

struct Div : Elementwise<2> {
  static constexpr auto name = "div", symbol = "÷", reference = "x/y";
  static constexpr auto doc = "x / y, IEEE 754: x/0 is ±∞ or NaN. Partials 1/y and -(x/y)/y.";
  template <class V>
  static WENGERT_INLINE V value(const V& x, const V& y) {
    return x / y;
  }
  template <class V>
  static WENGERT_INLINE V d0(const V&, const V&, const V& y) {
    return 1 / y;
  }
  template <class V>
  static WENGERT_INLINE V d1(const V& q, const V&, const V& y) {
    return -q / y;
  }
  static constexpr auto points() {
    return std::array{Point<2>{{1.5, -2.25}}, Point<2>{{0.0, 3.0}}, Point<2>{{7.0, 0.3}}};
  }
  static constexpr auto domain() {
    return std::array{Box<2>{{Interval{-4.0, 4.0}, Interval{0.1, 8.0}}},
                      Box<2>{{Interval{-4.0, 4.0}, Interval{-8.0, -0.1}}},
                      Box<2>{{Interval{-1e3, 1e3}, Interval{1e-3, 1e3}}}};
  }
};

struct Neg : Elementwise<1> {
  static constexpr auto name = "neg", symbol = "neg", reference = "-x";
  static constexpr auto doc = "-x. Partial -1.";
  static constexpr bool partials_use_value = false;
  template <class V>
  static WENGERT_INLINE V value(const V& x) {
    return -x;
  }
  template <class V>
  static WENGERT_INLINE MinusOne d0(const V&, const V&) {
    return {};
  }
  static constexpr auto points() { return std::array{Point<1>{{1.5}}, Point<1>{{0.0}}}; }
  static constexpr auto domain() { return std::array{Box<1>{{Interval{-4.0, 4.0}}}}; }
};

struct Reciprocal : Elementwise<1> {
  static constexpr auto name = "reciprocal", symbol = "1/x", reference = "1/x";
  static constexpr auto doc = "1/x, IEEE 754: ±∞ at ±0. Partial -1/x².";
  template <Number V>
  static WENGERT_INLINE V value(const V& x) {
    return V(1) / x;
  }
  template <class V>
  static WENGERT_INLINE V d0(const V& y, const V&) {
    return -(y * y);
  }
  static constexpr auto points() { return std::array{Point<1>{{1.5}}, Point<1>{{-0.25}}, Point<1>{{1e3}}}; }
  static constexpr auto domain() {
    return std::array{Box<1>{{Interval{0.1, 10.0}}}, Box<1>{{Interval{-10.0, -0.1}}}, Box<1>{{Interval{1e-6, 1e6}}}};
  }
};
template <std::floating_point V>
[[nodiscard]] WENGERT_INLINE V reciprocal(V x) {
  return Reciprocal::value(x);
}

struct Square : Elementwise<1> {
  static constexpr auto name = "square", symbol = "x²", reference = "x*x";
  static constexpr auto doc = "x². Partial 2x.";
  static constexpr bool partials_use_value = false;
  template <Number V>
  static WENGERT_INLINE V value(const V& x) {
    return x * x;
  }
  template <class V>
  static WENGERT_INLINE V d0(const V&, const V& x) {
    return x + x;
  }
  static constexpr auto points() { return std::array{Point<1>{{1.5}}, Point<1>{{-2.25}}, Point<1>{{0.0}}}; }
  static constexpr auto domain() { return std::array{Box<1>{{Interval{-4.0, 4.0}}}, Box<1>{{Interval{1e-3, 1e3}}}}; }
};
template <std::floating_point V>
[[nodiscard]] WENGERT_INLINE V square(V x) {
  return Square::value(x);
}

struct Fmod : Elementwise<2> {
  static constexpr auto name = "fmod", symbol = "fmod", reference = "x-y*int(x/y)";
  static constexpr auto doc =
      "The remainder of x / z with the sign of x, as the C library's fmod: x - z·trunc(x/z), exact; NaN for z = 0 and "
      "for infinite x. Partials 1 and -trunc(x/z); the steps, where x/z is whole, have the partials of the value "
      "computed there.";
  static constexpr Cost value_cost = Cost::dear;
  template <Number V>
  static WENGERT_INLINE V value(const V& x, const V& z) {
    return std::fmod(x, z);
  }
  template <class V>
  static WENGERT_INLINE One d0(const V&, const V&, const V&) {
    return {};
  }
  template <class V>
  static WENGERT_INLINE V d1(const V& y, const V& x, const V& z) {
    using std::round;
    return -round((x - y) / z);
  }
  static constexpr auto points() {
    return std::array{Point<2>{{7.5, 2.0}}, Point<2>{{-7.5, 2.0}}, Point<2>{{7.5, -2.0}}, Point<2>{{1.0, 3.0}}};
  }
  static constexpr auto domain() {
    return std::array{Box<2>{{Interval{-40.0, 40.0}, Interval{0.5, 4.0}}},
                      Box<2>{{Interval{-40.0, 40.0}, Interval{-4.0, -0.5}}}};
  }
};

using ArithmeticPrimitives = List<Add, Sub, Mul, Scale, Div, Neg, Reciprocal, Square, Fmod>;

}  // namespace ops

template <class A, class B>
  requires OperatorOperands<A, B>
[[nodiscard]] WENGERT_INLINE auto operator+(const A& a, const B& b) {
  return apply<ops::Add>(a, b);
}
template <class A, class B>
  requires OperatorOperands<A, B>
[[nodiscard]] WENGERT_INLINE auto operator-(const A& a, const B& b) {
  return apply<ops::Sub>(a, b);
}
template <class A, class B>
  requires OperatorOperands<A, B>
[[nodiscard]] WENGERT_INLINE auto operator*(const A& a, const B& b) {
  return apply<ops::Mul>(a, b);
}
template <class A, class B>
  requires OperatorOperands<A, B>
[[nodiscard]] WENGERT_INLINE auto operator/(const A& a, const B& b) {
  return apply<ops::Div>(a, b);
}
template <Handle A>
  requires OperatorOperands<A>
[[nodiscard]] WENGERT_INLINE auto operator-(const A& a) {
  return apply<ops::Neg>(a);
}
template <Handle A>
[[nodiscard]] WENGERT_INLINE const A& operator+(const A& a) {
  return a;
}
template <Handle A>
[[nodiscard]] WENGERT_INLINE auto reciprocal(const A& x, std::source_location where = std::source_location::current()) {
  return apply_at<ops::Reciprocal>(where, x);
}
template <Handle A>
[[nodiscard]] WENGERT_INLINE auto square(const A& x, std::source_location where = std::source_location::current()) {
  return apply_at<ops::Square>(where, x);
}
template <class A, class B>
  requires HandleOperands<A, B>
[[nodiscard]] WENGERT_INLINE auto fmod(const A& x, const B& z,
                                       std::source_location where = std::source_location::current()) {
  return apply_at<ops::Fmod>(where, x, z);
}

// On plain numbers, for code that is generic in its number type.
using ops::reciprocal;
using ops::square;

}  // namespace wengert
