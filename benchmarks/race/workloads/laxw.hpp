// laxw: linear advection by the Lax-Wendroff scheme in two loops (fluxes, then cells), 100 cells and 2000 steps,
// periodic; the output is the sum of squares at the end. 5 operations a flux and 2 a cell.
#pragma once

#include "wengert/benchmarks/race/workload.hpp"

namespace race {

class LaxWendroff {
 public:
  static constexpr std::string_view name = "laxw";

  explicit LaxWendroff(Size size) : steps_(size == Size::full ? 2000 : 10) {}

  /// A smooth bump in the middle.
  [[nodiscard]] std::vector<double> inputs() const {
    std::vector<double> q(cells);
    for (std::size_t i = 0; i < cells; ++i) {
      const double s = static_cast<double>(i) / static_cast<double>(cells - 1);
      q[i] = 1.0 + 16.0 * s * s * (1.0 - s) * (1.0 - s);
    }
    return q;
  }
  [[nodiscard]] std::size_t outputs() const { return 1; }

  template <class T>
  void evaluate(std::span<const T> x, std::span<T> y) const {
    std::vector<T> q(x.begin(), x.end());
    std::vector<T> flux(cells - 1);
    for (std::size_t step = 0; step < steps_; ++step) {
      for (std::size_t i = 0; i + 1 < cells; ++i) {
        flux[i] = (0.5 * courant) * (q[i] + q[i + 1] + courant * (q[i] - q[i + 1]));
      }
      for (std::size_t i = 1; i + 1 < cells; ++i) q[i] = q[i] + (flux[i - 1] - flux[i]);
      q[0] = q[cells - 2];
      q[cells - 1] = q[1];
    }
    T sum = 0.0;
    for (std::size_t i = 0; i < cells; ++i) sum = sum + q[i] * q[i];
    y[0] = sum;
  }

 private:
  static constexpr std::size_t cells = 100;
  static constexpr double courant = 0.125;

  std::size_t steps_;
};

}  // namespace race
