// A function in, its value and its gradient out.
//
// f is written once, for any kind of number: `using std::sin; sin(x)` calls the C library for a double and records for
// a Scalar. Next: 02_recording.cpp, where the recording behind it is held in hand.
#include <array>
#include <cmath>
#include <cstdio>
#include <vector>

#include "wengert/autodiff/autodiff.hpp"

namespace {

template <class T>
T wave(T x) {
  using std::sin;
  return sin(x) * x;
}

/// Rosenbrock's function of n variables; its minimum 0 is at (1, …, 1).
template <class T>
T rosenbrock(const std::vector<T>& x) {
  T sum = 0.0;
  for (std::size_t k = 0; k + 1 < x.size(); ++k) {
    const T t = x[k + 1] - x[k] * x[k], q = 1.0 - x[k];
    sum += 100.0 * t * t + q * q;
  }
  return sum;
}

}  // namespace

int main() {
  // One number in: the derivative is a number.
  auto f = wengert::value_and_grad([](auto x) { return wave(x); });
  const auto [y, dy] = f(2.0);
  std::printf("wave(2) = %.6f, wave'(2) = %.6f; by hand %.6f\n", y, dy, std::sin(2.0) + 2.0 * std::cos(2.0));

  // A std::vector in: the gradient is a std::vector. The object owns a recording and uses its memory again at each
  // call.
  auto g = wengert::value_and_grad([](const auto& x) { return wengert::Scalar(rosenbrock(x)); });
  const auto [at, slope] = g(std::vector{-1.2, 1.0, 0.5});
  std::printf("rosenbrock = %.4f, gradient = %.4f %.4f %.4f\n", at, slope[0], slope[1], slope[2]);

  // Several numbers in: the gradient is a std::array.
  auto h = wengert::value_and_grad([](auto a, auto b) { return a * b + exp(a); });
  const auto [v, partials] = h(1.0, 3.0);
  std::printf("a*b + exp(a) = %.6f, by a %.6f, by b %.6f\n", v, partials[0], partials[1]);

  // Gradient descent: the same object, called many times. No step allocates once the first has made room.
  std::vector<double> x{-1.2, 1.0, 0.5};
  for (int step = 0; step < 20000; ++step) {
    const auto [value, gradient] = g(x);
    for (std::size_t k = 0; k < x.size(); ++k) x[k] -= 1e-3 * gradient[k];
  }
  std::printf("after 20000 steps: %.4f %.4f %.4f\n", x[0], x[1], x[2]);

  // Only the gradient.
  const auto sine_slope = wengert::grad([](auto t) { return sin(t); })(0.0);
  std::printf("sin'(0) = %g\n", sine_slope);
}
