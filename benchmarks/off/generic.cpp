// As one writes it to be differentiated, with the facade included, and instantiated with double.
#include "wengert/autodiff/autodiff.hpp"
#include "wengert/benchmarks/off/functions.hpp"

namespace {

template <class T>
T polynomial(T x, const double* c) {
  return ((((c[0] * x + c[1]) * x + c[2]) * x + c[3]) * x + c[4]) * x + c[5];
}

template <class T>
T neuron(const T* w, const double* x, T b) {
  using wengert::sigmoid;
  T z = b;
  for (int i = 0; i < 8; ++i) z = z + w[i] * x[i];
  return sigmoid(z);
}

template <class T>
T rosenbrock(const T* x, std::size_t n) {
  T sum = 0.0;
  for (std::size_t i = 0; i + 1 < n; ++i) {
    const T valley = x[i + 1] - x[i] * x[i];
    const T slope = 1.0 - x[i];
    sum = sum + 100.0 * valley * valley + slope * slope;
  }
  return sum;
}

}  // namespace

double off_generic_polynomial(double x, const double* c) { return polynomial<double>(x, c); }
double off_generic_neuron(const double* w, const double* x, double b) { return neuron<double>(w, x, b); }
double off_generic_rosenbrock(const double* x, std::size_t n) { return rosenbrock<double>(x, n); }
