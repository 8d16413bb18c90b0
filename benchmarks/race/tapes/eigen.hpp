// Eigen's unsupported AutoDiff (Debian: libeigen3-dev), a forward mode: every number carries its derivatives by all
// inputs. No tape, so the outputs hold their gradients as soon as they are computed.
#pragma once

#include <Eigen/Core>
// AutoDiff does not include what it uses.
#include <unsupported/Eigen/AutoDiff>

#include <cstddef>
#include <span>
#include <string_view>

#include "wengert/benchmarks/race/race.hpp"

namespace race {

template <int Inputs>
class EigenForward {
 public:
  using Scalar = Eigen::AutoDiffScalar<Eigen::Matrix<double, Inputs, 1>>;
  static constexpr std::string_view name = "eigen";
  static constexpr Role role = Role::forward;

  static double value(const Scalar& s) { return s.value(); }

  void begin(std::span<Scalar> x, std::span<Scalar>, std::span<const double> values) {
    for (std::size_t i = 0; i < x.size(); ++i) x[i] = Scalar(values[i], Inputs, static_cast<int>(i));
  }
  void end(std::span<Scalar>) {}

  void reverse(std::span<Scalar>, std::span<Scalar> y, std::size_t output, std::span<double> gradient) {
    for (std::size_t i = 0; i < gradient.size(); ++i) {
      gradient[i] = y[output].derivatives()[static_cast<Eigen::Index>(i)];
    }
  }

  /// Nothing is recorded.
  [[nodiscard]] std::size_t bytes() const { return 0; }
};

}  // namespace race
