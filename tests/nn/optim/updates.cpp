// Every optimiser, step by step, against its update rule written out in plain loops of long double: 20 steps, in f64
// and f32, with every option.

#include <algorithm>
#include <cmath>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "wengert/nn/optim/adagrad.hpp"
#include "wengert/nn/optim/adam.hpp"
#include "wengert/nn/optim/rmsprop.hpp"
#include "wengert/nn/optim/sgd.hpp"

namespace {

using namespace wengert;
using Real = long double;
using Numbers = std::vector<Real>;

/// The gradient at step t: of a skewed quadratic around a point that moves, so that its sign changes now and then.
Real gradient(std::size_t i, Real p, int t) {
  const Real k = static_cast<Real>(i);
  return (1 + k / 3) * p - std::sin(1.3L * k + 0.7L * static_cast<Real>(t));
}

/// One element of a rule: next(p, g, t, memory); `memory` has three numbers, 0 at first.
using Rule = std::function<Real(Real, Real, int, std::array<Real, 3>&)>;

void compare(const std::string& what, nn::Optimiser& optimiser, const Rule& rule, Dtype dtype, double tolerance) {
  constexpr std::size_t n = 7;  // no multiple of a vector's width
  Numbers expected(n);
  std::vector<std::array<Real, 3>> memory(n);
  std::vector<double> start(n);
  for (std::size_t i = 0; i < n; ++i) start[i] = 0.5 - 0.3 * static_cast<double>(i);
  const auto of_dtype = [&](const std::vector<double>& x) { return convert(tensor(x, Shape{7}), dtype); };
  Tensor p = of_dtype(start);
  const std::vector<double> first = p.to_vector();
  std::ranges::copy(first, expected.begin());
  const std::vector<nn::Parameter> parameters{{"p", &p}};
  for (int t = 1; t <= 20; ++t) {
    std::vector<double> g(n);
    for (std::size_t i = 0; i < n; ++i) g[i] = static_cast<double>(gradient(i, expected[i], t));
    const Tensor given = of_dtype(g);
    g = given.to_vector();
    for (std::size_t i = 0; i < n; ++i) expected[i] = rule(expected[i], g[i], t, memory[i]);
    optimiser.step(parameters, std::vector{given});
    const std::vector<double> got = p.to_vector();
    for (std::size_t i = 0; i < n; ++i) {
      const double error = std::abs(got[i] - static_cast<double>(expected[i]));
      BOOST_TEST_REQUIRE(error <= tolerance * std::max(1.0, std::abs(static_cast<double>(expected[i]))),
                         what << ", step " << t << ", element " << i << ": " << got[i] << " instead of "
                              << static_cast<double>(expected[i]));
    }
  }
}

/// In both dtypes, each with an optimiser of its own.
template <class O>
void compare(const std::string& what, const typename O::Options& options, const Rule& rule) {
  O wide{options}, narrow{options};
  compare(what + " f64", wide, rule, Dtype::f64, 1e-13);
  compare(what + " f32", narrow, rule, Dtype::f32, 1e-5);
}

BOOST_AUTO_TEST_SUITE(optimisers)

BOOST_AUTO_TEST_CASE(sgd_follows_its_update_rule) {
  for (const double momentum : {0.0, 0.9})
    for (const double dampening : {0.0, 0.4})
      for (const double decay : {0.0, 0.1})
        for (const bool nesterov : {false, true})
          for (const bool maximise : {false, true}) {
            if (nesterov && (momentum == 0 || dampening != 0)) continue;
            const Rule rule = [=](Real p, Real g, int t, std::array<Real, 3>& memory) {
              if (maximise) g = -g;
              g += static_cast<Real>(decay) * p;
              if (momentum == 0) return p - 0.05L * g;
              Real& buffer = memory[0];
              buffer = t == 1 ? g : static_cast<Real>(momentum) * buffer + (1 - static_cast<Real>(dampening)) * g;
              return p - 0.05L * (nesterov ? g + static_cast<Real>(momentum) * buffer : buffer);
            };
            compare<nn::SGD>("SGD",
                             {.rate = 0.05,
                              .momentum = momentum,
                              .dampening = dampening,
                              .weight_decay = decay,
                              .nesterov = nesterov,
                              .maximise = maximise},
                             rule);
          }
}

Rule adam_rule(bool decoupled, double decay, bool amsgrad, bool maximise) {
  return [=](Real p, Real g, int t, std::array<Real, 3>& memory) {
    const Real rate = 0.02L, b1 = 0.8L, b2 = 0.95L, epsilon = 1e-3L;
    if (maximise) g = -g;
    if (decoupled)
      p -= rate * static_cast<Real>(decay) * p;
    else
      g += static_cast<Real>(decay) * p;
    auto& [m, v, largest] = memory;
    m = b1 * m + (1 - b1) * g;
    v = b2 * v + (1 - b2) * g * g;
    largest = std::max(largest, v);
    const Real m_hat = m / (1 - std::pow(b1, static_cast<Real>(t)));
    const Real v_hat = (amsgrad ? largest : v) / (1 - std::pow(b2, static_cast<Real>(t)));
    return p - rate * m_hat / (std::sqrt(v_hat) + epsilon);
  };
}

BOOST_AUTO_TEST_CASE(adam_and_adamw_follow_their_update_rules) {
  for (const double decay : {0.0, 0.1})
    for (const bool amsgrad : {false, true})
      for (const bool maximise : {false, true}) {
        compare<nn::Adam>("Adam",
                          {.rate = 0.02,
                           .beta1 = 0.8,
                           .beta2 = 0.95,
                           .epsilon = 1e-3,
                           .weight_decay = decay,
                           .amsgrad = amsgrad,
                           .maximise = maximise},
                          adam_rule(false, decay, amsgrad, maximise));
        compare<nn::AdamW>("AdamW",
                           {.rate = 0.02,
                            .beta1 = 0.8,
                            .beta2 = 0.95,
                            .epsilon = 1e-3,
                            .weight_decay = decay,
                            .amsgrad = amsgrad,
                            .maximise = maximise},
                           adam_rule(true, decay, amsgrad, maximise));
      }
}

BOOST_AUTO_TEST_CASE(rmsprop_follows_its_update_rule) {
  for (const double momentum : {0.0, 0.9})
    for (const double decay : {0.0, 0.1})
      for (const bool centred : {false, true})
        for (const bool maximise : {false, true}) {
          const Rule rule = [=](Real p, Real g, int, std::array<Real, 3>& memory) {
            const Real alpha = 0.9L, epsilon = 1e-2L, rate = 0.01L;
            if (maximise) g = -g;
            g += static_cast<Real>(decay) * p;
            auto& [square, average, buffer] = memory;
            square = alpha * square + (1 - alpha) * g * g;
            average = alpha * average + (1 - alpha) * g;
            const Real scaled = g / (std::sqrt(centred ? square - average * average : square) + epsilon);
            if (momentum == 0) return p - rate * scaled;
            buffer = static_cast<Real>(momentum) * buffer + scaled;
            return p - rate * buffer;
          };
          compare<nn::RMSProp>("RMSProp",
                               {.rate = 0.01,
                                .alpha = 0.9,
                                .epsilon = 1e-2,
                                .weight_decay = decay,
                                .momentum = momentum,
                                .centred = centred,
                                .maximise = maximise},
                               rule);
        }
}

BOOST_AUTO_TEST_CASE(adagrad_follows_its_update_rule) {
  for (const double rate_decay : {0.0, 0.2})
    for (const double decay : {0.0, 0.1})
      for (const double initial : {0.0, 0.5})
        for (const bool maximise : {false, true}) {
          const Rule rule = [=](Real p, Real g, int t, std::array<Real, 3>& memory) {
            if (maximise) g = -g;
            g += static_cast<Real>(decay) * p;
            if (t == 1) memory[0] = static_cast<Real>(initial);
            memory[0] += g * g;
            const Real rate = 0.1L / (1 + static_cast<Real>(t - 1) * static_cast<Real>(rate_decay));
            return p - rate * g / (std::sqrt(memory[0]) + 1e-4L);
          };
          compare<nn::Adagrad>("Adagrad",
                               {.rate = 0.1,
                                .rate_decay = rate_decay,
                                .weight_decay = decay,
                                .initial_accumulator = initial,
                                .epsilon = 1e-4,
                                .maximise = maximise},
                               rule);
        }
}

BOOST_AUTO_TEST_CASE(centred_rmsprop_of_a_constant_gradient_is_finite) {
  // Once the averages have settled, rounding decides the sign of v - a².
  nn::RMSProp optimiser{{.rate = 1e-3, .alpha = 0.5, .centred = true}};
  Tensor p = zeros({64}, Dtype::f32);
  std::vector<float> g(64);
  for (std::size_t i = 0; i < g.size(); ++i) g[i] = 0.1f + 0.013f * static_cast<float>(i);
  const std::vector gradients{tensor(g, Shape{64})};
  for (int t = 0; t < 200; ++t) optimiser.step(std::vector<nn::Parameter>{{"p", &p}}, gradients);
  for (const double x : p.to_vector()) BOOST_TEST(std::isfinite(x));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
