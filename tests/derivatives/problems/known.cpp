// Programs whose derivatives are known otherwise: k-means, Newton's method, integrators.
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "wengert/autodiff/autodiff.hpp"
#include "wengert/autodiff/transform/functional.hpp"

namespace wengert {
namespace {

using Vector = std::vector<Scalar>;

// --- k-means: Σ over points of the least squared distance to a centre ------------------------------------------------

constexpr std::size_t clusters = 4, dimension = 3, points = 60;

/// Points around corners of a cube, so that each is much nearer to one centre than to the others.
std::vector<std::array<double, dimension>> k_means_data() {
  std::vector<std::array<double, dimension>> data(points);
  for (std::size_t p = 0; p < points; ++p)
    for (std::size_t d = 0; d < dimension; ++d)
      data[p][d] = ((p * p) % clusters == 0 ? 0.0 : 4.0) * (d == p % dimension ? 1.0 : 0.5) +
                   std::sin(static_cast<double>(3 * p + 7 * d));
  return data;
}
std::vector<double> k_means_centres() { return {0, 0, 0, 4, 2, 2, 2, 4, 2, 2, 2, 4}; }

}  // namespace

BOOST_AUTO_TEST_SUITE(known_derivatives)

BOOST_AUTO_TEST_CASE(the_hessian_of_k_means_is_diagonal_with_the_sizes_of_the_clusters) {
  const auto data = k_means_data();
  const std::vector<double> centres = k_means_centres();
  const auto f = [&](const Vector& c) {
    Scalar sum = 0.0;
    for (const auto& point : data) {
      Scalar least = 0.0;
      for (std::size_t k = 0; k < clusters; ++k) {
        Scalar distance = 0.0;
        for (std::size_t d = 0; d < dimension; ++d) distance += square(c[k * dimension + d] - point[d]);
        least = k == 0 ? distance : Scalar(min(least, distance));
      }
      sum += least;
    }
    return sum;
  };
  // By hand: ∇ is 2 Σ (c − p) over the cluster, the Hessian 2·size on its diagonal.
  std::vector<double> gradient(clusters * dimension);
  std::array<double, clusters> size{};
  for (const auto& point : data) {
    std::array<double, clusters> distance{};
    for (std::size_t k = 0; k < clusters; ++k)
      for (std::size_t d = 0; d < dimension; ++d) distance[k] += std::pow(centres[k * dimension + d] - point[d], 2);
    const auto nearest = static_cast<std::size_t>(std::ranges::min_element(distance) - distance.begin());
    ++size[nearest];
    for (std::size_t d = 0; d < dimension; ++d)
      gradient[nearest * dimension + d] += 2 * (centres[nearest * dimension + d] - point[d]);
  }
  BOOST_TEST_REQUIRE(*std::ranges::min_element(size) > 0.0);

  const std::vector<double> slope = grad(f)(centres);
  const Matrix h = hessian(f)(centres);
  const std::vector<double> diagonal = hvp(f)(centres, std::vector<double>(centres.size(), 1.0));
  for (std::size_t i = 0; i < centres.size(); ++i) {
    BOOST_TEST(std::abs(slope[i] - gradient[i]) <= 1e-12 * (1 + std::abs(gradient[i])));
    BOOST_TEST(diagonal[i] == 2 * size[i / dimension]);
    for (std::size_t j = 0; j < centres.size(); ++j) BOOST_TEST(h(i, j) == (i == j ? 2 * size[i / dimension] : 0.0));
  }

  // The same on tensors.
  std::vector<double> flat;
  for (const auto& point : data) flat.insert(flat.end(), point.begin(), point.end());
  const Tensor all = tensor(flat, Shape{points, 1, dimension});
  const auto g = [&](const Tensor& c) {
    const Tensor away = all - reshape(c, Shape{1, clusters, dimension});
    return sum(amin(sum(away * away, {2}), {1}));
  };
  const Tensor c = tensor(centres, Shape{clusters, dimension});
  const Tensor product = hvp(g)(c, ones(c.shape()));
  for (std::size_t i = 0; i < centres.size(); ++i) BOOST_TEST(product.to_vector()[i] == 2 * size[i / dimension]);
}

BOOST_AUTO_TEST_CASE(newtons_method_unrolled_and_the_implicit_formula_agree) {
  // u³ + a·u = b: u_a = −u/D, u_b = 1/D with D = 3u² + a; u_aa = (2u D − 6u³)/D³.
  const auto solve = [](const Scalar& a, const Scalar& b) {
    const auto equation = [a, b](const Scalar& u) { return u * u * u + a * u - b; };
    Scalar u = constant_beside(a, 1.0);
    for (int k = 0; k < 12; ++k) u = u - equation(u) / grad(equation)(u);
    return u;
  };
  const double a = 2.0, b = 5.0;
  const auto [u, slope] = value_and_grad(solve)(a, b);
  BOOST_TEST(std::abs(u * u * u + a * u - b) < 1e-14 * b);
  const double d = 3 * u * u + a, tolerance = 1e-13;
  BOOST_TEST(std::abs(slope[0] - -u / d) < tolerance);
  BOOST_TEST(std::abs(slope[1] - 1 / d) < tolerance);
  const Matrix h = hessian(solve)(a, b);
  BOOST_TEST(std::abs(h(0, 0) - (2 * u * d - 6 * u * u * u) / (d * d * d)) < tolerance);
  BOOST_TEST(std::abs(h(1, 1) - -6 * u / (d * d * d)) < tolerance);
  BOOST_TEST(std::abs(h(0, 1) - h(1, 0)) < tolerance);
  const auto forward = jvp(solve)(a, b, 1.0, 0.0);
  BOOST_TEST(std::abs(forward.tangent - -u / d) < tolerance);
}

BOOST_AUTO_TEST_CASE(newtons_method_for_a_system_with_its_jacobian_inside) {
  // F(u; p) = (u₀² + u₁² − p₀, u₀u₁ − p₁): du/dp = −F_u⁻¹ F_p = F_u⁻¹.
  const auto solve = [](const Vector& p) {
    const auto system = [&p](const Vector& u) { return Vector{u[0] * u[0] + u[1] * u[1] - p[0], u[0] * u[1] - p[1]}; };
    Vector u{constant_beside(p[0], 2.0), constant_beside(p[0], 1.0)};
    for (int k = 0; k < 10; ++k) {
      const Vector r = system(u);
      const std::vector<Vector> j = jacobian(system)(u);
      const Scalar determinant = j[0][0] * j[1][1] - j[0][1] * j[1][0];
      u = {u[0] - (j[1][1] * r[0] - j[0][1] * r[1]) / determinant,
           u[1] - (j[0][0] * r[1] - j[1][0] * r[0]) / determinant};
    }
    return u;
  };
  const std::vector<double> p{5.5, 2.2};
  const std::vector<double> u = vjp(solve)(p).value;
  BOOST_TEST(std::abs(u[0] * u[0] + u[1] * u[1] - p[0]) < 1e-13);
  const double determinant = 2 * u[0] * u[0] - 2 * u[1] * u[1];  // of F_u = (2u₀, 2u₁; u₁, u₀)
  for (const JacobianMode mode : {JacobianMode::forward, JacobianMode::reverse}) {
    const Matrix j = jacobian(solve, {.mode = mode})(p);
    BOOST_TEST(std::abs(j(0, 0) - u[0] / determinant) < 1e-13);
    BOOST_TEST(std::abs(j(0, 1) - -2 * u[1] / determinant) < 1e-13);
    BOOST_TEST(std::abs(j(1, 0) - -u[1] / determinant) < 1e-13);
    BOOST_TEST(std::abs(j(1, 1) - 2 * u[0] / determinant) < 1e-13);
  }
}

namespace {
/// Classical Runge-Kutta of fourth order.
template <class F>
Scalar runge_kutta(const F& f, Scalar y, double step, int steps) {
  for (int k = 0; k < steps; ++k) {
    const Scalar k1 = f(y), k2 = f(y + 0.5 * step * k1), k3 = f(y + 0.5 * step * k2), k4 = f(y + step * k3);
    y += step / 6.0 * (k1 + 2.0 * k2 + 2.0 * k3 + k4);
  }
  return y;
}
}  // namespace

BOOST_AUTO_TEST_CASE(runge_kutta_of_a_linear_equation_is_a_power) {
  // y' = λy: after n steps R(hλ)ⁿ y₀ with R(z) = 1 + z + z²/2 + z³/6 + z⁴/24, and so are its derivatives, to rounding.
  const int n = 10000;
  const double h = 1e-4, lambda = -0.7, start = 3.0;
  const auto f = [&](const Scalar& rate, const Scalar& y0) {
    return runge_kutta([&rate](const Scalar& y) { return Scalar(rate * y); }, y0, h, n);
  };
  const double z = h * lambda, r = 1 + z * (1 + z / 2 * (1 + z / 3 * (1 + z / 4)));
  const double dr = 1 + z * (1 + z / 2 * (1 + z / 3)), ddr = 1 + z * (1 + z / 2);
  const double value = std::pow(r, n) * start;
  const auto both = value_and_grad(f)(lambda, start);
  const double rounding = n * 2.3e-16;
  BOOST_TEST(std::abs(both.value - value) < rounding * value);
  const double by_rate = n * h * dr / r * value;
  BOOST_TEST(std::abs(both.gradient[0] - by_rate) < 4 * rounding * by_rate);
  BOOST_TEST(std::abs(both.gradient[1] - value / start) < rounding * value);
  const auto product = hvp(f)(lambda, start, 1.0, 0.0);
  const double second = n * h * h * (ddr / r + (n - 1) * dr * dr / (r * r)) * value;
  BOOST_TEST(std::abs(product[0] - second) < 16 * rounding * second);
  BOOST_TEST(std::abs(product[1] - by_rate / start) < 4 * rounding * by_rate);
  BOOST_TEST(std::abs(jvp(f)(lambda, start, 1.0, 0.0).tangent - by_rate) < 4 * rounding * by_rate);
}

BOOST_AUTO_TEST_CASE(sensitivities_of_logistic_growth) {
  // y' = r·y(1 − y/K): y(t) = K / (1 + A e^(−rt)), A = K/y₀ − 1. The error of the method is of order h⁴.
  const int n = 2000;
  const double t = 2.0, h = t / n, rate = 1.3, capacity = 10.0, start = 0.5;
  const auto f = [&](const Scalar& r, const Scalar& k, const Scalar& y0) {
    return runge_kutta([&](const Scalar& y) { return Scalar(r * y * (1.0 - y / k)); }, y0, h, n);
  };
  const double a = capacity / start - 1, e = std::exp(-rate * t), q = 1 + a * e, y = capacity / q;
  const auto [value, gradient] = value_and_grad(f)(rate, capacity, start);
  BOOST_TEST(std::abs(value - y) < 1e-11);
  BOOST_TEST(std::abs(gradient[0] - capacity * a * t * e / (q * q)) < 1e-11);
  BOOST_TEST(std::abs(gradient[1] - (1 / q - capacity / start * e / (q * q))) < 1e-11);
  BOOST_TEST(std::abs(gradient[2] - capacity * capacity / (start * start) * e / (q * q)) < 1e-11);
  // ∂²y/∂r² = K A t² e (A e − 1) / q³.
  const auto by_rate = [&](const Scalar& r) { return f(r, capacity, start); };
  BOOST_TEST(std::abs(hessian(by_rate)(rate) - capacity * a * t * t * e * (a * e - 1) / (q * q * q)) < 1e-10);
}

BOOST_AUTO_TEST_SUITE_END()
}  // namespace wengert
