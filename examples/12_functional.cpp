// Derivatives of functions: a function in, a function out. docs/howto/functional.md explains it.
//
// Before it: 01_value_and_grad.cpp. The same of a recording: 10_jacobians.cpp, 11_hessians.cpp.
#include <cstdio>
#include <tuple>
#include <vector>

#include "wengert/autodiff/autodiff.hpp"
#include "wengert/autodiff/transform/functional.hpp"

using namespace wengert;

namespace {

// A struct that names its members: a function of a Spring<double> is called with a Spring<Scalar>, and its gradient is
// a Spring<double>.
template <class T>
struct Spring {
  T stiffness{}, length{};
  std::vector<T> end;
  static auto members(auto& self) { return std::tie(self.stiffness, self.length, self.end); }
};
template <class T>
Scalar energy(const Spring<T>& s) {
  const Scalar stretch = hypot(s.end[0], s.end[1]) - s.length;
  return 0.5 * s.stiffness * stretch * stretch;
}

}  // namespace

int main() {
  // One number, several, a list, a struct: the gradient has the structure of the point.
  const auto product = [](auto x, auto y) { return x * x * y; };
  std::printf("d/dx sin:      %.6f\n", grad([](auto x) { return sin(x); })(1.0));
  std::printf("gradient:      %g %g\n", grad(product)(3.0, 2.0)[0], grad(product)(3.0, 2.0)[1]);
  std::printf("by one only:   %g\n", grad<1>(product)(3.0, 2.0));
  const Spring<double> slope = grad(energy<Scalar>)(Spring<double>{2.0, 4.0, {3.0, 4.0}});
  std::printf("of a spring:   %g, %g, (%g, %g)\n", slope.stiffness, slope.length, slope.end[0], slope.end[1]);

  // All first derivatives of several results, all second ones of one.
  const auto polar = [](const std::vector<Scalar>& p) {
    return std::vector<Scalar>{p[0] * cos(p[1]), p[0] * sin(p[1])};
  };
  const Matrix j = jacobian(polar)({2.0, 0.5});
  std::printf("Jacobian:      %.4f %.4f; %.4f %.4f\n", j(0, 0), j(0, 1), j(1, 0), j(1, 1));
  const Matrix h = hessian(product)(3.0, 2.0);
  std::printf("Hessian:       %g %g; %g %g\n", h(0, 0), h(0, 1), h(1, 0), h(1, 1));

  // Products with them, which cost about as much as the function: forward, backward, and with a Hessian.
  const std::vector<double> at{2.0, 0.5}, along{1.0, 0.0};
  const auto [value, tangent] = jvp(polar)(at, along);
  std::printf("forward:       %.4f %.4f\n", tangent[0], tangent[1]);
  const auto [same, pullback] = vjp(polar)(at);
  const std::vector<double> row = pullback(std::vector{1.0, 0.0});
  std::printf("backward:      %.4f %.4f\n", row[0], row[1]);
  const auto second = hvp(product)(3.0, 2.0, 1.0, 0.0);
  std::printf("Hessian times: %g %g\n", second[0], second[1]);

  // Any order: the derivative of a function is a function.
  const auto quartic = [](auto x) { return x * x * x * x; };
  std::printf("third:         %g\n", grad(grad(grad(quartic)))(2.0));
  // A derivative inside: a Newton step for the equation u³ = a, differentiated by a. At u = 1 it is 1 + (a − 1)/3.
  const auto step = [](const Scalar& a) {
    const auto equation = [a](const Scalar& u) { return u * u * u - a; };
    const Scalar u = constant_beside(a, 1.0);
    return Scalar(u - equation(u) / grad(equation)(u));
  };
  std::printf("Newton step:   %g, by a %g\n", step(7.0).value(), grad(step)(7.0));

  // Tensors, and what is not differentiated by, beside each other.
  const auto loss = [](const Tensor& w, const Tensor& data, double power) { return sum(pow(matmul(data, w), power)); };
  const Tensor data = tensor({1, 2, 3, 4}, Shape{2, 2}), w = tensor({1.0, 0.5});
  const auto [sum_of_cubes, by_w] = value_and_grad<0>(loss)(w, data, 3.0);
  std::printf("tensors:       %g, by w %g %g\n", sum_of_cubes.item(), by_w.to_vector()[0], by_w.to_vector()[1]);
}
