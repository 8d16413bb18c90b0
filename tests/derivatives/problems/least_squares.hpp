// A sum of squares F = Σ rᵢ², as its residuals in Scalars and, by hand, as values, first and second derivatives in
// doubles: ∇F = 2 Jᵀr, ∇²F = 2 (JᵀJ + Σ rᵢ ∇²rᵢ).
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "wengert/autodiff/autodiff.hpp"

namespace wengert::testing {

using Vector = std::vector<Scalar>;
using Doubles = std::vector<double>;

/// Residuals of m functions of n numbers with their derivatives. Indices count from 0.
class ByHand {
 public:
  ByHand(std::size_t m, std::size_t n) : r(m), m_(m), n_(n), jacobian_(m * n), second_(m * n * n) {}
  [[nodiscard]] double& J(std::size_t i, std::size_t j) { return jacobian_[i * n_ + j]; }
  [[nodiscard]] double J(std::size_t i, std::size_t j) const { return jacobian_[i * n_ + j]; }
  [[nodiscard]] double S(std::size_t i, std::size_t j, std::size_t k) const { return second_[(i * n_ + j) * n_ + k]; }
  /// ∂²rᵢ/∂xⱼ∂xₖ, at both places.
  void second(std::size_t i, std::size_t j, std::size_t k, double value) {
    second_[(i * n_ + j) * n_ + k] = second_[(i * n_ + k) * n_ + j] = value;
  }
  [[nodiscard]] std::size_t m() const { return m_; }
  [[nodiscard]] std::size_t n() const { return n_; }

  Doubles r;

 private:
  std::size_t m_, n_;
  Doubles jacobian_, second_;
};

struct Problem {
  const char* name;
  Doubles start;
  std::function<Vector(const Vector&)> residuals;
  std::function<ByHand(const Doubles&)> by_hand;
};

/// Value, gradient, Hessian and the Jacobian of the residuals of a problem, at its standard start and at a point near
/// it where nothing vanishes, against the closed forms: to a few units in the last place of the terms that are added
/// up. What differs, as text.
[[nodiscard]] std::vector<std::string> differences(const Problem& problem);
/// There are none.
void check(const Problem& problem);

}  // namespace wengert::testing
