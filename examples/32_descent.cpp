// Down the gradient until the loss is small enough or does not change: of a function of two variables, step by step;
// and the same two rules for a network, by fit.
//
// `wengert lecture gradient` draws the path over contour lines, `wengert lecture loop` tells more of the rules.
#include <cmath>
#include <cstdio>
#include <memory>
#include <string>

#include "wengert/nn/nn.hpp"

using namespace wengert;

int main() {
  // A bowl that is four times as steep along y.
  auto f = value_and_grad([](auto x, auto y) { return (x - 1) * (x - 1) + 4 * y * y; });
  double x = -2, y = 1.5, before = INFINITY;
  for (int step = 0;; ++step) {
    const auto [loss, slope] = f(x, y);
    if (step % 5 == 0) std::printf("step %2d  x %7.4f  y %7.4f  loss %.6f\n", step, x, y, loss);
    if (loss <= 1e-6) {
      std::printf("step %2d: small enough\n", step);
      break;
    }
    if (std::abs(loss - before) <= 1e-9) {
      std::printf("step %2d: it does not change\n", step);
      break;
    }
    before = loss;
    x -= 0.2 * slope[0];
    y -= 0.2 * slope[1];
  }

  // XOR, all four rows in every batch. With a tiny rate the loss hardly moves, which the second rule takes for the end.
  const auto rows = std::make_shared<nn::TensorDataset>(nn::logical_xor(Dtype::f64));
  const nn::Loader all(rows, {.batch = 4, .shuffle = false});
  const auto loss = [](const Tensor& o, const Tensor& t) { return nn::mean_squared_error(o, t); };
  for (const double rate : {1.0, 1e-6}) {
    nn::Random random(4);
    nn::Sequential network(nn::Linear(2, 4, random, {.dtype = Dtype::f64}), nn::Tanh{},
                           nn::Linear(4, 1, random, {.dtype = Dtype::f64}), nn::Sigmoid{});
    nn::SGD descent{{.rate = rate}};
    const nn::FitResult result =
        nn::fit(network, all, loss, descent, {.epochs = 5000, .loss_rules = {.below = 0.01, .change = 1e-7}});
    std::printf("XOR with rate %g: %s\n", rate, std::string(to_string(result.ending)).c_str());
  }
}
