// Training with fit: two moons, told apart by a small network. Validation, early stopping, a schedule, a log; then the
// same training interrupted in the middle and resumed, and a report.

#include <array>
#include <atomic>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <memory>
#include <string>
#include <tuple>
#include <vector>

#include "wengert/nn/nn.hpp"

using namespace wengert;

struct Network {
  nn::Linear hidden, out;
  nn::Dropout drop{0.1};

  explicit Network(nn::Random& random) : hidden(2, 24, random), out(24, 2, random) {}

  static auto members(auto& self) { return std::tie(self.hidden, self.out, self.drop); }
  static constexpr std::array names{"hidden", "out", "drop"};

  Tensor operator()(const Tensor& x, nn::Pass& pass) const { return out(drop(tanh(hidden(x)), pass)); }
  Tensor operator()(const Tensor& x) const { return nn::evaluate(*this, x); }
};

int main() {
  // [data]
  nn::Random random(1);
  const auto points = std::make_shared<nn::TensorDataset>(nn::two_moons(random, 400));
  const auto [training, rest] = nn::split(points, 0.75, 1);
  const nn::Loader batches(training, {.batch = 32, .seed = 1});
  const nn::Loader held_out(rest, {.batch = 100, .shuffle = false});
  // [data]

  // [fit]
  const auto loss = [](const Tensor& output, const Tensor& target) { return nn::cross_entropy(output, target); };
  nn::FitOptions options{.epochs = 60,
                         .early_stopping = {.patience = 100},
                         .rate_per_epoch = nn::warm_up(3, nn::cosine(0.03, 57)),
                         .clip_norm = 1.0,
                         .validation = &held_out,
                         .metrics = {nn::accuracy()}};

  Network network(random);
  const Network untrained = network;
  nn::AdamW optimiser{{.weight_decay = 1e-3}};
  const nn::FitResult result = nn::fit(network, batches, loss, optimiser, options);
  // [fit]
  std::cout << "steps an epoch: " << batches.batches() << "\n";
  std::cout << "accuracy of the best epoch at least 0.98: "
            << (*nn::number_of(result.history,
                               result.history.epochs.at(static_cast<std::size_t>(result.best_epoch) - 1),
                               "validation_accuracy") >= 0.98
                    ? "yes"
                    : "no")
            << "\n";
  std::cout << "the network has the parameters of that epoch: "
            << (nn::evaluate(network, held_out, loss).loss == result.best ? "yes" : "no") << "\n";

  // [resume]
  std::atomic<bool> stop = false;  // a program would set it in its handler of SIGINT
  options.stop = &stop;
  options.checkpoints = {.folder = "states", .every_epochs = 25, .resume = true};
  options.jsonl = "log.jsonl";
  std::filesystem::remove_all("states");
  Network again = untrained;
  for (const std::int64_t step : {100, 0}) {
    stop = false;
    options.callbacks = {[&](const nn::FitEvent& event) { stop = step > 0 && event.step >= step; }};
    nn::AdamW fresh{{.weight_decay = 1e-3}};
    again = untrained;
    const nn::FitResult part = nn::fit(again, batches, loss, fresh, options);
    std::cout << "resumed at step " << part.resumed_at << ", ended by: " << to_string(part.ending) << "\n";
  }
  // [resume]
  bool same = true;
  const auto a = nn::state(network), b = nn::state(again);
  for (std::size_t k = 0; k < a.size(); ++k) same = same && a[k].value.value() == b[k].value.value();
  std::cout << "the same bits as without the interruption: " << (same ? "yes" : "no") << "\n";

  // [report]
  nn::TrainingReport report = nn::report_of(result);
  report.title = "Two moons";
  report.facts.emplace_back("optimiser", "AdamW");
  report.tables.push_back(nn::table_of(nn::summarise(network, zeros(Shape{32, 2}, Dtype::f32))));
  std::ofstream("report.html") << nn::html_of(report);
  // [report]

  // [not finite]
  Network broken = untrained;
  nn::SGD sgd{{.rate = 1e38}};
  const nn::FitResult failed = nn::fit(broken, batches, loss, sgd, {.epochs = 1});
  if (failed.not_finite) std::cout << "a rate of 1e38 ends by: " << to_string(failed.ending) << "\n";
  // [not finite]
}
