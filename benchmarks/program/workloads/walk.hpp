// walk_<n>: n steps v ← sin(a·v) + b·cₙ with a constant cₙ of each step, of which the last value is the output: four
// operations a step. How cost grows with the number of nodes.
#pragma once

#include <cmath>

#include "wengert/benchmarks/race/workload.hpp"

namespace program_benchmark {

template <std::size_t steps>
class Walk {
 public:
  static constexpr std::string_view name = "walk";

  explicit Walk(race::Size) : constants_(race::Numbers(13).uniforms(steps, -1.0, 1.0)) {}

  [[nodiscard]] std::vector<double> inputs() const { return {0.3, 0.7, 0.4}; }
  [[nodiscard]] std::size_t outputs() const { return 1; }

  template <class T>
  void evaluate(std::span<const T> x, std::span<T> y) const {
    using std::sin;
    T v = x[0];
    for (const double c : constants_) v = sin(x[1] * v) + x[2] * c;
    y[0] = v;
  }

 private:
  std::vector<double> constants_;
};

}  // namespace program_benchmark
