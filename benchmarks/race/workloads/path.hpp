// path_rerecord: an average-price option on one log-normal path of 50 time steps, five statements a step, recorded
// afresh each time. Active: start price, rate, volatility, maturity, strike. 513 operations.
#pragma once

#include <cmath>

#include "wengert/benchmarks/race/workload.hpp"

namespace race {

class Path {
 public:
  static constexpr std::string_view name = "path_rerecord";

  explicit Path(Size) : shocks_(Numbers(9).normals(50, 1.0)) {}

  [[nodiscard]] std::vector<double> inputs() const { return {100.0, 0.03, 0.2, 1.0, 95.0}; }
  [[nodiscard]] std::size_t outputs() const { return 1; }

  template <class T>
  void evaluate(std::span<const T> x, std::span<T> y) const {
    using std::exp;
    using std::sqrt;
    const T& rate = x[1];
    const T& volatility = x[2];
    const double steps = static_cast<double>(shocks_.size());
    const T dt = x[3] / steps;
    const T root_dt = sqrt(dt);
    T price = x[0];
    T sum = 0.0;
    for (const double shock : shocks_) {
      const T drift = (rate - 0.5 * volatility * volatility) * dt;
      const T diffusion = volatility * root_dt * shock;
      const T growth = exp(drift + diffusion);
      price = price * growth;
      sum = sum + price;
    }
    const T gain = sum / steps - x[4];
    const T payoff = 0.5 * (gain + sqrt(gain * gain + 1.0));  // max(gain, 0), smoothed
    y[0] = exp(-rate * x[3]) * payoff;
  }

 private:
  std::vector<double> shocks_;
};

}  // namespace race
