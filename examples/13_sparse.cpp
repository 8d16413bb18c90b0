// Sparse Jacobians and Hessians: as many sweeps as the colouring of the pattern has colours, whatever the number of
// variables.
#include <cstdio>
#include <vector>

#include "wengert/autodiff/autodiff.hpp"
#include "wengert/autodiff/transform/sparse/sparse.hpp"

using namespace wengert;

namespace {

// The chained Rosenbrock function: each variable meets its neighbours only.
template <class T>
T rosenbrock(const std::vector<T>& x) {
  T sum = 0.0;
  for (std::size_t i = 0; i + 1 < x.size(); ++i) {
    const T a = x[i + 1] - x[i] * x[i], b = 1.0 - x[i];
    sum = sum + (100.0 * a * a + b * b);
  }
  return sum;
}

void show(const char* title, const SparsityPattern& pattern) {
  std::printf("%s: %zu x %zu, %zu elements\n", title, pattern.rows(), pattern.cols(), pattern.nonzeros());
  for (std::size_t i = 0; i < pattern.rows(); ++i) {
    for (std::size_t j = 0; j < pattern.cols(); ++j) std::printf("%s", pattern.contains(i, j) ? " x" : " .");
    std::printf("\n");
  }
}

}  // namespace

int main() {
  Recording r;
  const std::vector<Scalar> x = r.variables(std::vector{0.5, -1.0, 2.0, 0.25, 1.0});

  // A Jacobian: its pattern comes from the recording, and so do the numbers.
  std::vector<Scalar> residuals;
  for (std::size_t i = 0; i + 1 < x.size(); ++i) residuals.push_back(x[i] * sin(x[i + 1]));
  const SparseJacobian jacobian(residuals, x);
  show("Jacobian", jacobian.pattern());
  std::printf("%u colours for %zu columns\n", jacobian.coloring().count, x.size());
  for (const auto& [row, col, value] : jacobian(residuals, x).triplets())
    std::printf("  (%u, %u) %8.4f\n", row, col, value);

  // A Hessian, as a solver for symmetric matrices takes it: the lower triangle.
  const Scalar y = rosenbrock(x);
  const SparseHessian hessian(y, x);
  show("Hessian", hessian.pattern());
  std::printf("%u colours, direct; %u colours with substitution\n", hessian.coloring().count,
              SparseHessian(y, x, {.recovery = Recovery::substitution}).coloring().count);
  const SparseMatrix lower = hessian(y, x).lower_triangle();
  for (const auto& [row, col, value] : lower.triplets()) std::printf("  (%u, %u) %8.2f\n", row, col, value);

  // The plan serves other points. As a function it keeps it.
  auto h = sparse_hessian([](const auto& v) { return rosenbrock(v); });
  const SparseMatrix large = h(std::vector<double>(100000, 0.5));
  std::printf("of 100000 variables: %zu elements, %u colours; H(1, 0) = %.1f\n", large.nonzeros(),
              h.plan().coloring().count, large(1, 0));
  std::printf("at another point: H(1, 0) = %.1f\n", h(std::vector<double>(100000, 2.0))(1, 0));

  // Newton's direction needs products only, if a solver is iterative.
  const std::vector<double> product = large.times(std::vector<double>(100000, 1.0));
  std::printf("H times ones: %.1f %.1f ... %.1f\n", product[0], product[1], product[99999]);
}
