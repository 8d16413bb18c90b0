// Exponentials, logarithms, and the functions of statistics and learning that are made of them.
#pragma once

#include <cmath>
#include <concepts>
#include <source_location>
#include "wengert/autodiff/ops/contract.hpp"

namespace wengert {
namespace ops {

struct Exp : Elementwise<1> {
  static constexpr auto name = "exp", symbol = "exp", reference = "exp(x)";
  static constexpr auto doc = "e^x; +∞ above 709.78. Partial: the value.";
  static constexpr Cost value_cost = Cost::dear;
  template <Number V>
  static WENGERT_INLINE V value(const V& x) {
    return std::exp(x);
  }
  template <class V>
  static WENGERT_INLINE V d0(const V& y, const V&) {
    return y;
  }
  static constexpr auto points() { return std::array{Point<1>{{0.7}}, Point<1>{{-3.0}}, Point<1>{{0.0}}}; }
  static constexpr auto domain() {
    return std::array{Box<1>{{Interval{-10.0, 10.0}}}, Box<1>{{Interval{-600.0, 600.0}}}};
  }
};

struct Exp2 : Elementwise<1> {
  static constexpr auto name = "exp2", symbol = "2^", reference = "2**x";
  static constexpr auto doc = "2^x. Partial ln 2 · 2^x.";
  static constexpr Cost value_cost = Cost::dear;
  template <Number V>
  static WENGERT_INLINE V value(const V& x) {
    return std::exp2(x);
  }
  template <class V>
  static WENGERT_INLINE V d0(const V& y, const V&) {
    return y * V(0x1.62e42fefa39efp-1);  // ln 2
  }
  static constexpr auto points() { return std::array{Point<1>{{0.7}}, Point<1>{{-3.0}}, Point<1>{{0.0}}}; }
  static constexpr auto domain() {
    return std::array{Box<1>{{Interval{-10.0, 10.0}}}, Box<1>{{Interval{-900.0, 900.0}}}};
  }
};

struct Expm1 : Elementwise<1> {
  static constexpr auto name = "expm1", symbol = "expm1", reference = "expm1(x)";
  static constexpr auto doc = "e^x - 1, without loss near 0. Partial e^x.";
  static constexpr Cost value_cost = Cost::dear, partial_cost = Cost::dear;
  static constexpr bool partials_use_value = false;
  template <Number V>
  static WENGERT_INLINE V value(const V& x) {
    return std::expm1(x);
  }
  template <class V>
  static WENGERT_INLINE V d0(const V&, const V& x) {
    using std::exp;
    return exp(x);
  }
  static constexpr auto points() {
    return std::array{Point<1>{{0.7}}, Point<1>{{-3.0}}, Point<1>{{0.0}}, Point<1>{{1e-9}}};
  }
  static constexpr auto domain() {
    return std::array{Box<1>{{Interval{-10.0, 10.0}}}, Box<1>{{Interval{1e-12, 1e-2}}},
                      Box<1>{{Interval{-40.0, -5.0}}}};
  }
};

struct Log : Elementwise<1> {
  static constexpr auto name = "log", symbol = "ln", reference = "log(x)";
  static constexpr auto doc = "Natural logarithm, domain x > 0; -∞ at 0, NaN below. Partial 1/x.";
  static constexpr Cost value_cost = Cost::dear;
  template <Number V>
  static WENGERT_INLINE V value(const V& x) {
    return std::log(x);
  }
  template <class V>
  static WENGERT_INLINE V d0(const V&, const V& x) {
    return 1 / x;
  }
  static constexpr auto points() { return std::array{Point<1>{{0.7}}, Point<1>{{1.0}}, Point<1>{{1e5}}}; }
  static constexpr auto domain() { return std::array{Box<1>{{Interval{1e-6, 1e6}}}, Box<1>{{Interval{0.5, 2.0}}}}; }
};

struct Log2 : Elementwise<1> {
  static constexpr auto name = "log2", symbol = "log₂", reference = "log(x)/log(mpf(2))";
  static constexpr auto doc = "Logarithm to base 2, domain x > 0; -∞ at 0, NaN below. Partial 1/(x·ln 2).";
  static constexpr Cost value_cost = Cost::dear;
  static constexpr bool partials_use_value = false;
  template <Number V>
  static WENGERT_INLINE V value(const V& x) {
    return std::log2(x);
  }
  template <class V>
  static WENGERT_INLINE V d0(const V&, const V& x) {
    return V(0x1.71547652b82fep+0) / x;  // 1 / ln 2
  }
  static constexpr auto points() { return std::array{Point<1>{{0.7}}, Point<1>{{1.0}}, Point<1>{{1e5}}}; }
  static constexpr auto domain() { return std::array{Box<1>{{Interval{1e-6, 1e6}}}, Box<1>{{Interval{0.5, 2.0}}}}; }
};

struct Log10 : Elementwise<1> {
  static constexpr auto name = "log10", symbol = "log₁₀", reference = "log10(x)";
  static constexpr auto doc = "Logarithm to base 10, domain x > 0; -∞ at 0, NaN below. Partial 1/(x·ln 10).";
  static constexpr Cost value_cost = Cost::dear;
  static constexpr bool partials_use_value = false;
  template <Number V>
  static WENGERT_INLINE V value(const V& x) {
    return std::log10(x);
  }
  template <class V>
  static WENGERT_INLINE V d0(const V&, const V& x) {
    return V(0x1.bcb7b1526e50ep-2) / x;  // 1 / ln 10
  }
  static constexpr auto points() { return std::array{Point<1>{{0.7}}, Point<1>{{1.0}}, Point<1>{{1e5}}}; }
  static constexpr auto domain() { return std::array{Box<1>{{Interval{1e-6, 1e6}}}, Box<1>{{Interval{0.5, 2.0}}}}; }
};

struct Log1p : Elementwise<1> {
  static constexpr auto name = "log1p", symbol = "log1p", reference = "log1p(x)";
  static constexpr auto doc = "ln(1 + x), without loss near 0; domain x > -1, -∞ at -1, NaN below. Partial 1/(1+x).";
  static constexpr Cost value_cost = Cost::dear;
  static constexpr bool partials_use_value = false;
  template <Number V>
  static WENGERT_INLINE V value(const V& x) {
    return std::log1p(x);
  }
  template <class V>
  static WENGERT_INLINE V d0(const V&, const V& x) {
    return 1 / (1 + x);
  }
  static constexpr auto points() {
    return std::array{Point<1>{{0.7}}, Point<1>{{-0.5}}, Point<1>{{1e-9}}, Point<1>{{0.0}}};
  }
  static constexpr auto domain() { return std::array{Box<1>{{Interval{-0.9, 3.0}}}, Box<1>{{Interval{1e-12, 1e6}}}}; }
};

struct Xlogy : Elementwise<2> {
  static constexpr auto name = "xlogy", symbol = "x·ln", reference = "x*log(y) if x != 0 else mpf(0)*y";
  static constexpr auto doc =
      "x · ln z, and 0 for x = 0 whatever z is but NaN. Partials ln z and x/z; nothing passes in either where x = 0 "
      "and z <= 0.";
  static constexpr Cost value_cost = Cost::dear, partial_cost = Cost::dear;
  static constexpr bool partials_use_value = false;
  template <Number V>
  static WENGERT_INLINE V value(const V& x, const V& z) {
    // NOLINTNEXTLINE(misc-redundant-expression): false for NaN
    return x == V(0) && z == z ? V(0) : x * std::log(z);
  }
  template <class V>
  static WENGERT_INLINE auto d0(const V&, const V& x, const V& z) {
    using std::log;
    return unless(logical_and(x == V(0), z <= V(0)), log(z));
  }
  template <class V>
  static WENGERT_INLINE auto d1(const V&, const V& x, const V& z) {
    return unless(logical_and(x == V(0), z <= V(0)), x / z);
  }
  static constexpr auto points() {
    return std::array{Point<2>{{1.5, 2.25}}, Point<2>{{-3.0, 0.1}}, Point<2>{{2.0, 1.0}}};
  }
  static constexpr auto domain() {
    return std::array{Box<2>{{Interval{0.1, 4.0}, Interval{0.05, 8.0}}},
                      Box<2>{{Interval{-4.0, -0.1}, Interval{1e-3, 1e3}}}};
  }
};
template <std::floating_point V>
[[nodiscard]] WENGERT_INLINE V xlogy(V x, V z) {
  return Xlogy::value(x, z);
}

struct Xlog1py : Elementwise<2> {
  static constexpr auto name = "xlog1py", symbol = "x·ln(1+)", reference = "x*log1p(y) if x != 0 else mpf(0)*y";
  static constexpr auto doc =
      "x · ln(1 + z), and 0 for x = 0 whatever z is but NaN. Partials ln(1+z) and x/(1+z); nothing passes in either "
      "where x = 0 and z <= -1.";
  static constexpr Cost value_cost = Cost::dear, partial_cost = Cost::dear;
  static constexpr bool partials_use_value = false;
  template <Number V>
  static WENGERT_INLINE V value(const V& x, const V& z) {
    // NOLINTNEXTLINE(misc-redundant-expression): false for NaN
    return x == V(0) && z == z ? V(0) : x * std::log1p(z);
  }
  template <class V>
  static WENGERT_INLINE auto d0(const V&, const V& x, const V& z) {
    using std::log1p;
    return unless(logical_and(x == V(0), z <= V(-1)), log1p(z));
  }
  template <class V>
  static WENGERT_INLINE auto d1(const V&, const V& x, const V& z) {
    return unless(logical_and(x == V(0), z <= V(-1)), x / (1 + z));
  }
  static constexpr auto points() {
    return std::array{Point<2>{{1.5, 2.25}}, Point<2>{{-3.0, -0.1}}, Point<2>{{2.0, 1e-9}}};
  }
  static constexpr auto domain() {
    return std::array{Box<2>{{Interval{0.1, 4.0}, Interval{-0.9, 8.0}}},
                      Box<2>{{Interval{-4.0, -0.1}, Interval{1e-3, 1e3}}}};
  }
};
template <std::floating_point V>
[[nodiscard]] WENGERT_INLINE V xlog1py(V x, V z) {
  return Xlog1py::value(x, z);
}

struct Sigmoid : Elementwise<1> {
  static constexpr auto name = "sigmoid", symbol = "σ", reference = "1/(1+exp(-x))";
  static constexpr auto doc =
      "Logistic function 1/(1+e^-x), computed from e^-|x| so that it overflows on neither side. "
      "Partial y·(1-y), accurate to one unit in the last place of 1.";
  static constexpr Cost value_cost = Cost::dear;
  template <Number V>
  static WENGERT_INLINE V value(const V& x) {
    const V e = std::exp(x < V(0) ? x : -x);
    return (x < V(0) ? e : V(1)) / (V(1) + e);
  }
  template <class V>
  static WENGERT_INLINE V d0(const V& y, const V&) {
    return y * (1 - y);
  }
  static constexpr auto points() { return std::array{Point<1>{{0.7}}, Point<1>{{-2.5}}, Point<1>{{0.0}}}; }
  static constexpr auto domain() { return std::array{Box<1>{{Interval{-8.0, 8.0}}}, Box<1>{{Interval{-40.0, 40.0}}}}; }
};
template <std::floating_point V>
[[nodiscard]] WENGERT_INLINE V sigmoid(V x) {
  return Sigmoid::value(x);
}

struct Softplus : Elementwise<1> {
  static constexpr auto name = "softplus", symbol = "softplus", reference = "log1p(exp(x))";
  static constexpr auto doc =
      "ln(1 + e^x), computed as max(x, 0) + ln(1 + e^-|x|): overflows on neither side. Partial: the sigmoid of x.";
  static constexpr Cost value_cost = Cost::dear, partial_cost = Cost::dear;
  static constexpr bool partials_use_value = false;
  template <Number V>
  static WENGERT_INLINE V value(const V& x) {
    return (x < V(0) ? V(0) : x) + std::log1p(std::exp(x < V(0) ? x : -x));
  }
  template <class V>
  static WENGERT_INLINE V d0(const V&, const V& x) {
    return sigmoid(x);
  }
  static constexpr auto points() {
    return std::array{Point<1>{{0.7}}, Point<1>{{-2.5}}, Point<1>{{0.0}}, Point<1>{{-30.0}}};
  }
  static constexpr auto domain() { return std::array{Box<1>{{Interval{-8.0, 8.0}}}, Box<1>{{Interval{-40.0, 40.0}}}}; }
};
template <std::floating_point V>
[[nodiscard]] WENGERT_INLINE V softplus(V x) {
  return Softplus::value(x);
}

struct LogSigmoid : Elementwise<1> {
  static constexpr auto name = "log_sigmoid", symbol = "ln σ", reference = "-log1p(exp(-x))";
  static constexpr auto doc =
      "ln of the sigmoid of x, -ln(1 + e^-x), computed as min(x, 0) - ln(1 + e^-|x|): overflows on neither side. "
      "Partial: the sigmoid of -x.";
  static constexpr Cost value_cost = Cost::dear, partial_cost = Cost::dear;
  static constexpr bool partials_use_value = false;
  template <Number V>
  static WENGERT_INLINE V value(const V& x) {
    return (x < V(0) ? x : V(0)) - std::log1p(std::exp(x < V(0) ? x : -x));
  }
  template <class V>
  static WENGERT_INLINE V d0(const V&, const V& x) {
    return sigmoid(-x);
  }
  static constexpr auto points() {
    return std::array{Point<1>{{0.7}}, Point<1>{{-2.5}}, Point<1>{{0.0}}, Point<1>{{30.0}}};
  }
  static constexpr auto domain() { return std::array{Box<1>{{Interval{-8.0, 8.0}}}, Box<1>{{Interval{-40.0, 40.0}}}}; }
};
template <std::floating_point V>
[[nodiscard]] WENGERT_INLINE V log_sigmoid(V x) {
  return LogSigmoid::value(x);
}

using ExponentialPrimitives =
    List<Exp, Exp2, Expm1, Log, Log2, Log10, Log1p, Xlogy, Xlog1py, Sigmoid, Softplus, LogSigmoid>;

}  // namespace ops

template <Handle A>
[[nodiscard]] WENGERT_INLINE auto exp(const A& x, std::source_location where = std::source_location::current()) {
  return apply_at<ops::Exp>(where, x);
}
template <Handle A>
[[nodiscard]] WENGERT_INLINE auto exp2(const A& x, std::source_location where = std::source_location::current()) {
  return apply_at<ops::Exp2>(where, x);
}
template <Handle A>
[[nodiscard]] WENGERT_INLINE auto expm1(const A& x, std::source_location where = std::source_location::current()) {
  return apply_at<ops::Expm1>(where, x);
}
template <Handle A>
[[nodiscard]] WENGERT_INLINE auto log(const A& x, std::source_location where = std::source_location::current()) {
  return apply_at<ops::Log>(where, x);
}
template <Handle A>
[[nodiscard]] WENGERT_INLINE auto log2(const A& x, std::source_location where = std::source_location::current()) {
  return apply_at<ops::Log2>(where, x);
}
template <Handle A>
[[nodiscard]] WENGERT_INLINE auto log10(const A& x, std::source_location where = std::source_location::current()) {
  return apply_at<ops::Log10>(where, x);
}
template <Handle A>
[[nodiscard]] WENGERT_INLINE auto log1p(const A& x, std::source_location where = std::source_location::current()) {
  return apply_at<ops::Log1p>(where, x);
}
template <class A, class B>
  requires HandleOperands<A, B>
[[nodiscard]] WENGERT_INLINE auto xlogy(const A& x, const B& z,
                                        std::source_location where = std::source_location::current()) {
  return apply_at<ops::Xlogy>(where, x, z);
}
template <class A, class B>
  requires HandleOperands<A, B>
[[nodiscard]] WENGERT_INLINE auto xlog1py(const A& x, const B& z,
                                          std::source_location where = std::source_location::current()) {
  return apply_at<ops::Xlog1py>(where, x, z);
}
template <Handle A>
[[nodiscard]] WENGERT_INLINE auto sigmoid(const A& x, std::source_location where = std::source_location::current()) {
  return apply_at<ops::Sigmoid>(where, x);
}
template <Handle A>
[[nodiscard]] WENGERT_INLINE auto softplus(const A& x, std::source_location where = std::source_location::current()) {
  return apply_at<ops::Softplus>(where, x);
}
template <Handle A>
[[nodiscard]] WENGERT_INLINE auto log_sigmoid(const A& x,
                                              std::source_location where = std::source_location::current()) {
  return apply_at<ops::LogSigmoid>(where, x);
}

// On plain numbers, for code that is generic in its number type.
using ops::log_sigmoid;
using ops::sigmoid;
using ops::softplus;
using ops::xlog1py;
using ops::xlogy;

}  // namespace wengert
