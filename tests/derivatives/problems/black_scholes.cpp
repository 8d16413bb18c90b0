// The price of a European call and its sensitivities to third order, against their closed forms (E. G. Haug, The
// complete guide to option pricing formulas, 2007): x = (spot S, volatility σ, time to maturity T, rate r).
#include <boost/test/unit_test.hpp>

#include <cmath>
#include <numbers>
#include <vector>

#include "wengert/autodiff/autodiff.hpp"
#include "wengert/autodiff/transform/functional.hpp"

namespace wengert {
namespace {

using Vector = std::vector<Scalar>;
enum : std::size_t { S, V, T, R };

Scalar normal(const Scalar& x) { return 0.5 * erfc(-x / std::numbers::sqrt2); }

/// The price of a call with strike K.
auto call(double strike) {
  return [strike](const Vector& x) {
    const Scalar deviation = x[V] * sqrt(x[T]);
    const Scalar d1 = (log(x[S] / strike) + (x[R] + 0.5 * x[V] * x[V]) * x[T]) / deviation;
    const Scalar d2 = d1 - deviation;
    return Scalar(x[S] * normal(d1) - strike * exp(-x[R] * x[T]) * normal(d2));
  };
}

struct Greeks {
  double delta, vega, theta, rho;                    // ∂/∂S, ∂/∂σ, -∂/∂T, ∂/∂r
  double gamma, vanna, volga, charm, veta;           // SS, Sσ, σσ, -ST, σT
  double speed, zomma, color, ultima, vanna_by_vol;  // SSS, SSσ, SST, σσσ, Sσσ
};

Greeks by_hand(double s, double strike, double v, double t, double r) {
  const double w = v * std::sqrt(t), d1 = (std::log(s / strike) + (r + 0.5 * v * v) * t) / w, d2 = d1 - w;
  const double density = std::exp(-0.5 * d1 * d1) / std::sqrt(2 * std::numbers::pi);
  const auto n = [](double x) { return 0.5 * std::erfc(-x / std::numbers::sqrt2); };
  const double discounted = strike * std::exp(-r * t);
  Greeks g{};
  g.delta = n(d1);
  g.vega = s * density * std::sqrt(t);
  g.theta = -s * density * v / (2 * std::sqrt(t)) - r * discounted * n(d2);
  g.rho = t * discounted * n(d2);
  g.gamma = density / (s * w);
  g.vanna = -density * d2 / v;
  g.volga = g.vega * d1 * d2 / v;
  g.charm = -density * (2 * r * t - d2 * w) / (2 * t * w);
  g.veta = -g.vega * (r * d1 / w - (1 + d1 * d2) / (2 * t));
  g.speed = -g.gamma / s * (d1 / w + 1);
  g.zomma = g.gamma * (d1 * d2 - 1) / v;
  g.color = -density / (2 * s * t * w) * (1 + (2 * r * t - d2 * w) / w * d1);
  g.ultima = -g.vega / (v * v) * (d1 * d2 * (1 - d1 * d2) + d1 * d1 + d2 * d2);
  g.vanna_by_vol = g.vanna / v * (d1 * d2 - d1 / d2 - 1);
  return g;
}

/// ∂³f/∂xᵢ∂xⱼ∂xₖ by three reverse sweeps, one over the other.
template <class F>
double third(const F& f, const std::vector<double>& x, std::size_t i, std::size_t j, std::size_t k) {
  const auto first = [&f, i](const Vector& at) { return grad(f)(at)[i]; };
  const auto second = [&first, j](const Vector& at) { return grad(first)(at)[j]; };
  return grad(second)(x)[k];
}
/// The same by three forward sweeps.
template <class F>
double third_forward(const F& f, const std::vector<double>& x, std::size_t i, std::size_t j, std::size_t k) {
  const auto axis = [](std::size_t at) {
    std::vector<double> v(4);
    v[at] = 1.0;
    return v;
  };
  const auto first = [&](const Vector& at) { return jvp(f)(at, axis(i)).tangent; };
  const auto second = [&](const Vector& at) { return jvp(first)(at, axis(j)).tangent; };
  return jvp(second)(x, axis(k)).tangent;
}

void check_close(double got, double expected, double scale, const char* what) {
  BOOST_TEST(std::abs(got - expected) <= 1e-12 * (std::abs(expected) + scale),
             what << ": got " << got << ", expected " << expected);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(black_scholes)

BOOST_AUTO_TEST_CASE(greeks_to_third_order) {
  for (const double strike : {80.0, 100.0, 125.0})
    for (const double v : {0.15, 0.4})
      for (const double t : {0.25, 2.0}) {
        const double s = 100.0, r = 0.03;
        const std::vector<double> x{s, v, t, r};
        const auto f = call(strike);
        const Greeks hand = by_hand(s, strike, v, t, r);
        BOOST_TEST_CONTEXT("strike " << strike << ", volatility " << v << ", time " << t) {
          const std::vector<double> first = grad(f)(x);
          check_close(first[S], hand.delta, 1, "delta");
          check_close(first[V], hand.vega, 1, "vega");
          check_close(-first[T], hand.theta, 1, "theta");
          check_close(first[R], hand.rho, 1, "rho");

          const Matrix second = hessian(f)(x);
          check_close(second(S, S), hand.gamma, 1 / s, "gamma");
          check_close(second(S, V), hand.vanna, 1, "vanna");
          check_close(second(V, S), hand.vanna, 1, "vanna");
          check_close(second(V, V), hand.volga, hand.vega / v, "volga");
          check_close(-second(S, T), hand.charm, 1, "charm");
          check_close(second(V, T), hand.veta, hand.vega / t, "veta");
          // The equation that the price solves: -∂T + r S ∂S + ½σ²S² ∂SS = r·price.
          check_close(hand.theta + r * s * first[S] + 0.5 * v * v * s * s * second(S, S),
                      r * value_and_grad(f)(x).value, s, "equation of Black and Scholes");

          const auto check_third = [&](std::size_t i, std::size_t j, std::size_t k, double expected, double scale,
                                       const char* what) {
            check_close(third(f, x, i, j, k), expected, scale, what);
            check_close(third(f, x, k, i, j), expected, scale, what);
            check_close(third_forward(f, x, i, j, k), expected, scale, what);
          };
          check_third(S, S, S, hand.speed, hand.gamma / s, "speed");
          check_third(S, S, V, hand.zomma, hand.gamma / v, "zomma");
          check_third(S, S, T, hand.color, hand.gamma / t, "color");
          check_third(V, V, V, hand.ultima, hand.vega / (v * v), "ultima");
          check_third(S, V, V, hand.vanna_by_vol, 1 / (v * v), "vanna by volatility");
        }
      }
}

BOOST_AUTO_TEST_SUITE_END()
}  // namespace wengert
