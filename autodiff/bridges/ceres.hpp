// Ceres: cost functions, gradient problems and curve fits whose derivatives Wengert computes. Header only; who includes
// it brings Ceres (2.1 or newer) and links it.
//
//     auto f = [](auto x, auto residual) {               // Ceres' own functors (const T* const x, T* residual) fit too
//       residual[0] = 10.0 * (x[1] - x[0] * x[0]);
//       residual[1] = 1.0 - x[0];
//     };
//     ceres::Problem problem;
//     problem.AddResidualBlock(wengert::ceres_cost(f, 2, {2}), nullptr, x);
//
// Functions are called with doubles where Ceres wants values alone, and with Scalars where it wants derivatives.
// Branches are taken anew at every point. One function may be evaluated by several threads of Ceres at once. What a
// function throws passes through Ceres as it is when Ceres runs on one thread (num_threads = 1); on its other threads
// it would end the process, as Ceres knows no exceptions: return false there.
#pragma once

#include <ceres/cost_function.h>
#include <ceres/first_order_function.h>

#include <array>
#include <cstddef>
#include <memory>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

#include "wengert/autodiff/bridges/evaluation.hpp"
#include "wengert/graph/error.hpp"

namespace wengert {

namespace detail {

template <class T, std::size_t>
using Repeat = T;

/// Calls f with a block of numbers each, as spans if it takes them, else as pointers; false where it says so.
template <class T, class F, std::size_t... K>
[[nodiscard]] bool call_blocks(const F& f, std::span<const T* const> blocks, std::span<const int> sizes,
                               std::span<T> residuals, std::index_sequence<K...>) {
  const auto finish = [](auto&& called) {
    if constexpr (std::is_void_v<decltype(called())>) {
      called();
      return true;
    } else {
      return static_cast<bool>(called());
    }
  };
  if constexpr (std::is_invocable_v<const F&, Repeat<std::span<const T>, K>..., std::span<T>>) {
    return finish([&] { return f(std::span<const T>(blocks[K], static_cast<std::size_t>(sizes[K]))..., residuals); });
  } else {
    static_assert(std::is_invocable_v<const F&, Repeat<const T*, K>..., T*>,
                  "the function takes one std::span<const T> (or const T*) for every block of parameters, and a "
                  "std::span<T> (or T*) for the residuals");
    return finish([&] { return f(blocks[K]..., residuals.data()); });
  }
}

template <class F, std::size_t Blocks>
class CeresCost final : public ceres::CostFunction {
 public:
  CeresCost(F f, int residuals, std::span<const int> sizes) : f_(std::move(f)), sizes_(sizes.begin(), sizes.end()) {
    set_num_residuals(residuals);
    *mutable_parameter_block_sizes() = {sizes.begin(), sizes.end()};
    for (const int size : sizes) total_ += static_cast<std::size_t>(size);
  }

  bool Evaluate(const double* const* parameters, double* residuals, double** jacobians) const override {
    const auto rows = static_cast<std::size_t>(num_residuals());
    if (jacobians == nullptr)
      return call_blocks<double>(f_, std::span(parameters, Blocks), sizes_, std::span(residuals, rows), Sequence{});

    std::vector<double> point;
    point.reserve(total_);
    for (std::size_t k = 0; k < Blocks; ++k) point.insert(point.end(), parameters[k], parameters[k] + sizes_[k]);
    const Evaluations::Loan evaluation = evaluations_->borrow();
    const std::vector<Scalar>& x = evaluation->variables(point);
    std::array<const Scalar*, Blocks> blocks;
    std::size_t begin = 0;
    for (std::size_t k = 0; k < Blocks; begin += static_cast<std::size_t>(sizes_[k++])) blocks[k] = x.data() + begin;
    std::vector<Scalar> y(rows);
    if (!call_blocks<Scalar>(f_, blocks, sizes_, std::span<Scalar>(y), Sequence{})) return false;
    for (std::size_t i = 0; i < rows; ++i) residuals[i] = y[i].value();

    std::vector<double> whole(rows * total_);
    evaluation->jacobian(y, whole);
    begin = 0;
    for (std::size_t k = 0; k < Blocks; ++k) {
      const auto size = static_cast<std::size_t>(sizes_[k]);
      if (jacobians[k] != nullptr)
        for (std::size_t i = 0; i < rows; ++i)
          for (std::size_t j = 0; j < size; ++j) jacobians[k][i * size + j] = whole[i * total_ + begin + j];
      begin += size;
    }
    return true;
  }

