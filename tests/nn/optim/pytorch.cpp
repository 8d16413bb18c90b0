// Optimisers and schedules against PyTorch's, through tests/references/nn/optimisers.json.

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "wengert/nn/optim/adagrad.hpp"
#include "wengert/nn/optim/adam.hpp"
#include "wengert/nn/optim/rmsprop.hpp"
#include "wengert/nn/optim/schedule.hpp"
#include "wengert/nn/optim/sgd.hpp"
#include "wengert/tests/nn/support/references.hpp"

namespace {

using namespace wengert;
using reference::Stored;

const Stored& stored(const std::string& name) { return reference::stored("optimisers", name); }

/// An attribute, or what PyTorch has by default.
double option(const Stored& stored, const std::string& name, double otherwise) {
  const auto at = stored.numbers.find(name);
  return at == stored.numbers.end() ? otherwise : at->second;
}

template <class O>
typename O::Options options_of(const Stored& s) {
  typename O::Options o;
  o.rate = option(s, "lr", o.rate);
  o.weight_decay = option(s, "weight_decay", o.weight_decay);
  o.maximise = option(s, "maximize", 0) != 0;
  if constexpr (requires { o.beta1; }) {
    o.beta1 = option(s, "beta1", o.beta1);
    o.beta2 = option(s, "beta2", o.beta2);
    o.amsgrad = option(s, "amsgrad", 0) != 0;
  }
  if constexpr (requires { o.epsilon; }) o.epsilon = option(s, "eps", o.epsilon);
  if constexpr (requires { o.momentum; }) o.momentum = option(s, "momentum", o.momentum);
  if constexpr (requires { o.dampening; }) {
    o.dampening = option(s, "dampening", o.dampening);
    o.nesterov = option(s, "nesterov", 0) != 0;
  }
  if constexpr (requires { o.alpha; }) {
    o.alpha = option(s, "alpha", o.alpha);
    o.centred = option(s, "centered", 0) != 0;
  }
  if constexpr (requires { o.rate_decay; }) {
    o.rate_decay = option(s, "lr_decay", o.rate_decay);
    o.initial_accumulator = option(s, "initial_accumulator_value", o.initial_accumulator);
  }
  return o;
}

std::unique_ptr<nn::Optimiser> optimiser_of(const Stored& s) {
  if (s.name.starts_with("sgd")) return std::make_unique<nn::SGD>(options_of<nn::SGD>(s));
  if (s.name.starts_with("adamw")) return std::make_unique<nn::AdamW>(options_of<nn::AdamW>(s));
  if (s.name.starts_with("adam")) return std::make_unique<nn::Adam>(options_of<nn::Adam>(s));
  if (s.name.starts_with("rmsprop")) return std::make_unique<nn::RMSProp>(options_of<nn::RMSProp>(s));
  if (s.name.starts_with("adagrad")) return std::make_unique<nn::Adagrad>(options_of<nn::Adagrad>(s));
  return nullptr;
}

BOOST_AUTO_TEST_SUITE(pytorch)

BOOST_AUTO_TEST_CASE(optimisers_go_where_pytorchs_go) {
  std::size_t compared = 0;
  for (const std::string& name : reference::names("optimisers")) {
    const Stored& s = stored(name);
    const auto optimiser = optimiser_of(s);
    if (!optimiser) continue;
    Tensor p = s.parts[0].second;
    const Tensor& gradients = s.parts[1].second;
    const std::vector<double> expected = s.outputs[0].to_vector();
    double worst = 0;
    for (std::int64_t t = 0; t < gradients.shape()[0]; ++t) {
      const Tensor g = reshape(slice_along(gradients, 0, t, t + 1), p.shape());
      optimiser->step(std::vector<nn::Parameter>{{"p", &p}}, std::vector{g});
      const std::vector<double> got = p.to_vector();
      for (std::size_t i = 0; i < got.size(); ++i)
        worst = std::max(worst, std::abs(got[i] - expected[static_cast<std::size_t>(t) * got.size() + i]));
    }
    BOOST_TEST(worst <= 1e-12, name << " is off by " << worst);
    ++compared;
  }
  BOOST_TEST(compared == 15u);
}

BOOST_AUTO_TEST_CASE(schedules_have_pytorchs_rates) {
  const std::vector<std::pair<std::string, nn::Schedule>> schedules{
      {"step_decay", nn::step_decay(0.5, 3, 0.3)},
      {"multi_step", nn::multi_step(0.5, {2, 5, 5, 9}, 0.5)},
      {"exponential", nn::exponential(0.5, 0.8)},
      {"cosine", nn::cosine(0.5, 10, 0.05)},
      {"cosine_restarts", nn::cosine_restarts(0.5, 4, 2, 0.05)},
      {"polynomial", nn::polynomial(0.5, 8, 2)},
      {"warm_up", nn::warm_up(4, nn::exponential(0.5, 0.9), 0.2)},
      {"one_cycle", nn::one_cycle(2, 20)},
      {"one_cycle_linear",
       nn::one_cycle(2, 20, {.rise = 0.4, .initial_divisor = 10, .final_divisor = 100, .linear = true})}};
  for (const auto& [name, schedule] : schedules) {
    const std::vector<double> expected = stored(name).outputs[0].to_vector();
    for (std::size_t t = 0; t < expected.size(); ++t) {
      const double got = schedule(static_cast<std::int64_t>(t));
      BOOST_TEST(std::abs(got - expected[t]) <= 1e-13,
                 name << " at " << t << ": " << got << " instead of " << expected[t]);
    }
  }
}

BOOST_AUTO_TEST_CASE(plateaus_have_pytorchs_rates_also_after_a_state_is_loaded) {
  const std::vector<std::pair<std::string, nn::Plateau>> plateaus{
      {"plateau", nn::Plateau(0.5, {.factor = 0.5, .patience = 2})},
      {"plateau_cooldown",
       nn::Plateau(0.5,
                   {.factor = 0.4, .patience = 1, .threshold = 0.05, .relative = false, .cooldown = 2, .least = 0.1})},
      {"plateau_maximise", nn::Plateau(0.5, {.maximise = true, .factor = 0.5, .patience = 1})}};
  for (const auto& [name, fresh] : plateaus) {
    const std::vector<double> values = stored(name).parts[0].second.to_vector(),
                              expected = stored(name).outputs[0].to_vector();
    nn::Plateau plateau = fresh;
    for (std::size_t t = 0; t < values.size(); ++t) {
      BOOST_TEST(std::abs(plateau.step(values[t]) - expected[t]) <= 1e-14, name << " at " << t);
      nn::Plateau next = fresh;
      next.load_state(plateau.state());
      plateau = next;
    }
    BOOST_TEST((std::set<double>(expected.begin(), expected.end()).size() >= 3));  // it was lowered
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
