// A workload in plain doubles: the primal of every tape, and the count of operations.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "wengert/benchmarks/race/counted.hpp"
#include "wengert/benchmarks/race/race.hpp"

namespace race {

template <Workload W>
class FunctionOf final : public Function {
 public:
  explicit FunctionOf(Size size) : workload_(size) {}

  [[nodiscard]] std::vector<double> inputs() const override { return workload_.inputs(); }
  [[nodiscard]] std::size_t outputs() const override { return workload_.outputs(); }
  [[gnu::noinline]] void evaluate(std::span<const double> x, std::span<double> y) const override {
    workload_.evaluate(x, y);
  }
  [[nodiscard]] std::size_t operations() const override {
    const std::vector<double> values = inputs();
    const std::vector<Counted> x(values.begin(), values.end());
    std::vector<Counted> y(outputs());
    Counted::operations = 0;
    workload_.evaluate(std::span<const Counted>(x), std::span<Counted>(y));
    return Counted::operations;
  }

 private:
  W workload_;
};

}  // namespace race
