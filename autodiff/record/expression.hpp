// Expressions of Scalars, all of them: what operators build (apply.hpp), how it is recorded (statement.hpp), and
// comparisons.
#pragma once

#include <source_location>

#include "wengert/autodiff/record/apply.hpp"
#include "wengert/autodiff/record/statement.hpp"

namespace wengert {

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

namespace detail {
/// A comparison of Scalars, or logic of such.
template <class C>
concept ScalarCondition = requires { typename std::remove_cvref_t<C>::scalar_condition; };
}  // namespace detail

/// The outcome of comparison P between two Scalars. As a bool it decides a branch and records a guard with the line of
/// the comparison: a program replayed with other inputs says when it would have gone the other way. In `where` it is an
/// operand, and nothing is guarded.
template <class P>
class [[nodiscard]] Condition {
 public:
  using scalar_condition = void;

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

/// Logical operation P on conditions: `(0.0 < x) & (x < 1.0)`. In `where` it is an operand, like a comparison; as a
/// bool every comparison in it records its guard. (`&&` and `||` make bools at once, and guards of what they look at.)
template <class P, class... C>
class [[nodiscard]] LogicalCondition {
 public:
  using scalar_condition = void;

  explicit LogicalCondition(const C&... conditions) : conditions_{{conditions}...} {}
  /// The outcome, out of the recording: not guarded.
  [[nodiscard]] bool value() const noexcept {
    return of([](const auto& condition) { return condition.value(); });
  }
  operator bool() const {  // NOLINT: an if takes it
    return of([](const auto& condition) { return static_cast<bool>(condition); });
  }
  [[nodiscard]] auto expression() const {
    return [&]<std::size_t... K>(std::index_sequence<K...>) {
      return apply<P>(detail::get<K>(conditions_).expression()...);
    }(std::index_sequence_for<C...>{});
  }

 private:
  template <class F>
  [[nodiscard]] bool of(F&& outcome) const {
    return [&]<std::size_t... K>(std::index_sequence<K...>) {
      const double outcomes[]{outcome(detail::get<K>(conditions_)) ? 1.0 : 0.0 ...};
      return P::value(outcomes[K]...) != 0.0;
    }(std::index_sequence_for<C...>{});
  }

  detail::Operands<C...> conditions_;
};

template <detail::ScalarCondition A, detail::ScalarCondition B>
[[nodiscard]] auto operator&(const A& a, const B& b) {
  return LogicalCondition<ops::LogicalAnd, A, B>(a, b);
}
template <detail::ScalarCondition A, detail::ScalarCondition B>
[[nodiscard]] auto operator|(const A& a, const B& b) {
  return LogicalCondition<ops::LogicalOr, A, B>(a, b);
}
template <detail::ScalarCondition A, detail::ScalarCondition B>
[[nodiscard]] auto operator^(const A& a, const B& b) {
  return LogicalCondition<ops::LogicalXor, A, B>(a, b);
}
template <detail::ScalarCondition A>
[[nodiscard]] auto operator!(const A& a) {
  return LogicalCondition<ops::LogicalNot, A>(a);
}

[[nodiscard]] inline Condition<ops::Less> operator<(const Compared& a, const Compared& b) { return {a, b}; }
[[nodiscard]] inline Condition<ops::LessEqual> operator<=(const Compared& a, const Compared& b) { return {a, b}; }
[[nodiscard]] inline Condition<ops::Greater> operator>(const Compared& a, const Compared& b) { return {a, b}; }
[[nodiscard]] inline Condition<ops::GreaterEqual> operator>=(const Compared& a, const Compared& b) { return {a, b}; }
[[nodiscard]] inline Condition<ops::Equal> operator==(const Compared& a, const Compared& b) { return {a, b}; }
[[nodiscard]] inline Condition<ops::NotEqual> operator!=(const Compared& a, const Compared& b) { return {a, b}; }

/// `a` where the condition holds, else `b`; both are evaluated. The choice is recorded, so a replay chooses anew, and
/// nothing passes to the side that was not chosen.
template <detail::ScalarCondition C, class A, class B>
  requires(detail::ScalarOperand<A> && detail::ScalarOperand<B>)
[[nodiscard]] WENGERT_INLINE auto where(const C& condition, const A& a, const B& b) {
  return apply<ops::Where>(condition.expression(), a, b);
}
/// The same for a condition that is known: a constant.
template <class A, class B>
  requires(HandleOperands<A, B> && detail::ScalarOperand<A> && detail::ScalarOperand<B>)
[[nodiscard]] WENGERT_INLINE auto where(bool condition, const A& a, const B& b) {
  return apply<ops::Where>(condition ? 1.0 : 0.0, a, b);
}

}  // namespace wengert
