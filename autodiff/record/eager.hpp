// Eager: the handle with which a primitive's rule is run while the reverse sweep is being recorded. Every operator
// records one primitive, so that the gradient can be drawn, simplified and differentiated again.
//
// Why not Scalar: storing an expression instantiates the rule of its composition, which would store expressions in
// turn, and so on without end. An Eager is never an expression.
#pragma once

#include <concepts>
#include <source_location>

#include "wengert/autodiff/record/expression.hpp"

namespace wengert {

namespace detail {

/// A value inside a statement, which was never stored. It is recorded anew when a rule asks for it, and only then.
class LazyValue;
Scalar materialize(LazyValue& lazy);

}  // namespace detail

/// A value of a recording, or a constant, on which every operator records one primitive at once.
class Eager {
 public:
  using wengert_handle = void;

  /// A constant.
  template <Number N>
  explicit Eager(N constant) noexcept : scalar_(static_cast<double>(constant)) {}
  /// `where`: the line that what is computed from it will carry.
  explicit Eager(const Scalar& scalar, std::source_location where = {}) noexcept : scalar_(scalar), where_(where) {}
  Eager(detail::LazyValue& lazy, std::source_location where) noexcept : lazy_(&lazy), where_(where) {}

  [[nodiscard]] Scalar scalar() const { return lazy_ == nullptr ? scalar_ : detail::materialize(*lazy_); }
  /// The same value, which outlives the statement at hand: a lazy one refers to a step of it.
  [[nodiscard]] Eager materialized() const { return lazy_ == nullptr ? *this : Eager(scalar(), where_); }
  [[nodiscard]] std::source_location where() const noexcept { return where_; }
  [[nodiscard]] bool is_constant() const noexcept { return lazy_ == nullptr && scalar_.is_constant(); }
  /// It is the constant c.
  [[nodiscard]] bool is(double c) const noexcept { return is_constant() && scalar_.value() == c; }

 private:
  Scalar scalar_;
  detail::LazyValue* lazy_ = nullptr;
  std::source_location where_{};
};

namespace detail {

template <class X>
[[nodiscard]] Eager as_eager(const X& x) {
  if constexpr (Number<X>)
    return Eager(x);
  else
    return x;
}
[[nodiscard]] inline std::source_location first_location(std::source_location where) { return where; }
template <class... More>
[[nodiscard]] std::source_location first_location(std::source_location where, const More&... more) {
  return where.line() != 0 ? where : first_location(more...);
}

/// Primitive P recorded by itself.
template <class P, class... A>
[[nodiscard]] Eager record_eagerly(const A&... operands) {
  const std::source_location where = first_location(operands.where()...);
  return Eager(Scalar(Apply<P, std::conditional_t<true, Scalar, A>...>(operands.scalar()...), where), where);
}

template <class X>
concept EagerHandle = std::same_as<std::remove_cvref_t<X>, Eager>;

template <class P, class... X>
  requires(EagerHandle<X> || ...)
struct Applied<P, X...> {
  static Eager make(const X&... x) { return simplify(as_eager(x)...); }

