// Scalar, the expressions that its operators build, and how an expression becomes a statement.
//
// An expression holds its operands and its value *by value*: nothing dangles, `auto t = a * b;` is safe. Storing it in
// a Scalar records one statement, whose value and partials are the composition of its primitives' rules, fused by the
// compiler. What C++ does not allow with expressions (`c ? a * b : a`, std::max(a * b, a), `auto s = a * b; s = s + a`)
// fails to compile; `where`, `max` and `Scalar s` are what to write.
//
// Reading order: Scalar, Literal, Apply (the three kinds of expression; each gives the same few members). Then
// statement.hpp, which makes statements of them, and expression.hpp, which adds comparisons.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <source_location>
#include <type_traits>
#include <utility>

#include "wengert/autodiff/ops/elementwise.hpp"
#include "wengert/autodiff/ops/simd.hpp"
#include "wengert/autodiff/record/stream.hpp"

// Lambdas on the hot path are inlined like the functions around them. (clang takes the attribute in another place.)
#if defined(__clang__)
#  define WENGERT_INLINE_LAMBDA
#else
#  define WENGERT_INLINE_LAMBDA __attribute__((always_inline))
#endif

namespace wengert {

/// The record of a primitive of the library's, defined in record/primitive.cpp for each of them.
template <class P>
struct PrimitiveRecord {
  static const Primitive stored;
};

#if defined(__clang__)  // it warns wherever the record is named that the definition is elsewhere; so it is named once
#  pragma clang diagnostic push
#  pragma clang diagnostic ignored "-Wundefined-var-template"
#endif
/// The record of primitive P in the table of primitives. (Of one of the user's own: record/primitive.hpp.)
template <class P>
struct PrimitiveOf {
  static constexpr const Primitive& record = PrimitiveRecord<P>::stored;
};
#if defined(__clang__)
#  pragma clang diagnostic pop
#endif

class Scalar;

namespace detail {
template <class T>
concept ScalarExpression = Handle<T> && requires { typename std::remove_cvref_t<T>::scalar_expression; };
template <class T>
concept CompositeExpression = ScalarExpression<T> && (std::remove_cvref_t<T>::operations > 0);

template <class E>
Scalar record(const E& expression, std::source_location where);
/// The general case of record(), for one statement type at run time.
Scalar record_general(const StatementType& type, const double* values, const Word* words, const double* partials,
                      double value, std::source_location where);
void record_guard(const Primitive& comparison, const Scalar& a, const Scalar& b, bool outcome,
                  std::source_location where);

/// What record() reads of the leaves of an expression, slot by slot.
template <std::size_t N>
struct Leaves {
  std::array<double, N> value;
  std::array<Word, N> word;
};
}  // namespace detail

/// A double that a recording knows: value, id, and a tag that names the recording and its generation. 16 bytes,
/// trivially copyable. Without a recording it is a constant; arithmetic among constants records nothing.
///
///     Recording r;
///     Scalar x = r.variable(2.0, "x");
///     Scalar y = sin(x) * x + 1.0;      // one statement
class Scalar {
 public:
  using wengert_handle = void;
  using scalar_expression = void;

  /// The constant 0.
  constexpr Scalar() noexcept = default;
  /// A constant.
  template <Number N>
    requires(!std::same_as<N, bool>)
  constexpr Scalar(N constant) noexcept : value_(static_cast<double>(constant)) {}  // NOLINT: numbers convert
  /// Records the expression as one statement.
  template <detail::CompositeExpression E>
  WENGERT_INLINE Scalar(const E& expression, std::source_location where = std::source_location::current())  // NOLINT
      : Scalar(detail::record(expression, where)) {}

  /// The number, out of the recording: what is computed from it is not recorded, what is decided by it not guarded.
  [[nodiscard]] constexpr double value() const noexcept { return value_; }
  [[nodiscard]] constexpr detail::Id id() const noexcept { return static_cast<detail::Id>(word_); }
  [[nodiscard]] constexpr detail::Tag tag() const noexcept { return static_cast<detail::Tag>(word_ >> 32); }
  /// No recording knows it.
  [[nodiscard]] constexpr bool is_constant() const noexcept { return word_ == 0; }

