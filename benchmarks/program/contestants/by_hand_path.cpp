// The path program by hand: value and gradient of 32 paths at a time, in loops over lanes that the compiler makes
// vector code of, with the vector functions of the C library. The floor: what an engine could reach on a batch.
//
// Compiled with -ffast-math, without which g++ takes no vector function.
#include <array>
#include <cmath>

#include "wengert/benchmarks/program/contestant.hpp"
#include "wengert/benchmarks/race/workloads/path.hpp"

namespace program_benchmark {
namespace {

constexpr std::size_t lanes = 32, steps = 50;
using Block = std::array<double, lanes>;

// f(lane) for every lane.
#define LANES _Pragma("omp simd") for (std::size_t l = 0; l < lanes; ++l)

template <class W>
class ByHand final : public Contestant {
 public:
  static constexpr std::string_view name = "by_hand";
  static constexpr Role role = Role::floor;
  static constexpr bool batches = true;

  explicit ByHand(const W&) : shocks_(race::Numbers(9).normals(steps, 1.0)) {}

  void run(const Samples& samples, Results& results) override {
    results.resize(samples, 6, Layout::columns);
    std::size_t s = 0;
    for (; s + lanes <= samples.count; s += lanes)
      block(&samples.columns[s], samples.stride, &results.numbers[s], samples.stride);
    if (s == samples.count) return;
    const std::size_t left = samples.count - s;
    std::array<double, 5 * lanes> in;
    std::array<double, 6 * lanes> out;
    for (std::size_t i = 0; i < 5; ++i)
      for (std::size_t l = 0; l < lanes; ++l)
        in[i * lanes + l] = samples.columns[i * samples.stride + s + (l < left ? l : 0)];
    block(in.data(), lanes, out.data(), lanes);
    for (std::size_t k = 0; k < 6; ++k)
      for (std::size_t l = 0; l < left; ++l) results.numbers[k * samples.stride + s + l] = out[k * lanes + l];
  }

 private:
  void block(const double* x, std::size_t stride, double* y, std::size_t y_stride) const {
    const double* const start = x;
    const double* const rate = x + stride;
    const double* const volatility = x + 2 * stride;
    const double* const maturity = x + 3 * stride;
    const double* const strike = x + 4 * stride;
    constexpr double n = steps;
    alignas(64) Block drift, root, scale, price, sum, gain_bar, price_bar, drift_bar, scale_bar;
    alignas(64) std::array<Block, steps> growths, prices;
    LANES {
      const double dt = maturity[l] / n;
      root[l] = std::sqrt(dt);
      drift[l] = (rate[l] - 0.5 * volatility[l] * volatility[l]) * dt;
      scale[l] = volatility[l] * root[l];
      price[l] = start[l];
      sum[l] = drift_bar[l] = scale_bar[l] = price_bar[l] = 0.0;
    }
    for (std::size_t i = 0; i < steps; ++i) {
      const double shock = shocks_[i];
      LANES {
        growths[i][l] = std::exp(drift[l] + scale[l] * shock);
        price[l] *= growths[i][l];
        prices[i][l] = price[l];
        sum[l] += price[l];
      }
    }
    alignas(64) Block discount;
    LANES {
      const double gain = sum[l] / n - strike[l];
      const double norm = std::sqrt(gain * gain + 1.0);
      const double payoff = 0.5 * (gain + norm);
      discount[l] = std::exp(-rate[l] * maturity[l]);
      y[l] = discount[l] * payoff;
      gain_bar[l] = discount[l] * 0.5 * (1.0 + gain / norm);
    }
    for (std::size_t i = steps; i-- > 0;) {
      const double shock = shocks_[i];
      LANES {
        price_bar[l] += gain_bar[l] / n;
        const double exponent_bar = price_bar[l] * prices[i][l];
        drift_bar[l] += exponent_bar;
        scale_bar[l] += exponent_bar * shock;
        price_bar[l] *= growths[i][l];
      }
    }
    LANES {
      const double dt = maturity[l] / n;
      const double square = volatility[l] * volatility[l];
      const double dt_bar = drift_bar[l] * (rate[l] - 0.5 * square) + scale_bar[l] * volatility[l] * 0.5 / root[l];
      y[y_stride + l] = price_bar[l];
      y[2 * y_stride + l] = drift_bar[l] * dt - maturity[l] * y[l];
      y[3 * y_stride + l] = scale_bar[l] * root[l] - drift_bar[l] * volatility[l] * dt;
      y[4 * y_stride + l] = dt_bar / n - rate[l] * y[l];
      y[5 * y_stride + l] = -gain_bar[l];
    }
  }

  std::vector<double> shocks_;
};

const Register registered(entry_of<ByHand, race::Path>("path"));

}  // namespace
}  // namespace program_benchmark
