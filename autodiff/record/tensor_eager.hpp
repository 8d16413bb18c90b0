// EagerTensor: the handle with which an elementwise primitive's partials (d0, d1, d2) are run on tensors. Every
// operator is one primitive at once: recorded when an operand is of a recording, else only computed.
//
// Why not Tensor: a rule writes numbers (V(0.5), where(x > V(0), V(1), V(0))) before any dtype or shape is known. An
// EagerTensor can be such a number still; a condition remembers the type of what was compared. And a rule's 1 · g is g:
// a gradient's picture is not to be full of them, while a user's `1.0 * t` is recorded as written.
#pragma once

#include <array>
#include <concepts>
#include <span>

#include "wengert/autodiff/record/tensor.hpp"

namespace wengert {

/// A tensor inside a rule, or a number that takes dtype and shape from what it meets.
class EagerTensor {
 public:
  using wengert_handle = void;

  template <Number N>
  explicit EagerTensor(N number) noexcept : number_(static_cast<double>(number)), is_number_(true) {}
  explicit EagerTensor(Tensor tensor) noexcept : tensor_(std::move(tensor)) {}

  [[nodiscard]] bool is_number() const noexcept { return is_number_; }
  [[nodiscard]] double number() const noexcept { return number_; }
  /// Only if it is not a number.
  [[nodiscard]] const Tensor& tensor() const noexcept { return tensor_; }
  [[nodiscard]] Tensor as(const Type& type) const {
    return is_number_ ? full(type.shape, number_, type.dtype, {}) : tensor_;
  }
  [[nodiscard]] TensorArgument argument() const {
    return is_number_ ? TensorArgument(number_, std::source_location{})
                      : TensorArgument(tensor_, std::source_location{});
  }
  /// It is a constant whose elements are all c and known without looking at each.
  [[nodiscard]] bool is(double c) const {
    if (is_number_) return number_ == c;
    return tensor_.is_constant() && (tensor_.value().is_uniform() || tensor_.size() == 1) &&
           tensor_.value().element(0) == c;
  }

 private:
  Tensor tensor_;
  double number_ = 0.0;
  bool is_number_ = false;
};

namespace detail {

template <class X>
concept EagerTensorHandle = std::same_as<std::remove_cvref_t<X>, EagerTensor>;

template <class X>
[[nodiscard]] EagerTensor as_eager_tensor(const X& x) {
  if constexpr (Number<X>)
    return EagerTensor(x);
  else
    return x;
}

template <class P, class... X>
  requires(EagerTensorHandle<X> || ...)
struct Applied<P, X...> {
  static EagerTensor make(const X&... x) { return simplify(as_eager_tensor(x)...); }

