// value_and_grad and grad: a function in, its value and gradient out.
//
//     auto [y, g] = value_and_grad(f)(2.0);                      // f(x), df/dx
//     auto [y, g] = value_and_grad(f)(std::vector{1.0, 2.0});    // f takes a std::vector of its number type
//     auto [y, g] = value_and_grad(f)(1.0, 2.0);                 // f takes two numbers; g is a std::array
//     auto [y, g] = value_and_grad(f)(weights, bias);            // any structures (tree.hpp); g is a std::tuple
//     auto [y, g] = value_and_grad<0>(f)(weights, data);         // by the first argument only; data may be anything
//
// f is generic in its number type, or takes Scalars and Tensors; it gives one number. Numbers in, numbers out. Given
// Scalars instead of numbers (or tensors of a recording), it records into their recording, so derivatives nest:
// value_and_grad of a function that calls value_and_grad gives second derivatives. f is given values of its own, equal
// to x, so that what it captured of x is a constant to this derivative. A constant beside values of a recording is
// differentiated by as well; if all Scalars and tensors are constants, this is the call with numbers, and results are
// constants.
//
// The other derivatives of functions: functional.hpp.
#pragma once

#include <array>
#include <concepts>
#include <cstddef>
#include <source_location>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "wengert/autodiff/record/recording.hpp"
#include "wengert/autodiff/record/sweep.hpp"
#include "wengert/autodiff/transform/evaluation.hpp"

namespace wengert {

namespace detail {
template <class X>
inline constexpr bool is_list_of_numbers = std::same_as<X, std::vector<double>>;
template <std::size_t N>
inline constexpr bool is_list_of_numbers<std::array<double, N>> = true;
}  // namespace detail

/// Value and derivative of a function at a point, of the kinds that the point has. A structure (tree.hpp) if both are.
template <class V, class G>
struct ValueAndGradient {
  V value;
  G gradient;

  template <class N>
  using with_number = ValueAndGradient<detail::Replaced<V, N>, detail::Replaced<G, N>>;
  static auto members(auto& self) { return std::tie(self.value, self.gradient); }
};

/// See value_and_grad. It owns a recording, which it clears and uses again at every call that is not const; so it is
/// not to be called from two threads at once. A call from inside itself, and a call of a const one, gets a recording of
/// its own.
template <class F, std::size_t... K>
class ValueAndGrad {
 public:
  ValueAndGrad(F f, std::source_location where) : f_(std::move(f)), where_(where) {}

  template <class... X>
    requires(sizeof...(X) > 0)
  auto operator()(const X&... x) {
    return at(f_, &own_, x...);
  }
  template <class... X>
    requires(sizeof...(X) > 0)
  auto operator()(const X&... x) const {
    return at(f_, nullptr, x...);
  }
  // So that the point may be written in braces.
  auto operator()(const std::vector<double>& x) { return at(f_, &own_, x); }
  auto operator()(const std::vector<double>& x) const { return at(f_, nullptr, x); }

 private:
  using Own = detail::OwnRecording;

  // --- The common points, without taking them apart -----------------------------------------------------------------
  template <class R>
  [[nodiscard]] Scalar stored(const R& result) const {
    if constexpr (detail::CompositeExpression<R>)
      return Scalar(result, where_);
    else
      return result;
  }
  template <class G>
  ValueAndGradient<double, double> at_number(G& f, Own* own, double x) const {
    Own::Use use(own);
    const Scalar input = use.recording().variable(x);
    const Scalar y = stored(f(input));
    backward(y, use.adjoints(), where_);
    return {y.value(), use.adjoints()[input]};
  }
  template <class G>
  ValueAndGradient<double, std::vector<double>> at_vector(G& f, Own* own, const std::vector<double>& x) const {
    Own::Use use(own);
    const std::vector<Scalar> input = use.recording().variables(x);
    const Scalar y = stored(f(input));
    ValueAndGradient<double, std::vector<double>> result{y.value(), std::vector<double>(x.size())};
    backward(y, use.adjoints(), where_);
    for (std::size_t k = 0; k < x.size(); ++k) result.gradient[k] = use.adjoints()[input[k]];
    return result;
  }
  /// g takes the array of Scalars.
  template <class G, std::size_t N>
  ValueAndGradient<double, std::array<double, N>> at_array(G&& g, Own* own, const std::array<double, N>& x) const {
    Own::Use use(own);
    std::array<Scalar, N> input;
    for (std::size_t k = 0; k < N; ++k) input[k] = use.recording().variable(x[k]);
    const Scalar y = stored(g(std::as_const(input)));
    ValueAndGradient<double, std::array<double, N>> result{y.value(), {}};
    backward(y, use.adjoints(), where_);
    for (std::size_t k = 0; k < N; ++k) result.gradient[k] = use.adjoints()[input[k]];
    return result;
  }
  /// A point of these arguments is a list of numbers for which there is a function above, and f gives a Scalar.
  template <class G, class... X>
  static constexpr bool is_list() {
    if constexpr (sizeof...(K) != 0 ||
                  !((Number<X> && ...) || (sizeof...(X) == 1 && (detail::is_list_of_numbers<X> && ...))))
      return false;
    else if constexpr (!std::is_invocable_v<G&, const detail::Handles<X>&...>)
      return false;
    else
      return detail::ScalarOperand<std::invoke_result_t<G&, const detail::Handles<X>&...>>;
  }

