// As one writes it without derivatives in mind.
#include <cmath>

#include "wengert/benchmarks/off/functions.hpp"

namespace {

double polynomial(double x, const double* c) {
  return ((((c[0] * x + c[1]) * x + c[2]) * x + c[3]) * x + c[4]) * x + c[5];
}

/// With the sigmoid that overflows on neither side.
double neuron(const double* w, const double* x, double b) {
  double z = b;
  for (int i = 0; i < 8; ++i) z = z + w[i] * x[i];
  const double e = std::exp(z < 0.0 ? z : -z);
  return (z < 0.0 ? e : 1.0) / (1.0 + e);
}

double rosenbrock(const double* x, std::size_t n) {
  double sum = 0.0;
  for (std::size_t i = 0; i + 1 < n; ++i) {
    const double valley = x[i + 1] - x[i] * x[i];
    const double slope = 1.0 - x[i];
    sum = sum + 100.0 * valley * valley + slope * slope;
  }
  return sum;
}

}  // namespace

double off_by_hand_polynomial(double x, const double* c) { return polynomial(x, c); }
double off_by_hand_neuron(const double* w, const double* x, double b) { return neuron(w, x, b); }
double off_by_hand_rosenbrock(const double* x, std::size_t n) { return rosenbrock(x, n); }
