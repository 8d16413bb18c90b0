#include "wengert/autodiff/bridges/evaluation.hpp"

#include <algorithm>
#include <utility>

namespace wengert::detail {

const std::vector<Scalar>& Evaluation::variables(std::span<const double> x) {
  recording_.clear();
  x_.clear();
  for (const double number : x) x_.push_back(recording_.variable(number));
  return x_;
}

void Evaluation::gradient(const Scalar& y, std::span<double> into) {
  backward(y, adjoints_);
  for (std::size_t k = 0; k < x_.size(); ++k) into[k] = adjoints_[x_[k]];
}

void Evaluation::jacobian(std::span<const Scalar> y, std::span<double> into) {
  const Matrix whole = wengert::jacobian(y, std::span<const Scalar>(x_));
  std::copy(whole.data().begin(), whole.data().end(), into.begin());
}

Evaluations::Loan Evaluations::borrow() {
  const std::lock_guard lock(mutex_);
  if (idle_.empty()) return {*this, std::make_unique<Evaluation>()};
  std::unique_ptr<Evaluation> evaluation = std::move(idle_.back());
  idle_.pop_back();
  return {*this, std::move(evaluation)};
}

void Evaluations::put_back(std::unique_ptr<Evaluation> evaluation) noexcept {
  const std::lock_guard lock(mutex_);
  try {
    idle_.push_back(std::move(evaluation));
  } catch (...) {  // no memory for the list: the next one makes its own
  }
}

}  // namespace wengert::detail
