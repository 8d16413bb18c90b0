// Layers: pictures (convolution, batch normalisation, dropout) and texts of different lengths (embedding, LSTM).
#include <array>
#include <cmath>
#include <cstdio>
#include <string>
#include <tuple>
#include <vector>

#include "wengert/nn/nn.hpp"

using namespace wengert;

struct Pictures {
  nn::Conv2d filters;
  nn::BatchNorm norm{8};
  nn::MaxPool2d pool{2};
  nn::Dropout drop{0.25};
  nn::Linear out;

  explicit Pictures(nn::Random& random) : filters(1, 8, 3, random, {.same = true}), out(8 * 4 * 4, 10, random) {}

  static auto members(auto& self) { return std::tie(self.filters, self.norm, self.out); }
  static constexpr std::array names{"filters", "norm", "out"};

  Tensor operator()(const Tensor& x, nn::Pass& pass) {
    const Tensor y = pool(relu(norm(filters(x), pass)));
    return out(drop(nn::Flatten{}(y), pass));
  }
};

void print_state(const auto& model) {
  for (const auto& [name, value] : nn::state(model))
    std::printf("  %-26s %s\n", name.c_str(), to_string(value.type()).c_str());
}

void pictures() {
  nn::Random random(1);
  Pictures network(random);
  std::puts("pictures");
  print_state(network);

  // One step of training, on a copy whose parameters are variables.
  Recording r;
  Pictures live = nn::lifted(network, r);
  nn::Pass pass = nn::Pass::training(random.child(0));
  const Tensor x = random.uniform(Shape{16, 1, 8, 8});
  const Tensor loss = mean(square(live(x, pass)));
  const std::vector<Tensor> gradients = nn::adjoints_of(live, backward(loss));
  nn::copy_buffers(network, live);  // what batch normalisation saw
  std::printf("%zu gradients, the first %s; batches seen: %.0f\n", gradients.size(),
              to_string(gradients[0].type()).c_str(), network.norm.num_batches_tracked->value.item());

  // An evaluation: running statistics, no dropout; the same each time.
  const Tensor once = nn::evaluate(network, x), again = nn::evaluate(network, x);
  std::printf("evaluated: %s, again the same: %s\n\n", to_string(once.type()).c_str(),
              once.value() == again.value() ? "yes" : "no");
}

void texts() {
  nn::Random random(2);
  const nn::Embedding words(100, 6, random, {.padding = 0});
  const nn::LSTM lstm(6, 4, random, {.layers = 2, .batch_first = true, .bidirectional = true});
  std::puts("texts");
  print_state(lstm);

  // Three texts of 4, 2 and 3 words, padded with word 0.
  const std::vector<std::int64_t> ids{5, 17, 2, 40, 8, 99, 0, 0, 3, 3, 12, 0};
  const Tensor x = words(tensor(ids, Shape{3, 4}));
  const Tensor lengths = tensor(std::vector<std::int64_t>{4, 2, 3}, Shape{3});
  const auto [y, state] = lstm(x, {.lengths = lengths});
  std::printf("outputs %s, final state %s\n", to_string(y.type()).c_str(), to_string(state.h.type()).c_str());

  // The second text alone gives the same final state: padding changes nothing.
  const auto alone = lstm(slice(x, {1, 0, 0}, {2, 2, 6}));
  const double difference = amax(abs(slice_along(state.h, 1, 1, 2) - alone.state.h)).item();
  std::printf("the second alone: %s\n", difference < 1e-6 ? "the same" : "different");
}

int main() {
  pictures();
  texts();
  try {
    nn::Random random(3);
    (void)nn::Conv2d(3, 8, 3, random)(zeros(Shape{16, 1, 28, 28}, Dtype::f32));
  } catch (const Error& error) {
    const std::string text = error.what();
    std::printf("\n%s\n", text.substr(0, text.rfind(" (")).c_str());
  }
}
