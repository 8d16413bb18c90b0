// chainma: v = v*a; v = v+b, two statements, 500 000 times. 10^6 operations and no libm: the tape alone.
//
// a = 1 - 10^-5, so the adjoint of the start is exp(-5).
#pragma once

#include "wengert/benchmarks/race/workload.hpp"

namespace race {

class ChainMulAdd {
 public:
  static constexpr std::string_view name = "chainma";

  explicit ChainMulAdd(Size size) : rounds_(size == Size::full ? 500'000 : 2'000) {}

  [[nodiscard]] std::vector<double> inputs() const { return {1.5, 0.99999, 0.25}; }
  [[nodiscard]] std::size_t outputs() const { return 1; }

  template <class T>
  void evaluate(std::span<const T> x, std::span<T> y) const {
    T v = x[0];
    const T& a = x[1];
    const T& b = x[2];
    for (std::size_t i = 0; i < rounds_; ++i) {
      v = v * a;
      v = v + b;
    }
    y[0] = v;
  }

 private:
  std::size_t rounds_;
};

}  // namespace race