 private:
  using Sequence = std::make_index_sequence<Blocks>;
  F f_;
  std::vector<int> sizes_;
  std::size_t total_ = 0;
  std::unique_ptr<Evaluations> evaluations_ = std::make_unique<Evaluations>();
};

template <class F>
class CeresObjective final : public ceres::FirstOrderFunction {
 public:
  CeresObjective(F f, int parameters) : f_(std::move(f)), parameters_(parameters) {}
  bool Evaluate(const double* const parameters, double* cost, double* gradient) const override {
    const std::span point(parameters, static_cast<std::size_t>(parameters_));
    if (gradient == nullptr) {
      *cost = value_at(f_, point);
      return true;
    }
    const Evaluations::Loan evaluation = evaluations_->borrow();
    const Scalar y = call<Scalar>(f_, evaluation->variables(point));
    *cost = y.value();
    evaluation->gradient(y, {gradient, point.size()});
    return true;
  }
  [[nodiscard]] int NumParameters() const override { return parameters_; }

 private:
  const F f_;
  int parameters_;
  std::unique_ptr<Evaluations> evaluations_ = std::make_unique<Evaluations>();
};

}  // namespace detail

/// A cost function of `residuals` numbers, of blocks of parameters of the sizes given: ceres_cost(f, 2, {3, 6}) calls
/// f(x0, x1, residuals) with a std::span<const T> (or, if it does not take that, a const T*) for every block and a
/// std::span<T> (or T*) for the residuals; T is double or Scalar. f may return nothing, or false where it cannot be
/// evaluated. For Ceres to own, as the `new` of Ceres' own: AddResidualBlock takes it.
template <class F, std::size_t Blocks>
[[nodiscard]] ceres::CostFunction* ceres_cost(F f, int residuals, const int (&sizes)[Blocks]) {
  return new detail::CeresCost<F, Blocks>(std::move(f), residuals, sizes);
}

/// The residuals model(b, x[i]) − y[i] of a curve with `parameters` parameters b, in one block. `model` is generic in
/// the number of b, which it indexes: [](const auto& b, double x) { return b[0] * exp(-b[1] * x); }. Throws
/// ArgumentError unless there are as many y as x.
template <class Model>
[[nodiscard]] ceres::CostFunction* ceres_curve(Model model, std::vector<double> x, std::vector<double> y,
                                               int parameters) {
  if (x.size() != y.size())
    throw ArgumentError{{.operation = "ceres_curve",
                         .problem = std::to_string(x.size()) + " points and " + std::to_string(y.size()) + " values",
                         .expected = "as many values as points"}};
  const int count = static_cast<int>(x.size());
  return ceres_cost(
      [model = std::move(model), x = std::move(x), y = std::move(y)](const auto& b, auto residuals) {
        for (std::size_t i = 0; i < x.size(); ++i) residuals[i] = model(b, x[i]) - y[i];
      },
      count, {parameters});
}

/// An objective for ceres::GradientProblem (L-BFGS, BFGS, conjugate gradients): f of a std::vector<T> or
/// std::span<const T> of `parameters` numbers. For Ceres to own: ceres::GradientProblem problem(ceres_objective(f, n));
template <class F>
[[nodiscard]] ceres::FirstOrderFunction* ceres_objective(F f, int parameters) {
  return new detail::CeresObjective<F>(std::move(f), parameters);
}

}  // namespace wengert