  /// `x += e` is `x = x + e`: one statement. (The language gives an operator no way to learn the line it stands on:
  /// such a statement carries the line of the innermost location scope, if there is one.)
  template <class X>
    requires HandleOperands<Scalar, X>
  WENGERT_INLINE Scalar& operator+=(const X& x) {
    return *this = Scalar(*this + x, std::source_location{});
  }
  template <class X>
    requires HandleOperands<Scalar, X>
  WENGERT_INLINE Scalar& operator-=(const X& x) {
    return *this = Scalar(*this - x, std::source_location{});
  }
  template <class X>
    requires HandleOperands<Scalar, X>
  WENGERT_INLINE Scalar& operator*=(const X& x) {
    return *this = Scalar(*this * x, std::source_location{});
  }
  template <class X>
    requires HandleOperands<Scalar, X>
  WENGERT_INLINE Scalar& operator/=(const X& x) {
    return *this = Scalar(*this / x, std::source_location{});
  }

  /// For the library: a handle from its parts.
  [[nodiscard]] static constexpr Scalar from_parts(double value, detail::Id id, detail::Tag tag) noexcept {
    Scalar s;
    s.value_ = value;
    s.word_ = detail::handle_word(id, tag);
    return s;
  }

  [[nodiscard]] static constexpr Scalar from_word(double value, detail::Word word) noexcept {
    Scalar s;
    s.value_ = value;
    s.word_ = word;
    return s;
  }

  // The members that every expression has; see Apply.
  static constexpr std::size_t leaves = 1, operations = 0;
  static constexpr bool has_active_leaf = true;
  template <std::size_t Offset, bool Passive>
  static constexpr std::uint32_t passive_mask() {
    return Passive ? 1u << Offset : 0u;
  }
  static constexpr std::uint32_t literals(std::size_t) { return 0; }
  template <std::size_t Offset, bool Unit>
  static constexpr std::uint32_t unit_mask() {
    return Unit ? 1u << Offset : 0u;
  }
  static constexpr bool recomputes_below = true;
  template <std::size_t Runtime>
  static constexpr bool masking_matters() {
    return false;
  }
  template <std::size_t N>
  WENGERT_INLINE void collect(detail::Leaves<N>& to, std::size_t offset) const {
    to.value[offset] = value_;
    to.word[offset] = word_;
  }
  template <bool Masked>
  WENGERT_INLINE void chain(double cotangent, double* partial) const {
    *partial = cotangent;
  }
  static WENGERT_INLINE Scalar rebuild(const double* const* leaf, std::size_t i) { return Scalar(leaf[0][i]); }
  template <std::size_t N>
  static constexpr void code(std::array<detail::Step, N>& steps, std::size_t& at, std::uint8_t& leaf) {
    steps[at++] = {nullptr, leaf++};
  }

 private:
  double value_ = 0.0;
  detail::Word word_ = 0;
};
static_assert(sizeof(Scalar) == 16 && std::is_trivially_copyable_v<Scalar>);

/// The value, for code that is generic in its number type.
template <detail::ScalarExpression E>
[[nodiscard]] constexpr double value(const E& e) noexcept {
  return e.value();
}
[[nodiscard]] constexpr double value(double v) noexcept { return v; }

namespace detail {

/// A number in an expression: an operand slot that is constant by its type.
struct Literal {
  using wengert_handle = void;
  using scalar_expression = void;
  static constexpr std::size_t leaves = 1, operations = 0;
  static constexpr bool has_active_leaf = false;
  double number;

  [[nodiscard]] constexpr double value() const noexcept { return number; }
  template <std::size_t Offset, bool Passive>
  static constexpr std::uint32_t passive_mask() {
    return Passive ? 1u << Offset : 0u;
  }
  static constexpr std::uint32_t literals(std::size_t offset) { return 1u << offset; }
  template <std::size_t Offset, bool>
  static constexpr std::uint32_t unit_mask() {
    return 0;
  }
  static constexpr bool recomputes_below = true;
  template <std::size_t Runtime>
  static constexpr bool masking_matters() {
    return false;
  }
  template <std::size_t N>
  WENGERT_INLINE void collect(Leaves<N>& to, std::size_t offset) const {
    to.value[offset] = number;
    to.word[offset] = 0;
  }
  template <bool Masked>
  WENGERT_INLINE void chain(double, double*) const {}
  static WENGERT_INLINE Literal rebuild(const double* const* leaf, std::size_t i) { return {leaf[0][i]}; }
  template <std::size_t N>
  static constexpr void code(std::array<Step, N>& steps, std::size_t& at, std::uint8_t& leaf) {
    steps[at++] = {nullptr, leaf++};
  }
};

template <std::size_t K, class A>
struct Operand {
  A operand;
};
template <class Indices, class... A>
struct OperandsOf;
template <std::size_t... K, class... A>
struct OperandsOf<std::index_sequence<K...>, A...> : Operand<K, A>... {};
/// The operands of an Apply, in order. (A std::tuple compiles slower and optimises worse at -O1.)
template <class... A>
using Operands = OperandsOf<std::index_sequence_for<A...>, A...>;
template <std::size_t K, class A>
[[nodiscard]] WENGERT_INLINE const A& get(const Operand<K, A>& from) noexcept {
  return from.operand;
}

template <class... A>
inline constexpr std::size_t leaf_sum = (std::size_t{0} + ... + A::leaves);

/// Leaf slot at which operand K begins.
template <std::size_t K, class... A>
[[nodiscard]] consteval std::size_t leaf_offset() {
  const std::size_t counts[]{A::leaves...};
  std::size_t sum = 0;
  for (std::size_t k = 0; k < K; ++k) sum += counts[k];
  return sum;
}

/// The partial is known to be ±1 before any number is.
template <class P, std::size_t K>
inline constexpr bool unit_partial =
    std::is_same_v<ops::PartialOf<P, K>, ops::One> || std::is_same_v<ops::PartialOf<P, K>, ops::MinusOne>;

}  // namespace detail

/// Primitive P applied to expressions A…, not yet recorded.
template <class P, class... A>
class Apply {
  using Sequence = std::index_sequence_for<A...>;
  template <std::size_t... K>
  static constexpr bool active_below(std::index_sequence<K...>) {
    return ((ops::differentiable_in<P, K> && A::has_active_leaf) || ...);
  }