  template <class G, class... X>
  auto at(G& f, Own* own, const X&... x) const {
    if constexpr (!is_list<G, X...>()) {
      return at_structure(f, own, x...);
    } else if constexpr (sizeof...(X) > 1) {
      const auto apart = [&f](const std::array<Scalar, sizeof...(X)>& input) { return std::apply(f, input); };
      return at_array(apart, own, std::array{static_cast<double>(x)...});
    } else if constexpr ((Number<X> && ...)) {
      return at_number(f, own, static_cast<double>(x)...);
    } else if constexpr ((std::same_as<X, std::vector<double>> && ...)) {
      return at_vector(f, own, x...);
    } else {
      return at_array(f, own, x...);
    }
  }

  // --- All others
  // -----------------------------------------------------------------------------------------------------
  template <class G, class... X>
  auto at_structure(G& f, Own* own, const X&... x) const {
    using Point = detail::PointOf<detail::Chosen<sizeof...(X), K...>, 0u, X...>;
    Own::Use use(own);
    const auto evaluated = detail::evaluate<Point>(f, use.recording(), "value_and_grad", where_, nullptr, x...);
    using Result = std::remove_cvref_t<decltype(evaluated.result)>;
    detail::want_one<Result>();
    const detail::Parts gradient = detail::pull_back(
        evaluated.y, detail::one_for(evaluated.y, "value_and_grad", where_), evaluated.inputs, use.adjoints(), where_);
    const detail::Parts value = detail::for_caller(evaluated.y, evaluated.inputs);
    return ValueAndGradient<detail::Replaced<Result, typename Point::Number>,
                            typename Point::template Like<typename Point::Number>>{
        detail::like_result<Point>(evaluated.result, value), detail::like_point<Point>(gradient, x...)};
  }

  F f_;
  std::source_location where_;
  Own own_;
};

/// The function x -> {f(x), ∇f(x)}. With numbers K…, the gradient is by those of the arguments, counted from 0; the
/// others may be of any type, and f gets them as they are. The gradient by one argument has its structure; by several
/// it is a std::array if they are numbers, else a std::tuple. A result that does not depend on x, a number included,
/// has gradient 0. Errors carry the line of this call. Throws ShapeError when f gives a tensor of several elements,
/// DtypeError for tensors that are not f32 or f64, ArgumentError for recorded tensors among plain numbers, and
/// ForeignRecording when f meets a value of another recording: what it captures has to come from the recording of the
/// point, so give handles as the point, not numbers.
template <std::size_t... K, class F>
  requires detail::Function<std::remove_cvref_t<F>>
[[nodiscard]] auto value_and_grad(F&& f, std::source_location where = std::source_location::current()) {
  return ValueAndGrad<std::decay_t<F>, K...>(std::forward<F>(f), where);
}

/// See grad.
template <class F, std::size_t... K>
class Grad {
 public:
  Grad(F f, std::source_location where) : both_(std::move(f), where) {}

  template <class... X>
    requires(sizeof...(X) > 0)
  auto operator()(const X&... x) {
    return both_(x...).gradient;
  }
  template <class... X>
    requires(sizeof...(X) > 0)
  auto operator()(const X&... x) const {
    return both_(x...).gradient;
  }
  auto operator()(const std::vector<double>& x) { return both_(x).gradient; }
  auto operator()(const std::vector<double>& x) const { return both_(x).gradient; }

 private:
  ValueAndGrad<F, K...> both_;
};

/// The function x -> ∇f(x); all as value_and_grad.
template <std::size_t... K, class F>
  requires detail::Function<std::remove_cvref_t<F>>
[[nodiscard]] auto grad(F&& f, std::source_location where = std::source_location::current()) {
  return Grad<std::decay_t<F>, K...>(std::forward<F>(f), where);
}

}  // namespace wengert
