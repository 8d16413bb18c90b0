// Scalar, the expressions that its operators build, and how an expression becomes a statement.
//
// An expression holds its operands and its value *by value*: nothing dangles, `auto t = a * b;` is safe. Storing it in a
// Scalar records one statement, whose value and partials are the composition of its primitives' rules, fused by the
// compiler. What C++ does not allow with expressions (`c ? a * b : a`, std::max(a * b, a), `auto s = a * b; s = s + a`) fails
// to compile; `where`, `max` and `Scalar s` are what to write.
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
#define WENGERT_INLINE_LAMBDA
#else
#define WENGERT_INLINE_LAMBDA __attribute__((always_inline))
#endif

namespace wengert {

/// The record of a primitive of the library's, defined in record/primitive.cpp for each of them.
template <class P>
struct PrimitiveRecord {
  static const Primitive stored;
};

#if defined(__clang__)  // it warns wherever the record is named that the definition is elsewhere; so it is named once
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wundefined-var-template"
#endif
/// The record of primitive P in the table of primitives. (Of one of the user's own: record/primitive.hpp.)
template <class P>
struct PrimitiveOf {
  static constexpr const Primitive& record = PrimitiveRecord<P>::stored;
};
#if defined(__clang__)
#pragma clang diagnostic pop
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
void record_guard(const Primitive& comparison, const Scalar& a, const Scalar& b, bool outcome, std::source_location where);

/// What record() reads of the leaves of an expression, slot by slot.
template <std::size_t N>
struct Leaves {
  std::array<double, N> value;
  std::array<Word, N> word;
};
}  // namespace detail

