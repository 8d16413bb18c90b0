// Every layer of nn trains the same by programs and without.
#include <cmath>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "network.hpp"
#include "wengert/nn/nn.hpp"

namespace {

using namespace wengert;
using namespace wengert::nn;

struct Case {
  std::string name;
  Shape sample;  // of one example
  std::vector<AnyModule> layers{};
  std::int64_t words = 0;  // more than 0: examples are i64 below it
};

template <class... M>
Case layers(std::string name, const Shape& sample, M&&... modules) {
  Case result{.name = std::move(name), .sample = sample};
  (result.layers.emplace_back(std::forward<M>(modules)), ...);
  return result;
}

std::vector<Case> cases() {
  Random random(7);
  const Shape numbers{6}, rows{4, 6}, picture{2, 6, 6};
  std::vector<Case> all;
  const auto add = [&](Case one) { all.push_back(std::move(one)); };
  const auto activation = [&](std::string name, auto module) {
    add(layers(std::move(name), numbers, Linear(6, 8, random), std::move(module)));
  };
  activation("ReLU", ReLU{});
  activation("ReLU6", ReLU6{});
  activation("LeakyReLU", LeakyReLU{});
  activation("RReLU", RReLU{});
  activation("ELU", ELU{});
  activation("SELU", SELU{});
  activation("CELU", CELU{});
  activation("GELU", GELU{});
  activation("SiLU", SiLU{});
  activation("Mish", Mish{});
  activation("Sigmoid", Sigmoid{});
  activation("Tanh", Tanh{});
  activation("Hardsigmoid", Hardsigmoid{});
  activation("Hardswish", Hardswish{});
  activation("Hardtanh", Hardtanh{});
  activation("Softplus", Softplus{});
  activation("Softshrink", Softshrink{});
  activation("Hardshrink", Hardshrink{});
  activation("Tanhshrink", Tanhshrink{});
  activation("Softsign", Softsign{});
  activation("Threshold", Threshold{0.1, -0.2});
  activation("LogSigmoid", LogSigmoid{});
  activation("GLU", GLU{});
  activation("Softmax", Softmax{});
  activation("LogSoftmax", LogSoftmax{});
  activation("Softmin", Softmin{});
  activation("PReLU", PReLU{});
  activation("Dropout", Dropout(0.3));
  activation("AlphaDropout", AlphaDropout(0.3));
  activation("LayerNorm", LayerNorm(8));
  activation("RMSNorm", RMSNorm(8));
  activation("BatchNorm", BatchNorm(8));
  activation("Identity", Identity{});
  add(layers("Conv1d", rows, Conv1d(4, 3, 3, random), ReLU{}, Flatten{}));
  add(layers("Conv2d", picture, Conv2d(2, 3, 3, random, {.padding = {1}}), ReLU{}, Flatten{}));
  add(layers("ConvTranspose2d", picture, ConvTranspose2d(2, 3, 3, random), ReLU{}, Flatten{}));
  const auto pooled = [&](std::string name, auto module) {
    add(layers(std::move(name), picture, Conv2d(2, 4, 3, random, {.padding = {1}}), std::move(module), Flatten{}));
  };
  pooled("MaxPool2d", MaxPool2d(2));
  pooled("AvgPool2d", AvgPool2d(2));
  pooled("AdaptiveAvgPool2d", AdaptiveAvgPool2d(2));
  pooled("AdaptiveMaxPool2d", AdaptiveMaxPool2d(2));
  pooled("GlobalAvgPool", GlobalAvgPool{});
  pooled("Upsample", Upsample(2));
  pooled("Dropout2d", Dropout2d(0.3));
  pooled("BatchNorm of pictures", BatchNorm(4));
  pooled("GroupNorm", GroupNorm(2, 4));
  pooled("InstanceNorm", InstanceNorm(4, {.affine = true}));
  add(layers("MaxPool1d", rows, Conv1d(4, 4, 3, random), MaxPool1d(2), Flatten{}));
  add(layers("AvgPool1d", rows, Conv1d(4, 4, 3, random), AvgPool1d(2), Flatten{}));
  const RecurrentOptions two{.layers = 2, .batch_first = true, .dropout = 0.2, .bidirectional = true};
  add(layers("RNN", rows, RNN(6, 5, random, two), LastStep{true}));
  add(layers("LSTM", rows, LSTM(6, 5, random, two), LastStep{true}));
  add(layers("GRU", rows, GRU(6, 5, random, two), LastStep{true}));
  add(layers("MultiheadAttention", rows, MultiheadAttention(6, 2, random, {.dropout = 0.2}), Flatten{}));
  add(layers("TransformerEncoderLayer", rows,
             TransformerEncoderLayer(6, 2, random, {.feed_forward = 8, .dropout = 0.2}), Flatten{}));
  add(layers("TransformerEncoder", rows, TransformerEncoder(2, 6, 2, random, {.feed_forward = 8, .dropout = 0.2}),
             Flatten{}));
  add(layers("Embedding", numbers, Embedding(9, 4, random, {.padding = 0}), Flatten{}));
  all.back().words = 9;
  return all;
}

Tensor examples(const Case& one, std::int64_t count, Random& random) {
  Indices extents{count};
  for (std::size_t k = 0; k < one.sample.rank(); ++k) extents.push(one.sample[k]);
  const Shape shape(extents);
  if (one.words == 0) return random.normal(shape);
  std::vector<std::int64_t> words;
  for (std::int64_t k = 0; k < shape.size(); ++k) words.push_back(random.below(one.words));
  return tensor(words, shape);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(compiled_layers)

BOOST_AUTO_TEST_CASE(every_layer_trains_the_same_as_a_program) {
  const auto loss = [](const Tensor& output, const Tensor& target) { return cross_entropy(output, target); };
  for (Case& one : cases()) {
    BOOST_TEST_CONTEXT(one.name) {
      Random random(11);
      const Tensor x = examples(one, 44, random);
      const std::vector<std::int64_t> labels = [&] {
        std::vector<std::int64_t> result;
        for (int k = 0; k < 44; ++k) result.push_back(random.below(3));
        return result;
      }();
      Layers network{one.layers};
      const Tensor out = evaluate(network, x);
      network.modules.emplace_back(Linear(out.shape()[1], 3, random));
      const Loader data(std::make_shared<TensorDataset>(x, tensor(labels, Shape{44})), {.batch = 16, .seed = 2});
      const auto trained = [&](Layers& model, bool compile) {
        SGD sgd({.rate = 0.1, .momentum = 0.5});
        return fit(model, data, loss, sgd, {.epochs = 2, .clip_norm = 5.0, .compile = compile});
      };
      Layers with = network, without = network;
      const FitResult a = trained(with, true), b = trained(without, false);
      BOOST_TEST(a.not_compiled == "");
      BOOST_TEST(a.compiled == a.steps);
      for (std::size_t k = 0; k < a.history.epochs.size(); ++k)
        BOOST_TEST(std::abs(a.history.epochs[k].loss - b.history.epochs[k].loss) <= 2e-6);
      const auto parameters = state(with), wanted = state(without);
      for (std::size_t k = 0; k < parameters.size(); ++k) {
        const auto p = parameters[k].value.to_vector(), q = wanted[k].value.to_vector();
        double difference = 0;
        for (std::size_t i = 0; i < p.size(); ++i)
          difference = std::max(difference, std::abs(p[i] - q[i]) / (1 + std::abs(q[i])));
        BOOST_TEST(difference <= 5e-6, parameters[k].name << ": " << difference);
      }
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()
