// What the bridges to solvers share: a function that is generic in its number, its values, and its derivatives by a
// recording that is cleared and used again at every point. Nothing here knows a solver.
#pragma once

#include <concepts>
#include <cstddef>
#include <memory>
#include <mutex>
#include <ranges>
#include <span>
#include <type_traits>
#include <vector>

#include "wengert/autodiff/autodiff.hpp"

namespace wengert::detail {

/// A recording at work on one point, with the memory of its sweeps.
class Evaluation {
 public:
  /// Forgets the last point; a variable for every number. Good until the next call.
  const std::vector<Scalar>& variables(std::span<const double> x);
  /// ∂y/∂x, as many numbers as variables.
  void gradient(const Scalar& y, std::span<double> into);
  /// ∂y[i]/∂x[j] at i · variables + j: by forward sweeps where that takes fewer, else by reverse walks of eight
  /// outputs.
  void jacobian(std::span<const Scalar> y, std::span<double> into);

 private:
  Recording recording_;
  std::vector<Scalar> x_;
  Adjoints adjoints_;
};

/// Evaluations to borrow. A solver may call one function from several threads at once, or from inside itself: each call
/// works with one of its own, and leaves it to the next.
class Evaluations {
 public:
  class Loan {
   public:
    Loan(Evaluations& from, std::unique_ptr<Evaluation> evaluation) : from_(from), evaluation_(std::move(evaluation)) {}
    Loan(const Loan&) = delete;
    ~Loan() { from_.put_back(std::move(evaluation_)); }
    Evaluation* operator->() const noexcept { return evaluation_.get(); }

   private:
    Evaluations& from_;
    std::unique_ptr<Evaluation> evaluation_;
  };
  [[nodiscard]] Loan borrow();

 private:
  void put_back(std::unique_ptr<Evaluation> evaluation) noexcept;
  std::mutex mutex_;
  std::vector<std::unique_ptr<Evaluation>> idle_;
};

/// f of the point as it takes it: a std::vector<T>, or a std::span<const T>.
template <class F, class T>
concept TakesNumbers = std::invocable<F&, const std::vector<T>&> || std::invocable<F&, std::span<const T>>;
template <class T, TakesNumbers<T> F>
[[nodiscard]] decltype(auto) call(F& f, const std::vector<T>& x) {
  if constexpr (std::invocable<F&, const std::vector<T>&>)
    return f(x);
  else
    return f(std::span<const T>(x));
}
/// What f returned, numbers, Scalars or expressions, as Scalars.
template <std::ranges::input_range R>
[[nodiscard]] std::vector<Scalar> to_scalars(const R& results) {
  std::vector<Scalar> y;
  for (const auto& result : results) y.push_back(result);
  return y;
}

/// f(x) alone: with doubles if f takes them, else with constants, which record nothing.
template <class F>
[[nodiscard]] double value_at(F& f, std::span<const double> x) {
  if constexpr (TakesNumbers<F, double>)
    return Scalar(call<double>(f, std::vector<double>(x.begin(), x.end()))).value();
  else
    return Scalar(call<Scalar>(f, std::vector<Scalar>(x.begin(), x.end()))).value();
}
template <class F>
void values_at(F& f, std::span<const double> x, std::vector<double>& into) {
  into.clear();
  if constexpr (TakesNumbers<F, double>)
    for (const auto& y : call<double>(f, std::vector<double>(x.begin(), x.end()))) into.push_back(Scalar(y).value());
  else
    for (const auto& y : call<Scalar>(f, std::vector<Scalar>(x.begin(), x.end()))) into.push_back(Scalar(y).value());
}

}  // namespace wengert::detail