/// A double that a recording knows: value, id, and a tag that names the recording and its generation. 16 bytes, trivially
/// copyable. Without a recording it is a constant; arithmetic among constants records nothing.
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

  /// `x += e` is `x = x + e`: one statement. (The language gives an operator no way to learn the line it stands on: such a
  /// statement carries the line of the innermost location scope, if there is one.)
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
  static constexpr std::size_t leaves = detail::leaf_sum<A...>;           ///< operand slots
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
  /// Values and partials below this node are cheap to compute again.
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
    [&]<std::size_t... K>(std::index_sequence<K...>) WENGERT_INLINE_LAMBDA {
      (pass<Masked, K, A>(cotangent, partial), ...);
    }(Sequence{});
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
    return (0u | ... |
            A::template passive_mask<Offset + detail::leaf_offset<K, A...>(), Passive || !ops::differentiable_in<P, K>>());
  }
  template <std::size_t Runtime, std::size_t K, class O>
  static constexpr bool masking_along() {
    if constexpr (!ops::differentiable_in<P, K> || !O::has_active_leaf) return false;
    else if constexpr (detail::unit_partial<P, K>) return O::template masking_matters<Runtime>();
    else if constexpr (Runtime > 0) return true;
    else return O::template masking_matters<Runtime + 1>();
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
  if constexpr (Number<X>) return Literal{static_cast<double>(x)};
  else return x;
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
    ([&] WENGERT_INLINE_LAMBDA {
      if constexpr ((Mask >> K & 1u) != 0) f.template operator()<K>();
    }(), ...);
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

/// Partials of `count` repetitions, see StatementType::partials.
template <class E, bool Masked>
WENGERT_INLINE void partials_body(const double* const* leaf, const double* value, double* const* partial,
                                  std::size_t count) {
  constexpr std::uint32_t active = Slots<E>::active;
  const double* in[E::leaves];
  double* out[E::leaves];
  for (std::size_t k = 0; k < E::leaves; ++k) {
    in[k] = leaf[k];
    out[k] = partial[k];
  }
  WENGERT_INDEPENDENT_ITERATIONS
  for (std::size_t i = 0; i < count; ++i) {
    const E e = E::rebuild(in, i, value[i]);
    double p[E::leaves];
    e.template chain<Masked>(1.0, p);
    for_slots<E::leaves, active>([&]<std::size_t K> WENGERT_INLINE_LAMBDA { out[K][i] = p[K]; });
  }
}
template <class E, bool Masked>
void partials_of(const double* const* leaf, const double* value, double* const* partial, std::size_t count) {
  partials_body<E, Masked>(leaf, value, partial, count);
}
#if WENGERT_SIMD_LEVELS > 1
template <class E>
WENGERT_TARGET_AVX2 void partials_avx2(const double* const* leaf, const double* value, double* const* partial,
                                       std::size_t count) {
  partials_body<E, false>(leaf, value, partial, count);
}
template <class E>
WENGERT_TARGET_AVX512 void partials_avx512(const double* const* leaf, const double* value, double* const* partial,
                                           std::size_t count) {
  partials_body<E, false>(leaf, value, partial, count);
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
      .steps = steps,
  };
  if constexpr (E::operands_recompute) {
    type.partials[0] = &partials_of<E, false>;
#if WENGERT_SIMD_LEVELS > 1
    type.partials[1] = &partials_avx2<E>;
    type.partials[2] = &partials_avx512<E>;
#else
    // Compiled for such a machine anyway, or for one without such levels: the library may ask for any of them.
    type.partials[1] = type.partials[2] = type.partials[0];
#endif
    if constexpr (E::template masking_matters<0>()) type.masked_partials = &partials_of<E, true>;
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
    if (!is_finite(sum)) [[unlikely]] e.template chain<true>(1.0, partial);
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
  double literals[Slots<E>::literal_count + 1];
  copy_literals<E>(leaf, literals);
  s.push_constants(literals, Slots<E>::literal_count);
}
template <class E>
WENGERT_INLINE SiteCacheLine* find_site(Stream& s, const void* location, const Leaves<E::leaves>& leaf) {
  double literals[Slots<E>::literal_count + 1];
  copy_literals<E>(leaf, literals);
  return &s.find_site(StatementTypeOf<E>::record, location, static_cast<std::uint16_t>(Slots<E>::literal), literals);
}

/// Constants among the operands, handles that are stale or foreign: everything but the common case. Takes copies: an
/// address that escapes would keep the whole expression in memory on the fast path.
template <class E>
[[gnu::noinline, gnu::cold]] Scalar record_mixed(E e, Leaves<E::leaves> leaves, std::source_location where) {
  double partial[E::leaves] = {};
  local_partials(e, partial);
  return record_general(StatementTypeOf<E>::record, leaves.value.data(), leaves.word.data(), partial, e.value(), where);
}

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

  // Rolling: the statement is the one that was expected. Its handles need no other check: they are the words that live
  // handles of these values would have.
  Expected& x = *head.expected;
  if (x.type == type) {
    Stream& s = static_cast<Stream&>(head);
    Word differs = 0;
    for_slots<count, S::handle>([&]<std::size_t K> WENGERT_INLINE_LAMBDA { differs |= leaf.word[K] ^ x.next[K]; });
    if constexpr (S::literal_count > 0) {
      if (x.constants != nullptr) {
        for_slots<count, S::literal>([&]<std::size_t K> WENGERT_INLINE_LAMBDA {
          differs |= std::bit_cast<Word>(leaf.value[K]) ^ std::bit_cast<Word>(x.constants[S::rank(S::literal, K)]);
        });
      }
    }
    if (differs == 0 && s.same_location(x.location, where)) [[likely]] {
      if (s.next_id == s.id_limit) [[unlikely]] s.grow_ids(where);
      if (value != value) [[unlikely]] s.saw_nan(where);
      if constexpr (!E::operands_recompute) {
        if (s.partial_count >= s.partial_limit) [[unlikely]] s.grow_partials();
      }
      if constexpr (S::literal_count > 0) {
        if (x.constants == nullptr) [[unlikely]] push_literals<E>(s, leaf);
      }
      // Nothing fails from here on.
      if constexpr (!E::operands_recompute) {
        double p[count];
        local_partials(e, p);
        double* const to = s.partials + s.partial_count;
        for_slots<count, S::active>([&]<std::size_t K> WENGERT_INLINE_LAMBDA { to[S::rank(S::active, K)] = p[K]; });
        s.partial_count += S::active_count;
      }
      for_slots<count, S::handle>([&]<std::size_t K> WENGERT_INLINE_LAMBDA { x.next[K] += x.step[K]; });
      s.expected = x.successor;
      const Id id = s.next_id++;
      s.values[id] = value;
      return Scalar::from_parts(value, id, tag);
    }
  }

  Word mixed = Word{head.tag ^ tag} << 32;
  for_slots<count, S::handle>(
      [&]<std::size_t K> WENGERT_INLINE_LAMBDA { mixed |= leaf.word[K] ^ leaf.word[S::first_handle]; });
  if (mixed >> 32 != 0) [[unlikely]] return record_mixed(e, leaf, where);
  Stream& s = static_cast<Stream&>(head);
  const void* const location = s.location_to_store(where);
  if (value != value) [[unlikely]] s.saw_nan(where);
  s.settle();

  // Irregular: store word, ids and partials.
  if (s.next_id == s.id_limit) [[unlikely]] s.grow_ids(where);
  if (s.partial_count >= s.partial_limit) [[unlikely]] s.grow_partials();
  SiteCacheLine* line = &s.site_cache[Stream::cache_index(type, location)];
  bool known = line->type == type && line->location == location && line->constant_leaves == S::literal;
  if constexpr (S::literal_count > 0) {
    // Only if the line is this statement's: another's has another number of constants.
    if (known && line->constants != nullptr) {
      Word differs = 0;
      for_slots<count, S::literal>([&]<std::size_t K> WENGERT_INLINE_LAMBDA {
        differs |= std::bit_cast<Word>(leaf.value[K]) ^ std::bit_cast<Word>(line->constants[S::rank(S::literal, K)]);
      });
      known = differs == 0;
    }
  }
  if (!known) [[unlikely]] line = find_site<E>(s, location, leaf);
  if constexpr (S::passive != 0) s.reserve_passive();
  if constexpr (S::literal_count > 0) {
    if (line->constants == nullptr) push_literals<E>(s, leaf);
  }
  // Nothing fails from here on.
  {
    double p[count];
    local_partials(e, p);
    double* const to = s.partials + s.partial_count;
    Id* const to_id = s.ids + s.id_count;
    for_slots<count, S::active>([&]<std::size_t K> WENGERT_INLINE_LAMBDA {
      to[S::rank(S::active, K)] = p[K];
      to_id[S::rank(S::active, K)] = static_cast<Id>(leaf.word[K]);
    });
    s.partial_count += S::active_count;
    s.id_count += S::active_count;
  }
  if constexpr (S::passive != 0) {
    Id ids[count];
    for_slots<count, S::passive>(
        [&]<std::size_t K> WENGERT_INLINE_LAMBDA { ids[S::rank(S::passive, K)] = static_cast<Id>(leaf.word[K]); });
    s.push_passive(ids, static_cast<std::size_t>(std::popcount(S::passive)));
  }
  const Id id = s.next_id++;
  s.values[id] = value;
  s.push_statement_word(*line, static_cast<std::uint32_t>(S::active_count));
  return Scalar::from_parts(value, id, tag);
}

}  // namespace detail

// --- Comparisons ------------------------------------------------------------------------------------------------------

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
    if constexpr (detail::CompositeExpression<E>) return Scalar(e, where);
    else return e;
  }
  Scalar scalar_;
  std::source_location where_;
};

/// The outcome of comparison P between two Scalars. As a bool it decides a branch and records a guard with the line of the
/// comparison: a program replayed with other inputs says when it would have gone the other way. In `where` it is an
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
