// Scalar, the expressions that its operators build, and how an expression becomes a statement.
//
// An expression holds its operands and its value *by value*: nothing dangles, `auto t = a * b;` is safe. Storing it in
// a Scalar records one statement, whose value and partials are the composition of its primitives' rules, fused by the
// compiler. What C++ does not allow with expressions (`c ? a * b : a`, std::max(a * b, a), `auto s = a * b; s = s + a`)
// fails to compile; `where`, `max` and `Scalar s` are what to write.
//
// Reading order: Scalar, Literal, Apply (the three kinds of expression; each gives the same few members), Condition,
// record() (the hot path), and StatementTypeOf, which makes the constant record of an expression type.
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
#include "wengert/autodiff/record/simd.hpp"
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
      detail::get<K>(operands_).template chain<Masked>(ops::contribution<Masked>(cotangent, local),
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

template <class P, class... X>
  requires HandleOperands<X...>
WENGERT_INLINE auto apply(const X&... operands) {
  return detail::Applied<P, X...>::make(operands...);
}

// --- The record of an expression type -------------------------------------------------------------------------------

namespace detail {

/// Calls f.operator()<K>() for every slot K < Count whose bit is set in Mask. Unrolled by the front end, so that arrays
/// indexed by K become registers.
template <std::size_t Count, std::uint32_t Mask, class F>
WENGERT_INLINE void for_slots(F&& f) {
  [&]<std::size_t... K>(std::index_sequence<K...>) WENGERT_INLINE_LAMBDA {
    (
        [&] WENGERT_INLINE_LAMBDA {
          if constexpr ((Mask >> K & 1u) != 0) f.template operator()<K>();
        }(),
        ...);
  }(std::make_index_sequence<Count>{});
}

/// Bits of the slots of E: literals; operands without a derivative; operands with one.
template <class E>
struct Slots {
  static constexpr std::uint32_t all = (1u << E::leaves) - 1u;
  static constexpr std::uint32_t literal = E::literals(0);
  static constexpr std::uint32_t handle = all & ~literal;
  static constexpr std::uint32_t passive = E::template passive_mask<0, false>() & handle;
  static constexpr std::uint32_t active = handle & ~passive;
  static constexpr std::size_t literal_count = static_cast<std::size_t>(std::popcount(literal));
  static constexpr std::size_t active_count = static_cast<std::size_t>(std::popcount(active));
  static constexpr std::size_t first_handle = static_cast<std::size_t>(std::countr_one(literal));
  /// Slots of the same kind before slot k.
  static constexpr std::size_t rank(std::uint32_t kind, std::size_t k) {
    return static_cast<std::size_t>(std::popcount(kind & ((1u << k) - 1u)));
  }
};

/// See StatementType::products.
template <class E, bool Masked>
WENGERT_INLINE void products_body(const double* const* leaf, const double* value, const double* cotangent,
                                  double* const* product, std::size_t count) {
  constexpr std::uint32_t active = Slots<E>::active;
  const double* in[E::leaves];
  double* out[E::leaves];
  for (std::size_t k = 0; k < E::leaves; ++k) {
    in[k] = leaf[k];
    out[k] = product[k];
  }
  WENGERT_INDEPENDENT_ITERATIONS
  for (std::size_t i = 0; i < count; ++i) {
    const E e = E::rebuild(in, i, value[i]);
    const double a = cotangent[i];
    double p[E::leaves];
    e.template chain<Masked>(1.0, p);
    for_slots<E::leaves, active>([&]<std::size_t K> WENGERT_INLINE_LAMBDA { out[K][i] = masked_product(p[K], a); });
  }
}
template <class E, bool Masked>
void products_of(const double* const* leaf, const double* value, const double* cotangent, double* const* product,
                 std::size_t count) {
  products_body<E, Masked>(leaf, value, cotangent, product, count);
}
#if WENGERT_SIMD_LEVELS > 1
template <class E>
WENGERT_TARGET_AVX2 void products_avx2(const double* const* leaf, const double* value, const double* cotangent,
                                       double* const* product, std::size_t count) {
  products_body<E, false>(leaf, value, cotangent, product, count);
}
template <class E>
WENGERT_TARGET_AVX512 void products_avx512(const double* const* leaf, const double* value, const double* cotangent,
                                           double* const* product, std::size_t count) {
  products_body<E, false>(leaf, value, cotangent, product, count);
}
#endif

template <class E>
constexpr StatementType make_statement_type(const Step* steps) {
  StatementType type{
      .leaves = E::leaves,
      .step_count = E::leaves + E::operations,
      .literal_leaves = static_cast<std::uint16_t>(Slots<E>::literal),
      .passive_leaves = static_cast<std::uint16_t>(E::template passive_mask<0, false>()),
      .recomputes = E::operands_recompute,
      .reads_value = E::reads_value,
      .unit_leaves = static_cast<std::uint16_t>(E::template unit_mask<0, true>()),
      .steps = steps,
  };
  if constexpr (E::operands_recompute) {
    type.products[0] = &products_of<E, false>;
#if WENGERT_SIMD_LEVELS > 1
    type.products[1] = &products_avx2<E>;
    type.products[2] = &products_avx512<E>;
#else
    // Compiled for such a machine anyway, or for one without such levels: the library may ask for any of them.
    type.products[1] = type.products[2] = type.products[0];
#endif
    if constexpr (E::template masking_matters<0>()) type.masked_products = &products_of<E, true>;
  }
  return type;
}

template <class E>
struct StatementTypeOf {
  static constexpr std::size_t step_count = E::leaves + E::operations;
  static constexpr std::array<Step, step_count> steps = [] {
    std::array<Step, step_count> code{};
    std::size_t at = 0;
    std::uint8_t leaf = 0;
    E::code(code, at, leaf);
    return code;
  }();
  static constexpr StatementType record = make_statement_type<E>(steps.data());
};

// --- The hot path ---------------------------------------------------------------------------------------------------

/// Partials of all active leaves of e, masked where that matters.
template <class E>
WENGERT_INLINE void local_partials(const E& e, double* partial) {
  e.template chain<false>(1.0, partial);
  if constexpr (E::template masking_matters<0>()) {
    double sum = 0;
    for_slots<E::leaves, Slots<E>::active>([&]<std::size_t K> WENGERT_INLINE_LAMBDA { sum += partial[K]; });
    if (!is_finite(sum)) [[unlikely]]
      e.template chain<true>(1.0, partial);
  }
}

/// The values of the literals of a statement, in the order of their slots.
template <class E>
WENGERT_INLINE void copy_literals(const Leaves<E::leaves>& leaf, double* to) {
  for_slots<E::leaves, Slots<E>::literal>(
      [&]<std::size_t K> WENGERT_INLINE_LAMBDA { to[Slots<E>::rank(Slots<E>::literal, K)] = leaf.value[K]; });
}
template <class E>
WENGERT_INLINE void push_literals(Stream& s, const Leaves<E::leaves>& leaf) {
  copy_literals<E>(leaf, s.constants + s.constant_count);
  s.constant_count += Slots<E>::literal_count;
}
/// Bits in which the literals of a statement differ from `constants`.
template <class E>
[[nodiscard]] WENGERT_INLINE Word literals_differ(const Leaves<E::leaves>& leaf, const double* constants) {
  Word differs = 0;
  for_slots<E::leaves, Slots<E>::literal>([&]<std::size_t K> WENGERT_INLINE_LAMBDA {
    differs |=
        std::bit_cast<Word>(leaf.value[K]) ^ std::bit_cast<Word>(constants[Slots<E>::rank(Slots<E>::literal, K)]);
  });
  return differs;
}

/// Everything but the common case: constants among the operands, handles that are stale or foreign, a place in the
/// program that is new, memory that has to grow, a roll that ends, a NaN.
template <class E>
[[gnu::noinline, gnu::cold]] Scalar record_rare(const Leaves<E::leaves>& leaf, double value,
                                                std::source_location where) {
  std::array<const double*, E::leaves> at;
  for (std::size_t k = 0; k < E::leaves; ++k) at[k] = &leaf.value[k];
  double partial[E::leaves] = {};
  local_partials(E::rebuild(at.data(), 0, value), partial);
  return record_general(StatementTypeOf<E>::record, leaf.value.data(), leaf.word.data(), partial, value, where);
}

// The rare cases leave for good: whatever came back here would have to live in memory across the call.
template <class E>
WENGERT_INLINE Scalar record(const E& e, std::source_location where) {
  using S = Slots<E>;
  constexpr std::size_t count = E::leaves;
  constexpr const StatementType* type = &StatementTypeOf<E>::record;

  Leaves<count> leaf;
  e.collect(leaf, 0);
  const Tag tag = static_cast<Tag>(leaf.word[S::first_handle] >> 32);
  StreamHead& head = Stream::of(tag);
  const double value = e.value();
  Expected& x = *head.expected;

  // Rolling: the statement is the one that was expected. Its handles need no other check: they are the words that live
  // handles of these values would have.
  if (x.type == type) {
    Stream& s = static_cast<Stream&>(head);
    Word differs = 0;
    for_slots<count, S::handle>([&]<std::size_t K> WENGERT_INLINE_LAMBDA { differs |= leaf.word[K] ^ x.next[K]; });
    bool fits = s.same_location(x.location, where) && s.next_id != s.id_limit && value == value;
    if constexpr (S::literal_count > 0) {
      if (x.constants != nullptr)
        differs |= literals_differ<E>(leaf, x.constants);
      else
        fits = fits && s.constant_count < s.constant_limit;
    }
    if constexpr (!E::operands_recompute) fits = fits && s.loop_partial_count < s.loop_partial_limit;
    if (differs == 0 && fits) [[likely]] {
      if constexpr (!E::operands_recompute) {
        double p[count];
        local_partials(e, p);
        double* const to = s.loop_partials + s.loop_partial_count;
        for_slots<count, S::active>([&]<std::size_t K> WENGERT_INLINE_LAMBDA { to[S::rank(S::active, K)] = p[K]; });
        s.loop_partial_count += S::active_count;
      }
      if constexpr (S::literal_count > 0) {
        if (x.constants == nullptr) push_literals<E>(s, leaf);
      }
      for_slots<count, S::handle>([&]<std::size_t K> WENGERT_INLINE_LAMBDA { x.next[K] += x.step[K]; });
      s.expected = x.successor;
      const Id id = s.next_id++;
      s.values[id] = value;
      return Scalar::from_parts(value, id, tag);
    }
  } else if (x.type == nullptr) {
    // Irregular: store word, ids and partials.
    Word mixed = Word{head.tag ^ tag} << 32;
    for_slots<count, S::handle>(
        [&]<std::size_t K> WENGERT_INLINE_LAMBDA { mixed |= leaf.word[K] ^ leaf.word[S::first_handle]; });
    if (mixed >> 32 == 0) [[likely]] {
      Stream& s = static_cast<Stream&>(head);
      const void* const location = s.location_to_store(where);
      SiteCacheLine& line = s.cache_line(type, location);
      bool fits = line.type == type && line.location == location && s.next_id != s.id_limit &&
                  s.partial_count < s.partial_limit && value == value;
      if constexpr (S::literal_count > 0) {
        // Only if the line is this statement's: another's has another number of constants.
        if (fits)
          fits = line.constants != nullptr ? literals_differ<E>(leaf, line.constants) == 0
                                           : s.constant_count < s.constant_limit;
      }
      if constexpr (S::passive != 0) fits = fits && s.passive.capacity() - s.passive.size() >= max_leaves;
      if (fits) [[likely]] {
        if constexpr (S::literal_count > 0) {
          if (line.constants == nullptr) push_literals<E>(s, leaf);
        }
        double p[count];
        local_partials(e, p);
        double* const to = s.partials + s.partial_count;
        Id* const to_id = s.ids + s.partial_count;
        for_slots<count, S::active>([&]<std::size_t K> WENGERT_INLINE_LAMBDA {
          to[S::rank(S::active, K)] = p[K];
          to_id[S::rank(S::active, K)] = static_cast<Id>(leaf.word[K]);
        });
        s.partial_count += S::active_count;
        for_slots<count, S::passive>(
            [&]<std::size_t K> WENGERT_INLINE_LAMBDA { s.passive.push_back(static_cast<Id>(leaf.word[K])); });
        const Id id = s.next_id++;
        s.values[id] = value;
        s.push_statement_word(line, static_cast<std::uint32_t>(S::active_count));
        return Scalar::from_parts(value, id, tag);
      }
    }
  }
  const Leaves<count> copy = leaf;  // an address that escapes would keep `leaf` in memory
  return record_rare<E>(copy, value, where);
}

}  // namespace detail

// --- Comparisons
// ------------------------------------------------------------------------------------------------------

/// An operand of a comparison: a Scalar (an expression becomes a statement), and the line of the comparison.
class Compared {
 public:
  template <Number N>
  Compared(N constant, std::source_location where = std::source_location::current())  // NOLINT: converts on purpose
      : scalar_(static_cast<double>(constant)), where_(where) {}
  template <detail::ScalarExpression E>
  Compared(const E& e, std::source_location where = std::source_location::current())  // NOLINT
      : scalar_(store(e, where)), where_(where) {}
  [[nodiscard]] const Scalar& scalar() const noexcept { return scalar_; }
  [[nodiscard]] std::source_location where() const noexcept { return where_; }

 private:
  template <class E>
  static Scalar store(const E& e, std::source_location where) {
    if constexpr (detail::CompositeExpression<E>)
      return Scalar(e, where);
    else
      return e;
  }
  Scalar scalar_;
  std::source_location where_;
};

/// The outcome of comparison P between two Scalars. As a bool it decides a branch and records a guard with the line of
/// the comparison: a program replayed with other inputs says when it would have gone the other way. In `where` it is an
/// operand, and nothing is guarded.
template <class P>
class [[nodiscard]] Condition {
 public:
  Condition(const Compared& a, const Compared& b) : a_(a.scalar()), b_(b.scalar()), where_(a.where()) {}
  /// The outcome, out of the recording: not guarded.
  [[nodiscard]] bool value() const noexcept { return P::value(a_.value(), b_.value()) != 0.0; }
  operator bool() const {  // NOLINT: an if takes it
    detail::record_guard(PrimitiveOf<P>::record, a_, b_, value(), where_);
    return value();
  }
  [[nodiscard]] auto expression() const { return Apply<P, Scalar, Scalar>(a_, b_); }

 private:
  Scalar a_, b_;
  std::source_location where_;
};

[[nodiscard]] inline Condition<ops::Less> operator<(const Compared& a, const Compared& b) { return {a, b}; }
[[nodiscard]] inline Condition<ops::LessEqual> operator<=(const Compared& a, const Compared& b) { return {a, b}; }
[[nodiscard]] inline Condition<ops::Greater> operator>(const Compared& a, const Compared& b) { return {a, b}; }
[[nodiscard]] inline Condition<ops::GreaterEqual> operator>=(const Compared& a, const Compared& b) { return {a, b}; }
[[nodiscard]] inline Condition<ops::Equal> operator==(const Compared& a, const Compared& b) { return {a, b}; }
[[nodiscard]] inline Condition<ops::NotEqual> operator!=(const Compared& a, const Compared& b) { return {a, b}; }

/// `a` where the condition holds, else `b`; both are evaluated. The choice is recorded, so a replay chooses anew, and
/// nothing passes to the side that was not chosen.
template <class P, class A, class B>
  requires(detail::ScalarOperand<A> && detail::ScalarOperand<B>)
[[nodiscard]] WENGERT_INLINE auto where(const Condition<P>& condition, const A& a, const B& b) {
  return apply<ops::Where>(condition.expression(), a, b);
}
/// The same for a condition that is known: a constant.
template <class A, class B>
  requires(HandleOperands<A, B> && detail::ScalarOperand<A> && detail::ScalarOperand<B>)
[[nodiscard]] WENGERT_INLINE auto where(bool condition, const A& a, const B& b) {
  return apply<ops::Where>(condition ? 1.0 : 0.0, a, b);
}

}  // namespace wengert
