// libor: a portfolio of fifteen swaptions on one path of the LIBOR market model, after Giles and Glasserman, "Smoking
// adjoints: fast Monte Carlo Greeks" (Risk, January 2006), and the test case that Giles published with it: 80 forward
// rates over intervals δ = 1/4, 40 time steps, one factor. With shocks Z and volatilities σ, step n takes, for i > n,
//
//     L_i ← L_i · exp(δσ·S_i + σ·(√δ·Z_n - δσ/2)),   σ = σ_{i-n-1},   S_i = Σ_{n<j≤i} δσ_{j-n-1}·L_j / (1 + δL_j)
//
// Afterwards bonds are B_m = Π_{n<m} 1/(1 + δL_{40+n}) and annuities A_m = Σ_{n≤m} δB_n; a swaption of maturity m and
// rate s pays 100·max(1 - B_m - s·A_m, 0), and the sum is discounted over the forty steps.
//
// 161 inputs are active: 80 rates, 80 volatilities (the last one has no part in it), δ. The shocks of the path are
// constants. Without a branch: max is a primitive.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>

#include "wengert/benchmarks/race/workload.hpp"

namespace program_benchmark {

class Libor {
 public:
  static constexpr std::string_view name = "libor";

  explicit Libor(race::Size) : shocks_(race::Numbers(11).normals(steps, 1.0)) {}

  [[nodiscard]] std::vector<double> inputs() const {
    std::vector<double> x(2 * rates + 1, 0.05);
    std::fill_n(x.begin() + rates, rates, 0.2);
    x.back() = 0.25;
    return x;
  }
  [[nodiscard]] std::size_t outputs() const { return 1; }

  template <class T>
  void evaluate(std::span<const T> x, std::span<T> y) const {
    using std::exp;
    using std::max;
    using std::sqrt;
    const T* const volatility = &x[rates];
    const T& delta = x[2 * rates];
    const T root = sqrt(delta);
    std::array<T, rates> rate;
    std::copy_n(x.begin(), rates, rate.begin());

    for (std::size_t n = 0; n < steps; ++n) {
      const T shock = root * shocks_[n];
      T drift = 0.0;
      for (std::size_t i = n + 1; i < rates; ++i) {
        const T& sigma = volatility[i - n - 1];
        const T scaled = delta * sigma;
        drift = drift + scaled * rate[i] / (1.0 + delta * rate[i]);
        rate[i] = rate[i] * exp(scaled * drift + sigma * (shock - 0.5 * scaled));
      }
    }

    std::array<T, rates - steps> bond;
    std::array<T, rates - steps> annuity;
    T b = 1.0;
    T a = 0.0;
    for (std::size_t m = 0; m < rates - steps; ++m) {
      b = b / (1.0 + delta * rate[steps + m]);
      a = a + delta * b;
      bond[m] = b;
      annuity[m] = a;
    }
    T sum = 0.0;
    for (std::size_t k = 0; k < maturities.size(); ++k) {
      const std::size_t m = maturities[k] - 1;
      const T value = 1.0 - bond[m] - swap_rates[k % swap_rates.size()] * annuity[m];
      const T paid = max(value, 0.0);
      sum = sum + 100.0 * paid;
    }
    for (std::size_t n = 0; n < steps; ++n) sum = sum / (1.0 + delta * rate[n]);
    y[0] = sum;
  }

 private:
  static constexpr std::size_t rates = 80, steps = 40;
  static constexpr std::array<std::size_t, 15> maturities{4, 4, 4, 8, 8, 8, 20, 20, 20, 28, 28, 28, 40, 40, 40};
  static constexpr std::array swap_rates{0.045, 0.050, 0.055};

  std::vector<double> shocks_;
};

}  // namespace program_benchmark