 private:
  static Eager simplify(const Eager& a) { return record_eagerly<P>(a); }
  // Multiplying by the constant 1 and adding the constant 0 record nothing: a picture of a gradient would be full of
  // them.
  static Eager simplify(const Eager& a, const Eager& b) {
    if constexpr (std::is_same_v<P, ops::Mul>) {
      if (a.is(1.0)) return b;
      if (b.is(1.0)) return a;
    } else if constexpr (std::is_same_v<P, ops::Add>) {
      if (a.is(0.0)) return b;
      if (b.is(0.0)) return a;
    }
    return record_eagerly<P>(a, b);
  }
  static Eager simplify(const Eager& a, const Eager& b, const Eager& c) { return record_eagerly<P>(a, b, c); }
};

}  // namespace detail

/// A truth value of a recording: 0 or 1. Decides nothing by itself; `where` and `when` take it.
struct EagerCondition {
  Eager truth;
};

namespace ops {
[[nodiscard]] inline EagerCondition truth(const Eager& condition) { return {condition}; }
}  // namespace ops
using ops::truth;

[[nodiscard]] inline EagerCondition operator<(const Eager& a, const Eager& b) { return {apply<ops::Less>(a, b)}; }
[[nodiscard]] inline EagerCondition operator<=(const Eager& a, const Eager& b) { return {apply<ops::LessEqual>(a, b)}; }
[[nodiscard]] inline EagerCondition operator>(const Eager& a, const Eager& b) { return {apply<ops::Greater>(a, b)}; }
[[nodiscard]] inline EagerCondition operator>=(const Eager& a, const Eager& b) {
  return {apply<ops::GreaterEqual>(a, b)};
}
[[nodiscard]] inline EagerCondition operator==(const Eager& a, const Eager& b) { return {apply<ops::Equal>(a, b)}; }
[[nodiscard]] inline EagerCondition operator!=(const Eager& a, const Eager& b) { return {apply<ops::NotEqual>(a, b)}; }

[[nodiscard]] inline EagerCondition logical_and(const EagerCondition& a, const EagerCondition& b) {
  return {apply<ops::LogicalAnd>(a.truth, b.truth)};
}
[[nodiscard]] inline EagerCondition logical_or(const EagerCondition& a, const EagerCondition& b) {
  return {apply<ops::LogicalOr>(a.truth, b.truth)};
}

[[nodiscard]] inline Eager where(const EagerCondition& condition, const Eager& a, const Eager& b) {
  if (condition.truth.is_constant()) return condition.truth.is(0.0) ? b : a;
  return apply<ops::Where>(condition.truth, a, b);
}

/// x to a constant whole power; the front function of the rule, `pow(x, n)` is the user's.
template <class A, class B>
  requires HandleOperands<A, B>
[[nodiscard]] auto integer_power(const A& x, const B& n) {
  return apply<ops::IntegerPow>(x, n);
}

/// Likewise for ψ^(n), whose order the rule counts up.
template <class A, class B>
  requires HandleOperands<A, B>
[[nodiscard]] auto polygamma_of_order(const A& n, const B& x) {
  return apply<ops::Polygamma>(n, x);
}

namespace ops {

// cotangent · partial, recorded; the same cases as for numbers (contract.hpp).
[[nodiscard]] inline Eager recorded_contribution(const Eager& cotangent, const Eager& partial) {
  if (WENGERT_HOLDS("recorded contribution: partial is 1", partial.is(1.0))) return cotangent;
  if (WENGERT_HOLDS("recorded contribution: partial is 0", partial.is(0.0))) return Eager(0.0);
  if (WENGERT_HOLDS("recorded contribution: cotangent is 1", cotangent.is(1.0))) return partial;
  if (partial.is_constant() && partial.scalar().value() - partial.scalar().value() == 0.0) return cotangent * partial;
  return WENGERT_NUMBER("recorded contribution: product", apply<Scale>(cotangent, partial));
}
[[nodiscard]] inline Eager recorded_contribution(const Eager& cotangent, One) { return cotangent; }
[[nodiscard]] inline Eager recorded_contribution(const Eager& cotangent, MinusOne) { return -cotangent; }
template <class Partial>
[[nodiscard]] Eager recorded_contribution(const Eager& cotangent, const When<EagerCondition, Partial>& p) {
  return where(p.condition, recorded_contribution(cotangent, p.partial), Eager(0.0));
}
template <class Partial>
[[nodiscard]] Eager recorded_contribution(const Eager& cotangent, const Unless<EagerCondition, Partial>& p) {
  return where(p.condition, Eager(0.0), recorded_contribution(cotangent, p.partial));
}

}  // namespace ops
}  // namespace wengert
