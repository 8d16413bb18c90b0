// Circular and hyperbolic functions, and their inverses. Angles are in radians.
#pragma once

#include <cmath>
#include <concepts>
#include <source_location>
#include "wengert/autodiff/ops/contract.hpp"

namespace wengert {
namespace ops {

struct Sin : Elementwise<1> {
  static constexpr auto name = "sin", symbol = "sin", reference = "sin(x)";
  static constexpr auto doc = "Sine, x in radians. Partial cos x.";
  static constexpr Cost value_cost = Cost::dear, partial_cost = Cost::dear;
  template <Number V>
  static WENGERT_INLINE V value(const V& x) {
    return std::sin(x);
  }
  template <class V>
  static WENGERT_INLINE V d0(const V&, const V& x) {
    using std::cos;
    return cos(x);
  }
  static constexpr auto points() { return std::array{Point<1>{{0.7}}, Point<1>{{-2.5}}, Point<1>{{0.0}}}; }
  static constexpr auto domain() { return std::array{Box<1>{{Interval{-6.0, 6.0}}}, Box<1>{{Interval{-1e4, 1e4}}}}; }
};

struct Cos : Elementwise<1> {
  static constexpr auto name = "cos", symbol = "cos", reference = "cos(x)";
  static constexpr auto doc = "Cosine, x in radians. Partial -sin x.";
  static constexpr Cost value_cost = Cost::dear, partial_cost = Cost::dear;
  template <Number V>
  static WENGERT_INLINE V value(const V& x) {
    return std::cos(x);
  }
  template <class V>
  static WENGERT_INLINE V d0(const V&, const V& x) {
    using std::sin;
    return -sin(x);
  }
  static constexpr auto points() { return std::array{Point<1>{{0.7}}, Point<1>{{-2.5}}, Point<1>{{0.0}}}; }
  static constexpr auto domain() { return std::array{Box<1>{{Interval{-6.0, 6.0}}}, Box<1>{{Interval{-1e4, 1e4}}}}; }
};

struct Tan : Elementwise<1> {
  static constexpr auto name = "tan", symbol = "tan", reference = "tan(x)";
  static constexpr auto doc = "Tangent, x in radians. Partial 1 + y².";
  static constexpr Cost value_cost = Cost::dear;
  template <Number V>
  static WENGERT_INLINE V value(const V& x) {
    return std::tan(x);
  }
  template <class V>
  static WENGERT_INLINE V d0(const V& y, const V&) {
    return 1 + y * y;
  }
  static constexpr auto points() { return std::array{Point<1>{{0.7}}, Point<1>{{-2.5}}, Point<1>{{0.0}}}; }
  static constexpr auto domain() { return std::array{Box<1>{{Interval{-1.5, 1.5}}}, Box<1>{{Interval{1.7, 4.6}}}}; }
};

struct Asin : Elementwise<1> {
  static constexpr auto name = "asin", symbol = "asin", reference = "asin(x)";
  static constexpr auto doc =
      "Arc sine in radians, domain -1 <= x <= 1, NaN outside. Partial 1/√((1-x)(1+x)): +∞ at ±1.";
  static constexpr Cost value_cost = Cost::dear, partial_cost = Cost::dear;
  static constexpr bool partials_use_value = false;
  template <Number V>
  static WENGERT_INLINE V value(const V& x) {
    return std::asin(x);
  }
  template <class V>
  static WENGERT_INLINE V d0(const V&, const V& x) {
    using std::sqrt;
    return 1 / sqrt((1 - x) * (1 + x));
  }
  static constexpr auto points() { return std::array{Point<1>{{0.7}}, Point<1>{{-0.99}}, Point<1>{{0.0}}}; }
  static constexpr auto domain() { return std::array{Box<1>{{Interval{-0.95, 0.95}}}, Box<1>{{Interval{0.9, 0.999}}}}; }
};

struct Acos : Elementwise<1> {
  static constexpr auto name = "acos", symbol = "acos", reference = "acos(x)";
  static constexpr auto doc =
      "Arc cosine in radians, domain -1 <= x <= 1, NaN outside. Partial -1/√((1-x)(1+x)): -∞ at ±1.";
  static constexpr Cost value_cost = Cost::dear, partial_cost = Cost::dear;
  static constexpr bool partials_use_value = false;
  template <Number V>
  static WENGERT_INLINE V value(const V& x) {
    return std::acos(x);
  }
  template <class V>
  static WENGERT_INLINE V d0(const V&, const V& x) {
    using std::sqrt;
    return -1 / sqrt((1 - x) * (1 + x));
  }
  static constexpr auto points() { return std::array{Point<1>{{0.7}}, Point<1>{{-0.99}}, Point<1>{{0.0}}}; }
  static constexpr auto domain() { return std::array{Box<1>{{Interval{-0.95, 0.95}}}, Box<1>{{Interval{0.9, 0.999}}}}; }
};

struct Atan : Elementwise<1> {
  static constexpr auto name = "atan", symbol = "atan", reference = "atan(x)";
  static constexpr auto doc = "Arc tangent in radians. Partial 1/(1+x²).";
  static constexpr Cost value_cost = Cost::dear;
  static constexpr bool partials_use_value = false;
  template <Number V>
  static WENGERT_INLINE V value(const V& x) {
    return std::atan(x);
  }
  template <class V>
  static WENGERT_INLINE V d0(const V&, const V& x) {
    return 1 / (1 + x * x);
  }
  static constexpr auto points() { return std::array{Point<1>{{0.7}}, Point<1>{{-2.5}}, Point<1>{{0.0}}}; }
  static constexpr auto domain() { return std::array{Box<1>{{Interval{-4.0, 4.0}}}, Box<1>{{Interval{1e-3, 1e3}}}}; }
};

struct Atan2 : Elementwise<2> {
  static constexpr auto name = "atan2", symbol = "atan2", reference = "atan2(x,y)";
  static constexpr auto doc =
      "The angle in radians of the point with abscissa z and ordinate x, as the C library's atan2(x, z). Partials "
      "z/(x²+z²) and -x/(x²+z²); both 0 at the origin. NaN where an operand is infinite.";
  static constexpr Cost value_cost = Cost::dear, partial_cost = Cost::dear;
  static constexpr bool partials_use_value = false;
  template <Number V>
  static WENGERT_INLINE V value(const V& x, const V& z) {
    return std::atan2(x, z);
  }
  template <class V>
  static WENGERT_INLINE auto d0(const V&, const V& x, const V& z) {
    using std::hypot;
    const V r = hypot(x, z);
    return when(r != V(0), z / r / r);
  }
  template <class V>
  static WENGERT_INLINE auto d1(const V&, const V& x, const V& z) {
    using std::hypot;
    const V r = hypot(x, z);
    return when(r != V(0), -x / r / r);
  }
  static constexpr auto points() {
    return std::array{Point<2>{{1.5, 2.25}}, Point<2>{{1.5, -2.25}}, Point<2>{{-1.5, -2.25}},  Point<2>{{-1.5, 2.25}},
                      Point<2>{{0.0, 1.0}},  Point<2>{{1.0, 0.0}},   Point<2>{{0.0, -1.0}, 0}, Point<2>{{-1.0, 0.0}}};
  }
  static constexpr auto domain() {
    return std::array{
        Box<2>{{Interval{0.1, 4.0}, Interval{0.1, 4.0}}}, Box<2>{{Interval{0.1, 4.0}, Interval{-4.0, -0.1}}},
        Box<2>{{Interval{-4.0, -0.1}, Interval{-4.0, -0.1}}}, Box<2>{{Interval{-4.0, -0.1}, Interval{0.1, 4.0}}}};
  }
};

struct Sinh : Elementwise<1> {
  static constexpr auto name = "sinh", symbol = "sinh", reference = "sinh(x)";
  static constexpr auto doc = "Hyperbolic sine. Partial cosh x.";
  static constexpr Cost value_cost = Cost::dear, partial_cost = Cost::dear;
  static constexpr bool partials_use_value = false;
  template <Number V>
  static WENGERT_INLINE V value(const V& x) {
    return std::sinh(x);
  }
  template <class V>
  static WENGERT_INLINE V d0(const V&, const V& x) {
    using std::cosh;
    return cosh(x);
  }
  static constexpr auto points() { return std::array{Point<1>{{0.7}}, Point<1>{{-2.5}}, Point<1>{{0.0}}}; }
  static constexpr auto domain() { return std::array{Box<1>{{Interval{-6.0, 6.0}}}, Box<1>{{Interval{1e-6, 100.0}}}}; }
};

struct Cosh : Elementwise<1> {
  static constexpr auto name = "cosh", symbol = "cosh", reference = "cosh(x)";
  static constexpr auto doc = "Hyperbolic cosine. Partial sinh x.";
  static constexpr Cost value_cost = Cost::dear, partial_cost = Cost::dear;
  static constexpr bool partials_use_value = false;
  template <Number V>
  static WENGERT_INLINE V value(const V& x) {
    return std::cosh(x);
  }
  template <class V>
  static WENGERT_INLINE V d0(const V&, const V& x) {
    using std::sinh;
    return sinh(x);
  }
  static constexpr auto points() { return std::array{Point<1>{{0.7}}, Point<1>{{-2.5}}, Point<1>{{0.0}}}; }
  static constexpr auto domain() { return std::array{Box<1>{{Interval{-6.0, 6.0}}}, Box<1>{{Interval{1e-6, 100.0}}}}; }
};

struct Tanh : Elementwise<1> {
  static constexpr auto name = "tanh", symbol = "tanh", reference = "tanh(x)";
  static constexpr auto doc = "Hyperbolic tangent. Partial 1 - y², accurate to one unit in the last place of 1.";
  static constexpr Cost value_cost = Cost::dear;
  template <Number V>
  static WENGERT_INLINE V value(const V& x) {
    return std::tanh(x);
  }
  template <class V>
  static WENGERT_INLINE V d0(const V& y, const V&) {
    return 1 - y * y;
  }
  static constexpr auto points() { return std::array{Point<1>{{0.7}}, Point<1>{{-2.5}}, Point<1>{{0.0}}}; }
  static constexpr auto domain() { return std::array{Box<1>{{Interval{-3.0, 3.0}}}, Box<1>{{Interval{-20.0, 20.0}}}}; }
};

struct Asinh : Elementwise<1> {
  static constexpr auto name = "asinh", symbol = "asinh", reference = "asinh(x)";
  static constexpr auto doc = "Inverse hyperbolic sine. Partial 1/√(1+x²).";
  static constexpr Cost value_cost = Cost::dear, partial_cost = Cost::dear;
  static constexpr bool partials_use_value = false;
  template <Number V>
  static WENGERT_INLINE V value(const V& x) {
    return std::asinh(x);
  }
  template <class V>
  static WENGERT_INLINE V d0(const V&, const V& x) {
    using std::hypot;
    return 1 / hypot(x, V(1));
  }
  static constexpr auto points() {
    return std::array{Point<1>{{0.7}}, Point<1>{{-2.5}}, Point<1>{{0.0}}, Point<1>{{1e6}}};
  }
  static constexpr auto domain() { return std::array{Box<1>{{Interval{-6.0, 6.0}}}, Box<1>{{Interval{1e-6, 1e6}}}}; }
};

struct Acosh : Elementwise<1> {
  static constexpr auto name = "acosh", symbol = "acosh", reference = "acosh(x)";
  static constexpr auto doc =
      "Inverse hyperbolic cosine, domain x >= 1, NaN below. Partial 1/(√(x-1)·√(x+1)): +∞ at 1.";
  static constexpr Cost value_cost = Cost::dear, partial_cost = Cost::dear;
  static constexpr bool partials_use_value = false;
  template <Number V>
  static WENGERT_INLINE V value(const V& x) {
    return std::acosh(x);
  }
  template <class V>
  static WENGERT_INLINE V d0(const V&, const V& x) {
    using std::sqrt;
    return 1 / (sqrt(x - 1) * sqrt(x + 1));
  }
  static constexpr auto points() { return std::array{Point<1>{{1.7}}, Point<1>{{1.001}}, Point<1>{{1e6}}}; }
  static constexpr auto domain() { return std::array{Box<1>{{Interval{1.01, 6.0}}}, Box<1>{{Interval{2.0, 1e6}}}}; }
};

struct Atanh : Elementwise<1> {
  static constexpr auto name = "atanh", symbol = "atanh", reference = "atanh(x)";
  static constexpr auto doc =
      "Inverse hyperbolic tangent, domain -1 < x < 1, ±∞ at ±1, NaN outside. Partial 1/((1-x)(1+x)): ∞ at ±1.";
  static constexpr Cost value_cost = Cost::dear;
  static constexpr bool partials_use_value = false;
  template <Number V>
  static WENGERT_INLINE V value(const V& x) {
    return std::atanh(x);
  }
  template <class V>
  static WENGERT_INLINE V d0(const V&, const V& x) {
    return 1 / ((1 - x) * (1 + x));
  }
  static constexpr auto points() { return std::array{Point<1>{{0.7}}, Point<1>{{-0.99}}, Point<1>{{0.0}}}; }
  static constexpr auto domain() { return std::array{Box<1>{{Interval{-0.95, 0.95}}}, Box<1>{{Interval{0.9, 0.999}}}}; }
};

using CircularPrimitives = List<Sin, Cos, Tan, Asin, Acos, Atan, Atan2, Sinh, Cosh, Tanh, Asinh, Acosh, Atanh>;

}  // namespace ops

template <Handle A>
[[nodiscard]] WENGERT_INLINE auto sin(const A& x, std::source_location where = std::source_location::current()) {
  return apply_at<ops::Sin>(where, x);
}
template <Handle A>
[[nodiscard]] WENGERT_INLINE auto cos(const A& x, std::source_location where = std::source_location::current()) {
  return apply_at<ops::Cos>(where, x);
}
template <Handle A>
[[nodiscard]] WENGERT_INLINE auto tan(const A& x, std::source_location where = std::source_location::current()) {
  return apply_at<ops::Tan>(where, x);
}
template <Handle A>
[[nodiscard]] WENGERT_INLINE auto asin(const A& x, std::source_location where = std::source_location::current()) {
  return apply_at<ops::Asin>(where, x);
}
template <Handle A>
[[nodiscard]] WENGERT_INLINE auto acos(const A& x, std::source_location where = std::source_location::current()) {
  return apply_at<ops::Acos>(where, x);
}
template <Handle A>
[[nodiscard]] WENGERT_INLINE auto atan(const A& x, std::source_location where = std::source_location::current()) {
  return apply_at<ops::Atan>(where, x);
}
/// The angle of the point (z, x): the order of the C library.
template <class A, class B>
  requires HandleOperands<A, B>
[[nodiscard]] WENGERT_INLINE auto atan2(const A& x, const B& z,
                                        std::source_location where = std::source_location::current()) {
  return apply_at<ops::Atan2>(where, x, z);
}
template <Handle A>
[[nodiscard]] WENGERT_INLINE auto sinh(const A& x, std::source_location where = std::source_location::current()) {
  return apply_at<ops::Sinh>(where, x);
}
template <Handle A>
[[nodiscard]] WENGERT_INLINE auto cosh(const A& x, std::source_location where = std::source_location::current()) {
  return apply_at<ops::Cosh>(where, x);
}
template <Handle A>
[[nodiscard]] WENGERT_INLINE auto tanh(const A& x, std::source_location where = std::source_location::current()) {
  return apply_at<ops::Tanh>(where, x);
}
template <Handle A>
[[nodiscard]] WENGERT_INLINE auto asinh(const A& x, std::source_location where = std::source_location::current()) {
  return apply_at<ops::Asinh>(where, x);
}
template <Handle A>
[[nodiscard]] WENGERT_INLINE auto acosh(const A& x, std::source_location where = std::source_location::current()) {
  return apply_at<ops::Acosh>(where, x);
}
template <Handle A>
[[nodiscard]] WENGERT_INLINE auto atanh(const A& x, std::source_location where = std::source_location::current()) {
  return apply_at<ops::Atanh>(where, x);
}

}  // namespace wengert
