// A statement composed of primitives against the same primitives one by one: value and first derivatives to rounding,
// and second derivatives, for every pair of functions of one operand and some larger expressions.
#include <boost/test/unit_test.hpp>

#include <array>
#include <cmath>
#include <string>
#include <vector>

#include "wengert/autodiff/autodiff.hpp"

namespace wengert {
namespace {

using Unary = ops::List<ops::Neg, ops::Sqrt, ops::Exp, ops::Sin, ops::Tanh, ops::Relu>;

void check_same(const std::string& what, const Scalar& x, const Scalar& y, const Scalar& fused,
                const Scalar& stepwise) {
  const auto check = [&](const char* way, double got, double want) {
    const bool same = got == want || (std::isnan(got) && std::isnan(want)) ||
                      std::abs(got - want) <= 1e-15 * std::max(std::abs(want), 1.0);
    BOOST_TEST(same, what << ", " << way << ": " << got << " in one statement, " << want << " in several");
  };
  check("value", fused.value(), stepwise.value());
  const std::vector variables{x, y};
  const Adjoints a = backward(fused), b = backward(stepwise);
  const std::vector<Scalar> g = gradient(fused, variables), h = gradient(stepwise, variables);
  for (std::size_t k = 0; k < 2; ++k) {
    check("backward", a[variables[k]], b[variables[k]]);
    check("gradient", g[k].value(), b[variables[k]]);
    check("gradient of several", h[k].value(), b[variables[k]]);
    const Adjoints a2 = backward(g[k]), b2 = backward(h[k]);
    for (const Scalar& v : variables) check("second derivative", a2[v], b2[v]);
  }
}

}  // namespace

BOOST_AUTO_TEST_SUITE(composition)

BOOST_AUTO_TEST_CASE(pairs_of_functions) {
  for (const double at : {0.3, 1.7, -0.8}) {
    Unary::for_each([&]<class Outer> {
      Unary::for_each([&]<class Inner> {
        Recording r;
        const Scalar x = r.variable(at), y = r.variable(2.0);
        const Scalar fused = apply<Outer>(apply<Inner>(x));
        const Scalar inner = apply<Inner>(x);
        const Scalar stepwise = apply<Outer>(inner);
        check_same(std::string(Outer::name) + "(" + Inner::name + "(" + std::to_string(at) + "))", x, y, fused,
                   stepwise);
      });
    });
  }
}

BOOST_AUTO_TEST_CASE(expressions_of_two_variables) {
  for (const double at : {0.3, 1.7, -0.8}) {
    Recording r;
    const Scalar x = r.variable(at), y = r.variable(0.6);
    {
      const Scalar product = x * y, quotient = x / y, cube = pow(x, 3);
      check_same("x·y - x/y + x³", x, y, x * y - x / y + pow(x, 3), product - quotient + cube);
    }
    {
      const Scalar square = x * x, sum = square + y, root = sqrt(sum);
      check_same("y·√(x²+y)", x, y, y * sqrt(x * x + y), y * root);
    }
    {
      const Scalar larger = max(x, y), smaller = min(x, y), chosen = where(x < y, x * y, x - y);
      check_same("selection", x, y, max(x, y) * min(x, y) + where(x < y, x * y, x - y), larger * smaller + chosen);
    }
    {
      const auto shared = sin(x) * y;  // an expression used twice is a part of both
      const Scalar stored = shared;
      check_same("a shared expression", x, y, shared * shared + shared, stored * stored + stored);
    }
  }
}

// More operands than a statement holds: the expression is cut, and nothing else changes.
BOOST_AUTO_TEST_CASE(expressions_that_outgrow_a_statement) {
  Recording r;
  const Scalar x = r.variable(1.1), y = r.variable(0.9);
  const std::uint64_t before = r.statistics().values;
  const Scalar fused = x * y + x * x + y * y + x * y * x + y * x * y + x * x * x + y * y * y + x * y * x * y +
                       x * x * y * y + x * x * x * y;
  BOOST_TEST(r.statistics().values > before + 1);
  Scalar stepwise = x * y;
  stepwise = stepwise + x * x;
  stepwise = stepwise + y * y;
  stepwise = stepwise + x * y * x;
  stepwise = stepwise + y * x * y;
  stepwise = stepwise + x * x * x;
  stepwise = stepwise + y * y * y;
  stepwise = stepwise + x * y * x * y;
  stepwise = stepwise + x * x * y * y;
  stepwise = stepwise + x * x * x * y;
  check_same("a long sum", x, y, fused, stepwise);
}

BOOST_AUTO_TEST_CASE(every_spelling_of_an_operator) {
  Recording r;
  const Scalar x = r.variable(3.0);
  Scalar v = x;
  v += 2;
  v *= x;
  v -= x * 0.5;
  v /= 2.0f;
  BOOST_TEST(v.value() == ((3.0 + 2) * 3 - 1.5) / 2);
  BOOST_TEST(backward(v)[x] == (2 * 3.0 + 2 - 0.5) / 2);
  BOOST_TEST(backward(+x)[x] == 1.0);
  BOOST_TEST(backward(fabs(-x))[x] == 1.0);
  BOOST_TEST(backward(1 / x)[x] == -1.0 / 9, boost::test_tools::tolerance(1e-15));
  BOOST_TEST(backward(pow(2.0, x))[x] == 8 * std::log(2.0), boost::test_tools::tolerance(1e-15));
  BOOST_TEST(backward(pow(x, x))[x] == 27 * (std::log(3.0) + 1), boost::test_tools::tolerance(1e-15));
  BOOST_TEST(backward(x - x)[x] == 0.0);
  BOOST_TEST(backward(x / x)[x] == 0.0, boost::test_tools::tolerance(1e-15));
}

BOOST_AUTO_TEST_CASE(constants_record_nothing) {
  Recording r;
  const Scalar x = r.variable(3.0);
  const Scalar c = 2.0, d = c * c + sin(c);
  BOOST_TEST(d.is_constant());
  BOOST_TEST(d.value() == 4 + std::sin(2.0));
  BOOST_TEST(r.statistics().values == 1u);
  const Scalar y = x * d + c;
  BOOST_TEST(r.statistics().values == 2u);
  BOOST_TEST(backward(y)[x] == d.value());
  BOOST_TEST(backward(d)[x] == 0.0);
  BOOST_TEST(gradient(d, x).value() == 0.0);
  BOOST_TEST(gradient(Scalar(x * 3.0), x).is_constant());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace wengert
