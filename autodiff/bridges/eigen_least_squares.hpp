// Residuals for the Levenberg–Marquardt of Eigen's unsupported modules, with a Jacobian by Wengert. Who includes it
// brings Eigen 3.4.
//
//     #include <unsupported/Eigen/NonLinearOptimization>
//     wengert::EigenResiduals residuals(f, 2, 14);             // f of 2 numbers gives 14
//     Eigen::LevenbergMarquardt lm(residuals);
//     lm.minimize(b);                                          // b: Eigen::VectorXd
#pragma once

#include <Eigen/Core>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "wengert/autodiff/bridges/evaluation.hpp"
#include "wengert/graph/error.hpp"

namespace wengert {

/// The functor that Eigen's solvers of least squares take. f takes a std::vector<T> or std::span<const T> and gives a
/// range of `values` numbers; T is double where values alone are wanted, else Scalar. What it throws passes through
/// Eigen as it is; another count of numbers is an ArgumentError.
template <class F>
class EigenResiduals {
 public:
  using Scalar = double;
  using InputType = Eigen::VectorXd;
  using ValueType = Eigen::VectorXd;
  using JacobianType = Eigen::MatrixXd;
  enum { InputsAtCompileTime = Eigen::Dynamic, ValuesAtCompileTime = Eigen::Dynamic };

  EigenResiduals(F f, int inputs, int values) : f_(std::move(f)), inputs_(inputs), values_(values) {}

  [[nodiscard]] int inputs() const noexcept { return inputs_; }
  [[nodiscard]] int values() const noexcept { return values_; }
  int operator()(const InputType& x, ValueType& residuals) const {
    std::vector<double> numbers;
    detail::values_at(f_, point(x), numbers);
    check(numbers.size());
    residuals = Eigen::Map<const Eigen::VectorXd>(numbers.data(), values_);
    return 0;
  }
  int df(const InputType& x, JacobianType& jacobian) const {
    const auto evaluation = evaluations_->borrow();
    const std::vector<wengert::Scalar> y =
        detail::to_scalars(detail::call<wengert::Scalar>(f_, evaluation->variables(point(x))));
    check(y.size());
    Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor> rows(values_, inputs_);
    evaluation->jacobian(y, {rows.data(), static_cast<std::size_t>(rows.size())});
    jacobian = rows;
    return 0;
  }

 private:
  static std::span<const double> point(const InputType& x) { return {x.data(), static_cast<std::size_t>(x.size())}; }
  void check(std::size_t count) const {
    if (count != static_cast<std::size_t>(values_))
      throw ArgumentError{{.operation = "EigenResiduals",
                           .problem = std::to_string(count) + " residuals",
                           .expected = std::to_string(values_) + ", as announced"}};
  }

  F f_;
  int inputs_, values_;
  std::unique_ptr<detail::Evaluations> evaluations_ = std::make_unique<detail::Evaluations>();
};

}  // namespace wengert
