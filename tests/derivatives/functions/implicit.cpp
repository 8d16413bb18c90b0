// Roots and fixed points, differentiated by the implicit function theorem; held against unrolled solvers and formulas.
#include "wengert/autodiff/transform/implicit.hpp"

#include <boost/test/unit_test.hpp>

#include <array>
#include <cmath>
#include <string>
#include <vector>

#include "wengert/autodiff/autodiff.hpp"
#include "wengert/autodiff/record/linear_algebra.hpp"

namespace {

using namespace wengert;

BOOST_AUTO_TEST_SUITE(implicit, *boost::unit_test::tolerance(1e-12))

// x³ + p·x = q.
const auto cubic = [](const auto& x, const auto& p, const auto& q) { return x * x * x + p * x - q; };
const auto newton = [](auto p, auto q) {
  auto x = q / p;
  for (int k = 0; k < 60; ++k) x = x - cubic(x, p, q) / (3.0 * x * x + p);
  return x;
};

BOOST_AUTO_TEST_CASE(a_root_has_the_derivatives_of_the_unrolled_solver_to_third_order) {
  Recording r;
  const Scalar p = r.variable(2.0), q = r.variable(1.5);
  const Scalar x = implicit_root(cubic, newton)(p, q);
  Scalar unrolled = q / p;
  for (int k = 0; k < 60; ++k) unrolled = unrolled - cubic(unrolled, p, q) / (3.0 * unrolled * unrolled + p);
  const double value = x.value();
  BOOST_TEST(value == unrolled.value());
  BOOST_TEST(backward(x)[p] == -value / (3 * value * value + 2.0));
  BOOST_TEST(backward(x)[q] == backward(unrolled)[q]);
  BOOST_TEST(forward({p, q}, {0.3, -1.0})[x] == forward({p, q}, {0.3, -1.0})[unrolled]);
  const Scalar g = gradient(x, p), h = gradient(unrolled, p);
  BOOST_TEST(g.value() == h.value());
  BOOST_TEST(backward(g)[p] == backward(h)[p], boost::test_tools::tolerance(1e-10));
  BOOST_TEST(backward(g)[q] == backward(h)[q], boost::test_tools::tolerance(1e-10));
  BOOST_TEST(forward({p, q}, {0.3, -1.0})[g] == forward({p, q}, {0.3, -1.0})[h], boost::test_tools::tolerance(1e-10));
  BOOST_TEST(backward(gradient(g, q))[q] == backward(gradient(h, q))[q], boost::test_tools::tolerance(1e-8));
}

BOOST_AUTO_TEST_CASE(a_system_of_equations_with_parameters_in_a_structure) {
  // x² + y² = a², x·y = b, near the diagonal.
  const auto residual = [](const std::vector<Scalar>& x, const std::array<Scalar, 2>& p) {
    return std::vector<Scalar>{x[0] * x[0] + x[1] * x[1] - p[0] * p[0], x[0] * x[1] - p[1]};
  };
  const auto solver = [](const std::array<double, 2>& p) {
    // (x + y)² = a² + 2b, (x - y)² = a² - 2b.
    const double s = std::sqrt(p[0] * p[0] + 2 * p[1]), d = std::sqrt(p[0] * p[0] - 2 * p[1]);
    return std::vector{(s + d) / 2, (s - d) / 2};
  };
  Recording r;
  const std::array<Scalar, 2> p{r.variable(3.0), r.variable(2.0)};
  const std::vector<Scalar> x = implicit_root(residual, solver)(p);
  const Scalar s = sqrt(p[0] * p[0] + 2 * p[1]), d = sqrt(p[0] * p[0] - 2 * p[1]);
  const Scalar expected = (s + d) / 2 * ((s - d) / 2) * (s + d) / 2, y = x[0] * x[1] * x[0];
  BOOST_TEST(y.value() == expected.value());
  for (const Scalar& each : p) {
    BOOST_TEST(backward(y)[each] == backward(expected)[each]);
    const Scalar g = gradient(y, each), h = gradient(expected, each);
    for (const Scalar& other : p) BOOST_TEST(backward(g)[other] == backward(h)[other]);
  }
  BOOST_TEST(forward({p[0]}, {1.0})[y] == forward({p[0]}, {1.0})[expected]);
}

BOOST_AUTO_TEST_CASE(a_fixed_point_of_tensors) {
  // x = tanh(w·x + b): contractive for small w.
  const auto step = [](const Tensor& x, const Tensor& w, const Tensor& b) { return tanh(matmul(w, x) + b); };
  const auto solver = [&](const Tensor& w, const Tensor& b) {
    Tensor x = zeros(b.shape());
    for (int k = 0; k < 200; ++k) x = step(x, w, b);
    return x;
  };
  Recording r;
  const Tensor w = r.variable(tensor({0.3, -0.2, 0.1, 0.4}, Shape{2, 2})), b = r.variable(tensor({0.5, -0.7}));
  const Tensor x = fixed_point(step, solver)(w, b), unrolled = solver(w, b);
  const Tensor y = sum(x * x * x), expected = sum(unrolled * unrolled * unrolled);
  const Adjoints a = backward(y), e = backward(expected);
  for (int k = 0; k < 4; ++k) BOOST_TEST(a[w].value().element(k) == e[w].value().element(k));
  for (int k = 0; k < 2; ++k) BOOST_TEST(a[b].value().element(k) == e[b].value().element(k));
  const Tensor g = gradient(y, b), h = gradient(expected, b);
  for (int k = 0; k < 4; ++k)
    BOOST_TEST(backward(sum(g))[w].value().element(k) == backward(sum(h))[w].value().element(k));
  BOOST_TEST(forward({b}, {ones(Shape{2})})[y].item() == forward({b}, {ones(Shape{2})})[expected].item());
}

BOOST_AUTO_TEST_CASE(the_solver_leaves_nothing_in_the_recording) {
  Recording r;
  const Scalar p = r.variable(2.0);
  const auto before = r.statistics().values;
  static_cast<void>(implicit_root(cubic, newton)(p, 1.0));
  BOOST_TEST(r.statistics().values - before <= 3u);
}

BOOST_AUTO_TEST_CASE(what_is_no_root_is_refused_with_the_line) {
  Recording r;
  const Scalar p = r.variable(2.0), q = r.variable(1.5);
  const unsigned line = __LINE__ + 1;
  const auto poor = implicit_root(cubic, [](double, double) { return 0.5; });
  BOOST_CHECK_EXCEPTION(static_cast<void>(poor(p, q)), DomainError, [&](const DomainError& e) {
    return e.detail().where.line() == line &&
           std::string(e.what()).find("the solver's answer is no root: the residual there is 0.375") !=
               std::string::npos;
  });
  const auto unchecked = implicit_root(cubic, [](double, double) { return 0.5; }, {.tolerance = 0});
  BOOST_TEST(unchecked(p, q).value() == 0.5);
  const auto nan = implicit_root(cubic, [](double, double) { return std::nan(""); });
  BOOST_CHECK_THROW(static_cast<void>(nan(p, q)), DomainError);
  const auto two = implicit_root([](const auto& x, const auto& a) { return std::pair<Scalar, Scalar>(x - a, x + a); },
                                 [](double a) { return a; });
  BOOST_CHECK_THROW(static_cast<void>(two(p)), ArgumentError);
}

BOOST_AUTO_TEST_CASE(a_double_root_has_no_derivative_and_says_so) {
  const auto square_root =
      implicit_root([](const auto& x, const auto& p) { return x * x - p; }, [](double p) { return std::sqrt(p); });
  Recording r;
  const Scalar p = r.variable(0.0);
  const Scalar x = square_root(p);
  BOOST_TEST(x.value() == 0.0);
  BOOST_CHECK_THROW(static_cast<void>(backward(x)), DomainError);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
