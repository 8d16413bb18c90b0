// The elementwise primitives: each one struct, with its front function below it and its place in the list at the end.
//
// To add one: write the struct, its front function, and put it in `ElementwisePrimitives`. Nothing else changes: the
// statements, sweeps, tensors, drawings, the reference table and the tests take it from the list (CONTRIBUTING.md).
//
// Conventions that several of them share:
//   y is the value, x (first), p/z … the further operands, in the order of the operands.
//   Accuracy of a value is that of the C library's function. Derivatives that are written in terms of the value
//   (tanh, sigmoid) are accurate to one unit in the last place of 1, not of themselves, where the function saturates.
//   Points: two or three ordinary ones for each side of the domain, then boundary points; `order` 1 marks a kink.
#pragma once

#include <source_location>

#include "wengert/autodiff/ops/contract.hpp"

namespace wengert {
namespace ops {

// --- Arithmetic ---------------------------------------------------------------------------------------------------

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
};

/// The product of a cotangent and a partial derivative: what the recorded reverse sweep multiplies with.
struct Scale : Elementwise<2> {
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
};

// --- Powers and roots ---------------------------------------------------------------------------------------------

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
};

// --- Exponential, logarithm, circular and hyperbolic functions ----------------------------------------------------

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
};

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
};

// --- Activations --------------------------------------------------------------------------------------------------

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
};

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
};

struct Heaviside : Elementwise<1> {
  static constexpr auto name = "heaviside", symbol = "H", reference = "mpf(1) if x>=0 else mpf(0)";
  static constexpr auto doc = "Step: 0 for x < 0, 1 for x >= 0, NaN for NaN. Derivative 0 everywhere, at the step too.";
  template <Number V>
  static WENGERT_INLINE V value(const V& x) {
    return x < V(0) ? V(0) : (x >= V(0) ? V(1) : x);
  }
  template <class V>
  static WENGERT_INLINE Zero d0(const V&, const V&) {
    return {};
  }
  static constexpr auto points() { return std::array{Point<1>{{0.7}}, Point<1>{{-2.5}}}; }
};

// --- Selection ----------------------------------------------------------------------------------------------------

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
};

struct Where : Elementwise<3> {
  static constexpr auto name = "where", symbol = "where", reference = "y if x != 0 else z";
  static constexpr auto doc =
      "The second operand where the first is true, else the third. Nothing, not even ∞ or NaN, passes to the operand "
      "that was not chosen; no derivative in the condition.";
  static constexpr bool truth_first = true;
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
};

// --- Comparisons: truth values, stored as 0 or 1; no derivative ---------------------------------------------------

/// What the six comparisons share. `Holds` is a stateless function object such as std::less<>.
struct ComparisonBase : Elementwise<2> {
  static constexpr Result result = Result::truth;
  template <class V>
  static WENGERT_INLINE Zero d0(const V&, const V&, const V&) {
    return {};
  }
  template <class V>
  static WENGERT_INLINE Zero d1(const V&, const V&, const V&) {
    return {};
  }
  static constexpr auto points() {
    return std::array{Point<2>{{1.5, -2.25}}, Point<2>{{-1.0, 3.0}}, Point<2>{{2.0, 2.0}, 0}};
  }
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

/// Every elementwise primitive of the library. The place in the list means nothing.
using ElementwisePrimitives =
    List<Add, Sub, Mul, Scale, Div, Neg, IntegerPow, Pow, Sqrt, Exp, Log, Sin, Cos, Tanh, Sigmoid, Relu, Heaviside, Abs,
         Max, Min, Where, Less, LessEqual, Equal, NotEqual, Greater, GreaterEqual>;

static_assert([] {
  bool complete = true;
  ElementwisePrimitives::for_each([&]<class P> {
    static_assert(ElementwisePrimitive<P>, "an elementwise primitive is incomplete: see the concept of that name");
    complete = complete && ElementwisePrimitive<P>;
  });
  return complete;
}());

}  // namespace ops

// --- Front functions ----------------------------------------------------------------------------------------------
// One line each; `apply` builds an expression of Scalars, or records on Tensors, as the operands ask.

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
[[nodiscard]] WENGERT_INLINE auto exp(const A& x, std::source_location where = std::source_location::current()) {
  return apply_at<ops::Exp>(where, x);
}
template <Handle A>
[[nodiscard]] WENGERT_INLINE auto log(const A& x, std::source_location where = std::source_location::current()) {
  return apply_at<ops::Log>(where, x);
}
template <Handle A>
[[nodiscard]] WENGERT_INLINE auto sin(const A& x, std::source_location where = std::source_location::current()) {
  return apply_at<ops::Sin>(where, x);
}
template <Handle A>
[[nodiscard]] WENGERT_INLINE auto cos(const A& x, std::source_location where = std::source_location::current()) {
  return apply_at<ops::Cos>(where, x);
}
template <Handle A>
[[nodiscard]] WENGERT_INLINE auto tanh(const A& x, std::source_location where = std::source_location::current()) {
  return apply_at<ops::Tanh>(where, x);
}
template <Handle A>
[[nodiscard]] WENGERT_INLINE auto sigmoid(const A& x, std::source_location where = std::source_location::current()) {
  return apply_at<ops::Sigmoid>(where, x);
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
[[nodiscard]] WENGERT_INLINE auto abs(const A& x, std::source_location where = std::source_location::current()) {
  return apply_at<ops::Abs>(where, x);
}
template <Handle A>
[[nodiscard]] WENGERT_INLINE auto fabs(const A& x, std::source_location where = std::source_location::current()) {
  return apply_at<ops::Abs>(where, x);
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

/// The same functions on plain numbers, for code that is generic in its number type.
template <std::floating_point V>
[[nodiscard]] V sigmoid(V x) {
  return ops::Sigmoid::value(x);
}
template <std::floating_point V>
[[nodiscard]] V relu(V x) {
  return ops::Relu::value(x);
}
template <std::floating_point V>
[[nodiscard]] V heaviside(V x) {
  return ops::Heaviside::value(x);
}
using ops::where;

}  // namespace wengert