 public:
  using wengert_handle = void;
  using scalar_expression = void;

  WENGERT_INLINE explicit Apply(const A&... operands) : Apply(P::value(operands.value()...), operands...) {}

  [[nodiscard]] WENGERT_INLINE double value() const noexcept { return value_; }

  // --- What is known of the expression before any number is; the other kinds of expression give the same -----------
  static constexpr std::size_t leaves = detail::leaf_sum<A...>;                      ///< operand slots
  static constexpr std::size_t operations = (std::size_t{1} + ... + A::operations);  ///< primitives
  /// A derivative can flow into some leaf.
  static constexpr bool has_active_leaf = active_below(Sequence{});
  /// Bit k: slot k holds a literal.
  static constexpr std::uint32_t literals(std::size_t offset) { return literals_below(offset, Sequence{}); }
  /// Bit k: no derivative flows into slot k.
  template <std::size_t Offset, bool Passive>
  static constexpr std::uint32_t passive_mask() {
    return passive_below<Offset, Passive>(Sequence{});
  }
  /// Bit k: all partials on the way to slot k are 1 by their type.
  template <std::size_t Offset, bool Unit>
  static constexpr std::uint32_t unit_mask() {
    return unit_below<Offset, Unit>(Sequence{});
  }
  /// Values and partials below this node are cheap to compute again.
  static constexpr bool reads_value = P::partials_use_value;
  static constexpr bool operands_recompute = (A::recomputes_below && ...) && P::partial_cost == ops::Cost::cheap;
  static constexpr bool recomputes_below = operands_recompute && P::value_cost == ops::Cost::cheap;
  /// A product of two partials that are numbers occurs: a zero may meet an ∞ inside the statement. `Runtime`: such
  /// partials between this node and the root.
  template <std::size_t Runtime>
  static constexpr bool masking_matters() {
    return masking_below<Runtime>(Sequence{});
  }
  /// Postfix code.
  template <std::size_t N>
  static constexpr void code(std::array<detail::Step, N>& steps, std::size_t& at, std::uint8_t& leaf) {
    (A::code(steps, at, leaf), ...);
    steps[at++] = {&PrimitiveOf<P>::record, 0};
  }

  // --- What record() and the reverse sweep do with it ----------------------------------------------------------------
  template <std::size_t N>
  WENGERT_INLINE void collect(detail::Leaves<N>& to, std::size_t offset) const {
    [&]<std::size_t... K>(std::index_sequence<K...>) WENGERT_INLINE_LAMBDA {
      (detail::get<K>(operands_).collect(to, offset + detail::leaf_offset<K, A...>()), ...);
    }(Sequence{});
  }
  /// The chain rule inside the statement: cotangent times the partials on the way, for every active leaf.
  template <bool Masked>
  WENGERT_INLINE void chain(double cotangent, double* partial) const {
    [&]<std::size_t... K>(std::index_sequence<K...>)
        WENGERT_INLINE_LAMBDA { (pass<Masked, K, A>(cotangent, partial), ...); }(Sequence{});
  }
  /// The expression at repetition i of columns of leaf values; the second form knows its value already.
  static WENGERT_INLINE Apply rebuild(const double* const* leaf, std::size_t i) {
    return [&]<std::size_t... K>(std::index_sequence<K...>) WENGERT_INLINE_LAMBDA {
      return Apply(A::rebuild(leaf + detail::leaf_offset<K, A...>(), i)...);
    }(Sequence{});
  }
  static WENGERT_INLINE Apply rebuild(const double* const* leaf, std::size_t i, double value) {
    return [&]<std::size_t... K>(std::index_sequence<K...>) WENGERT_INLINE_LAMBDA {
      return Apply(value, A::rebuild(leaf + detail::leaf_offset<K, A...>(), i)...);
    }(Sequence{});
  }

