// speel: the product of 10^5 variables (Speelpenning's function), 99 999 operations, one statement each.
#pragma once

#include "wengert/benchmarks/race/workload.hpp"

namespace race {

class Speelpenning {
 public:
  static constexpr std::string_view name = "speel";

  explicit Speelpenning(Size size) : variables_(size == Size::full ? 100'000 : 500) {}

  /// Factors near 1: the product stays in range.
  [[nodiscard]] std::vector<double> inputs() const { return Numbers(1).uniforms(variables_, 0.999, 1.001); }
  [[nodiscard]] std::size_t outputs() const { return 1; }

  template <class T>
  void evaluate(std::span<const T> x, std::span<T> y) const {
    T product = x[0];
    for (std::size_t i = 1; i < x.size(); ++i) product = product * x[i];
    y[0] = product;
  }

 private:
  std::size_t variables_;
};

}  // namespace race
