// chain1: v = v*a; v = v+b; v = sin(v); v = exp(v), four statements, 250 000 times. 10^6 operations.
//
// Nothing but dependent statements of one operation each. a and b put a fixed point at v = exp(sin(1/2)) with a
// derivative of 0.9995 a round, so that adjoints neither explode nor vanish (exp(-125) at the start).
#pragma once

#include <cmath>

#include "wengert/benchmarks/race/workload.hpp"

namespace race {

class Chain1 {
 public:
  static constexpr std::string_view name = "chain1";

  explicit Chain1(Size size) : rounds_(size == Size::full ? 250'000 : 1'000) {}

  [[nodiscard]] std::vector<double> inputs() const {
    const double v = std::exp(std::sin(0.5));
    const double a = 0.9995 / (v * std::cos(0.5));
    return {v - 0.01, a, 0.5 - a * v};  // from below: just above lies a second, repelling fixed point
  }
  [[nodiscard]] std::size_t outputs() const { return 1; }

  template <class T>
  void evaluate(std::span<const T> x, std::span<T> y) const {
    using std::exp;
    using std::sin;
    T v = x[0];
    const T& a = x[1];
    const T& b = x[2];
    for (std::size_t i = 0; i < rounds_; ++i) {
      v = v * a;
      v = v + b;
      v = sin(v);
      v = exp(v);
    }
    y[0] = v;
  }

 private:
  std::size_t rounds_;
};

}  // namespace race