 private:
  WENGERT_INLINE explicit Apply(double value, const A&... operands) : operands_{{operands}...}, value_(value) {}

  template <std::size_t... K>
  static constexpr std::uint32_t literals_below(std::size_t offset, std::index_sequence<K...>) {
    return (0u | ... | A::literals(offset + detail::leaf_offset<K, A...>()));
  }
  template <std::size_t Offset, bool Passive, std::size_t... K>
  static constexpr std::uint32_t passive_below(std::index_sequence<K...>) {
    return (0u | ... | A::template passive_mask < Offset + detail::leaf_offset<K, A...>(),
            Passive || !ops::differentiable_in < P, K >> ());
  }
  template <std::size_t Offset, bool Unit, std::size_t... K>
  static constexpr std::uint32_t unit_below(std::index_sequence<K...>) {
    return (0u | ... | A::template unit_mask < Offset + detail::leaf_offset<K, A...>(),
            Unit && std::is_same_v < ops::PartialOf<P, K>, ops::One >> ());
  }
  template <std::size_t Runtime, std::size_t K, class O>
  static constexpr bool masking_along() {
    if constexpr (!ops::differentiable_in<P, K> || !O::has_active_leaf)
      return false;
    else if constexpr (detail::unit_partial<P, K>)
      return O::template masking_matters<Runtime>();
    else if constexpr (Runtime > 0)
      return true;
    else
      return O::template masking_matters<Runtime + 1>();
  }
  template <std::size_t Runtime, std::size_t... K>
  static constexpr bool masking_below(std::index_sequence<K...>) {
    return (masking_along<Runtime, K, A>() || ...);
  }
  template <bool Masked, std::size_t K, class O>
  WENGERT_INLINE void pass(double cotangent, double* partial) const {
    if constexpr (ops::differentiable_in<P, K> && O::has_active_leaf) {
      const auto local = [&]<std::size_t... J>(std::index_sequence<J...>) WENGERT_INLINE_LAMBDA {
        return ops::partial<P, K>(value_, detail::get<J>(operands_).value()...);
      }(Sequence{});
      detail::get<K>(operands_).template chain<Masked>(
          WENGERT_NUMBER("statement: partials along a path", ops::contribution<Masked>(cotangent, local)),
          partial + detail::leaf_offset<K, A...>());
    }
  }

  detail::Operands<A...> operands_;
  double value_;
};

namespace detail {

// --- Building expressions -------------------------------------------------------------------------------------------

template <class X>
[[nodiscard]] WENGERT_INLINE auto as_operand(const X& x) {
  if constexpr (Number<X>)
    return Literal{static_cast<double>(x)};
  else
    return x;
}
template <class X>
using AsOperand = decltype(as_operand(std::declval<const X&>()));

/// How primitive P is applied to operands of these kinds; specialised beside each kind of handle.
template <class P, class... X>
struct Applied;

template <class X>
concept ScalarOperand = ScalarExpression<X> || Number<X>;

template <class P, class... A>
inline constexpr bool fits = leaf_sum<A...> <= max_leaves && (std::size_t{1} + ... + A::operations) <= max_operations;

/// The larger of the composite operands is stored in a Scalar of its own until the rest fits.
template <class P, class... A>
[[nodiscard]] WENGERT_INLINE auto apply_within_bounds(const A&... operands) {
  if constexpr (fits<P, A...>) {
    return Apply<P, A...>(operands...);
  } else {
    constexpr std::size_t largest = std::max({(A::operations > 0 ? A::leaves * max_operations + A::operations : 0)...});
    return apply_within_bounds<P>([&]<class O>(const O& operand) WENGERT_INLINE_LAMBDA {
      if constexpr (O::operations > 0 && O::leaves * max_operations + O::operations == largest) {
        return Scalar(operand, std::source_location{});
      } else {
        return operand;
      }
    }(operands)...);
  }
}

template <class P, class... X>
  requires(ScalarOperand<X> && ...)
struct Applied<P, X...> {
  static WENGERT_INLINE auto make(const X&... x) { return apply_within_bounds<P>(as_operand(x)...); }
};

}  // namespace detail
}  // namespace wengert
