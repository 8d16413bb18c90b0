// Optimisers: groups of parameters, schedules, clipping, states that are saved and restored, and L-BFGS.

#include <array>
#include <cstdio>
#include <iostream>
#include <tuple>
#include <vector>

#include "wengert/nn/nn.hpp"

using namespace wengert;

struct Network {
  nn::Linear hidden, out;

  explicit Network(nn::Random random)
      : hidden(1, 16, random, {.dtype = Dtype::f64}), out(16, 1, random, {.dtype = Dtype::f64}) {}

  static auto members(auto& self) { return std::tie(self.hidden, self.out); }
  static constexpr std::array names{"hidden", "out"};

  Tensor operator()(const Tensor& x) const { return out(tanh(hidden(x))); }
};

// A parabola at 21 places.
Tensor inputs() {
  std::vector<double> x;
  for (int k = -10; k <= 10; ++k) x.push_back(0.1 * k);
  return tensor(x, Shape{21, 1});
}
const Tensor x = inputs(), y = x * x;

Tensor loss_of(const Network& network) { return mean(square(network(x) - y)); }

// [step]
double step(Network& network, nn::Optimiser& optimiser, Recording& recording) {
  double loss = 0;
  std::vector<Tensor> gradients;
  {
    const Network live = nn::lifted(network, recording);
    const Tensor value = loss_of(live);
    loss = value.item();
    gradients = nn::adjoints_of(live, backward(value));
  }
  recording.clear();  // nobody else holds the parameters any more: they are written in place
  nn::clip_norm(gradients, 1.0);
  optimiser.step(network, gradients);
  return loss;
}
// [step]

int main() {
  Recording recording;
  const auto trained = [&](nn::Optimiser& optimiser, int steps) {
    Network network(nn::Random(1));
    for (int t = 0; t < steps; ++t) step(network, optimiser, recording);
    std::cout << optimiser.name() << ": loss below 0.005 after " << steps
              << " steps: " << (loss_of(network).item() < 0.005 ? "yes" : "no") << "\n";
  };
  nn::SGD sgd{{.rate = 0.1, .momentum = 0.9, .nesterov = true}};
  nn::Adam adam{{.rate = 0.02}};
  nn::RMSProp rmsprop{{.rate = 0.005}};
  nn::Adagrad adagrad{{.rate = 0.1}};
  trained(sgd, 300);
  trained(adam, 300);
  trained(rmsprop, 300);
  trained(adagrad, 300);

  // [groups]
  nn::AdamW adamw{{.rate = 0.01,
                   .weight_decay = 0.1,
                   .groups = {{.has = nn::named("out."), .trained = false},           // frozen
                              {.has = nn::of_rank_below(2), .weight_decay = 0.0}}}};  // no decay of biases
  // [groups]
  Network network(nn::Random(1));
  const auto out_before = network.out.weight.to_vector(), hidden_before = network.hidden.weight.to_vector();
  step(network, adamw, recording);
  std::cout << "frozen: " << (network.out.weight.to_vector() == out_before ? "yes" : "no")
            << ", trained: " << (network.hidden.weight.to_vector() != hidden_before ? "yes" : "no") << "\n";
  adamw.set_groups({{.has = nn::of_rank_below(2), .weight_decay = 0.0}});  // thawed

  // [schedule]
  const nn::Schedule rate = nn::warm_up(3, nn::cosine(0.01, 6, 0.001));
  for (std::int64_t epoch = 0; epoch < 9; ++epoch) {
    adamw.set_rate(rate(epoch));
    step(network, adamw, recording);
    std::printf("%s%.4f", epoch == 0 ? "rates: " : " ", adamw.rate());
  }
  // [schedule]
  std::printf("\n");
  std::fflush(stdout);

  // [state]
  const std::vector<nn::NamedTensor> weights = nn::state(network), moments = adamw.state();
  for (std::size_t k = 0; k < 4; ++k) std::cout << moments[k].name << " " << to_string(moments[k].value.type()) << "\n";

  Network restored(nn::Random(99));
  nn::AdamW resumed{{.weight_decay = 0.1, .groups = {{.has = nn::of_rank_below(2), .weight_decay = 0.0}}}};
  nn::load_state(restored, weights);
  resumed.load_state(nn::parameters(restored), moments);
  // [state]
  for (int t = 0; t < 5; ++t) {
    step(network, adamw, recording);
    step(restored, resumed, recording);
  }
  std::cout << "the same bits after five more steps: "
            << (network.hidden.weight.value() == restored.hidden.weight.value() ? "yes" : "no") << "\n";

  try {
    adam.load_state(nn::parameters(restored), sgd.state());
  } catch (const ArgumentError& error) {
    std::cout << "Adam refuses the state of SGD: " << error.operation() << "\n";
  }

  // [lbfgs]
  const nn::Minimum found =
      nn::minimise(network, [](const Network& live) { return loss_of(live); }, {.most_iterations = 300});
  // [lbfgs]
  std::cout << "L-BFGS: loss below 1e-6: " << (found.loss < 1e-6 ? "yes" : "no") << "\n";

  // [plateau]
  nn::Plateau plateau(0.1, {.factor = 0.5, .patience = 2});
  for (const double loss : {1.0, 0.8, 0.8, 0.8, 0.8}) adam.set_rate(plateau.step(loss));
  // [plateau]
  std::cout << "rate after a plateau: " << adam.rate() << "\n";
}
