// Sacado's reverse mode of Trilinos 13.2 (Debian: libtrilinos-sacado-dev), the templated RAD package.
#pragma once

#include <Sacado_trad.hpp>
#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

#include "wengert/benchmarks/race/race.hpp"

namespace race {

class SacadoRad {
 public:
  using Scalar = Sacado::Rad::ADvar<double>;
  static constexpr std::string_view name = "sacado";
  static constexpr Role role = Role::other;

  static double value(const Scalar& s) { return s.val(); }

  /// The first operation after a sweep starts a new recording in the blocks of the one before.
  void begin(std::span<Scalar> x, std::span<Scalar>, std::span<const double> values) {
    for (std::size_t i = 0; i < x.size(); ++i) x[i] = values[i];
  }
  void end(std::span<Scalar> y) {
    outputs_.resize(y.size());
    for (std::size_t o = 0; o < y.size(); ++o) outputs_[o] = &y[o];
    weights_.assign(y.size(), 0.0);
  }

  /// All outputs are seeded, the others with 0: the package does not clear a seed of the sweep before.
  void reverse(std::span<Scalar> x, std::span<Scalar> y, std::size_t output, std::span<double> gradient) {
    weights_[output] = 1.0;
    Scalar::Weighted_Gradcomp(y.size(), outputs_.data(), weights_.data());
    weights_[output] = 0.0;
    for (std::size_t i = 0; i < x.size(); ++i) gradient[i] = x[i].adj();
  }

  /// The package does not say how much it holds.
  [[nodiscard]] std::size_t bytes() const { return 0; }

 private:
  std::vector<Scalar*> outputs_;
  std::vector<double> weights_;
};

}  // namespace race
