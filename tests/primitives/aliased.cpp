// Primitives whose operands are one and the same Scalar, f(x, x): value, first and second derivative must be those of
// f(u, v) at u = v = x, summed as the chain rule says. Alone and among repetitions that roll up.
#include "reference_check.hpp"

namespace wengert::test {

namespace {

template <class P, class... X>
Scalar applied(const X&... x) {
  return apply<P>(x...);
}
template <class P>
Scalar to_itself(const Scalar& x) {
  if constexpr (P::arity == 2)
    return applied<P>(x, x);
  else
    return applied<P>(x, x, x);
}

/// Σ over the operands of their first, and of all second derivatives, from operands that are kept apart.
template <class P>
std::array<double, 3> apart(double at) {
  Recording r;
  const std::vector<Scalar> u = r.variables(std::vector<double>(P::arity, at));
  const Scalar y = [&]<std::size_t... K>(std::index_sequence<K...>) {
    return applied<P>(u[K]...);
  }(std::make_index_sequence<P::arity>{});
  const std::vector<Scalar> g = gradient(y, u);
  double first = 0, second = 0;
  for (const Scalar& part : g) {
    first += part.value();
    const Adjoints row = backward(part);
    for (const Scalar& x : u) second += row[x];
  }
  return {y.value(), first, second};
}

template <class P>
void check(double at) {
  const auto [value, first, second] = apart<P>(at);
  const auto near = [](double a, double b) {
    return (std::isnan(a) && std::isnan(b)) || a == b || std::abs(a - b) <= 1e-12 * std::max(1.0, std::abs(b));
  };
  for (const std::size_t copies : {std::size_t{1}, std::size_t{20}}) {
    Recording r;
    const std::vector<Scalar> x = r.variables(std::vector<double>(copies, at));
    Scalar sum = 0.0;
    std::vector<Scalar> y;
    for (const Scalar& each : x) y.push_back(to_itself<P>(each));
    for (const Scalar& each : y) sum = sum + each;
    const std::vector<Scalar> g = gradient(sum, x);
    BOOST_TEST(near(y.back().value(), value), P::name << "(x, x) at " << at);
    BOOST_TEST(near(backward(sum)[x.back()], first), P::name << "(x, x) at " << at << ", backward");
    BOOST_TEST(near(g.back().value(), first), P::name << "(x, x) at " << at << ", gradient");
    BOOST_TEST(near(forward({x.back()}, {1.0})[sum], first), P::name << "(x, x) at " << at << ", forward");
    BOOST_TEST(near(backward(g.back())[x.back()], second), P::name << "(x, x) at " << at << ", second order");
  }
}

}  // namespace

BOOST_AUTO_TEST_SUITE(aliased)

BOOST_AUTO_TEST_CASE(every_primitive_of_an_operand_and_itself) {
  int checked = 0;
  ops::ElementwisePrimitives::for_each([&]<class P> {
    if constexpr (P::arity > 1 && P::result == ops::Result::real && constant_by_meaning<P> == 0) {
      for (const Reference& sample : samples_of(P::name, PrimitiveOf<P>::record.differentiable)) {
        check<P>(sample.at[0]);
        ++checked;
      }
      check<P>(0.0);
    }
  });
  BOOST_TEST(checked >= 1000);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace wengert::test
