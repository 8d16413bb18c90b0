// value_and_grad: a function in, its value and gradient out.
//
//     auto [y, g] = value_and_grad(f)(2.0);                      // f(x), df/dx
//     auto [y, g] = value_and_grad(f)(std::vector{1.0, 2.0});    // f takes a std::vector of its number type
//     auto [y, g] = value_and_grad(f)(1.0, 2.0);                 // f takes two numbers; g is a std::array
//
// f is generic in its number type, or takes Scalars. Given Scalars instead of numbers it records into their recording,
// so derivatives nest: value_and_grad of a function that calls value_and_grad gives second derivatives.
#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

#include "wengert/autodiff/record/gradient.hpp"
#include "wengert/autodiff/record/recording.hpp"
#include "wengert/autodiff/record/sweep.hpp"

namespace wengert {

/// Value and derivative of a function at a point, of the kinds that the point has.
template <class V, class G>
struct ValueAndGradient {
  V value;
  G gradient;
};

/// See value_and_grad. Owns a recording, which it clears and uses again at every call with numbers; not to be called
/// from two threads at once. A call from inside itself gets a recording of its own.
template <class F>
class ValueAndGrad {
 public:
  explicit ValueAndGrad(F f) : f_(std::move(f)) {}

  ValueAndGradient<double, double> operator()(double x) {
    return record([&](Recording& r, Adjoints& adjoints) {
      const Scalar input = r.variable(x);
      const Scalar y = f_(input);
      backward(y, adjoints);
      return ValueAndGradient<double, double>{y.value(), adjoints[input]};
    });
  }
  ValueAndGradient<double, std::vector<double>> operator()(const std::vector<double>& x) {
    return record([&](Recording& r, Adjoints& adjoints) {
      const std::vector<Scalar> input = r.variables(x);
      const Scalar y = f_(std::as_const(input));
      ValueAndGradient<double, std::vector<double>> result{y.value(), std::vector<double>(x.size())};
      backward(y, adjoints);
      for (std::size_t k = 0; k < x.size(); ++k) result.gradient[k] = adjoints[input[k]];
      return result;
    });
  }
  template <std::size_t N>
  ValueAndGradient<double, std::array<double, N>> operator()(const std::array<double, N>& x) {
    return record([&](Recording& r, Adjoints& adjoints) {
      std::array<Scalar, N> input;
      for (std::size_t k = 0; k < N; ++k) input[k] = r.variable(x[k]);
      const Scalar y = f_(std::as_const(input));
      ValueAndGradient<double, std::array<double, N>> result{y.value(), {}};
      backward(y, adjoints);
      for (std::size_t k = 0; k < N; ++k) result.gradient[k] = adjoints[input[k]];
      return result;
    });
  }
  template <Number... X>
    requires(sizeof...(X) >= 2)
  ValueAndGradient<double, std::array<double, sizeof...(X)>> operator()(X... x) {
    return record([&](Recording& r, Adjoints& adjoints) {
      const std::array<Scalar, sizeof...(X)> input{r.variable(static_cast<double>(x))...};
      const Scalar y = std::apply(f_, input);
      ValueAndGradient<double, std::array<double, sizeof...(X)>> result{y.value(), {}};
      backward(y, adjoints);
      for (std::size_t k = 0; k < sizeof...(X); ++k) result.gradient[k] = adjoints[input[k]];
      return result;
    });
  }

  /// Into the recording of x: value and gradient can be differentiated again. f is given values of its own, equal to x,
  /// so that what it captured of x is a constant to this derivative. A constant beside values of a recording is
  /// differentiated by as well; if all x are constants, this is the call with numbers.
  ValueAndGradient<Scalar, Scalar> operator()(const Scalar& x) {
    if (x.is_constant()) {
      const auto [value, slope] = (*this)(x.value());
      return {value, slope};
    }
    const Scalar input = own_values(std::span(&x, 1)).front();
    const Scalar y = f_(input);
    return {y, gradient(y, input)};
  }
  ValueAndGradient<Scalar, std::vector<Scalar>> operator()(const std::vector<Scalar>& x) {
    if (all_constant(x)) {
      std::vector<double> numbers;
      for (const Scalar& value : x) numbers.push_back(value.value());
      const auto [value, slope] = (*this)(numbers);
      return {value, std::vector<Scalar>(slope.begin(), slope.end())};
    }
    const std::vector<Scalar> input = own_values(x);
    const Scalar y = f_(input);
    return {y, gradient(y, input)};
  }
  template <std::size_t N>
  ValueAndGradient<Scalar, std::array<Scalar, N>> operator()(const std::array<Scalar, N>& x) {
    ValueAndGradient<Scalar, std::array<Scalar, N>> result;
    std::array<Scalar, N> input;
    if (all_constant(x)) {
      std::array<double, N> numbers;
      for (std::size_t k = 0; k < N; ++k) numbers[k] = x[k].value();
      const auto [value, slope] = (*this)(numbers);
      result.value = value;
      for (std::size_t k = 0; k < N; ++k) result.gradient[k] = slope[k];
      return result;
    }
    const std::vector<Scalar> own = own_values(x);
    for (std::size_t k = 0; k < N; ++k) input[k] = own[k];
    result.value = f_(std::as_const(input));
    const std::vector<Scalar> slope = gradient(result.value, own);
    for (std::size_t k = 0; k < N; ++k) result.gradient[k] = slope[k];
    return result;
  }

 private:
  static bool all_constant(std::span<const Scalar> x) {
    for (const Scalar& value : x)
      if (!value.is_constant()) return false;
    return true;
  }
  // Of values of a recording, copies: x · 1 has the bits of x. Of constants beside them, variables of the same
  // recording.
  static std::vector<Scalar> own_values(std::span<const Scalar> x) {
    std::vector<Scalar> own(x.begin(), x.end());
    detail::Tag tag = 0;
    for (Scalar& value : own) {
      if (value.is_constant()) continue;
      value = Scalar(value * 1.0);  // throws for a handle that is stale
      tag = value.tag();
    }
    for (Scalar& value : own) {
      if (!value.is_constant()) continue;
      auto& stream = static_cast<detail::Stream&>(detail::Stream::of(tag));
      value = Scalar::from_parts(value.value(), stream.add_variable(value.value(), {}), stream.tag());
    }
    return own;
  }

  template <class Body>
  auto record(Body&& body) {
    if (busy_) {
      Recording r;
      Adjoints adjoints;
      return body(r, adjoints);
    }
    struct Busy {
      bool& flag;
      explicit Busy(bool& f) : flag(f) { flag = true; }
      ~Busy() { flag = false; }
    } busy(busy_);
    recording_.clear();
    return body(recording_, adjoints_);
  }

  F f_;
  Recording recording_;
  Adjoints adjoints_;
  bool busy_ = false;
};

/// The function x -> {f(x), ∇f(x)}.
template <class F>
[[nodiscard]] ValueAndGrad<std::decay_t<F>> value_and_grad(F&& f) {
  return ValueAndGrad<std::decay_t<F>>(std::forward<F>(f));
}

/// The function x -> ∇f(x).
template <class F>
[[nodiscard]] auto grad(F&& f) {
  return [g = ValueAndGrad<std::decay_t<F>>(std::forward<F>(f))](const auto&... x) mutable { return g(x...).gradient; };
}

}  // namespace wengert
