// Universal approximation: one hidden layer of tanh units and a linear output come the closer to a function the more
// units there are. A wider network begins as the narrower one with units added, so that none is worse.
#include <cmath>
#include <cstdio>
#include <string>
#include <tuple>

#include "wengert/autodiff/autodiff.hpp"
#include "wengert/nn/nn.hpp"

using namespace wengert;

struct Network {
  Tensor w = zeros(Shape{0}), b = w, v = w, c = zeros(Shape{});
  static auto members(auto& self) { return std::tie(self.w, self.b, self.v, self.c); }
  static constexpr std::array names{"w", "b", "v", "c"};

  Tensor operator()(const Tensor& x) const { return sum(v * tanh(w * x + b), {1}) + c; }  // x [n, 1]

  // Units that bend at places spread over -1 … 1, of output weight 0.
  Network with_more(std::int64_t units, nn::Random& random) const {
    const Tensor steepness = random.normal(Shape{units}, 0, 3, Dtype::f64);
    const Tensor place = random.uniform(Shape{units}, -1, 1, Dtype::f64);
    return {concatenate({w, steepness}), concatenate({b, -steepness * place}), concatenate({v, zeros(Shape{units})}),
            c};
  }
};

int main() {
  for (const nn::Curve curve : {nn::Curve::smooth, nn::Curve::kinked, nn::Curve::discontinuous}) {
    const nn::Batch data = nn::samples_of(curve, 101, Dtype::f64);
    const Tensor y = reshape(data.y, Shape{101});
    const auto loss = [&](const Network& network) {
      const Tensor difference = network(data.x) - y;
      return mean(difference * difference);
    };
    nn::Random random(19);
    Network network;
    std::printf("%s:", std::string(nn::to_string(curve)).c_str());
    for (const std::int64_t units : {1, 2, 4, 8}) {
      network = network.with_more(units - network.w.size(), random);
      const nn::Minimum found = nn::minimise(network, loss, {.most_iterations = 300});
      std::printf("  %.2f with %d", std::sqrt(found.loss), static_cast<int>(units));
    }
    std::printf("\n");
  }
}
