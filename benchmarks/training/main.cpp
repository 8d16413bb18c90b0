// Networks trained on Fashion-MNIST: accuracy by seed, seconds per epoch.
//
//     bench_training NETWORK [--seeds 5] [--epochs N] [--test] [--data FOLDER] [--rate R] [--batch B] [--first SEED]
//
// NETWORK is mlp (784-256-128-100-10), conv (two convolutions), small (fewer than 100 000 parameters) or lstm (a
// picture is 28 rows, one a step). Without --test 10 000 pictures of the training set are held out and measured on:
// what was chosen (rates, epochs, sizes) was chosen so. With --test it trains on all 60 000 and measures once, after
// the last epoch, on the 10 000 of the test set.
//
// Reading order: the networks, `train`, `main`.

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <memory>
#include <numeric>
#include <string>
#include <vector>

#include "wengert/nn/data/files/idx.hpp"
#include "wengert/nn/functions/losses.hpp"
#include "wengert/nn/layers/activations.hpp"
#include "wengert/nn/nn.hpp"

namespace {

using namespace wengert;

// --- Networks --------------------------------------------------------------------------------------------------------
// Inputs are [batch, 1, 28, 28].

auto mlp(nn::Random& random) {
  return nn::Sequential(nn::Flatten{}, nn::Linear(784, 256, random), nn::ReLU{}, nn::Linear(256, 128, random),
                        nn::ReLU{}, nn::Linear(128, 100, random), nn::ReLU{}, nn::Linear(100, 10, random));
}

/// Two convolutions, each with pooling and normalisation, and a hidden layer. Pooling comes first, so that the rest has
/// a quarter of the elements.
auto conv(nn::Random& random) {
  return nn::Sequential(nn::Conv2d(1, 24, 3, random, {.padding = {1}, .bias = false}), nn::MaxPool2d(2),
                        nn::BatchNorm(24), nn::ReLU{}, nn::Conv2d(24, 48, 3, random, {.padding = {1}, .bias = false}),
                        nn::MaxPool2d(2), nn::BatchNorm(48), nn::ReLU{}, nn::Flatten{}, nn::Dropout(0.3),
                        nn::Linear(48 * 49, 128, random), nn::ReLU{}, nn::Linear(128, 10, random));
}

/// Three convolutions and a hidden layer, fewer than 100 000 parameters.
auto small(nn::Random& random) {
  const nn::ConvOptions same{.padding = {1}, .bias = false};
  return nn::Sequential(nn::Conv2d(1, 16, 3, random, same), nn::MaxPool2d(2), nn::BatchNorm(16), nn::ReLU{},
                        nn::Conv2d(16, 32, 3, random, same), nn::MaxPool2d(2), nn::BatchNorm(32), nn::ReLU{},
                        nn::Conv2d(32, 64, 3, random, same), nn::MaxPool2d(2), nn::BatchNorm(64), nn::ReLU{},
                        nn::Flatten{}, nn::Linear(64 * 9, 112, random), nn::ReLU{}, nn::Linear(112, 10, random));
}

/// The rows of a picture as the steps of a sequence.
struct Rows {
  static auto members(auto&) { return std::tie(); }
  [[nodiscard]] Tensor operator()(const Tensor& x) const { return reshape(x, Shape{x.shape()[0], 28, 28}); }
};
auto lstm(nn::Random& random) {
  return nn::Sequential(Rows{}, nn::LSTM(28, 96, random, {.batch_first = true}), nn::LastStep{true},
                        nn::Linear(96, 10, random));
}

// --- Training --------------------------------------------------------------------------------------------------------

struct Recipe {
  std::int64_t epochs = 8, batch = 128;
  double rate = 3e-3, weight_decay = 1e-2, smoothing = 0;
  bool flips = false;
  std::int64_t shift = 0;
};

struct Data {
  nn::DatasetPointer training, measured;
};

/// Pictures as f32 [n, 1, 28, 28] of mean 0 and deviation 1, labels as i64.
nn::DatasetPointer read(const std::string& folder, const std::string& name) {
  const Tensor pictures = convert(Tensor(nn::read_idx(folder + "/" + name + "-images-idx3-ubyte.gz")), Dtype::f32);
  const Tensor labels = convert(Tensor(nn::read_idx(folder + "/" + name + "-labels-idx1-ubyte.gz")), Dtype::i64);
  constexpr double mean = 0.2860 * 255, deviation = 0.3530 * 255;  // of the training set
  return std::make_shared<nn::TensorDataset>(
      reshape((pictures - mean) / deviation, Shape{pictures.shape()[0], 1, 28, 28}), labels);
}

Data data_of(const std::string& folder, bool test) {
  const auto training = read(folder, "train");
  if (test) return {training, read(folder, "t10k")};
  const nn::Split parts = nn::split(training, 50'000.0 / 60'000.0, 2024);
  return {parts.first, parts.second};
}

/// The share of right answers.
template <class M>
double accuracy(const M& model, const nn::DatasetPointer& data) {
  const nn::Loader loader(data, {.batch = 500, .shuffle = false});
  std::int64_t right = 0;
  for (const nn::Batch& batch : loader.epoch(0)) {
    const Tensor answers = argmax(nn::evaluate(model, batch.x), 1);
    const auto given = answers.value().template data<std::int64_t>(),
               wanted = batch.y.value().template data<std::int64_t>();
    for (std::size_t k = 0; k < wanted.size(); ++k) right += given[k] == wanted[k] ? 1 : 0;
  }
  return static_cast<double>(right) / static_cast<double>(data->size());
}

struct Result {
  double accuracy = 0, seconds_per_epoch = 0, processor_seconds_per_epoch = 0;
};

template <class Make>
Result train(const Make& make, const Data& data, const Recipe& recipe, std::uint64_t seed, bool test) {
  nn::Random random(seed);
  auto model = make(random);
  nn::DatasetPointer training = data.training;
  if (recipe.flips) training = nn::varied(training, nn::flipped_at_random());
  // What comes in at the border of a shifted picture is the background, not the mean.
  if (recipe.shift > 0) training = nn::varied(training, nn::shifted_at_random(recipe.shift, -0.2860 / 0.3530));
  const nn::Loader loader(training, {.batch = recipe.batch, .drop_last = true, .seed = seed});
  const nn::Schedule rate = nn::one_cycle(recipe.rate, recipe.epochs * loader.batches());
  nn::AdamW optimiser(
      {.weight_decay = recipe.weight_decay, .groups = {{.has = nn::of_rank_below(2), .weight_decay = 0.0}}});
  const nn::Random streams = random.child(1);
  Recording recording;
  Result result;
  std::int64_t step = 0;
  for (std::int64_t epoch = 0; epoch < recipe.epochs; ++epoch) {
    const auto start = std::chrono::steady_clock::now();
    const std::clock_t processor_start = std::clock();  // of all threads
    double sum = 0;
    for (const nn::Batch& batch : loader.epoch(epoch)) {
      std::vector<Tensor> gradients;
      {
        auto live = nn::lifted(model, recording);
        nn::Pass pass = nn::Pass::training(streams.child(static_cast<std::uint64_t>(step)));
        const Tensor logits = nn::run(live, batch.x, pass);
        const Tensor loss = nn::cross_entropy(logits, batch.y, {.smoothing = recipe.smoothing});
        sum += loss.item();
        gradients = nn::adjoints_of(live, backward(loss));
        nn::copy_buffers(model, live);
      }
      recording.clear();
      optimiser.set_rate(rate(step++));
      optimiser.step(model, gradients);
    }
    const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - start;
    result.seconds_per_epoch += taken.count() / static_cast<double>(recipe.epochs);
    const double processor = static_cast<double>(std::clock() - processor_start) / CLOCKS_PER_SEC;
    result.processor_seconds_per_epoch += processor / static_cast<double>(recipe.epochs);
    const bool last = epoch + 1 == recipe.epochs;
    std::printf("seed %llu, epoch %lld: loss %.4f, %.1f s (processor %.1f s)", static_cast<unsigned long long>(seed),
                static_cast<long long>(epoch + 1), sum / static_cast<double>(loader.batches()), taken.count(),
                processor);
    if (last || !test) {
      result.accuracy = accuracy(model, data.measured);
      std::printf(", %s %.2f %%", test ? "test" : "held out", 100 * result.accuracy);
    }
    std::printf("\n");
    std::fflush(stdout);
  }
  return result;
}

struct Arguments {
  std::string network, folder = "/usr/share/datasets/fashion-mnist";
  std::uint64_t first = 0, seeds = 5;
  std::int64_t epochs = 0, batch = 0;
  double rate = 0;
  bool test = false;
};

template <class Make>
void run(const Arguments& a, const Make& make, Recipe recipe) {
  if (a.epochs > 0) recipe.epochs = a.epochs;
  if (a.batch > 0) recipe.batch = a.batch;
  if (a.rate > 0) recipe.rate = a.rate;
  nn::Random random(0);
  const std::int64_t count = nn::parameter_count(make(random));
  const Data data = data_of(a.folder, a.test);
  std::vector<double> accuracies;
  double seconds = 0, processor_seconds = 0;
  for (std::uint64_t seed = a.first; seed < a.first + a.seeds; ++seed) {
    const Result one = train(make, data, recipe, seed, a.test);
    accuracies.push_back(one.accuracy);
    seconds += one.seconds_per_epoch / static_cast<double>(a.seeds);
    processor_seconds += one.processor_seconds_per_epoch / static_cast<double>(a.seeds);
  }
  const double mean = std::accumulate(accuracies.begin(), accuracies.end(), 0.0) / static_cast<double>(a.seeds);
  const auto [low, high] = std::ranges::minmax(accuracies);
  std::printf(
      "%s: %lld parameters, %lld epochs, %s accuracy %.2f %% (%.2f to %.2f, %llu seeds), %.1f s per epoch (processor "
      "%.1f s)\n",
      a.network.c_str(), static_cast<long long>(count), static_cast<long long>(recipe.epochs),
      a.test ? "test" : "held-out", 100 * mean, 100 * low, 100 * high, static_cast<unsigned long long>(a.seeds),
      seconds, processor_seconds);
}

int usage() {
  std::fputs(
      "bench_training mlp|conv|small|lstm [--seeds N] [--first SEED] [--epochs N] [--batch B] [--rate R] [--test] "
      "[--data FOLDER]\n",
      stderr);
  return 2;
}

}  // namespace

