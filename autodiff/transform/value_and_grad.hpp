// value_and_grad: a function in, its value and gradient out.
//
//     auto [y, g] = value_and_grad(f)(2.0);                      // f(x), df/dx
//     auto [y, g] = value_and_grad(f)(std::vector{1.0, 2.0});    // f takes a std::vector of its number type
//     auto [y, g] = value_and_grad(f)(1.0, 2.0);                 // f takes two numbers; g is a std::array
//
// f is generic in its number type, or takes Scalars. Given Scalars instead of numbers it records into their recording, so
// derivatives nest: value_and_grad of a function that calls value_and_grad gives second derivatives.
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

/// See value_and_grad. Owns a recording, which it clears and uses again at every call with numbers; not to be called from
/// two threads at once. A call from inside itself gets a recording of its own.
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

  /// Into the recording of x: value and gradient can be differentiated again.
  ValueAndGradient<Scalar, Scalar> operator()(const Scalar& x) {
    const Scalar y = f_(x);
    return {y, gradient_or_zero(y, std::span(&x, 1)).front()};
  }
  ValueAndGradient<Scalar, std::vector<Scalar>> operator()(const std::vector<Scalar>& x) {
    const Scalar y = f_(x);
    return {y, gradient_or_zero(y, x)};
  }
  template <std::size_t N>
  ValueAndGradient<Scalar, std::array<Scalar, N>> operator()(const std::array<Scalar, N>& x) {
    const Scalar y = f_(x);
    ValueAndGradient<Scalar, std::array<Scalar, N>> result{y, {}};
    const std::vector<Scalar> g = gradient_or_zero(y, x);
    for (std::size_t k = 0; k < N; ++k) result.gradient[k] = g[k];
    return result;
  }

 private:
  // A constant among the x is differentiated by, too: as a variable that nothing depends on.
  static std::vector<Scalar> gradient_or_zero(const Scalar& y, std::span<const Scalar> x) {
    std::vector<Scalar> recorded;
    for (const Scalar& value : x)
      if (!value.is_constant()) recorded.push_back(value);
    const std::vector<Scalar> g = gradient(y, recorded);
    std::vector<Scalar> result;
    std::size_t at = 0;
    for (const Scalar& value : x) result.push_back(value.is_constant() ? Scalar(0.0) : g[at++]);
    return result;
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
