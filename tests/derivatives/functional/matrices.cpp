// Jacobians and Hessians of functions, in numbers and recorded, of lists and of structures.
#include <boost/test/unit_test.hpp>

#include <array>
#include <cmath>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "wengert/autodiff/autodiff.hpp"
#include "wengert/autodiff/transform/functional.hpp"

namespace wengert {
namespace {

using Vector = std::vector<Scalar>;

/// A function of three numbers that gives two, and its Jacobian by hand.
Vector two_of_three(const Vector& x) { return {x[0] * x[1], sin(x[2]) * x[0]}; }
std::array<std::array<double, 3>, 2> two_of_three_by_hand(const std::vector<double>& x) {
  return {{{x[1], x[0], 0}, {std::sin(x[2]), 0, x[0] * std::cos(x[2])}}};
}

}  // namespace

BOOST_AUTO_TEST_SUITE(functional_matrices)

BOOST_AUTO_TEST_CASE(a_list_by_a_list_is_a_matrix) {
  const std::vector<double> x{2.0, 3.0, 0.5};
  const auto expected = two_of_three_by_hand(x);
  for (const JacobianMode mode : {JacobianMode::automatic, JacobianMode::forward, JacobianMode::reverse}) {
    const Matrix j = jacobian(two_of_three, {.mode = mode})(x);
    BOOST_TEST_REQUIRE(j.rows() == 2u);
    BOOST_TEST_REQUIRE(j.cols() == 3u);
    const auto recorded = [mode](const Vector& at) { return jacobian(two_of_three, {.mode = mode})(at); };
    Recording r;
    const std::vector<Vector> nested = recorded(r.variables(x));
    for (std::size_t i = 0; i < 2; ++i)
      for (std::size_t k = 0; k < 3; ++k) {
        BOOST_TEST(j(i, k) == expected[i][k]);
        BOOST_TEST(nested[i][k].value() == expected[i][k]);
      }
    // ∂²f₁/∂x₂² = −x₀ sin x₂, of the recorded Jacobian.
    const auto element = [&](const Vector& at) { return recorded(at)[1][2]; };
    BOOST_TEST(grad(element)(x)[2] == -2.0 * std::sin(0.5));
  }
  // Several numbers, and an array, are lists too.
  const auto f = [](const Scalar& a, const Scalar& b) { return std::array<Scalar, 3>{a, a * b, b * b}; };
  const Matrix j = jacobian(f)(2.0, 5.0);
  BOOST_TEST(j(1, 0) == 5.0);
  BOOST_TEST(j(2, 1) == 10.0);
  const std::array<double, 3> by_one = jacobian<1>(f)(2.0, 5.0);
  BOOST_TEST(by_one[2] == 10.0);
}

BOOST_AUTO_TEST_CASE(numbers_and_lists) {
  const double slope = jacobian([](const Scalar& x) { return x * x; })(3.0);
  BOOST_TEST(slope == 6.0);
  const std::vector<double> curve = jacobian([](const Scalar& x) { return Vector{x, x * x, x * x * x}; })(2.0);
  BOOST_TEST(curve == (std::vector{1.0, 4.0, 12.0}), boost::test_tools::per_element());
  const std::vector<double> gradient = jacobian([](const Vector& x) { return x[0] * x[1]; })({2.0, 3.0});
  BOOST_TEST(gradient == (std::vector{3.0, 2.0}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(structures_of_structures) {
  const auto f = [](const Vector& x, const Scalar& s) {
    return std::pair(Vector{x[0] * s, x[1] * s * s}, x[0] * x[1]);
  };
  const auto j = jacobian(f)(std::vector{2.0, 3.0}, 5.0);
  using Gradient = std::tuple<std::vector<double>, double>;
  static_assert(std::is_same_v<decltype(j), const std::pair<std::vector<Gradient>, Gradient>>);
  BOOST_TEST(std::get<0>(j.first[0])[0] == 5.0);
  BOOST_TEST(std::get<0>(j.first[1])[1] == 25.0);
  BOOST_TEST(std::get<1>(j.first[1]) == 30.0);
  BOOST_TEST(std::get<0>(j.second)[0] == 3.0);
  BOOST_TEST(std::get<1>(j.second) == 0.0);
}

BOOST_AUTO_TEST_CASE(of_tensors_by_tensors_and_numbers) {
  // y = s·A x: ∂y/∂A has the shape of y followed by that of A.
  const auto f = [](const Tensor& a, const Tensor& x, const Scalar& s) {
    return matmul(a, x) * broadcast(to_tensor(s), Shape{2});
  };
  const Tensor a = tensor({1, 2, 3, 4, 5, 6}, Shape{2, 3}), x = tensor({1.0, 10.0, 100.0});
  const auto check = [](const Tensor& by_a, const Tensor& by_x, const Tensor& by_s) {
    BOOST_TEST((by_a.shape() == Shape{2, 2, 3}));
    BOOST_TEST(by_a.to_vector() == (std::vector<double>{2, 20, 200, 0, 0, 0, 0, 0, 0, 2, 20, 200}),
               boost::test_tools::per_element());
    BOOST_TEST((by_x.shape() == Shape{2, 3}));
    BOOST_TEST(by_x.to_vector() == (std::vector<double>{2, 4, 6, 8, 10, 12}), boost::test_tools::per_element());
    BOOST_TEST((by_s.shape() == Shape{2}));
    BOOST_TEST(by_s.to_vector() == (std::vector<double>{321, 654}), boost::test_tools::per_element());
  };
  for (const JacobianMode mode : {JacobianMode::automatic, JacobianMode::forward, JacobianMode::reverse}) {
    const auto [by_a, by_x, by_s] = jacobian(f, {.mode = mode})(a, x, 2.0);
    check(by_a, by_x, by_s);
    Recording r;
    const auto [ra, rx, rs] = jacobian(f, {.mode = mode})(r.variable(a), r.variable(x), r.variable(2.0));
    check(ra, rx, rs);
  }
  // By a number alone: forward, which is one sweep.
  const Tensor by_s = jacobian<2>(f)(a, x, 2.0);
  BOOST_TEST(by_s.to_vector()[1] == 654.0);
  const auto at = [&](const Scalar& s) {
    return to_scalar(sum(jacobian([&](const Scalar& t) { return f(a, x, t * t); })(s)));
  };
  BOOST_TEST(grad(at)(3.0) == 2.0 * 975.0);

  // f32 by f32; no elements at all.
  const Tensor small = jacobian([](const Tensor& t) { return t * t; })(full(Shape{2}, 3.0, Dtype::f32));
  BOOST_TEST((small.type() == Type{Dtype::f32, Shape{2, 2}}));
  BOOST_TEST(small.to_vector()[3] == 6.0);
  BOOST_TEST((jacobian([](const Tensor& t) { return t * t; })(zeros(Shape{0})).shape() == Shape{0, 0}));
}

BOOST_AUTO_TEST_CASE(hessians_of_every_kind_of_point) {
  BOOST_TEST(hessian([](const Scalar& x) { return x * x * x; })(2.0) == 12.0);
  const Matrix of_two = hessian([](const Scalar& x, const Scalar& y) { return x * x * y; })(2.0, 3.0);
  BOOST_TEST(of_two(0, 0) == 6.0);
  BOOST_TEST(of_two(0, 1) == 4.0);
  BOOST_TEST(of_two(1, 1) == 0.0);
  const Matrix of_list = hessian([](const Vector& x) { return x[0] * x[1] * x[2]; })({2.0, 3.0, 5.0});
  BOOST_TEST(of_list(0, 1) == 5.0);
  BOOST_TEST(of_list(2, 1) == 2.0);

  const auto f = [](const Tensor& x, const Scalar& s) { return to_scalar(sum(x * x * x)) * s * s; };
  const auto [by_x, by_s] = hessian(f)(tensor({1.0, 2.0}), 3.0);
  const auto& [xx, xs] = by_x;
  const auto& [sx, ss] = by_s;
  BOOST_TEST(xx.to_vector() == (std::vector{54.0, 0.0, 0.0, 108.0}), boost::test_tools::per_element());
  BOOST_TEST(xs.to_vector() == (std::vector{18.0, 72.0}), boost::test_tools::per_element());
  BOOST_TEST(sx.to_vector() == (std::vector{18.0, 72.0}), boost::test_tools::per_element());
  BOOST_TEST(ss == 18.0);
  const Tensor chosen = hessian<0>(f)(tensor({1.0, 2.0}), 3.0);
  BOOST_TEST((chosen.shape() == Shape{2, 2}));
  BOOST_TEST(chosen.to_vector()[3] == 108.0);
}

BOOST_AUTO_TEST_CASE(the_hessian_of_a_function_with_a_jacobian_inside) {
  // |J|² of (x₀x₁, x₀²) is x₁² + x₀² + 4x₀² = 5x₀² + x₁²: Hessian diag(10, 2).
  const auto inner = [](const Vector& x) { return Vector{x[0] * x[1], x[0] * x[0]}; };
  for (const JacobianMode mode : {JacobianMode::forward, JacobianMode::reverse}) {
    const auto norm = [&](const Vector& x) {
      Scalar sum = 0.0;
      for (const Vector& row : jacobian(inner, {.mode = mode})(x))
        for (const Scalar& each : row) sum += each * each;
      return sum;
    };
    const Matrix h = hessian(norm)({3.0, 4.0});
    BOOST_TEST(h(0, 0) == 10.0);
    BOOST_TEST(h(1, 1) == 2.0);
    BOOST_TEST(h(0, 1) == 0.0);
    BOOST_TEST(h(1, 0) == 0.0);
    const std::vector<double> product = hvp(norm)(std::vector{3.0, 4.0}, std::vector{1.0, 10.0});
    BOOST_TEST(product == (std::vector{10.0, 20.0}), boost::test_tools::per_element());
  }
  // A Newton step, which holds a gradient and a Hessian, differentiated: f = u⁴ − a·u, step from u = 1.
  const auto step = [](const Scalar& a) {
    const auto f = [a](const Scalar& u) { return u * u * u * u - a * u; };
    const Scalar u = constant_beside(a, 1.0);
    return Scalar(u - grad(f)(u) / hessian(f)(u));
  };
  BOOST_TEST(grad(step)(7.0) == 1.0 / 12.0);

  // The determinant of a Hessian, differentiated: f = x³y + y³; det = 6xy·6y − 9x⁴ = 36xy² − 9x⁴.
  const auto determinant = [](const Scalar& x, const Scalar& y) {
    const auto h = hessian([](const Scalar& a, const Scalar& b) { return a * a * a * b + b * b * b; })(x, y);
    return Scalar(h[0][0] * h[1][1] - h[0][1] * h[1][0]);
  };
  const auto slope = grad(determinant)(2.0, 3.0);
  BOOST_TEST(slope[0] == 36.0 * 9.0 - 36.0 * 8.0);
  BOOST_TEST(slope[1] == 72.0 * 2.0 * 3.0);
}

BOOST_AUTO_TEST_CASE(outputs_that_are_constant_or_empty) {
  const Matrix j = jacobian([](const Vector& x) { return Vector{3.0, x[0]}; })({1.0, 2.0});
  BOOST_TEST(j(0, 0) == 0.0);
  BOOST_TEST(j(1, 0) == 1.0);
  BOOST_TEST(hessian([](const auto&) { return 3.0; })({1.0, 2.0}).rows() == 2u);
  BOOST_TEST(jacobian([](const Vector&) { return Vector{}; })({1.0, 2.0}).rows() == 0u);
  Recording r;
  const Vector x = r.variables(std::vector{1.0, 2.0});
  const std::vector<Vector> nested = jacobian([](const Vector& u) { return Vector{3.0, u[0]}; })(x);
  BOOST_TEST(nested[0][1].value() == 0.0);
  BOOST_TEST(nested[1][0].value() == 1.0);
}

BOOST_AUTO_TEST_SUITE_END()
}  // namespace wengert
