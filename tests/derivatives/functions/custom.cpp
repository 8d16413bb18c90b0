// Derivatives of the user's own.
#include "wengert/autodiff/transform/custom.hpp"

#include <boost/test/unit_test.hpp>

#include <cmath>
#include <string>
#include <tuple>
#include <vector>

#include "wengert/autodiff/autodiff.hpp"
#include "wengert/autodiff/record/expand.hpp"

namespace {

using namespace wengert;

inline constexpr auto softsign = custom_primitive<"test.softsign",
                                                  [](auto x) {
                                                    using std::abs;
                                                    return x / (1.0 + abs(x));
                                                  },
                                                  [](auto, auto x) {
                                                    using std::abs;
                                                    return 1.0 / ((1.0 + abs(x)) * (1.0 + abs(x)));
                                                  }>;
inline constexpr auto weighted =
    custom_primitive<"test.weighted", [](auto x, auto w) { return x * w; }, [](auto, auto, auto w) { return w; },
                     [](auto, auto, auto) { return ops::Zero{}; }>;

BOOST_AUTO_TEST_SUITE(custom, *boost::unit_test::tolerance(1e-13))

BOOST_AUTO_TEST_CASE(a_custom_primitive_works_everywhere) {
  BOOST_TEST(softsign(3.0) == 0.75);
  Recording r;
  const Scalar x = r.variable(-0.5);
  const Scalar y = softsign(x * 2.0) + x;
  BOOST_TEST(y.value() == -0.5 - 0.5);
  BOOST_TEST(backward(y)[x] == 2.0 * 0.25 + 1.0);
  BOOST_TEST(forward({x}, {1.0})[y] == 1.5);
  // d²/dx² softsign(2x) = 4 · (-2 sign(z) / (1+|z|)³), z = -1
  BOOST_TEST(backward(gradient(y, x))[x] == 4.0 * 2.0 / 8.0);
  const Tensor t = r.variable(tensor({3.0, -1.0}));
  const Adjoints a = backward(sum(softsign(t)));
  BOOST_TEST(a[t].value().element(0) == 1.0 / 16.0);
  BOOST_TEST(a[t].value().element(1) == 1.0 / 4.0);
  const Expansion e = expand(r, {y});
  BOOST_TEST(std::string(e.graph.operation(e.node(y)).name) == "add");

  const Scalar w = r.variable(4.0);
  const Scalar z = weighted(x, w);
  BOOST_TEST(z.value() == -2.0);
  BOOST_TEST(backward(z)[x] == 4.0);
  BOOST_TEST(backward(z)[w] == 0.0);
}

BOOST_AUTO_TEST_CASE(stop_gradient_is_a_constant_to_every_derivative) {
  Recording r;
  const Scalar x = r.variable(3.0);
  const Scalar y = x * stop_gradient(x * x);
  BOOST_TEST(y.value() == 27.0);
  BOOST_TEST(backward(y)[x] == 9.0);
  BOOST_TEST(forward({x}, {1.0})[y] == 9.0);
  BOOST_TEST(gradient(y, x).value() == 9.0);
  BOOST_TEST(gradient(gradient(y, x), x).value() == 0.0);
  const Tensor t = r.variable(tensor({2.0, 5.0}));
  BOOST_TEST(backward(sum(t * stop_gradient(t)))[t].value().element(1) == 5.0);
  BOOST_TEST(stop_gradient(2.5) == 2.5);
  // It stays in the graph: an output depends on its variable.
  BOOST_TEST(expand(r, {y}).graph.variables().size() == 1u);
}

BOOST_AUTO_TEST_CASE(a_custom_vjp_replaces_the_derivative_in_every_mode) {
  // The rule of 3·sin on purpose, to see that it is the rule that is used.
  const auto f =
      with_custom_vjp([](const auto& x) { return sin(x); },
                      [](const auto& cotangent, const auto&, const auto& x) { return 3.0 * cotangent * cos(x); });
  Recording r;
  const Scalar x = r.variable(0.4);
  const Scalar y = f(x) * 2.0;
  BOOST_TEST(y.value() == 2.0 * std::sin(0.4));
  BOOST_TEST(backward(y)[x] == 6.0 * std::cos(0.4));
  BOOST_TEST(forward({x}, {0.5})[y] == 3.0 * std::cos(0.4));
  const Scalar g = gradient(y, x);
  BOOST_TEST(g.value() == 6.0 * std::cos(0.4));
  BOOST_TEST(backward(g)[x] == -6.0 * std::sin(0.4));
  BOOST_TEST(forward({x}, {0.5})[g] == -3.0 * std::sin(0.4));
  BOOST_TEST(gradient(gradient(g, x), x).value() == -6.0 * std::cos(0.4));
  const Tensor t = r.variable(tensor({0.1, 0.2}));
  BOOST_TEST(backward(sum(f(t)))[t].value().element(1) == 3.0 * std::cos(0.2));
}

BOOST_AUTO_TEST_CASE(a_custom_vjp_of_structures_gives_a_cotangent_for_every_argument_with_handles) {
  const auto f = with_custom_vjp(
      [](const std::vector<Scalar>& x, double scale, const Tensor& w) {
        return std::pair<Scalar, Tensor>(scale * (x[0] * x[1]), w * w);
      },
      [](const std::pair<Scalar, Tensor>& c, const auto&, const std::vector<Scalar>& x, double scale, const Tensor& w) {
        return std::tuple(std::vector<Scalar>{c.first * scale * x[1], c.first * scale * x[0]}, 2.0 * w * c.second);
      });
  Recording r;
  const std::vector<Scalar> x = r.variables(std::vector{2.0, 5.0});
  const Tensor w = r.variable(tensor({1.0, -3.0}));
  const auto [product, squares] = f(x, 10.0, w);
  const Scalar y = product * to_scalar(sum(squares));
  BOOST_TEST(y.value() == 100.0 * 10.0);
  const Adjoints a = backward(y);
  BOOST_TEST(a[x[0]] == 50.0 * 10.0);
  BOOST_TEST(a[x[1]] == 20.0 * 10.0);
  BOOST_TEST(a[w].value().element(1) == 100.0 * -6.0);
  BOOST_TEST(forward(std::vector{x[0]}, std::vector{1.0})[y] == 500.0);
  const std::vector<Scalar> g = gradient(y, x);
  BOOST_TEST(backward(g[0])[x[1]] == 100.0);
}

BOOST_AUTO_TEST_CASE(a_custom_jvp_is_transposed_for_reverse_mode) {
  const auto f = with_custom_jvp([](const auto& x, const auto& y) { return x * exp(y); },
                                 [](const auto& tangent, const auto& value, const auto& x, const auto& y) {
                                   static_cast<void>(x);
                                   return 5.0 * (std::get<0>(tangent) * exp(y) + std::get<1>(tangent) * value);
                                 });
  Recording r;
  const Scalar x = r.variable(2.0), z = r.variable(0.3);
  const Scalar y = f(x, z);
  BOOST_TEST(forward({x, z}, {1.0, 2.0})[y] == 5.0 * (std::exp(0.3) + 4.0 * std::exp(0.3)));
  BOOST_TEST(backward(y)[x] == 5.0 * std::exp(0.3));
  BOOST_TEST(backward(y)[z] == 10.0 * std::exp(0.3));
  const Scalar g = gradient(y, z);
  BOOST_TEST(g.value() == 10.0 * std::exp(0.3));
  // The rule asks for y, whose derivative is the rule's: 5 · 5 · y.
  BOOST_TEST(backward(g)[z] == 50.0 * std::exp(0.3));
}

BOOST_AUTO_TEST_CASE(a_rule_of_another_structure_is_refused) {
  const auto f =
      with_custom_vjp([](const auto& x, const auto& y) { return x * y; },
                      [](const auto& c, const auto&, const auto&, const auto& y) { return c * y; }, "half_a_rule");
  Recording r;
  const Scalar x = r.variable(2.0), z = r.variable(3.0);
  const Scalar y = f(x, z);
  BOOST_CHECK_EXCEPTION(static_cast<void>(backward(y)), ArgumentError, [](const ArgumentError& e) {
    const std::string text = e.what();
    return text.find("half_a_rule") != std::string::npos &&
           text.find("the rule gives cotangents of 1 Scalar") != std::string::npos &&
           text.find("2 Scalars, as the arguments have") != std::string::npos;
  });
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
