// Hessians, their products with vectors, and higher orders. docs/howto/hessians.md explains it.
//
// Before it: 10_jacobians.cpp.
#include <cmath>
#include <cstdio>
#include <vector>

#include "wengert/autodiff/autodiff.hpp"

using namespace wengert;

namespace {

void print(const char* title, const Matrix& m) {
  std::printf("%s\n", title);
  for (std::size_t i = 0; i < m.rows(); ++i) {
    for (const double x : m.row(i)) std::printf(" %10.4f", x);
    std::printf("\n");
  }
}

}  // namespace

int main() {
  // Rosenbrock's valley in three variables.
  Recording r;
  const std::vector<Scalar> x = r.variables({{-1.2, 1.0, 0.5}}, "x");
  Scalar y = 0.0;
  for (std::size_t i = 0; i + 1 < x.size(); ++i) {
    const Scalar a = x[i + 1] - x[i] * x[i], b = 1.0 - x[i];
    y = y + 100.0 * a * a + b * b;
  }

  const auto before = r.statistics().values;
  print("Hessian:", hessian(y, x));
  // Nothing of it stays in the recording.
  std::printf("values recorded: %llu before, %llu after\n", static_cast<unsigned long long>(before),
              static_cast<unsigned long long>(r.statistics().values));
  print("by reverse over forward:", hessian(y, x, {.mode = HessianMode::reverse_over_forward}));

  // A Hessian times a vector costs about as much as a few gradients, whatever the number of variables.
  const std::vector<double> v{1.0, 0.0, -1.0}, hv = hvp(y, x, v);
  std::printf("H v      %10.4f %10.4f %10.4f\n", hv[0], hv[1], hv[2]);
  // For many vectors, record the gradient once and sweep it forward along each.
  const std::vector<Scalar> g = gradient(y, x);
  for (const double t : {1.0, 2.0}) {
    const std::vector<double> along{t, 0.0, -t};
    const Tangents tangents = forward(x, along);
    std::printf("H %gv     %10.4f %10.4f %10.4f\n", t, tangents[g[0]], tangents[g[1]], tangents[g[2]]);
  }

  // Third order: what moves when the product H v is differentiated again. Any mixture of gradient() and jvp() will do.
  const std::vector<Scalar> direction(v.begin(), v.end());
  const Scalar curvature = jvp(jvp(y, x, direction), x, direction);  // v H v
  const std::vector<Scalar> third = gradient(curvature, x);
  std::printf("v H v    %10.4f, and its gradient %.4f %.4f %.4f\n", curvature.value(), third[0].value(),
              third[1].value(), third[2].value());

  // By the elements of a tensor.
  const Tensor w = r.variable(tensor({0.3, -0.7}, Shape{2}), "w");
  print("of sum(tanh(w))² by w:", hessian(sum(tanh(w)) * sum(tanh(w)), w));
}