 private:
  template <class... A>
  static EagerTensor apply_now(const A&... x) {
    if ((x.is_number() && ...)) return EagerTensor(static_cast<double>(P::value(x.number()...)));
    const TensorArgument operands[]{x.argument()...};
    return EagerTensor(apply_to_tensors(PrimitiveOf<P>::record, operands, {}));
  }
  static EagerTensor simplify(const EagerTensor& a) { return apply_now(a); }
  static EagerTensor simplify(const EagerTensor& a, const EagerTensor& b) {
    // A number beside a number has no shape to lose; all operands of a rule have the same shape.
    if constexpr (std::is_same_v<P, ops::Mul>) {
      if (a.is(1.0) && !b.is_number()) return b;
      if (b.is(1.0) && !a.is_number()) return a;
    } else if constexpr (std::is_same_v<P, ops::Add>) {
      if (a.is(0.0) && !b.is_number()) return b;
      if (b.is(0.0) && !a.is_number()) return a;
    }
    return apply_now(a, b);
  }
  static EagerTensor simplify(const EagerTensor& a, const EagerTensor& b, const EagerTensor& c) {
    return apply_now(a, b, c);
  }
};

}  // namespace detail

/// Truth values inside a rule, and the type of the numbers that were compared.
struct EagerTensorCondition {
  EagerTensor truth;
  Type compared{};
};

namespace detail {
template <class P>
[[nodiscard]] EagerTensorCondition compare_eagerly(const EagerTensor& a, const EagerTensor& b) {
  EagerTensor truth = apply<P>(a, b);
  return {std::move(truth), a.is_number() ? b.tensor().type() : a.tensor().type()};
}
}  // namespace detail

[[nodiscard]] inline EagerTensorCondition operator<(const EagerTensor& a, const EagerTensor& b) {
  return detail::compare_eagerly<ops::Less>(a, b);
}
[[nodiscard]] inline EagerTensorCondition operator<=(const EagerTensor& a, const EagerTensor& b) {
  return detail::compare_eagerly<ops::LessEqual>(a, b);
}
[[nodiscard]] inline EagerTensorCondition operator>(const EagerTensor& a, const EagerTensor& b) {
  return detail::compare_eagerly<ops::Greater>(a, b);
}
[[nodiscard]] inline EagerTensorCondition operator>=(const EagerTensor& a, const EagerTensor& b) {
  return detail::compare_eagerly<ops::GreaterEqual>(a, b);
}
[[nodiscard]] inline EagerTensorCondition operator==(const EagerTensor& a, const EagerTensor& b) {
  return detail::compare_eagerly<ops::Equal>(a, b);
}
[[nodiscard]] inline EagerTensorCondition operator!=(const EagerTensor& a, const EagerTensor& b) {
  return detail::compare_eagerly<ops::NotEqual>(a, b);
}

[[nodiscard]] inline EagerTensorCondition logical_and(const EagerTensorCondition& a, const EagerTensorCondition& b) {
  return {apply<ops::LogicalAnd>(a.truth, b.truth), a.compared};
}
[[nodiscard]] inline EagerTensorCondition logical_or(const EagerTensorCondition& a, const EagerTensorCondition& b) {
  return {apply<ops::LogicalOr>(a.truth, b.truth), a.compared};
}

[[nodiscard]] inline EagerTensor where(const EagerTensorCondition& condition, const EagerTensor& a,
                                       const EagerTensor& b) {
  const EagerTensor& truth = condition.truth;
  if (truth.is(1.0)) return a;
  if (truth.is(0.0)) return b;
  return apply<ops::Where>(truth, EagerTensor(a.as(condition.compared)), EagerTensor(b.as(condition.compared)));
}

namespace ops {

/// The stored truth values of `where`; what they choose between has the type of the cotangent.
[[nodiscard]] inline EagerTensorCondition truth(const EagerTensor& condition) {
  return {condition, condition.is_number() ? Type{} : condition.tensor().type()};
}

// cotangent · partial, recorded; the same cases as for numbers (contract.hpp). The cotangent is a tensor, never a
// number.
[[nodiscard]] inline EagerTensor recorded_contribution(const EagerTensor& cotangent, const EagerTensor& partial) {
  if (WENGERT_HOLDS("recorded contribution, tensors: partial is 1", partial.is(1.0))) return cotangent;
  if (WENGERT_HOLDS("recorded contribution, tensors: cotangent is 1", cotangent.is(1.0)))
    return EagerTensor(partial.as(cotangent.tensor().type()));
  // Neither infinite nor 0: then a plain product is right, whatever the cotangent is.
  const auto tame_array = [](const Array& array) {
    return kernels::with_real_type(array.dtype(), [&]<class T>(std::type_identity<T>) {
      for (const T x : array.stored<T>())
        if (!(x - x == T(0)) || x == T(0)) return false;
      return true;
    });
  };
  const bool tame = partial.is_number() ? partial.number() - partial.number() == 0.0 && partial.number() != 0.0
                                        : partial.tensor().is_constant() && tame_array(partial.tensor().value());
  if (tame) return WENGERT_NUMBER("recorded contribution, tensors: product with finite numbers", cotangent * partial);
  return WENGERT_NUMBER("recorded contribution, tensors: product", apply<Scale>(cotangent, partial));
}
[[nodiscard]] inline EagerTensor recorded_contribution(const EagerTensor& cotangent, One) { return cotangent; }
[[nodiscard]] inline EagerTensor recorded_contribution(const EagerTensor& cotangent, MinusOne) { return -cotangent; }
template <class Partial>
[[nodiscard]] EagerTensor recorded_contribution(const EagerTensor& cotangent,
                                                const When<EagerTensorCondition, Partial>& p) {
  return where(EagerTensorCondition{p.condition.truth, cotangent.tensor().type()},
               recorded_contribution(cotangent, p.partial), EagerTensor(0.0));
}
template <class Partial>
[[nodiscard]] EagerTensor recorded_contribution(const EagerTensor& cotangent,
                                                const Unless<EagerTensorCondition, Partial>& p) {
  return where(EagerTensorCondition{p.condition.truth, cotangent.tensor().type()}, EagerTensor(0.0),
               recorded_contribution(cotangent, p.partial));
}

}  // namespace ops
using ops::truth;  // once more, for the overload above
}  // namespace wengert
