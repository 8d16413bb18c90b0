// What an elementwise primitive is, and what can be asked of one.
//
// A primitive is one struct: name, documentation, value, local partial derivatives, sample points. Everything else
// (statements, reverse and forward mode, higher orders, tensors, the gradient check, the reference table) is derived
// from it. Reading order: `ElementwisePrimitive` below, then any struct below elementwise/, then record/expression.hpp,
// which composes them into statements.
//
// Value and partials are templates over the value type V:
//   double, float   numbers: the numeric sweep, kernels on tensors
//   Eager           a handle that records one primitive per operator: the gradient is a graph (record/eager.hpp)
//   Tensor          the same, for tensors
// so they use operators, `where`, comparisons and functions found by argument-dependent look-up, and nothing else.
#pragma once

#include <array>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <source_location>
#include <string_view>
#include <type_traits>

#include "wengert/autodiff/ops/hook.hpp"

#define WENGERT_INLINE __attribute__((always_inline)) inline

#if defined(__FINITE_MATH_ONLY__) && __FINITE_MATH_ONLY__ && !defined(WENGERT_ALLOW_FAST_MATH)
#  error \
      "wengert: with -ffast-math (-ffinite-math-only) the compiler removes what keeps NaN and infinity out of derivatives. \
Compile this file without it, or define WENGERT_ALLOW_FAST_MATH if neither can occur."
#endif

