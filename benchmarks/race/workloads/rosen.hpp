// rosen: the chained Rosenbrock function, sum over i of 100 (x[i+1] - x[i]^2)^2 + (1 - x[i])^2 with n = 10^6, three
// statements a term. 8 (n-1) operations: the largest recording of the race, bound by memory.
#pragma once

#include "wengert/benchmarks/race/workload.hpp"

namespace race {

class Rosenbrock {
 public:
  static constexpr std::string_view name = "rosen";

  explicit Rosenbrock(Size size) : variables_(size == Size::full ? 1'000'000 : 1'000) {}

  [[nodiscard]] std::vector<double> inputs() const { return Numbers(2).uniforms(variables_, -1.5, 1.5); }
  [[nodiscard]] std::size_t outputs() const { return 1; }

  template <class T>
  void evaluate(std::span<const T> x, std::span<T> y) const {
    T sum = 0.0;
    for (std::size_t i = 0; i + 1 < x.size(); ++i) {
      const T valley = x[i + 1] - x[i] * x[i];
      const T slope = 1.0 - x[i];
      sum = sum + 100.0 * valley * valley + slope * slope;
    }
    y[0] = sum;
  }

 private:
  std::size_t variables_;
};

}  // namespace race
