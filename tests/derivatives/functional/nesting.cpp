// Derivatives inside functions that are differentiated: every operator inside every other one, closures shared between
// levels, and the programs on which engines with one ambient tape or one infinitesimal confuse them (J. M. Siskind and
// B. A. Pearlmutter, Perturbation confusion and referential transparency, 2005; O. Manzyuk et al., Perturbation
// confusion in forward automatic differentiation of higher-order functions, 2019).
#include <boost/test/unit_test.hpp>

#include <cmath>
#include <functional>
#include <vector>

#include "wengert/autodiff/autodiff.hpp"
#include "wengert/autodiff/transform/functional.hpp"

namespace wengert {
namespace {

// The derivative of a function of one number, three ways. Each gives a function of a number or Scalar.
struct Reverse {
  template <class F>
  static auto of(F f) {
    return [f](const auto& x) { return grad(f)(x); };
  }
};
struct Forward {
  template <class F>
  static auto of(F f) {
    return [f](const auto& x) { return jvp(f)(x, 1.0).tangent; };
  }
};
struct Pulled {
  template <class F>
  static auto of(F f) {
    return [f](const auto& x) { return vjp(f)(x).pullback(1.0); };
  }
};

/// f -> (y -> d/du f(y + u) at u = 0), which is the derivative; by what one gets of differentiating a function whose
/// result is a function.
template <class D, class F>
auto shifted(F f) {
  return [f](const auto& y) { return D::of([f, y](const auto& u) { return f(y + u); })(constant_beside(y, 0.0)); };
}

template <class Outer, class Inner>
void check_pair() {
  // d/dx [x · d/dy (x + y)] = 1, at any inner point.
  const auto one = [](const Scalar& x) {
    const Scalar slope = Inner::of([x](const Scalar& y) { return x + y; })(constant_beside(x, 1.0));
    return x * slope;
  };
  BOOST_TEST(Outer::of(one)(1.0) == 1.0);
  BOOST_TEST(Outer::of(one)(7.0) == 1.0);
  const auto one_at_itself = [](const Scalar& x) { return x * Inner::of([x](const Scalar& y) { return x + y; })(x); };
  BOOST_TEST(Outer::of(one_at_itself)(3.0) == 1.0);

  // d/dx [x · d/dy (x·y)] = 2x.
  const auto product = [](const Scalar& x) {
    return x * Inner::of([x](const Scalar& y) { return x * y; })(constant_beside(x, 2.0));
  };
  BOOST_TEST(Outer::of(product)(3.0) == 6.0);

  // The inner point is the captured value: d/dy (x²y³) at y = x is 3x⁴, and its derivative 12x³.
  const auto captured = [](const Scalar& x) {
    return Inner::of([x](const Scalar& y) { return x * x * y * y * y; })(x);
  };
  BOOST_TEST(Outer::of(captured)(2.0) == 96.0);
  BOOST_TEST(captured(Scalar(2.0)).value() == 48.0);

  // An inner function that ignores its argument, and one that ignores what it captured.
  BOOST_TEST(Outer::of([](const Scalar& x) { return x * Inner::of([x](const Scalar&) { return x; })(x); })(5.0) == 0.0);
  BOOST_TEST(Outer::of([](const Scalar& x) { return x * Inner::of([](const Scalar& y) { return y * y; })(x); })(5.0) ==
             20.0);

  // The derivative of the derivative operator's own kind of function: h'' twice over, not 0 and not h'.
  const auto h = [](const auto& y) { return Scalar(exp(y) * y * y); };
  const double y = 0.7, expected = std::exp(y) * (y * y + 4 * y + 2);
  BOOST_TEST(shifted<Outer>(shifted<Inner>(h))(y) == expected, boost::test_tools::tolerance(1e-14));
}

template <class A, class B, class C>
void check_third() {
  // (eˣ sin x)''' = 2eˣ(cos x − sin x).
  const auto f = [](const Scalar& x) { return Scalar(exp(x) * sin(x)); };
  const double x = 0.4;
  BOOST_TEST(A::of(B::of(C::of(f)))(x) == 2 * std::exp(x) * (std::cos(x) - std::sin(x)),
             boost::test_tools::tolerance(1e-14));
}

}  // namespace

BOOST_AUTO_TEST_SUITE(functional_nesting)

BOOST_AUTO_TEST_CASE(reverse_outside) {
  check_pair<Reverse, Reverse>();
  check_pair<Reverse, Forward>();
  check_pair<Reverse, Pulled>();
}
BOOST_AUTO_TEST_CASE(forward_outside) {
  check_pair<Forward, Reverse>();
  check_pair<Forward, Forward>();
  check_pair<Forward, Pulled>();
}
BOOST_AUTO_TEST_CASE(pullback_outside) {
  check_pair<Pulled, Reverse>();
  check_pair<Pulled, Forward>();
}

BOOST_AUTO_TEST_CASE(third_order_in_every_mix_of_modes) {
  check_third<Reverse, Reverse, Reverse>();
  check_third<Forward, Forward, Forward>();
  check_third<Reverse, Forward, Reverse>();
  check_third<Forward, Reverse, Forward>();
  check_third<Reverse, Reverse, Forward>();
  check_third<Forward, Forward, Reverse>();
  check_third<Pulled, Forward, Pulled>();
}

BOOST_AUTO_TEST_CASE(grad_of_grad_of_grad) {
  const auto f = [](const auto& x) { return Scalar(x * x * x * x); };
  BOOST_TEST(grad(grad(grad(f)))(2.0) == 48.0);
  BOOST_TEST(grad(grad(grad(grad(f))))(2.0) == 24.0);
  BOOST_TEST(grad(grad(grad(grad(grad(f)))))(2.0) == 0.0);
}

BOOST_AUTO_TEST_CASE(third_order_along_three_directions_of_a_vector) {
  // f = Σ xᵢ³ + x₀x₁x₂: D³f[u, v, w] = 6 Σ uᵢvᵢwᵢ + Σ over permutations u v w of the places 0 1 2.
  using Vector = std::vector<Scalar>;
  const auto f = [](const Vector& x) {
    Scalar sum = x[0] * x[1] * x[2];
    for (const Scalar& each : x) sum += each * each * each;
    return sum;
  };
  const std::vector<double> x{0.5, -1.0, 2.0}, u{1.0, 2.0, 3.0}, v{-1.0, 0.5, 2.0}, w{0.25, 1.5, -2.0};
  const auto dot = [](const std::vector<double>& a, const Vector& b) {
    Scalar sum = 0.0;
    for (std::size_t k = 0; k < a.size(); ++k) sum += a[k] * b[k];
    return sum;
  };
  const auto along_u = [&](const Vector& at) { return dot(u, grad(f)(at)); };
  const auto along_v = [&](const Vector& at) { return dot(v, grad(along_u)(at)); };
  const std::vector<double> third = grad(along_v)(x);
  double contracted = 0, expected = 0;
  for (std::size_t k = 0; k < 3; ++k) {
    contracted += w[k] * third[k];
    expected += 6 * u[k] * v[k] * w[k];
    const std::size_t a = (k + 1) % 3, b = (k + 2) % 3;
    expected += u[k] * (v[a] * w[b] + v[b] * w[a]);
  }
  BOOST_TEST(contracted == expected, boost::test_tools::tolerance(1e-14));

  // The same by forward mode inside, outside and between.
  const auto jvp_u = [&](const Vector& at) { return jvp(f)(at, u).tangent; };
  const auto jvp_v = [&](const Vector& at) { return jvp(jvp_u)(at, v).tangent; };
  BOOST_TEST(jvp(jvp_v)(x, w).tangent == expected, boost::test_tools::tolerance(1e-14));
  BOOST_TEST(jvp([&](const Vector& at) { return dot(v, grad(jvp_u)(at)); })(x, w).tangent == expected,
             boost::test_tools::tolerance(1e-14));
  // And as the Hessian times a vector, of a directional derivative.
  const std::vector<double> product = hvp(jvp_u)(x, v);
  BOOST_TEST(product[0] * w[0] + product[1] * w[1] + product[2] * w[2] == expected,
             boost::test_tools::tolerance(1e-14));
}

BOOST_AUTO_TEST_CASE(one_closure_shared_by_three_levels) {
  // g(a) = d/db [a·b + d/dc (a·b·c²) at c = b] at b = a  =  d/db [a·b + 2ab²] = a + 4ab at b = a: a + 4a².
  const auto g = [](const Scalar& a) {
    const auto middle = [a](const Scalar& b) {
      const auto inner = [a, b](const Scalar& c) { return a * b * c * c; };
      return Scalar(a * b + grad(inner)(b));
    };
    return grad(middle)(a);
  };
  // Captured b is a constant to d/dc, so that d/dc (a·b·c²) = 2abc.
  BOOST_TEST(g(Scalar(3.0)).value() == 3.0 + 4.0 * 9.0);
  BOOST_TEST(grad(g)(3.0) == 1.0 + 8.0 * 3.0);
  BOOST_TEST(grad(grad(g))(3.0) == 8.0);
  BOOST_TEST(jvp(grad(g))(3.0, 2.0).tangent == 16.0);
}

BOOST_AUTO_TEST_CASE(a_gradient_function_made_once_is_used_at_two_levels) {
  // The same object df differentiates inside and outside; each use is of its own point.
  auto df = grad([](const auto& x) { return Scalar(x * x * x); });
  const auto f = [&df](const Scalar& x) { return Scalar(df(x) * df(x * x)); };  // 3x² · 3x⁴
  BOOST_TEST(grad(f)(2.0) == 9.0 * 6.0 * 32.0);
  BOOST_TEST(df(2.0) == 12.0);
  BOOST_TEST(grad(df)(2.0) == 12.0);
}

BOOST_AUTO_TEST_CASE(the_cotangent_of_a_pullback_is_held_fixed) {
  // pullback(y) is y·y', whose cotangent is the function's own value; its derivative is y'² + y·y''.
  const auto f = [](const Scalar& x) {
    const auto [y, pull] = vjp([](const Scalar& u) { return u * u * u; })(x);
    return pull(y);
  };
  BOOST_TEST(f(Scalar(2.0)).value() == 8.0 * 12.0);
  BOOST_TEST(grad(f)(2.0) == 12.0 * 12.0 + 8.0 * 12.0);
}

BOOST_AUTO_TEST_CASE(a_tangent_that_depends_on_the_point_is_held_fixed) {
  // jvp(f)(x, x²) = f'(x)·x²; f = u³: 3x⁴, whose derivative is 12x³.
  const auto f = [](const Scalar& x) { return jvp([](const Scalar& u) { return u * u * u; })(x, x * x).tangent; };
  BOOST_TEST(grad(f)(2.0) == 96.0);
  // A recorded tangent at a constant point is recorded: linear in the tangent.
  const auto linear = [](const Scalar& t) { return jvp([](const Scalar& u) { return u * u * u; })(2.0, t).tangent; };
  BOOST_TEST(grad(linear)(5.0) == 12.0);
}

BOOST_AUTO_TEST_CASE(a_number_inside_does_not_see_the_outer_level) {
  const auto f = [](const Scalar& x) { return x * grad([](const Scalar& y) { return y * y; })(value(x)); };
  BOOST_TEST(grad(f)(3.0) == 6.0);
}

BOOST_AUTO_TEST_CASE(function_objects_of_the_standard_library) {
  const std::function<Scalar(const Scalar&)> f = [](const Scalar& x) { return Scalar(sin(x)); };
  std::function<double(double)> df = [g = grad(f)](double x) { return g(x); };
  BOOST_TEST(df(0.5) == std::cos(0.5));
  const std::function<double(double)> copied = df;
  BOOST_TEST(copied(0.25) == std::cos(0.25));
}

BOOST_AUTO_TEST_SUITE_END()
}  // namespace wengert
