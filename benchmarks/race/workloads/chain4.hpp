// chain4: v = exp(sin(v*a + b)), one statement, 250 000 times. 10^6 operations: chain1 without its intermediates.
#pragma once

#include <cmath>

#include "wengert/benchmarks/race/workload.hpp"

namespace race {

class Chain4 {
 public:
  static constexpr std::string_view name = "chain4";

  explicit Chain4(Size size) : rounds_(size == Size::full ? 250'000 : 1'000) {}

  /// As chain1: a fixed point with a derivative of 0.9995 a round.
  [[nodiscard]] std::vector<double> inputs() const {
    const double v = std::exp(std::sin(0.5));
    const double a = 0.9995 / (v * std::cos(0.5));
    return {v - 0.01, a, 0.5 - a * v};
  }
  [[nodiscard]] std::size_t outputs() const { return 1; }

  template <class T>
  void evaluate(std::span<const T> x, std::span<T> y) const {
    using std::exp;
    using std::sin;
    T v = x[0];
    const T& a = x[1];
    const T& b = x[2];
    for (std::size_t i = 0; i < rounds_; ++i) v = exp(sin(v * a + b));
    y[0] = v;
  }

 private:
  std::size_t rounds_;
};

}  // namespace race
