// Steps, selections, comparisons and logic: what is made of pieces.
#pragma once

#include <cmath>
#include <concepts>
#include <source_location>
#include "wengert/autodiff/ops/contract.hpp"

namespace wengert {
namespace ops {

/// What has derivative 0 by every operand, wherever it has one.
template <std::size_t Arity>
struct Flat : Elementwise<Arity> {
  template <class... V>
  static WENGERT_INLINE Zero d0(const V&...) {
    return {};
  }
  template <class... V>
  static WENGERT_INLINE Zero d1(const V&...) {
    return {};
  }
};

struct Abs : Elementwise<1> {
  static constexpr auto name = "abs", symbol = "|·|", reference = "abs(x)";
  static constexpr auto doc = "|x|. Partial sign(x); 0 at the kink x = 0.";
  template <Number V>
  static WENGERT_INLINE V value(const V& x) {
    return std::abs(x);
  }
  template <class V>
  static WENGERT_INLINE auto d0(const V&, const V& x) {
    return where(x > V(0), V(1), where(x < V(0), V(-1), V(0)));
  }
  static constexpr auto points() { return std::array{Point<1>{{0.7}}, Point<1>{{-2.5}}}; }
  static constexpr auto domain() { return std::array{Box<1>{{Interval{-4.0, 4.0}}}, Box<1>{{Interval{1e-3, 1e3}}}}; }
};

struct Sign : Flat<1> {
  static constexpr auto name = "sign", symbol = "sign", reference = "sign(x)";
  static constexpr auto doc =
      "1 for x > 0, -1 for x < 0, x itself for ±0 and NaN. Derivative 0 everywhere, at the step too.";
  template <Number V>
  static WENGERT_INLINE V value(const V& x) {
    return x > V(0) ? V(1) : (x < V(0) ? V(-1) : x);
  }
  static constexpr auto points() { return std::array{Point<1>{{0.7}}, Point<1>{{-2.5}}}; }
  static constexpr auto domain() { return std::array{Box<1>{{Interval{-6.0, 6.0}}}, Box<1>{{Interval{-1e3, 1e3}}}}; }
};
template <std::floating_point V>
[[nodiscard]] WENGERT_INLINE V sign(V x) {
  return Sign::value(x);
}

struct Relu : Elementwise<1> {
  static constexpr auto name = "relu", symbol = "relu", reference = "x if x>0 else mpf(0)";
  static constexpr auto doc = "max(x, 0), NaN for NaN. Partial 1 for x > 0, else 0; 0 at the kink x = 0.";
  template <Number V>
  static WENGERT_INLINE V value(const V& x) {
    return x < V(0) ? V(0) : x;
  }
  template <class V>
  static WENGERT_INLINE auto d0(const V&, const V& x) {
    return when(x > V(0), One{});
  }
  static constexpr auto points() { return std::array{Point<1>{{0.7}}, Point<1>{{-2.5}}}; }
  static constexpr auto domain() { return std::array{Box<1>{{Interval{-4.0, 4.0}}}, Box<1>{{Interval{1e-3, 1e3}}}}; }
};
template <std::floating_point V>
[[nodiscard]] WENGERT_INLINE V relu(V x) {
  return Relu::value(x);
}

struct Heaviside : Flat<1> {
  static constexpr auto name = "heaviside", symbol = "H", reference = "mpf(1) if x>=0 else mpf(0)";
  static constexpr auto doc = "Step: 0 for x < 0, 1 for x >= 0, NaN for NaN. Derivative 0 everywhere, at the step too.";
  template <Number V>
  static WENGERT_INLINE V value(const V& x) {
    return x < V(0) ? V(0) : (x >= V(0) ? V(1) : x);
  }
  static constexpr auto points() { return std::array{Point<1>{{0.7}}, Point<1>{{-2.5}}}; }
  static constexpr auto domain() { return std::array{Box<1>{{Interval{-4.0, 4.0}}}, Box<1>{{Interval{1e-3, 1e3}}}}; }
};
template <std::floating_point V>
[[nodiscard]] WENGERT_INLINE V heaviside(V x) {
  return Heaviside::value(x);
}

struct Floor : Flat<1> {
  static constexpr auto name = "floor", symbol = "⌊·⌋", reference = "floor(x)";
  static constexpr auto doc =
      "The largest whole number that is not above x. Derivative 0 everywhere, at the steps too.";
  template <Number V>
  static WENGERT_INLINE V value(const V& x) {
    return std::floor(x);
  }
  static constexpr auto points() { return std::array{Point<1>{{0.7}}, Point<1>{{-2.5}}, Point<1>{{3.25}}}; }
  static constexpr auto domain() { return std::array{Box<1>{{Interval{-6.0, 6.0}}}, Box<1>{{Interval{-1e3, 1e3}}}}; }
};

struct Ceil : Flat<1> {
  static constexpr auto name = "ceil", symbol = "⌈·⌉", reference = "ceil(x)";
  static constexpr auto doc =
      "The smallest whole number that is not below x. Derivative 0 everywhere, at the steps too.";
  template <Number V>
  static WENGERT_INLINE V value(const V& x) {
    return std::ceil(x);
  }
  static constexpr auto points() { return std::array{Point<1>{{0.7}}, Point<1>{{-2.5}}, Point<1>{{3.25}}}; }
  static constexpr auto domain() { return std::array{Box<1>{{Interval{-6.0, 6.0}}}, Box<1>{{Interval{-1e3, 1e3}}}}; }
};

struct Round : Flat<1> {
  static constexpr auto name = "round", symbol = "round", reference = "sign(x)*floor(abs(x)+mpf(0.5))";
  static constexpr auto doc =
      "The nearest whole number, halves away from 0, as the C library's round. Derivative 0 everywhere, at the steps "
      "too.";
  template <Number V>
  static WENGERT_INLINE V value(const V& x) {
    return std::round(x);
  }
  static constexpr auto points() { return std::array{Point<1>{{0.7}}, Point<1>{{-2.25}}, Point<1>{{3.25}}}; }
  static constexpr auto domain() { return std::array{Box<1>{{Interval{-6.0, 6.0}}}, Box<1>{{Interval{-1e3, 1e3}}}}; }
};

struct Trunc : Flat<1> {
  static constexpr auto name = "trunc", symbol = "trunc", reference = "sign(x)*floor(abs(x))";
  static constexpr auto doc = "x without its fraction: rounded towards 0. Derivative 0 everywhere, at the steps too.";
  template <Number V>
  static WENGERT_INLINE V value(const V& x) {
    return std::trunc(x);
  }
  static constexpr auto points() { return std::array{Point<1>{{0.7}}, Point<1>{{-2.5}}, Point<1>{{3.25}}}; }
  static constexpr auto domain() { return std::array{Box<1>{{Interval{-6.0, 6.0}}}, Box<1>{{Interval{-1e3, 1e3}}}}; }
};

struct Max : Elementwise<2> {
  static constexpr auto name = "max", symbol = "max", reference = "x if x>y else y";
  static constexpr auto doc =
      "The larger of x and y, NaN if either is NaN. The larger operand has partial 1, the other 0; ½ each at x = y.";
  static constexpr bool commutative = true;
  template <Number V>
  static WENGERT_INLINE V value(const V& x, const V& y) {
    return x > y ? x : (y >= x ? y : x + y);
  }
  template <class V>
  static WENGERT_INLINE auto d0(const V&, const V& x, const V& y) {
    return when(x >= y, where(x == y, V(0.5), V(1)));
  }
  template <class V>
  static WENGERT_INLINE auto d1(const V&, const V& x, const V& y) {
    return when(y >= x, where(x == y, V(0.5), V(1)));
  }
  static constexpr auto points() { return std::array{Point<2>{{1.5, -2.25}}, Point<2>{{-1.0, 3.0}}}; }
  static constexpr auto domain() { return std::array{Box<2>{{Interval{-4.0, 4.0}, Interval{-4.0, 4.0}}}}; }
};

struct Min : Elementwise<2> {
  static constexpr auto name = "min", symbol = "min", reference = "x if x<y else y";
  static constexpr auto doc =
      "The smaller of x and y, NaN if either is NaN. The smaller operand has partial 1, the other 0; ½ each at x = y.";
  static constexpr bool commutative = true;
  template <Number V>
  static WENGERT_INLINE V value(const V& x, const V& y) {
    return x < y ? x : (y <= x ? y : x + y);
  }
  template <class V>
  static WENGERT_INLINE auto d0(const V&, const V& x, const V& y) {
    return when(x <= y, where(x == y, V(0.5), V(1)));
  }
  template <class V>
  static WENGERT_INLINE auto d1(const V&, const V& x, const V& y) {
    return when(y <= x, where(x == y, V(0.5), V(1)));
  }
  static constexpr auto points() { return std::array{Point<2>{{1.5, -2.25}}, Point<2>{{-1.0, 3.0}}}; }
  static constexpr auto domain() { return std::array{Box<2>{{Interval{-4.0, 4.0}, Interval{-4.0, 4.0}}}}; }
};

struct Clamp : Elementwise<3> {
  static constexpr auto name = "clamp", symbol = "clamp", reference = "min(max(x,y),z)";
  static constexpr auto doc =
      "x held between lo and hi: hi where it is above hi or lo > hi, lo where it is below lo; NaN if any is NaN. The "
      "operand that is returned has partial 1, the others 0; at x = lo and x = hi that is x.";
  static constexpr bool partials_use_value = false;
  template <Number V>
  static WENGERT_INLINE V value(const V& x, const V& lo, const V& hi) {
    const V above = x < lo ? lo : (x >= lo ? x : x + lo);
    return above > hi ? hi : (above <= hi ? above : above + hi);
  }
  template <class V>
  static WENGERT_INLINE auto d0(const V&, const V& x, const V& lo, const V& hi) {
    return when(logical_and(x >= lo, x <= hi), One{});
  }
  template <class V>
  static WENGERT_INLINE auto d1(const V&, const V& x, const V& lo, const V& hi) {
    return when(logical_and(x < lo, lo <= hi), One{});
  }
  template <class V>
  static WENGERT_INLINE auto d2(const V&, const V& x, const V& lo, const V& hi) {
    return when(logical_or(x > hi, lo > hi), One{});
  }
  static constexpr auto points() {
    return std::array{Point<3>{{0.7, -1.0, 1.0}}, Point<3>{{-2.5, -1.0, 1.0}}, Point<3>{{2.5, -1.0, 1.0}},
                      Point<3>{{0.5, 2.0, 1.0}}};
  }
  static constexpr auto domain() {
    return std::array{Box<3>{{Interval{-4.0, 4.0}, Interval{-2.0, 0.0}, Interval{0.0, 2.0}}},
                      Box<3>{{Interval{-4.0, 4.0}, Interval{-2.0, 2.0}, Interval{-2.0, 2.0}}}};
  }
};

struct Where : Elementwise<3> {
  static constexpr auto name = "where", symbol = "where", reference = "y if x != 0 else z";
  static constexpr auto doc =
      "The second operand where the first is true, else the third. Nothing, not even ∞ or NaN, passes to the operand "
      "that was not chosen; no derivative in the condition.";
  static constexpr unsigned truth_operands = 1;
  template <Number V>
  static WENGERT_INLINE V value(const V& condition, const V& a, const V& b) {
    return truth(condition) ? a : b;
  }
  template <class V>
  static WENGERT_INLINE Zero d0(const V&, const V&, const V&, const V&) {
    return {};
  }
  template <class V>
  static WENGERT_INLINE auto d1(const V&, const V& condition, const V&, const V&) {
    return when(truth(condition), One{});
  }
  template <class V>
  static WENGERT_INLINE auto d2(const V&, const V& condition, const V&, const V&) {
    return unless(truth(condition), One{});
  }
  static constexpr auto points() { return std::array{Point<3>{{1.0, 2.0, 3.0}}, Point<3>{{0.0, 2.0, 3.0}}}; }
  static constexpr auto domain() {
    return std::array{Box<3>{{Interval{0.0, 1.0, true}, Interval{-4.0, 4.0}, Interval{-4.0, 4.0}}}};
  }
};

// --- Comparisons and logic: truth values, stored as 0 or 1; no derivative -----------------------------------------

/// What the six comparisons share. `Holds` is a stateless function object such as std::less<>.
struct ComparisonBase : Flat<2> {
  static constexpr Result result = Result::truth;
  static constexpr auto points() {
    return std::array{Point<2>{{1.5, -2.25}}, Point<2>{{-1.0, 3.0}}, Point<2>{{2.0, 2.0}, 0}};
  }
  static constexpr auto domain() { return std::array{Box<2>{{Interval{-4.0, 4.0}, Interval{-4.0, 4.0}}}}; }
};

struct Less : ComparisonBase {
  static constexpr auto name = "less", symbol = "<", reference = "mpf(x<y)";
  static constexpr auto doc = "x < y; false when either is NaN.";
  template <Number V>
  static WENGERT_INLINE V value(const V& x, const V& y) {
    return V(x < y);
  }
};
struct LessEqual : ComparisonBase {
  static constexpr auto name = "less_equal", symbol = "≤", reference = "mpf(x<=y)";
  static constexpr auto doc = "x <= y; false when either is NaN.";
  template <Number V>
  static WENGERT_INLINE V value(const V& x, const V& y) {
    return V(x <= y);
  }
};
struct Equal : ComparisonBase {
  static constexpr auto name = "equal", symbol = "=", reference = "mpf(x==y)";
  static constexpr auto doc = "x == y; false when either is NaN.";
  static constexpr bool commutative = true;
  template <Number V>
  static WENGERT_INLINE V value(const V& x, const V& y) {
    return V(x == y);
  }
};
struct NotEqual : ComparisonBase {
  static constexpr auto name = "not_equal", symbol = "≠", reference = "mpf(x!=y)";
  static constexpr auto doc = "x != y; true when either is NaN.";
  static constexpr bool commutative = true;
  template <Number V>
  static WENGERT_INLINE V value(const V& x, const V& y) {
    return V(x != y);
  }
};
struct Greater : ComparisonBase {
  static constexpr auto name = "greater", symbol = ">", reference = "mpf(x>y)";
  static constexpr auto doc = "x > y; false when either is NaN.";
  template <Number V>
  static WENGERT_INLINE V value(const V& x, const V& y) {
    return V(x > y);
  }
};
struct GreaterEqual : ComparisonBase {
  static constexpr auto name = "greater_equal", symbol = "≥", reference = "mpf(x>=y)";
  static constexpr auto doc = "x >= y; false when either is NaN.";
  template <Number V>
  static WENGERT_INLINE V value(const V& x, const V& y) {
    return V(x >= y);
  }
};

/// What the logical operations share: truth values of truth values.
template <std::size_t Arity>
struct LogicalBase : Flat<Arity> {
  static constexpr Result result = Result::truth;
  static constexpr unsigned truth_operands = (1u << Arity) - 1;
  static constexpr bool partials_use_value = false;
  /// Every combination.
  static constexpr auto points() {
    std::array<Point<Arity>, std::size_t{1} << Arity> all{};
    for (std::size_t i = 0; i < all.size(); ++i)
      for (std::size_t k = 0; k < Arity; ++k) all[i].at[k] = (i >> (Arity - 1 - k) & 1u) != 0 ? 1.0 : 0.0;
    return all;
  }
  static constexpr auto domain() {
    std::array<Box<Arity>, 1> boxes{};
    boxes[0].operands.fill({0.0, 1.0, true});
    return boxes;
  }
};

struct LogicalAnd : LogicalBase<2> {
  static constexpr auto name = "logical_and", symbol = "∧", reference = "mpf(x != 0 and y != 0)";
  static constexpr auto doc = "Both are true.";
  static constexpr bool commutative = true;
  template <Number V>
  static WENGERT_INLINE V value(const V& x, const V& z) {
    return V(logical_and(truth(x), truth(z)));
  }
};

struct LogicalOr : LogicalBase<2> {
  static constexpr auto name = "logical_or", symbol = "∨", reference = "mpf(x != 0 or y != 0)";
  static constexpr auto doc = "One at least is true.";
  static constexpr bool commutative = true;
  template <Number V>
  static WENGERT_INLINE V value(const V& x, const V& z) {
    return V(logical_or(truth(x), truth(z)));
  }
};

struct LogicalXor : LogicalBase<2> {
  static constexpr auto name = "logical_xor", symbol = "⊻", reference = "mpf((x != 0) != (y != 0))";
  static constexpr auto doc = "One is true, not both.";
  static constexpr bool commutative = true;
  template <Number V>
  static WENGERT_INLINE V value(const V& x, const V& z) {
    return V(truth(x) != truth(z));
  }
};

struct LogicalNot : LogicalBase<1> {
  static constexpr auto name = "logical_not", symbol = "¬", reference = "mpf(x == 0)";
  static constexpr auto doc = "It is false.";
  template <Number V>
  static WENGERT_INLINE V value(const V& x) {
    return V(!truth(x));
  }
};

using SelectionPrimitives =
    List<Abs, Sign, Relu, Heaviside, Floor, Ceil, Round, Trunc, Max, Min, Clamp, Where, Less, LessEqual, Equal,
         NotEqual, Greater, GreaterEqual, LogicalAnd, LogicalOr, LogicalXor, LogicalNot>;

}  // namespace ops

template <Handle A>
[[nodiscard]] WENGERT_INLINE auto abs(const A& x, std::source_location where = std::source_location::current()) {
  return apply_at<ops::Abs>(where, x);
}
template <Handle A>
[[nodiscard]] WENGERT_INLINE auto fabs(const A& x, std::source_location where = std::source_location::current()) {
  return apply_at<ops::Abs>(where, x);
}
template <Handle A>
[[nodiscard]] WENGERT_INLINE auto sign(const A& x, std::source_location where = std::source_location::current()) {
  return apply_at<ops::Sign>(where, x);
}
template <Handle A>
[[nodiscard]] WENGERT_INLINE auto relu(const A& x, std::source_location where = std::source_location::current()) {
  return apply_at<ops::Relu>(where, x);
}
template <Handle A>
[[nodiscard]] WENGERT_INLINE auto heaviside(const A& x, std::source_location where = std::source_location::current()) {
  return apply_at<ops::Heaviside>(where, x);
}
template <Handle A>
[[nodiscard]] WENGERT_INLINE auto floor(const A& x, std::source_location where = std::source_location::current()) {
  return apply_at<ops::Floor>(where, x);
}
template <Handle A>
[[nodiscard]] WENGERT_INLINE auto ceil(const A& x, std::source_location where = std::source_location::current()) {
  return apply_at<ops::Ceil>(where, x);
}
template <Handle A>
[[nodiscard]] WENGERT_INLINE auto round(const A& x, std::source_location where = std::source_location::current()) {
  return apply_at<ops::Round>(where, x);
}
template <Handle A>
[[nodiscard]] WENGERT_INLINE auto trunc(const A& x, std::source_location where = std::source_location::current()) {
  return apply_at<ops::Trunc>(where, x);
}
template <class A, class B>
  requires HandleOperands<A, B>
[[nodiscard]] WENGERT_INLINE auto max(const A& a, const B& b,
                                      std::source_location where = std::source_location::current()) {
  return apply_at<ops::Max>(where, a, b);
}
template <class A, class B>
  requires HandleOperands<A, B>
[[nodiscard]] WENGERT_INLINE auto min(const A& a, const B& b,
                                      std::source_location where = std::source_location::current()) {
  return apply_at<ops::Min>(where, a, b);
}
template <class A, class B, class C>
  requires HandleOperands<A, B, C>
[[nodiscard]] WENGERT_INLINE auto clamp(const A& x, const B& lo, const C& hi,
                                        std::source_location where = std::source_location::current()) {
  return apply_at<ops::Clamp>(where, x, lo, hi);
}

// On plain numbers, for code that is generic in its number type.
using ops::heaviside;
using ops::relu;
using ops::sign;
using ops::where;

}  // namespace wengert
