// The jets of Ceres (Debian: libceres-dev), a forward mode: every number carries its derivatives by all inputs. No
// tape, so the outputs hold their gradients as soon as they are computed.
#pragma once

#include <ceres/jet.h>

#include <cstddef>
#include <span>
#include <string_view>

#include "wengert/benchmarks/race/race.hpp"

namespace race {

template <int Inputs>
class CeresJets {
 public:
  using Jet = ceres::Jet<double, Inputs>;
  /// A jet that a plain number converts to and is compared with, as the workloads expect.
  struct Scalar : Jet {
    Scalar(double value = 0.0) : Jet(value) {}  // NOLINT(google-explicit-constructor)
    Scalar(const Jet& jet) : Jet(jet) {}        // NOLINT(google-explicit-constructor)
    Scalar(double value, int input) : Jet(value, input) {}
    friend bool operator>(const Scalar& a, double b) { return a.a > b; }
  };
  static constexpr std::string_view name = "ceres";
  static constexpr Role role = Role::forward;

  static double value(const Scalar& s) { return s.a; }

  void begin(std::span<Scalar> x, std::span<Scalar>, std::span<const double> values) {
    for (std::size_t i = 0; i < x.size(); ++i) x[i] = Scalar(values[i], static_cast<int>(i));
  }
  void end(std::span<Scalar>) {}

  void reverse(std::span<Scalar>, std::span<Scalar> y, std::size_t output, std::span<double> gradient) {
    for (std::size_t i = 0; i < gradient.size(); ++i) gradient[i] = y[output].v[static_cast<Eigen::Index>(i)];
  }

  /// Nothing is recorded.
  [[nodiscard]] std::size_t bytes() const { return 0; }
};

}  // namespace race
