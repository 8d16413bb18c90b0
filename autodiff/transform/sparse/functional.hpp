// sparse_jacobian and sparse_hessian of functions: on numbers, keeping their plan.
//
//     auto h = sparse_hessian([](const auto& x) { … return loss; });     // x: std::vector of the number type
//     SparseMatrix a = h(std::vector{1.0, 2.0});                         // the plan is made
//     SparseMatrix b = h(std::vector{3.0, 4.0});                         // and used again
#pragma once

#include <concepts>
#include <cstdint>
#include <optional>
#include <source_location>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

#include "wengert/autodiff/transform/sparse/sparse_hessian.hpp"
#include "wengert/autodiff/transform/sparse/sparse_jacobian.hpp"

namespace wengert {

namespace detail {

/// What two recordings of one function with the same branches have in common.
struct ProgramShape {
  std::uint64_t inputs = 0, outputs = 0;
  std::uint64_t values = 0;    ///< that were recorded
  std::uint64_t branches = 0;  ///< a hash of the guards' outcomes
  friend bool operator==(const ProgramShape&, const ProgramShape&) = default;
};
[[nodiscard]] ProgramShape shape_of(const Recording& recording, std::size_t inputs, std::size_t outputs);

/// A recording, and a plan that is made anew when the program is another one.
template <class F, class Plan, class Options>
class PlannedFunction {
 public:
  PlannedFunction(F f, const Options& options) : f_(std::move(f)), options_(options) {}

  /// Throws as f and as the plan do. Not to be called from two threads at once.
  [[nodiscard]] SparseMatrix operator()(std::span<const double> x,
                                        std::source_location where = std::source_location::current()) {
    recording_.clear();
    const std::vector<Scalar> input = recording_.variables(x);
    const auto y = f_(input);
    std::size_t outputs = 1;
    if constexpr (requires { y.size(); }) outputs = y.size();
    const ProgramShape shape = shape_of(recording_, x.size(), outputs);
    if (!plan_ || !(shape == shape_)) {
      plan_.emplace(y, input, options_, where);
      shape_ = shape;
    }
    return (*plan_)(y, input, where);
  }
  [[nodiscard]] SparseMatrix operator()(const std::vector<double>& x,
                                        std::source_location where = std::source_location::current()) {
    return (*this)(std::span<const double>(x), where);
  }
  /// Of the last call; throws std::bad_optional_access before the first.
  [[nodiscard]] const Plan& plan() const { return plan_.value(); }

 private:
  F f_;
  Options options_;
  Recording recording_;
  std::optional<Plan> plan_;
  ProgramShape shape_;
};

/// Not a handle or a list of handles: a function of a vector of Scalars.
template <class F>
concept FunctionOfVector = std::invocable<F&, const std::vector<Scalar>&>;

}  // namespace detail

/// The function x -> ∂f/∂x, f giving a vector of Scalars. The plan is made at the first call, and again when the number
/// of inputs, outputs or recorded values, or the outcome of a branch, is another than the last time. A function that
/// decides by value(), which is not guarded, and records as many values in either case is not noticed.
template <detail::FunctionOfVector F>
[[nodiscard]] auto sparse_jacobian(F&& f, const SparseJacobianOptions& options = {}) {
  return detail::PlannedFunction<std::decay_t<F>, SparseJacobian, SparseJacobianOptions>(std::forward<F>(f), options);
}
/// The function x -> ∂²f/∂x², f giving a Scalar; likewise.
template <detail::FunctionOfVector F>
[[nodiscard]] auto sparse_hessian(F&& f, const SparseHessianOptions& options = {}) {
  return detail::PlannedFunction<std::decay_t<F>, SparseHessian, SparseHessianOptions>(std::forward<F>(f), options);
}

}  // namespace wengert
