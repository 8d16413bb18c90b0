// Taylor coefficients against series that are known in closed form, to order 25 and beyond; what does not move, what
// was chosen, what is refused; paths, differential equations, mixed partials.
#include <boost/test/unit_test.hpp>

#include <cmath>
#include <limits>
#include <numbers>
#include <string>
#include <vector>

#include "wengert/autodiff/autodiff.hpp"
#include "wengert/autodiff/transform/taylor.hpp"

using namespace wengert;

namespace {

constexpr std::size_t order = 25;
constexpr double unit = 0x1p-53;

/// Each to so many units of its own size; where it is 0 exactly, to so many of `zero`.
void close(const std::vector<double>& got, const std::vector<double>& wanted, double units, double zero = 0.0) {
  BOOST_REQUIRE(got.size() == wanted.size());
  for (std::size_t k = 0; k < got.size(); ++k)
    BOOST_TEST(std::abs(got[k] - wanted[k]) <= units * unit * (wanted[k] == 0 ? zero : std::abs(wanted[k])),
               "coefficient " << k << ": " << got[k] << " for " << wanted[k]);
}

std::vector<double> coefficients(std::size_t count, double (*of)(std::size_t k)) {
  std::vector<double> result;
  for (std::size_t k = 0; k < count; ++k) result.push_back(of(k));
  return result;
}

double factorial(std::size_t k) { return std::tgamma(static_cast<double>(k) + 1); }

template <class F>
std::vector<double> at(const F& f, double x, std::size_t n = order) {
  return taylor(f, n)(x);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(series)

BOOST_AUTO_TEST_CASE(exponentials) {
  close(at([](const Scalar& x) { return Scalar(exp(x)); }, 0.0),
        coefficients(order + 1, [](std::size_t k) { return 1 / factorial(k); }), 30);
  // exp(sin t): exact fractions, by the recurrence in exact arithmetic.
  const std::vector<double> of_sine{1,
                                    1,
                                    1.0 / 2,
                                    0,
                                    -1.0 / 8,
                                    -1.0 / 15,
                                    -1.0 / 240,
                                    1.0 / 90,
                                    31.0 / 5760,
                                    1.0 / 5670,
                                    -2951.0 / 3628800,
                                    -1.0 / 3150,
                                    181.0 / 14515200,
                                    2417.0 / 48648600,
                                    58913.0 / 4151347200,
                                    -5699.0 / 2554051500,
                                    -52635599.0 / 20922789888000,
                                    -19993.0 / 43418875500};
  close(at([](const Scalar& x) { return Scalar(exp(sin(x))); }, 0.0, of_sine.size() - 1), of_sine, 400, 1);
}

BOOST_AUTO_TEST_CASE(logarithm_and_powers) {
  close(at([](const Scalar& x) { return Scalar(log(x)); }, 2.0),
        coefficients(order + 1,
                     [](std::size_t k) {
                       const double n = static_cast<double>(k);
                       return k == 0 ? std::log(2.0) : (k % 2 == 0 ? -1 : 1) / (n * std::exp2(n));
                     }),
        60);
  for (const double a : {0.5, -1.5, 1.0 / 3, 2.0, -2.0, 7.25}) {
    std::vector<double> binomial{1};
    for (std::size_t k = 1; k <= order; ++k)
      binomial.push_back(binomial.back() * (a - static_cast<double>(k) + 1) / static_cast<double>(k));
    BOOST_TEST_CONTEXT("exponent " << a)
    close(at([a](const Scalar& x) { return Scalar(pow(x, a)); }, 1.0), binomial, 200);
  }
  close(at([](const Scalar& x) { return Scalar(sqrt(x)); }, 1.0),
        at([](const Scalar& x) { return Scalar(pow(x, 0.5)); }, 1.0), 300);
  // A whole power is a polynomial: beyond its degree exactly 0.
  close(at([](const Scalar& x) { return Scalar(pow(x, 3)); }, 2.0, 6), {8, 12, 6, 1, 0, 0, 0}, 4);
  close(at([](const Scalar& x) { return Scalar(pow(x, 3)); }, 0.0, 6), {0, 0, 0, 1, 0, 0, 0}, 4);
}

BOOST_AUTO_TEST_CASE(quotients) {
  close(at([](const Scalar& x) { return Scalar(1.0 / (1.0 - x)); }, 0.0, 60), std::vector<double>(61, 1.0), 200);
  close(at([](const Scalar& x) { return Scalar((1.0 + x) / (1.0 - x)); }, 0.0, 3), {1, 2, 2, 2}, 4);
  // Fibonacci numbers, whole and exact.
  std::vector<double> fibonacci{0, 1};
  while (fibonacci.size() < 40) fibonacci.push_back(fibonacci.back() + fibonacci[fibonacci.size() - 2]);
  close(at([](const Scalar& x) { return Scalar(x / (1.0 - x - x * x)); }, 0.0, 39), fibonacci, 0);
  // Terms as large as (1+√2)^k/k! leave √2^k/k!, and what they round goes on with the series of e^-t.
  const auto y = at([](const Scalar& x) { return Scalar(sin(x) / exp(x)); }, 0.4);
  const auto z = at([](const Scalar& x) { return Scalar(sin(x) * exp(-x)); }, 0.4);
  for (std::size_t k = 0; k <= order; ++k)
    BOOST_TEST(std::abs(y[k] - z[k]) <=
               4 * unit * std::pow(2 + std::numbers::sqrt2, static_cast<double>(k)) / factorial(k));
}

BOOST_AUTO_TEST_CASE(circular_functions) {
  const auto sine = at([](const Scalar& x) { return Scalar(sin(x)); }, 0.7);
  std::vector<double> wanted;
  const double cycle[]{std::sin(0.7), std::cos(0.7), -std::sin(0.7), -std::cos(0.7)};
  for (std::size_t k = 0; k <= order; ++k) wanted.push_back(cycle[k % 4] / factorial(k));
  close(sine, wanted, 60);
  // The tangent numbers.
  const std::vector<double> odd{1,
                                1.0 / 3,
                                2.0 / 15,
                                17.0 / 315,
                                62.0 / 2835,
                                1382.0 / 155925,
                                21844.0 / 6081075,
                                929569.0 / 638512875,
                                6404582.0 / 10854718875,
                                443861162.0 / 1856156927625,
                                18888466084.0 / 194896477400625,
                                113927491862.0 / 2900518163668125,
                                58870668456604.0 / 3.698160658676859375e18};
  std::vector<double> tangent(order + 1);
  for (std::size_t k = 1; k <= order; k += 2) tangent[k] = odd[k / 2];
  close(at([](const Scalar& x) { return Scalar(tan(x)); }, 0.0), tangent, 100);
  close(
      at([](const Scalar& x) { return Scalar(atan(x)); }, 0.0),
      coefficients(order + 1,
                   [](std::size_t k) { return k % 2 == 0 ? 0.0 : (k % 4 == 1 ? 1.0 : -1.0) / static_cast<double>(k); }),
      100);
  std::vector<double> hyperbolic = tangent;
  for (std::size_t k = 3; k <= order; k += 4) hyperbolic[k] = -hyperbolic[k];
  close(at([](const Scalar& x) { return Scalar(tanh(x)); }, 0.0), hyperbolic, 100);
  close(
      at([](const Scalar& x) { return Scalar(asin(x)); }, 0.0, 15),
      [] {
        std::vector<double> c(16);
        double central = 1;  // (2n)! / (4^n n!²)
        for (std::size_t n = 0; 2 * n + 1 < c.size(); ++n) {
          if (n > 0) central *= (2.0 * static_cast<double>(n) - 1) / (2.0 * static_cast<double>(n));
          c[2 * n + 1] = central / (2.0 * static_cast<double>(n) + 1);
        }
        return c;
      }(),
      100);
}

BOOST_AUTO_TEST_CASE(special_functions) {
  close(at([](const Scalar& x) { return Scalar(erf(x)); }, 0.0),
        coefficients(order + 1,
                     [](std::size_t k) {
                       if (k % 2 == 0) return 0.0;
                       const double n = static_cast<double>(k / 2);
                       return 2 * std::numbers::inv_sqrtpi * (k % 4 == 1 ? 1 : -1) / (std::tgamma(n + 1) * (2 * n + 1));
                     }),
        100);
  // ln Γ(1+t) = -γt + Σ (-1)^k ζ(k)/k t^k. Here each polygamma is the derivative of the one before.
  close(at([](const Scalar& x) { return Scalar(lgamma(x)); }, 1.0),
        coefficients(order + 1,
                     [](std::size_t k) {
                       const double n = static_cast<double>(k);
                       return k == 0   ? 0.0
                              : k == 1 ? -std::numbers::egamma
                                       : (k % 2 == 0 ? 1 : -1) * std::riemann_zeta(n) / n;
                     }),
        200);
}

// Sine and cosine name each other, the logistic function itself: the number of series does not depend on the order.
BOOST_AUTO_TEST_CASE(equal_partials_are_one_series) {
  const auto count = [](const auto& f, std::size_t n) {
    Recording r;
    const std::vector<Scalar> x{r.variable(0.3)}, y{Scalar(f(x[0]))};
    return TaylorSeries(y, x, n).size();
  };
  const auto sine = [](const Scalar& x) { return sin(x); };
  BOOST_TEST(count(sine, 40) == count(sine, 4));
  BOOST_TEST(count(sine, 40) <= 5u);
  const auto mixed = [](const Scalar& x) { return exp(sin(x)) * tanh(x) / (1.0 + x * x) + atan(x) + log(x) + erf(x); };
  BOOST_TEST(count(mixed, 40) == count(mixed, 8));
  const auto power = [](const Scalar& x) { return pow(x, 0.3); };
  BOOST_TEST(count(power, 40) <= 4 * 40u + 10);
}

BOOST_AUTO_TEST_CASE(a_path_of_higher_order_is_a_composition) {
  Recording r;
  const Scalar u = r.variable(0.3), v = r.variable(-0.2), y = sin(u) * exp(u * v) + u / (2.0 + v);
  // u = 0.3 + t - t²/2 + 3t⁴, v = -0.2 + 2t³
  const std::vector<double> along = taylor(y, {u, v}, TaylorPath{{1, -0.5, 0, 3}, {0, 0, 2}}, 12);
  const Scalar t = r.variable(0.0), p = 0.3 + t - 0.5 * t * t + 3.0 * pow(t, 4), q = -0.2 + 2.0 * pow(t, 3);
  const Scalar z = sin(p) * exp(p * q) + p / (2.0 + q);
  close(along, taylor(z, t, 12), 2000);
  close(taylor(y, {u, v}, std::vector<double>{1, 2}, 3), taylor(y, {u, v}, TaylorPath{{1}, {2, 0}}, 3), 0);
}

BOOST_AUTO_TEST_CASE(values_inside_a_program_can_be_moved) {
  Recording r;
  const Scalar x = r.variable(0.5), m = x * x, y = exp(m) * x;  // x stands still where m moves
  const auto c = taylor(y, m, 5);
  for (std::size_t k = 0; k <= 5; ++k) BOOST_TEST(std::abs(c[k] - 0.5 * std::exp(0.25) / factorial(k)) < 1e-15);
  close(taylor(m, m, 3), {0.25, 1, 0, 0}, 0);
}

BOOST_AUTO_TEST_CASE(what_does_not_move_is_constant) {
  Recording r;
  const Scalar x = r.variable(2.0), other = r.variable(3.0);
  close(taylor(other * other, x, 3), {9, 0, 0, 0}, 0);
  close(taylor(Scalar(5.0), x, 2), {5, 0, 0}, 0);
  close(taylor(x * other, x, 2), {6, 3, 0}, 0);
  BOOST_TEST(taylor(x, x, 0).size() == 1u);
  // Tensors too, as long as the path does not go through them.
  const Tensor t = r.variable(tensor({1, 2, 3}), "t");
  close(taylor(to_scalar(sum(t)) * x * x, x, 3), {24, 24, 6, 0}, 0);
}

BOOST_AUTO_TEST_CASE(selections_and_kinks_follow_the_recorded_branch) {
  Recording r;
  const Scalar x = r.variable(0.0);
  // Nothing comes from the side that was not taken, though it is infinite or NaN there.
  const Scalar y = where(x > 1.0, log(x), 3.0 * x), z = where(x < 1.0, x * x, 1.0 / x);
  close(taylor(y, x, 3), {0, 3, 0, 0}, 0);
  close(taylor(z, x, 3), {0, 0, 1, 0}, 0);
  close(taylor(abs(x), x, 3), {0, 0, 0, 0}, 0);
  const Scalar w = r.variable(-2.0);
  close(taylor(abs(w) * w, w, 3), {-4, 4, -1, 0}, 0);
  close(taylor(max(w, 0.0), w, 2), {0, 0, 0}, 0);
}

BOOST_AUTO_TEST_CASE(where_there_is_no_derivative_it_is_infinite_or_nan) {
  Recording r;
  const Scalar x = r.variable(0.0);
  const auto root = taylor(sqrt(x), x, 2);
  BOOST_TEST(root[0] == 0);
  BOOST_TEST(std::isinf(root[1]));
  BOOST_TEST(!std::isfinite(root[2]));
  BOOST_TEST(std::isinf(taylor(log(x), x, 1)[1]));
  // A zero contributes zero: x² has no term of first order for the root's infinite slope.
  close(taylor(sqrt(x), std::vector{x}, std::vector<double>{0.0}, 3), {0, 0, 0, 0}, 0);
}

BOOST_AUTO_TEST_CASE(long_chains_and_rolled_loops) {
  Recording r;
  std::vector<double> points(2000);
  for (std::size_t i = 0; i < points.size(); ++i) points[i] = 0.001 * static_cast<double>(i);
  const Scalar x = r.variable(0.1);
  const std::vector<Scalar> p = r.variables(points);
  std::vector<Scalar> terms;
  for (const Scalar& each : p) terms.push_back(exp(each * x));
  Scalar sum = 0.0;
  for (const Scalar& term : terms) sum = sum + term;
  std::vector<double> wanted(9);
  for (const double each : points)
    for (std::size_t k = 0; k < wanted.size(); ++k)
      wanted[k] += std::exp(0.1 * each) * std::pow(each, static_cast<double>(k)) / factorial(k);
  close(taylor(sum, x, 8), wanted, 4000);

  Scalar chain = x;
  for (int i = 0; i < 200000; ++i) chain = sin(chain) * 1.0000001;
  const auto c = taylor(chain, x, 2);
  BOOST_TEST(std::abs(c[1] - gradient(chain, x).value()) <= 1e-9 * std::abs(c[1]));
}

BOOST_AUTO_TEST_CASE(derivatives_of_coefficients) {
  close(derivatives_of(std::vector<double>{1, 2, 3, 4}), {1, 2, 6, 24}, 0);
  BOOST_TEST(derivatives_of(std::vector<double>{}).empty());
  // 171! is infinite; 0 is not.
  std::vector<double> many(180);
  many[0] = 1;
  BOOST_TEST(derivatives_of(many)[179] == 0);
}

// x' = f(x): the next coefficient of x is f's of this order, divided.
BOOST_AUTO_TEST_CASE(differential_equations) {
  const auto solve = [](const std::vector<double>& start, const auto& f, std::size_t n) {
    Recording r;
    const std::vector<Scalar> x = r.variables(start);
    TaylorSeries series(f(x), x, n);
    std::vector<std::vector<double>> result{start};
    for (std::size_t k = 0; k < n; ++k) {
      std::vector<double> next = series.coefficients(k);
      for (double& c : next) c /= static_cast<double>(k + 1);
      result.push_back(next);
      series.advance(next);
    }
    return result;
  };
  // x' = x², x(0) = 1/2: 1/(2 - t)
  const auto pole = solve(
      {0.5}, [](const std::vector<Scalar>& x) { return std::vector<Scalar>{x[0] * x[0]}; }, 30);
  for (std::size_t k = 0; k <= 30; ++k) BOOST_TEST(pole[k][0] == std::ldexp(1.0, -static_cast<int>(k) - 1));
  // x' = y, y' = -x: cosine and minus sine.
  const auto turn = solve(
      {1, 0},
      [](const std::vector<Scalar>& x) {
        return std::vector<Scalar>{x[1], -x[0]};
      },
      20);
  for (std::size_t k = 0; k <= 20; ++k) {
    const double c = (k % 4 < 2 ? 1 : -1) / factorial(k);
    BOOST_TEST(std::abs(turn[k][k % 2] - (k % 2 == 0 ? c : -c)) <= 20 * unit * std::abs(c));
    BOOST_TEST(turn[k][1 - k % 2] == 0);
  }
}

BOOST_AUTO_TEST_CASE(mixed_partials_are_those_of_nested_gradients) {
  Recording r;
  const std::vector<Scalar> x = r.variables(std::vector<double>{0.4, -0.3, 0.7});
  const Scalar y = exp(x[0] * x[1]) * sin(x[2] + x[0]) + x[1] * x[1] * x[2];
  for (const std::vector<std::size_t>& n :
       {std::vector<std::size_t>{1, 0, 0}, {0, 2, 0}, {1, 1, 1}, {2, 0, 1}, {0, 2, 1}, {1, 2, 1}, {2, 2, 1}}) {
    Scalar d = y;
    std::size_t total = 0;
    for (std::size_t v = 0; v < 3; ++v)
      for (std::size_t k = 0; k < n[v]; ++k, ++total) d = gradient(d, x[v]);
    const double got = mixed_partial(y, x, n);
    BOOST_TEST(std::abs(got - d.value()) <= std::pow(30.0, static_cast<double>(total)) * unit * (1 + std::abs(got)),
               "order " << total << ": " << got << " for " << d.value());
  }
  BOOST_TEST(mixed_partial(y, x, {0, 0, 0}) == y.value());
}

BOOST_AUTO_TEST_CASE(what_is_refused) {
  const auto says = [](const std::string& text) {
    return [text](const Error& e) {
      BOOST_TEST_CONTEXT(e.what()) BOOST_TEST(std::string(e.what()).find(text) != std::string::npos);
      return e.operation() == "taylor" && e.where().line() > 0;
    };
  };
  Recording r, other;
  const Scalar x = r.variable(1.0), y = x * x;
  BOOST_CHECK_EXCEPTION((void)taylor(y, Scalar(2.0), 3), ArgumentError, says("is a constant"));
  BOOST_CHECK_EXCEPTION((void)taylor(y, {x, x}, std::vector<double>{1, 1}, 3), ArgumentError, says("are the same"));
  BOOST_CHECK_EXCEPTION((void)taylor(y, {x}, std::vector<double>{1, 1}, 3), ArgumentError, says("2 numbers"));
  BOOST_CHECK_EXCEPTION((void)taylor(y, {x}, TaylorPath{}, 3), ArgumentError, says("0 lists"));
  BOOST_CHECK_EXCEPTION((void)taylor(y, other.variable(1.0), 3), ForeignRecording, [](const Error&) { return true; });
  const Scalar through = to_scalar(sum(stack({x, x})));
  BOOST_CHECK_EXCEPTION((void)taylor(through, x, 3), ArgumentError, says("stack"));
  TaylorSeries series(std::vector{y}, std::vector{x}, 1);
  BOOST_CHECK_EXCEPTION((void)series.coefficient(0, 1), ArgumentError, says("known so far"));
  BOOST_CHECK_EXCEPTION((void)series.coefficient(1, 0), ArgumentError, says("one of 1 values"));
  BOOST_CHECK_EXCEPTION(series.advance(std::vector<double>{1, 2}), ArgumentError, says("2 coefficients"));
  series.advance(std::vector<double>{1});
  BOOST_TEST(series.order() == 1u);
  BOOST_CHECK_EXCEPTION(series.advance(std::vector<double>{0}), ArgumentError, says("order 2"));
  const Scalar stale = y;
  r.clear();
  BOOST_CHECK_THROW((void)taylor(stale, x, 3), StaleHandle);
}

BOOST_AUTO_TEST_SUITE_END()
