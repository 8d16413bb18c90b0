// Linear algebra with derivatives: the likelihood of a Gaussian process and its gradient, by Cholesky; and what happens
// where a matrix has no inverse.
//
// Before it: 08_tensors.cpp. The page: docs/howto/linear_algebra.md.
#include <cmath>
#include <cstdio>
#include <numbers>

#include "wengert/autodiff/autodiff.hpp"
#include "wengert/autodiff/record/linear_algebra.hpp"

using namespace wengert;

namespace {

/// exp(-|xᵢ - xⱼ|² / 2ℓ²)·σ² + 0.01 on the diagonal; ℓ and σ of rank 0.
Tensor kernel(const Tensor& x, const Tensor& length, const Tensor& scale) {
  const std::int64_t n = x.size();
  const Tensor apart = (reshape(x, Shape{n, 1}) - reshape(x, Shape{1, n})) / length;
  return scale * scale * exp(apart * apart * -0.5) + identity(n) * 0.01;
}

/// log p(y) = -½ yᵀK⁻¹y - ½ log det K - ½ n log 2π
Tensor log_likelihood(const Tensor& k, const Tensor& y) {
  const Tensor l = cholesky(k);
  return -0.5 * sum(y * cholesky_solve(l, y)) - sum(log(diagonal(l))) -
         0.5 * static_cast<double>(y.size()) * std::log(2 * std::numbers::pi);
}

}  // namespace

int main() {
  const Tensor x = tensor({0.0, 0.5, 1.1, 1.9, 2.4, 3.0}), y = tensor({0.1, 0.6, 0.8, 0.9, 0.6, 0.2});

  Recording r;
  const Tensor length = r.variable(tensor({1.0}, Shape{})), scale = r.variable(tensor({1.0}, Shape{}));
  const Tensor k = kernel(x, length, scale), value = log_likelihood(k, y);
  const Adjoints g = backward(value);
  std::printf("log likelihood %.9f\n", value.item());
  std::printf("by length      %.9f\nby scale       %.9f\n", g[length].item(), g[scale].item());

  // The same by the closed form: ∂/∂θ = ½ tr((aaᵀ - K⁻¹)·∂K/∂θ) with a = K⁻¹y. Here ∂K/∂σ = 2(K - 0.01·1)/σ, σ = 1.
  const Tensor inverted = inverse(Tensor(k.value())), a = matmul(inverted, y);
  const Tensor slope = (Tensor(k.value()) - identity(6) * 0.01) * 2.0;
  std::printf("by hand        %.9f\n", 0.5 * trace(matmul(outer(a, a) - inverted, slope)).item());

  // A few steps uphill.
  double at[2]{1.0, 1.0}, best = 0;
  for (int step = 0; step < 200; ++step) {
    Recording again;
    const Tensor l = again.variable(tensor({at[0]}, Shape{})), s = again.variable(tensor({at[1]}, Shape{}));
    const Tensor p = log_likelihood(kernel(x, l, s), y);
    const Adjoints uphill = backward(p);
    at[0] += 0.02 * uphill[l].item();
    at[1] += 0.02 * uphill[s].item();
    best = p.item();
  }
  std::printf("\nafter 200 steps: length %.4f, scale %.4f, log likelihood %.4f\n", at[0], at[1], best);

  // Decompositions are differentiated too: the slope of the largest eigenvalue of K, and a second derivative.
  const Tensor largest = amax(eigh(k).values), by_length = gradient(largest, std::vector{length})[0];
  std::printf("\nlargest eigenvalue %.6f, by length %.6f, twice %.6f\n", largest.item(), by_length.item(),
              backward(by_length)[length].item());

  // Where there is no inverse, an error says which matrix, which pivot, and the line.
  try {
    const Tensor singular = tensor({1, 0, 0, 1, 1, 2, 2, 4}, Shape{2, 2, 2});
    std::printf("condition %g and %g\n", reciprocal_condition(singular).to_vector()[0],
                reciprocal_condition(singular).to_vector()[1]);
    (void)solve(singular, ones(Shape{2}));
  } catch (const DomainError& error) {
    std::printf("%s: %s\n", error.operation().c_str(), error.detail().problem.c_str());
  }
}
