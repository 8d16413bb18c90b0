/// The lecture's 2-2-2 network (slides 12 to 33), recorded from scalars, with every quantity of the slides at hand.
///
///     i1 ─w1─▶ h1 ─w5─▶ o1          w2: i2 to h1    w3, w4: i1, i2 to h2
///     i2 ─w4─▶ h2 ─w8─▶ o2          w6: h2 to o1    w7: h1 to o2          biases b1 (hidden), b2 (output)
#pragma once

#include <array>
#include <cstddef>

#include "wengert/autodiff/autodiff.hpp"

namespace wengert::cli::lecture {

using Weights = std::array<double, 8>;

inline constexpr std::array<double, 2> inputs{0.05, 0.10};
inline constexpr std::array<double, 2> targets{0.01, 0.99};
inline constexpr std::array<double, 2> biases{0.35, 0.60};  // hidden, output; not trained
inline constexpr Weights initial_weights{0.15, 0.20, 0.25, 0.30, 0.40, 0.45, 0.50, 0.55};
inline constexpr double default_rate = 0.5;

/// One forward calculation: handles of everything that the slides name. Arrays are indexed from 0, names from 1: w[4]
/// is w5.
struct Network {
  std::array<Scalar, 2> i, t, b;   ///< inputs, targets, biases
  std::array<Scalar, 8> w;         ///< weights
  std::array<Scalar, 2> net_h, h;  ///< weighted sums and outputs of the hidden neurons
  std::array<Scalar, 2> net_o, o;  ///< of the output neurons
  Scalar loss;                     ///< ½(t1-o1)² + ½(t2-o2)²
};

/// Records the forward calculation, with names and scopes.
[[nodiscard]] Network record(Recording& recording, const Weights& weights);

/// Gradient descent: each step records the network anew, sweeps it backwards and updates all eight weights at once.
class Descent {
 public:
  explicit Descent(double rate) : rate_(rate) {}
  /// One update; gives the loss before it.
  double step();
  [[nodiscard]] const Weights& weights() const noexcept { return weights_; }
  /// Loss with the present weights.
  [[nodiscard]] double loss();

 private:
  double rate_;
  Weights weights_ = initial_weights;
  Recording recording_{RecordingOptions{.locations = false}};
  Adjoints adjoints_;
};

}  // namespace wengert::cli::lecture
