// A convolutional network that tells strokes apart, and what it has learned to see: its filters, its feature maps, and
// the picture that excites an output most, found by the gradient by the *input*.
//
// `wengert lecture convolution` draws all of them.
#include <array>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <memory>
#include <string>
#include <tuple>

#include "wengert/nn/nn.hpp"

using namespace wengert;

namespace {

/// The last two axes of t, which has no more elements than those, as a picture: black is the least, white the most.
void write_picture(const std::string& path, const Tensor& t) {
  const double low = amin(t).item(), high = amax(t).item();
  std::ofstream file(path);
  file << "P2\n" << t.shape()[t.rank() - 1] << " " << t.shape()[t.rank() - 2] << "\n255\n";
  for (const double v : t.to_vector()) file << std::lround(255 * (v - low) / (high - low)) << "\n";
}

}  // namespace

int main() {
  nn::Random random(36);
  const auto data = std::make_shared<nn::TensorDataset>(nn::strokes(random, 800));  // 12×12, in noise
  const nn::Batch test = nn::strokes(random, 200);

  nn::Sequential network(nn::Conv2d(1, 6, 5, random, {.padding = {2}}), nn::ReLU{}, nn::MaxPool2d(2),
                         nn::Conv2d(6, 8, 3, random, {.padding = {1}}), nn::ReLU{}, nn::MaxPool2d(2), nn::Flatten{},
                         nn::Linear(8 * 9, 4, random));
  std::printf("%lld weights\n", static_cast<long long>(nn::parameter_count(network)));

  const nn::Loader batches(data, {.batch = 20, .seed = 36});
  const auto loss = [](const Tensor& output, const Tensor& label) { return nn::cross_entropy(output, label); };
  nn::Adam adam{{.rate = 0.005}};
  (void)nn::fit(network, batches, loss, adam, {.epochs = 6});
  const double right = mean(convert(argmax(network(test.x), 1) == test.y, Dtype::f64)).item();
  std::printf("at least 95 %% of 200 others right: %s\n", right >= 0.95 ? "yes" : "no");

  // What the first layer has learned, and what it makes of a picture.
  const auto& first = std::get<0>(network.modules);
  write_picture("filter.pgm", slice_along(first.weight, 0, 0, 1));
  const Tensor maps = relu(first(slice_along(test.x, 0, 0, 1)));
  write_picture("picture.pgm", slice_along(test.x, 0, 0, 1));
  write_picture("map.pgm", slice_along(maps, 1, 0, 1));
  std::printf("maps of one picture: %s\n", to_string(maps.shape()).c_str());

  // Uphill in the input, the network as it is; each step takes a little of the picture away.
  constexpr std::array classes{"lies", "stands", "rises", "falls"};
  for (std::int64_t k = 0; k < 4; ++k) {
    Tensor x = random.normal(Shape{1, 1, 12, 12}, 0, 0.05);
    Recording recording;
    for (int step = 0; step < 60; ++step) {
      recording.clear();
      const Tensor live = recording.variable(x);
      const Tensor slope = backward(slice_along(log_softmax(network(live)), 1, k, k + 1))[live];
      x = x * 0.97 + slope * (0.3 / std::sqrt(sum(slope * slope).item()));
    }
    const auto name = std::string(classes[static_cast<std::size_t>(k)]);
    write_picture(name + ".pgm", x);
    const double sure = exp(slice_along(log_softmax(network(x)), 1, k, k + 1)).item();
    std::printf("of the picture found for it the network is sure that it %s: %s\n", name.c_str(),
                sure > 0.99 ? "yes" : "no");
  }
}
