// A network of one's own: a struct that names its members. Its parameters by name, a step of gradient descent, the same
// by value_and_grad, and a network put together at run time.

#include <array>
#include <iostream>
#include <span>
#include <tuple>
#include <vector>

#include "wengert/nn/nn.hpp"

using namespace wengert;

// [network]
struct Network {
  nn::Linear hidden, out;

  explicit Network(nn::Random& random)
      : hidden(2, 8, random, {.dtype = Dtype::f64}), out(8, 1, random, {.dtype = Dtype::f64}) {}

  static auto members(auto& self) { return std::tie(self.hidden, self.out); }
  static constexpr std::array names{"hidden", "out"};

  Tensor operator()(const Tensor& x) const { return sigmoid(out(tanh(hidden(x)))); }
};
// [network]

int main() {
  nn::Random random(7);
  Network network(random);
  for (const auto& [name, tensor] : nn::state(network)) std::cout << name << " " << to_string(tensor.type()) << "\n";

  const Tensor x = tensor({0, 0, 0, 1, 1, 0, 1, 1}, Shape{4, 2}), y = tensor({0, 1, 1, 0}, Shape{4, 1});  // XOR
  const auto loss_of = [&](const Network& n) { return mean((n(x) - y) * (n(x) - y)); };

  // [steps]
  Recording recording;
  for (int step = 0; step < 3000; ++step) {
    recording.clear();
    const Network live = nn::lifted(network, recording);  // a copy whose parameters are variables
    const Tensor loss = loss_of(live);
    const auto gradients = nn::adjoints_of(live, backward(loss));
    const auto parameters = nn::parameters(network);
    for (std::size_t k = 0; k < parameters.size(); ++k)
      *parameters[k].value = *parameters[k].value - 1.0 * gradients[k];
  }
  // [steps]
  std::cout << "after 3000 steps the loss is below 0.01: " << (loss_of(network).item() < 0.01 ? "yes" : "no") << "\n";
  for (const double o : network(x).to_vector()) std::cout << (o > 0.5 ? 1 : 0) << " ";
  std::cout << "\n";

  // A network is a structure: the functional form gives its gradient as a network.
  const auto [value, gradient] = value_and_grad(loss_of)(network);
  std::cout << "gradient of out.weight: " << to_string(gradient.out.weight.type()) << "\n";

  // [run time]
  nn::Layers layers;
  std::int64_t inputs = 2;
  for (const std::int64_t units : {16, 16, 1}) {
    layers.modules.emplace_back(nn::Linear(inputs, units, random));
    if (units > 1) layers.modules.emplace_back([](const Tensor& t) { return relu(t); });
    inputs = units;
  }
  std::cout << nn::parameter_count(layers) << " parameters, the last is " << nn::parameters(layers).back().name << "\n";
  // [run time]
}