int main(int argc, char** argv) try {
  Arguments a;
  if (argc < 2) return usage();
  a.network = argv[1];
  for (int k = 2; k < argc; ++k) {
    const std::string option = argv[k];
    if (option == "--test") {
      a.test = true;
      continue;
    }
    if (++k == argc) return usage();
    if (option == "--seeds")
      a.seeds = std::strtoull(argv[k], nullptr, 10);
    else if (option == "--first")
      a.first = std::strtoull(argv[k], nullptr, 10);
    else if (option == "--epochs")
      a.epochs = std::strtoll(argv[k], nullptr, 10);
    else if (option == "--batch")
      a.batch = std::strtoll(argv[k], nullptr, 10);
    else if (option == "--rate")
      a.rate = std::strtod(argv[k], nullptr);
    else if (option == "--data")
      a.folder = argv[k];
    else
      return usage();
  }
  if (a.network == "mlp")
    run(a, mlp, {.epochs = 8, .batch = 128, .rate = 3e-3});
  else if (a.network == "conv")
    run(a, conv, {.epochs = 6, .batch = 128, .rate = 5e-3, .weight_decay = 5e-2, .smoothing = 0.05, .flips = true});
  else if (a.network == "small")
    run(a, small,
        {.epochs = 12, .batch = 128, .rate = 1e-2, .weight_decay = 5e-2, .smoothing = 0.05, .flips = true, .shift = 1});
  else if (a.network == "lstm")
    run(a, lstm, {.epochs = 6, .batch = 128, .rate = 5e-3});
  else
    return usage();
  return 0;
} catch (const std::exception& error) {
  std::fprintf(stderr, "%s\n", error.what());
  return 1;
}
