// Derivatives of derivatives: the gradient is recorded, so it can be swept and differentiated again.
//
// Before it: 02_recording.cpp. Next: 04_boost_graph.cpp (the graph of a recording), 05_own_primitive.cpp.
#include <cmath>
#include <cstdio>
#include <vector>

#include "wengert/autodiff/autodiff.hpp"

using namespace wengert;

int main() {
  Recording r;
  const Scalar x = r.variable(2.0, "x"), y = r.variable(3.0, "y");
  const Scalar f = sin(x) * y + x * x * y;

  // gradient() runs the reverse sweep with handles for numbers: the result is recorded behind f, and is a graph like f.
  const std::vector<Scalar> g = gradient(f, std::vector{x, y});
  std::printf("gradient  %.6f %.6f\n", g[0].value(), g[1].value());

  // The Hessian, row by row: one reverse sweep over each component of the gradient.
  for (const Scalar& component : g) {
    const Adjoints row = backward(component);
    std::printf("Hessian   %.6f %.6f\n", row[x], row[y]);
  }

  // A Hessian times a vector, without the Hessian: the forward sweep over the gradient. One pass for any number of
  // variables.
  const Tangents t = forward({x, y}, {1.0, -1.0});
  std::printf("H (1,-1)  %.6f %.6f\n", t[g[0]], t[g[1]]);
  // The same by one reverse sweep, the components weighted by the vector.
  Adjoints a;
  backward(g, std::vector{1.0, -1.0}, a);
  std::printf("(1,-1) H  %.6f %.6f\n", a[x], a[y]);

  // Any order: f, f', f'' ... of sin(x)·x at 2.
  Recording q;
  const Scalar s = q.variable(2.0, "s");
  Scalar d = sin(s) * s;
  for (int order = 0; order <= 5; ++order) {
    std::printf("order %d: %+.6f\n", order, d.value());
    d = gradient(d, s);
  }
  // By hand the fifth is 5 sin s + s cos s.
  std::printf("by hand: %+.6f\n", 5.0 * std::sin(2.0) + 2.0 * std::cos(2.0));

  // In the functional form derivatives nest: given Scalars instead of numbers, grad records into their recording.
  const auto inner = [](auto u) { return u * u * u; };
  auto [slope, curvature] = value_and_grad([&](auto u) { return grad(inner)(u); })(2.0);
  std::printf("u^3 at 2: slope %g, curvature %g\n", slope, curvature);

  // The classic that confuses engines with one ambient tape: the inner derivative is 1, whatever u is, so the outer one
  // is 1.
  const auto nested = grad([](auto u) {
    const auto slope_of_sum = grad([u](auto v) { return u + v; })(u);
    return u * slope_of_sum;
  })(1.0);
  std::printf("d/du [u d/dv (u + v)] = %g\n", nested);
}