namespace wengert {

/// A type that stands for a value of a recording: Scalar, an expression of Scalars, Eager, Tensor.
/// Such types say so by a member type `wengert_handle`.
template <class T>
concept Handle = requires { typename std::remove_cvref_t<T>::wengert_handle; };

/// A number that may stand beside a handle in an expression: it becomes a constant.
template <class T>
concept Number = std::is_arithmetic_v<std::remove_cvref_t<T>>;

/// The operands of a front function such as sin or max: at least one handle, the rest handles or numbers.
template <class... T>
concept HandleOperands = (Handle<T> || ...) && ((Handle<T> || Number<T>)&&...);

namespace detail {
/// How primitive P is applied to operands of these kinds; specialised beside each kind of handle.
template <class P, class... X>
struct Applied;
}  // namespace detail

/// The operands of an operator. A kind of handle that wants the line of every operator (Tensor) has operators of its
/// own, with a converting parameter that takes the line, and says so by a member type `own_operators`.
template <class... T>
concept OperatorOperands =
    HandleOperands<T...> && !(requires { typename std::remove_cvref_t<T>::own_operators; } || ...);

/// What `x * y` … return: primitive P applied to the operands, as their kind of handle does it.
template <class P, class... X>
  requires HandleOperands<X...>
WENGERT_INLINE auto apply(const X&... operands) {
  return detail::Applied<P, X...>::make(operands...);
}
/// The same for a function such as sin(x), which knows the line it is called from. Expressions of Scalars have no use
/// for it: their statement carries the line where it is stored.
template <class P, class... X>
  requires HandleOperands<X...>
WENGERT_INLINE auto apply_at(std::source_location where, const X&... operands) {
  if constexpr (requires { detail::Applied<P, X...>::make_at(where, operands...); }) {
    return detail::Applied<P, X...>::make_at(where, operands...);
  } else {
    static_cast<void>(where);
    return apply<P>(operands...);
  }
}

namespace ops {

// --- Partials that are known before any number is ---------------------------------------------------------------

/// The partial derivative is exactly 1: the cotangent passes unchanged.
struct One {};
/// The partial derivative is exactly -1: the cotangent passes negated.
struct MinusOne {};
/// The partial derivative is 0 everywhere it exists: nothing passes, and the operand needs no adjoint through here.
struct Zero {};
/// The partial is `partial` where the condition holds and nothing passes elsewhere. It masks before it multiplies, so
/// an infinite or undefined cotangent does not leak through the side that was not taken.
template <class Condition, class Partial>
struct When {
  Condition condition;
  Partial partial;
};

/// The same with the sides exchanged: `partial` where the condition does not hold.
template <class Condition, class Partial>
struct Unless {
  Condition condition;
  Partial partial;
};

template <class Condition, class Partial>
[[nodiscard]] WENGERT_INLINE Unless<Condition, Partial> unless(const Condition& condition, const Partial& partial) {
  return {condition, partial};
}
template <class Condition, class Partial>
[[nodiscard]] WENGERT_INLINE When<Condition, Partial> when(const Condition& condition, const Partial& partial) {
  return {condition, partial};
}

/// The number `a` if `condition`, else `b`. Handles have their own `where`, which records the choice.
template <Number V>
[[nodiscard]] WENGERT_INLINE V where(bool condition, V a, V b) {
  return condition ? a : b;
}

/// A truth value that was stored as the number 0 or 1.
template <Number V>
[[nodiscard]] WENGERT_INLINE bool truth(V v) {
  return v != V(0);
}
/// Of conditions inside a rule: `bool`, or those of a handle, which have their own.
[[nodiscard]] WENGERT_INLINE bool logical_and(bool a, bool b) { return a & b; }
[[nodiscard]] WENGERT_INLINE bool logical_or(bool a, bool b) { return a | b; }

/// cotangent · partial for numbers, where the kind of the partial decides what that means.
/// `Masked`: a cotangent of exactly 0 contributes 0 whatever the partial is, and a partial of exactly 0 lets nothing
/// pass whatever the cotangent is, so that 0·∞ and 0·NaN do not arise.
template <bool Masked, Number V>
[[nodiscard]] WENGERT_INLINE V contribution(V cotangent, V partial) {
  if constexpr (Masked)
    return WENGERT_HOLDS("contribution: one of them is 0", cotangent == V(0) || partial == V(0)) ? V(0)
                                                                                                 : cotangent * partial;
  return cotangent * partial;
}
template <bool Masked, Number V>
[[nodiscard]] WENGERT_INLINE V contribution(V cotangent, One) {
  return cotangent;
}
template <bool Masked, Number V>
[[nodiscard]] WENGERT_INLINE V contribution(V cotangent, MinusOne) {
  return -cotangent;
}
template <bool Masked, Number V>
[[nodiscard]] WENGERT_INLINE V contribution(V, Zero) {
  return V(0);
}
template <bool Masked, Number V, class Partial>
[[nodiscard]] WENGERT_INLINE V contribution(V cotangent, const When<bool, Partial>& p) {
  return p.condition ? contribution<Masked>(cotangent, p.partial) : V(0);
}
template <bool Masked, Number V, class Partial>
[[nodiscard]] WENGERT_INLINE V contribution(V cotangent, const Unless<bool, Partial>& p) {
  return p.condition ? V(0) : contribution<Masked>(cotangent, p.partial);
}

/// The partial as a plain number, for drawing and for checks.
template <Number V>
[[nodiscard]] WENGERT_INLINE V partial_number(V p) {
  return p;
}
template <class V>
[[nodiscard]] WENGERT_INLINE V partial_number(One) {
  return V(1);
}
template <class V>
[[nodiscard]] WENGERT_INLINE V partial_number(MinusOne) {
  return V(-1);
}
template <class V>
[[nodiscard]] WENGERT_INLINE V partial_number(Zero) {
  return V(0);
}
template <class V, class Partial>
[[nodiscard]] WENGERT_INLINE V partial_number(const When<bool, Partial>& p) {
  return p.condition ? partial_number<V>(p.partial) : V(0);
}
template <class V, class Partial>
[[nodiscard]] WENGERT_INLINE V partial_number(const Unless<bool, Partial>& p) {
  return p.condition ? V(0) : partial_number<V>(p.partial);
}

// --- Facts about a primitive -------------------------------------------------------------------------------------

/// cheap: a few arithmetic instructions, worth recomputing in the reverse sweep. dear: worth storing.
enum class Cost : std::uint8_t { cheap, dear };

/// What the result of a primitive is, as a value: a real number, or a truth value stored as 0 or 1.
enum class Result : std::uint8_t { real, truth };

/// A point at which the primitive is checked, and the derivative order up to which its rule claims to hold there.
/// At kinks the convention of the documentation is checked at first order only.
template <std::size_t Arity>
struct Point {
  std::array<double, Arity> at;
  int order = 3;
};

/// Where operands are drawn from for random checks; `whole`: whole numbers only, both ends included.
struct Interval {
  double low, high;
  bool whole = false;
};
/// One interval per operand, inside of which the primitive is smooth almost everywhere.
template <std::size_t Arity>
struct Box {
  std::array<Interval, Arity> operands;
};

/// Facts that most primitives share; a primitive inherits and overrides what differs.
template <std::size_t Arity>
struct Elementwise {
  static constexpr std::size_t arity = Arity;
  static constexpr Cost value_cost = Cost::cheap;    ///< of computing the value
  static constexpr Cost partial_cost = Cost::cheap;  ///< of the partials, given operands and value
  static constexpr bool partials_use_value = true;  ///< `false` promises that they do not look at it: it is not fetched
  static constexpr bool commutative = false;
  static constexpr Result result = Result::real;
  static constexpr unsigned truth_operands = 0;     ///< bit k: operand k is a truth value
  static constexpr unsigned constant_operands = 0;  ///< bit k: operand k is no variable by its meaning: whole numbers
  /// Where random points are drawn.
  static constexpr auto domain() {
    std::array<Box<Arity>, 1> boxes{};
    boxes[0].operands.fill({-4.0, 4.0});
    return boxes;
  }
};

/// The member function that gives partial K of primitive P at value y and operands x…; d0, d1 and d2 are separate
/// functions so that only the partials of operands that need one are computed.
template <class P, std::size_t K, class From = hook::Partials<P>, class V, class... X>
[[nodiscard]] WENGERT_INLINE auto partial(const V& y, const X&... x) {
  if constexpr (K == 0)
    return From::d0(y, x...);
  else if constexpr (K == 1)
    return From::d1(y, x...);
  else
    return From::d2(y, x...);
}

namespace detail {
template <class P, std::size_t K, class V>
concept HasPartialAt = (P::arity == 1 && requires(V v) { partial<P, K>(v, v); }) ||
                       (P::arity == 2 && requires(V v) { partial<P, K>(v, v, v); }) ||
                       (P::arity == 3 && requires(V v) { partial<P, K>(v, v, v, v); });
template <class P, std::size_t K>
concept HasPartial = K >= P::arity || HasPartialAt<P, K, double>;
template <class P, class V>
concept HasValue = (P::arity == 1 && requires(V v) {
                     { P::value(v) } -> std::convertible_to<V>;
                   }) || (P::arity == 2 && requires(V v) {
                     { P::value(v, v) } -> std::convertible_to<V>;
                   }) || (P::arity == 3 && requires(V v) {
                     { P::value(v, v, v) } -> std::convertible_to<V>;
                   });
}  // namespace detail

template <class P>
concept Documented = requires {
  { P::name } -> std::convertible_to<std::string_view>;       // the name in text forms and error messages
  { P::symbol } -> std::convertible_to<std::string_view>;     // how it is drawn
  { P::doc } -> std::convertible_to<std::string_view>;        // formula · domain · kinks · accuracy · source
  { P::reference } -> std::convertible_to<std::string_view>;  // the formula in mpmath's syntax, operands x, y, z
};

/// An elementwise primitive: what a struct must have to be one. A missing member is named by the compiler.
///   arity, name, symbol, doc, reference   (inherit Elementwise<arity> for the defaults of the rest)
///   template <class V> static V value(V x …)
///   template <class V> static auto d0(V y, V x …)   ∂value/∂operand 0; likewise d1, d2
///   points()   where it is checked; domain(), boxes of which random points are drawn (-4 to 4 unless given)
template <class P>
concept ElementwisePrimitive =
    Documented<P> && P::arity >= 1 && P::arity <= 3 && detail::HasValue<P, double> && detail::HasPartial<P, 0> &&
    detail::HasPartial<P, 1> && detail::HasPartial<P, 2> && requires {
      P::points().size();
      P::domain().size();
      { P::value_cost } -> std::convertible_to<Cost>;
      { P::partial_cost } -> std::convertible_to<Cost>;
    };

namespace detail {
template <class P, std::size_t K>
auto partial_of_numbers() {
  if constexpr (P::arity == 1)
    return partial<P, K, P>(double{}, double{});
  else if constexpr (P::arity == 2)
    return partial<P, K, P>(double{}, double{}, double{});
  else
    return partial<P, K, P>(double{}, double{}, double{}, double{});
}
}  // namespace detail

/// The type of partial K of P for numbers; Zero marks an operand through which no derivative flows.
template <class P, std::size_t K>
using PartialOf = decltype(detail::partial_of_numbers<P, K>());

template <class P, std::size_t K>
inline constexpr bool differentiable_in = !std::is_same_v<PartialOf<P, K>, Zero>;

/// A list of primitives, to be walked at compile time.
template <class... P>
struct List {
  template <class F>
  static constexpr void for_each(F&& f) {
    (f.template operator()<P>(), ...);
  }
  static constexpr std::size_t size = sizeof...(P);
  template <class Q>
  static constexpr bool contains = (std::is_same_v<P, Q> || ...);
};

namespace detail {
template <class... L>
struct JoinLists;
template <class... P>
struct JoinLists<List<P...>> {
  using type = List<P...>;
};
template <class... P, class... Q, class... Rest>
struct JoinLists<List<P...>, List<Q...>, Rest...> : JoinLists<List<P..., Q...>, Rest...> {};
}  // namespace detail
/// The lists one after the other.
template <class... L>
using Join = typename detail::JoinLists<L...>::type;

}  // namespace ops
}  // namespace wengert
