// minimise (L-BFGS): functions with known minima, PyTorch's iterates without the line search, models, hostile losses.

#include <cmath>
#include <limits>
#include <numeric>
#include <stdexcept>
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "wengert/nn/optim/lbfgs.hpp"
#include "wengert/tests/nn/support/references.hpp"

namespace {

using namespace wengert;
using Numbers = std::vector<double>;

/// Σ 100 (x₂ₖ₊₁ - x₂ₖ²)² + (1 - x₂ₖ)²; minimum 0 at (1, …, 1).
double rosenbrock(std::span<const double> x, std::span<double> g) {
  double sum = 0;
  for (std::size_t k = 0; k + 1 < x.size(); k += 2) {
    const double a = x[k + 1] - x[k] * x[k], b = 1 - x[k];
    sum += 100 * a * a + b * b;
    g[k] = -400 * x[k] * a - 2 * b;
    g[k + 1] = 200 * a;
  }
  return sum;
}

BOOST_AUTO_TEST_SUITE(lbfgs)

BOOST_AUTO_TEST_CASE(rosenbrocks_valley_of_2_and_of_100_variables) {
  for (const std::size_t n : {2u, 100u}) {
    Numbers x(n);
    for (std::size_t k = 0; k < n; k += 2) x[k] = -1.2, x[k + 1] = 1;
    const nn::Minimum found = nn::minimise(x, rosenbrock, {.tolerance_gradient = 1e-9, .tolerance_change = 0});
    BOOST_TEST((found.stop == nn::Stop::gradient), nn::to_string(found.stop));
    for (const double value : x) BOOST_TEST(std::abs(value - 1) < 1e-9);
    BOOST_TEST(found.loss < 1e-18);
    BOOST_TEST(found.iterations <= 60);  // scipy's L-BFGS-B needs 36
    BOOST_TEST(found.evaluations <= 100);
  }
}

BOOST_AUTO_TEST_CASE(beales_and_powells_functions) {
  Numbers beale{1, 1};
  const auto of_beale = [](std::span<const double> x, std::span<double> g) {
    double sum = 0;
    g[0] = g[1] = 0;
    const double constants[]{1.5, 2.25, 2.625};
    for (int k = 1; k <= 3; ++k) {
      const double power = std::pow(x[1], k), r = constants[k - 1] - x[0] * (1 - power);
      sum += r * r;
      g[0] += -2 * r * (1 - power);
      g[1] += 2 * r * x[0] * k * std::pow(x[1], k - 1);
    }
    return sum;
  };
  BOOST_TEST(nn::minimise(beale, of_beale, {.tolerance_change = 0}).converged());
  BOOST_TEST(std::abs(beale[0] - 3) < 1e-6);
  BOOST_TEST(std::abs(beale[1] - 0.5) < 1e-6);

  Numbers powell{3, -1, 0, 1};  // its Hessian at the minimum, 0, is singular
  const auto of_powell = [](std::span<const double> x, std::span<double> g) {
    const double a = x[0] + 10 * x[1], b = x[2] - x[3], c = x[1] - 2 * x[2], d = x[0] - x[3];
    g[0] = 2 * a + 40 * d * d * d;
    g[1] = 20 * a + 4 * c * c * c;
    g[2] = 10 * b - 8 * c * c * c;
    g[3] = -10 * b - 40 * d * d * d;
    return a * a + 5 * b * b + c * c * c * c + 10 * d * d * d * d;
  };
  const nn::Minimum found = nn::minimise(powell, of_powell, {.tolerance_change = 0});
  BOOST_TEST(found.converged());
  BOOST_TEST(found.loss < 1e-8);
}

BOOST_AUTO_TEST_CASE(a_quadratic_of_condition_10000) {
  constexpr std::size_t n = 20;
  Numbers x(n, 1.0);
  const auto f = [](std::span<const double> at, std::span<double> g) {
    double sum = 0;
    for (std::size_t i = 0; i < at.size(); ++i) {
      const double weight = std::pow(10.0, 4 * static_cast<double>(i) / (n - 1)), d = at[i] - static_cast<double>(i);
      sum += 0.5 * weight * d * d;
      g[i] = weight * d;
    }
    return sum;
  };
  BOOST_TEST(nn::minimise(x, f, {.most_iterations = 500, .history = 20, .tolerance_change = 0}).converged());
  for (std::size_t i = 0; i < n; ++i) BOOST_TEST(std::abs(x[i] - static_cast<double>(i)) < 1e-6);
}

BOOST_AUTO_TEST_CASE(accepted_steps_meet_wolfes_conditions_and_never_go_up) {
  Numbers x{-1.2, 1};
  double before = 24.2;
  nn::minimise(x, rosenbrock, {.tolerance_change = 0, .keep_going = [&](std::int64_t, double loss) {
                                 BOOST_TEST(loss < before);
                                 before = loss;
                                 return true;
                               }});
}

BOOST_AUTO_TEST_CASE(without_the_line_search_it_goes_where_pytorchs_goes) {
  const reference::Stored& s = reference::stored("optimisers", "lbfgs");
  Numbers x = s.parts[0].second.to_vector();
  const Numbers expected = s.outputs[0].to_vector();
  std::size_t compared = 0;
  double worst = 0;
  // The function of scripts/nn_references/optimisers.py: Σ cosh(xₖ - k/2) + ¼ (Σ xₖ)².
  const auto f = [](std::span<const double> at, std::span<double> g) {
    const double total = std::accumulate(at.begin(), at.end(), 0.0);
    double sum = 0.25 * total * total;
    for (std::size_t k = 0; k < at.size(); ++k) {
      sum += std::cosh(at[k] - 0.5 * static_cast<double>(k));
      g[k] = std::sinh(at[k] - 0.5 * static_cast<double>(k)) + 0.5 * total;
    }
    return sum;
  };
  nn::minimise(x, f,
               {.most_iterations = 10,
                .history = 3,
                .tolerance_gradient = 0,
                .tolerance_change = 0,
                .line_search = false,
                .rate = 0.7,
                .keep_going = [&](std::int64_t, double) {
                  for (const double value : x) worst = std::max(worst, std::abs(value - expected[compared++]));
                  return true;
                }});
  BOOST_TEST(compared == expected.size());
  BOOST_TEST(worst < 1e-12);
}

BOOST_AUTO_TEST_CASE(why_it_ended_is_said) {
  Numbers x{-1.2, 1};
  BOOST_TEST((nn::minimise(x, rosenbrock, {.most_iterations = 3}).stop == nn::Stop::iterations));
  BOOST_TEST((nn::minimise(x, rosenbrock, {.most_iterations = 0}).stop == nn::Stop::iterations));
  BOOST_TEST((nn::minimise(x, rosenbrock, {.most_evaluations = 2}).stop == nn::Stop::evaluations));
  BOOST_TEST((nn::minimise(x, rosenbrock, {.keep_going = [](auto, auto) { return false; }}).stop == nn::Stop::asked));
  BOOST_TEST((nn::minimise(x, rosenbrock, {.tolerance_change = 1e3}).stop == nn::Stop::change));
  Numbers there{1, 1};
  const nn::Minimum at_once = nn::minimise(there, rosenbrock);
  BOOST_TEST((at_once.stop == nn::Stop::gradient));
  BOOST_TEST(at_once.evaluations == 1);
  Numbers none;
  BOOST_TEST(nn::minimise(none, [](auto, auto) { return 3.0; }).loss == 3.0);
}

BOOST_AUTO_TEST_CASE(a_wrong_gradient_ends_the_line_search_where_it_began) {
  Numbers x{1, 2};
  const nn::Minimum found = nn::minimise(x, [](std::span<const double> at, std::span<double> g) {
    for (std::size_t k = 0; k < at.size(); ++k) g[k] = -2 * at[k];
    return at[0] * at[0] + at[1] * at[1];
  });
  BOOST_TEST((found.stop == nn::Stop::line_search));
  BOOST_TEST(!found.converged());
  BOOST_TEST(x == (Numbers{1, 2}));
}

BOOST_AUTO_TEST_CASE(a_loss_that_is_nan_beyond_a_wall_is_minimised_before_it) {
  Numbers x{0.01};  // x - log x, and NaN below 0; the first steps fall far beyond
  const nn::Minimum found = nn::minimise(x,
                                         [](std::span<const double> at, std::span<double> g) {
                                           g[0] = at[0] > 0 ? 1 - 1 / at[0] : std::nan("");
                                           return at[0] > 0 ? at[0] - std::log(at[0]) : std::nan("");
                                         },
                                         {.rate = 100});
  BOOST_TEST(found.converged());
  BOOST_TEST(std::abs(x[0] - 1) < 1e-4);
}

struct Regression {
  Tensor weight = zeros({2, 1}, Dtype::f64), bias = zeros({1}, Dtype::f64);
  static auto members(auto& self) { return std::tie(self.weight, self.bias); }
  static constexpr std::array names{"weight", "bias"};
  Tensor operator()(const Tensor& x) const { return matmul(x, weight) + bias; }
};

BOOST_AUTO_TEST_CASE(models_with_a_loss_and_with_losses_and_gradients_f64_and_f32) {
  const Tensor x = tensor({0, 0, 1, 0, 0, 1, 1, 1, 2, -1}, {5, 2}), y = tensor({1, 3, 0, 2, 6}, {5, 1});  // 1 + 2a - b
  const auto loss_of = [&](const Tensor& inputs, const Tensor& targets) {
    return [&](const Regression& live) {
      const Tensor error = live(inputs) - targets;
      return mean(error * error);
    };
  };
  Regression model;
  const nn::Minimum found = nn::minimise(model, loss_of(x, y), {.tolerance_change = 0});
  BOOST_TEST(found.converged());
  BOOST_TEST(found.loss < 1e-12);
  BOOST_TEST(std::abs(model.weight.to_vector()[0] - 2) < 1e-6);
  BOOST_TEST(std::abs(model.weight.to_vector()[1] + 1) < 1e-6);
  BOOST_TEST(std::abs(model.bias.item() - 1) < 1e-6);
  BOOST_TEST(model.weight.is_constant());

  Regression again;
  std::int64_t calls = 0;
  const nn::Minimum same = nn::minimise(again,
                                        [&](const Regression& now) -> nn::LossAndGradients {
                                          ++calls;
                                          Recording r;
                                          const Regression live = nn::lifted(now, r);
                                          const Tensor loss = loss_of(x, y)(live);
                                          return {loss.item(), nn::adjoints_of(live, backward(loss))};
                                        },
                                        {.tolerance_change = 0});
  BOOST_TEST(same.evaluations == calls);
  BOOST_TEST(again.weight.to_vector() == model.weight.to_vector());

  Regression narrow = nn::converted(Regression{}, Dtype::f32);
  const Tensor x32 = convert(x, Dtype::f32), y32 = convert(y, Dtype::f32);
  nn::minimise(narrow, loss_of(x32, y32));
  BOOST_TEST((narrow.weight.dtype() == Dtype::f32));
  BOOST_TEST(std::abs(narrow.weight.to_vector()[0] - 2) < 1e-3);
}

BOOST_AUTO_TEST_CASE(hostile_losses_are_refused_and_the_best_point_stays) {
  Numbers x{1};
  const auto nan_loss = [](auto, std::span<double> g) { return g[0] = 0, std::nan(""); };
  const auto nan_gradient = [](auto, std::span<double> g) { return g[0] = std::nan(""), 0.0; };
  BOOST_CHECK_THROW(nn::minimise(x, nan_loss), DomainError);
  BOOST_CHECK_THROW(nn::minimise(x, nan_gradient), DomainError);
  BOOST_CHECK_THROW(nn::minimise(x, rosenbrock, {.history = 0}), ArgumentError);
  BOOST_CHECK_THROW(nn::minimise(x, rosenbrock, {.tolerance_change = -1}), ArgumentError);
  BOOST_CHECK_THROW(nn::minimise(x, rosenbrock, {.curvature = 1e-5}), ArgumentError);

  Numbers y{-1.2, 1};
  int left = 10;
  double best = 0;
  const auto throws = [&](std::span<const double> at, std::span<double> g) {
    if (left-- == 0) throw std::runtime_error("no more");
    return rosenbrock(at, g);
  };
  BOOST_CHECK_THROW(nn::minimise(y, throws, {.keep_going = [&](auto, double loss) { return best = loss, true; }}),
                    std::runtime_error);
  Numbers g(2);
  BOOST_TEST(rosenbrock(y, g) == best);

  Regression model;
  const auto wrong = [](const Regression&) { return nn::LossAndGradients{0, {zeros({2, 1}), zeros({2})}}; };
  const auto few = [](const Regression&) { return nn::LossAndGradients{0, {zeros({2, 1})}}; };
  const auto narrow = [](const Regression&) {
    return nn::LossAndGradients{0, {zeros({2, 1}), zeros({1}, Dtype::f32)}};
  };
  BOOST_CHECK_THROW(nn::minimise(model, wrong), ShapeError);
  BOOST_CHECK_THROW(nn::minimise(model, few), ArgumentError);
  BOOST_CHECK_THROW(nn::minimise(model, narrow), DtypeError);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
