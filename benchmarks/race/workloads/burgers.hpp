// burgers: the inviscid Burgers equation upwind with a diffusion term, explicit in time, 100 cells and 2000 steps, one
// statement of nine operations a cell; the output is the sum of squares at the end. Ends are held fixed.
#pragma once

#include <utility>

#include "wengert/benchmarks/race/workload.hpp"

namespace race {

class Burgers {
 public:
  static constexpr std::string_view name = "burgers";

  explicit Burgers(Size size) : steps_(size == Size::full ? 2000 : 10) {}

  /// A smooth positive wave: a parabola on each half, so the upwind side does not change.
  [[nodiscard]] std::vector<double> inputs() const {
    std::vector<double> u(cells);
    for (std::size_t i = 0; i < cells; ++i) {
      const double s = static_cast<double>(i) / static_cast<double>(cells - 1);
      u[i] = s < 0.5 ? 1.0 + 8.0 * s * (0.5 - s) : 1.0 - 8.0 * (s - 0.5) * (1.0 - s);
    }
    return u;
  }
  [[nodiscard]] std::size_t outputs() const { return 1; }

  template <class T>
  void evaluate(std::span<const T> x, std::span<T> y) const {
    std::vector<T> u(x.begin(), x.end());
    std::vector<T> next(x.begin(), x.end());
    for (std::size_t step = 0; step < steps_; ++step) {
      for (std::size_t i = 1; i + 1 < cells; ++i) {
        next[i] = u[i] - convection * u[i] * (u[i] - u[i - 1]) + diffusion * (u[i + 1] - 2.0 * u[i] + u[i - 1]);
      }
      std::swap(u, next);
    }
    T sum = 0.0;
    for (std::size_t i = 0; i < cells; ++i) sum = sum + u[i] * u[i];
    y[0] = sum;
  }

 private:
  static constexpr std::size_t cells = 100;
  static constexpr double convection = 0.2;  // dt / dx
  static constexpr double diffusion = 0.1;   // nu dt / dx^2; stable: convection max(u) + 2 diffusion < 1

  std::size_t steps_;
};

}  // namespace race
