// Derivatives of roots and fixed points, whatever solver found them. docs/howto/implicit.md explains it.
//
// Before it: 20_custom_rules.cpp.
#include <cmath>
#include <cstdio>

#include "wengert/autodiff/autodiff.hpp"
#include "wengert/autodiff/transform/implicit.hpp"

using namespace wengert;

namespace {

// The price of a call option of one year, strike 100, no interest, by Black and Scholes.
template <class T>
T price(const T& spot, const T& volatility) {
  using std::erfc, std::log;
  const T d = log(spot / 100.0) / volatility + volatility / 2.0;
  const auto normal = [](const T& z) -> T { return 0.5 * erfc(-z * 0.70710678118654752440); };
  return spot * normal(d) - 100.0 * normal(d - volatility);
}

// The volatility at which the price is the market's, by bisection: no derivative in sight.
double implied(double spot, double market) {
  double low = 1e-4, high = 5.0;
  while (high - low > 1e-15 * high) {
    const double middle = 0.5 * (low + high);
    if (middle == low || middle == high) break;
    (price(spot, middle) < market ? low : high) = middle;
  }
  return low;
}

}  // namespace

int main() {
  const auto volatility = implicit_root(
      [](const Scalar& sigma, const Scalar& spot, const Scalar& market) { return price(spot, sigma) - market; },
      implied);

  Recording r;
  const Scalar spot = r.variable(105.0, "spot"), market = r.variable(12.0, "market");
  const Scalar sigma = volatility(spot, market);
  const Adjoints slope = backward(sigma);
  std::printf("implied volatility %.10f\n", sigma.value());
  std::printf("by the spot %.8f, by the market price %.8f\n", slope[spot], slope[market]);

  // The rule is recorded when a gradient is, so second derivatives follow.
  const Scalar vega = gradient(sigma, market);
  std::printf("second, by the market price %.8f, mixed %.8f\n", backward(vega)[market], backward(vega)[spot]);

  // A fixed point of tensors: x = tanh(w·x + b).
  const auto settle = [](const Tensor& x, const Tensor& w, const Tensor& b) { return tanh(matmul(w, x) + b); };
  const auto solver = [&](const Tensor& w, const Tensor& b) {
    Tensor x = zeros(b.shape());
    for (int k = 0; k < 100; ++k) x = settle(x, w, b);
    return x;
  };
  const Tensor w = r.variable(tensor({0.3, -0.2, 0.1, 0.4}, Shape{2, 2})), b = r.variable(tensor({0.5, -0.7}));
  const Tensor x = fixed_point(settle, solver)(w, b);
  const Tensor by_b = backward(sum(x))[b];
  std::printf("fixed point (%.6f, %.6f), its sum by b (%.6f, %.6f)\n", x.value().element(0), x.value().element(1),
              by_b.value().element(0), by_b.value().element(1));
}
