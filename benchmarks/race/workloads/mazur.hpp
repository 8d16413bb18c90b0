// mazur: the 2-2-2 network with sigmoids and squared error of M. Mazur's "A step by step backpropagation example"
// (2015); the eight weights and the two biases are active. 39 operations: what a tape costs before it starts.
#pragma once

#include <cmath>

#include "wengert/benchmarks/race/workload.hpp"

namespace race {

class Mazur {
 public:
  static constexpr std::string_view name = "mazur";

  explicit Mazur(Size) {}

  /// w1..w4, b1, w5..w8, b2.
  [[nodiscard]] std::vector<double> inputs() const {
    return {0.15, 0.20, 0.25, 0.30, 0.35, 0.40, 0.45, 0.50, 0.55, 0.60};
  }
  [[nodiscard]] std::size_t outputs() const { return 1; }

  template <class T>
  void evaluate(std::span<const T> x, std::span<T> y) const {
    const T h1 = sigmoid<T>(x[0] * sample[0] + x[1] * sample[1] + x[4]);
    const T h2 = sigmoid<T>(x[2] * sample[0] + x[3] * sample[1] + x[4]);
    const T o1 = sigmoid<T>(x[5] * h1 + x[6] * h2 + x[9]);
    const T o2 = sigmoid<T>(x[7] * h1 + x[8] * h2 + x[9]);
    const T d1 = target[0] - o1;
    const T d2 = target[1] - o2;
    y[0] = 0.5 * d1 * d1 + 0.5 * d2 * d2;
  }

 private:
  static constexpr double sample[2] = {0.05, 0.10};
  static constexpr double target[2] = {0.01, 0.99};

  template <class T>
  static T sigmoid(const T& x) {
    using std::exp;
    return 1.0 / (1.0 + exp(-x));
  }
};

}  // namespace race
