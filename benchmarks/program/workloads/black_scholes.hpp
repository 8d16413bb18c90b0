// black_scholes: price and Greeks of a European call (Black, Scholes 1973): S·Φ(d₁) - K·exp(-rT)·Φ(d₂), where
// d₁ = (log(S/K) + (r + σ²/2)·T) / (σ√T), d₂ = d₁ - σ√T and Φ(x) = erfc(-x/√2)/2. Active: spot, strike, rate,
// volatility, maturity. The gradient holds delta, rho, vega and theta.
#pragma once

#include <cmath>

#include "wengert/benchmarks/race/workload.hpp"

namespace program_benchmark {

class BlackScholes {
 public:
  static constexpr std::string_view name = "black_scholes";

  explicit BlackScholes(race::Size) {}

  [[nodiscard]] std::vector<double> inputs() const { return {100.0, 105.0, 0.03, 0.2, 1.5}; }
  [[nodiscard]] std::size_t outputs() const { return 1; }

  template <class T>
  void evaluate(std::span<const T> x, std::span<T> y) const {
    using std::erfc;
    using std::exp;
    using std::log;
    using std::sqrt;
    constexpr double half_root = 0.70710678118654752440;  // √½
    const T& spot = x[0];
    const T& strike = x[1];
    const T& rate = x[2];
    const T& volatility = x[3];
    const T& maturity = x[4];
    const T deviation = volatility * sqrt(maturity);
    const T d1 = (log(spot / strike) + (rate + 0.5 * volatility * volatility) * maturity) / deviation;
    const T d2 = d1 - deviation;
    const T discount = exp(-rate * maturity);
    y[0] = spot * (0.5 * erfc(-half_root * d1)) - strike * discount * (0.5 * erfc(-half_root * d2));
  }
};

}  // namespace program_benchmark
