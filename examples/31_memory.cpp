// A network with memory: an LSTM adds the two numbers of a sequence that carry a mark, one in each half. The first one
// has to be kept until the end.
//
// `wengert lecture memory` draws the units over time.
#include <array>
#include <cstdio>
#include <tuple>
#include <vector>

#include "wengert/nn/nn.hpp"

using namespace wengert;

struct Network {
  nn::LSTM memory;
  nn::Linear out;

  explicit Network(nn::Random& random) : memory(2, 12, random, {.batch_first = true}), out(12, 1, random) {}

  static auto members(auto& self) { return std::tie(self.memory, self.out); }
  static constexpr std::array names{"memory", "out"};

  /// x [n, steps, 2], a number and a mark at each step; gives [n, 1], the answer after the last step.
  Tensor operator()(const Tensor& x) const { return out(reshape(memory(x).state.h, Shape{x.shape()[0], 12})); }
};

int main() {
  constexpr std::int64_t length = 10;
  nn::Random random(36);
  Network network(random);
  const nn::Batch test = nn::adding_problem(random, 2000, length);
  const auto error = [&](const Network& n, const nn::Batch& b) { return nn::mean_squared_error(n(b.x), b.y); };
  std::printf("who always says 1 errs by %.2f, squared, in the mean\n", mean(square(test.y - 1.0)).item());

  nn::Adam adam{{.rate = 0.02}};
  Recording recording;
  for (int step = 0; step < 500; ++step) {
    const nn::Batch batch = nn::adding_problem(random, 32, length);
    recording.clear();
    const Network live = nn::lifted(network, recording);
    std::vector<Tensor> gradients = nn::adjoints_of(live, backward(error(live, batch)));  // through all steps
    nn::clip_norm(gradients, 1);
    if (step == 350) adam.set_rate(0.004);
    adam.step(network, gradients);
  }
  std::printf("after 500 steps the network errs by less than 0.02: %s\n",
              error(network, test).item() < 0.02 ? "yes" : "no");
}
