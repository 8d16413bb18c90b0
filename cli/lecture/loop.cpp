// Slide 22: the training loop with its two stopping rules, on batches of a set that a single neuron cannot learn.

#include <array>
#include <cmath>
#include <optional>
#include <string>
#include <vector>

#include "wengert/cli/lecture/topics.hpp"
#include "wengert/cli/text.hpp"
#include "wengert/nn/nn.hpp"

namespace wengert::cli::lecture {
namespace {

constexpr std::int64_t points = 200, batch = 20, units = 8;
constexpr double small_enough = 0.02, unchanged = 1e-5, default_rate = 0.5;
constexpr long default_epochs = 2000;

struct Network {
  Tensor w, b, v, c;  ///< w [units, 2], b and v [units], c one number

  static auto members(auto& self) { return std::tie(self.w, self.b, self.v, self.c); }
  static constexpr std::array names{"w", "b", "v", "c"};

  explicit Network(nn::Random random)
      : w(random.normal(Shape{units, 2}, 0, 1, Dtype::f64)),
        b(random.normal(Shape{units}, 0, 1, Dtype::f64)),
        v(random.normal(Shape{units}, 0, 0.5, Dtype::f64)),
        c(zeros(Shape{})) {}
  /// x [n, 2] gives [n].
  [[nodiscard]] Tensor operator()(const Tensor& x) const {
    const Tensor hidden = tanh(sum(reshape(x, Shape{x.shape()[0], 1, 2}) * w, {2}) + b);
    return sigmoid(sum(hidden * v, {1}) + c);
  }
};

Tensor squared_error(const Tensor& o, const Tensor& t) { return mean((o - t) * (o - t)); }

struct Trained {
  long epochs = 0;
  double loss = 0, change = 0;
  std::string why;
  plot::Polyline curve;
};

/// The slide, line by line. An error is that of an epoch, the mean over its batches: that of a batch always changes.
Trained trained(const nn::Loader& loader, double rate, bool stop_when_small, bool stop_when_unchanged, long most) {
  Network network(nn::Random(22));
  nn::SGD descent({.rate = rate});
  Recording recording(RecordingOptions{.locations = false});
  Trained result;
  std::optional<double> before;
  for (long epoch = 1; epoch <= most; ++epoch) {
    double total = 0;
    for (const nn::Batch& samples : loader.epoch(epoch)) {  // draw a batch of samples x with class T
      recording.clear();
      const Network live = nn::lifted(network, recording);
      const Tensor o = live(samples.x);                              // run the network to obtain O
      const Tensor loss = squared_error(o, samples.y);               // compute the loss
      const auto gradients = nn::adjoints_of(live, backward(loss));  // compute its gradient
      descent.step(network, gradients);                              // update the weights
      total += loss.item();
    }
    result.epochs = epoch;
    result.loss = total / static_cast<double>(loader.batches());
    result.curve.push_back({static_cast<double>(epoch), result.loss});
    result.change = before ? std::abs(result.loss - *before) : 0;
    if (stop_when_small && result.loss <= small_enough) {
      result.why = "small enough";
      return result;
    }
    if (stop_when_unchanged && before && result.change <= unchanged) {
      result.why = "does not change";
      return result;
    }
    before = result.loss;
  }
  result.why = "epochs are over";
  return result;
}

/// What the loop does with its first batch.
void page(const Desk& desk, const nn::Loader& loader) {
  if (!desk.pictures.page_wanted()) return;
  Recording recording(RecordingOptions{.locations = false});
  Network live = nn::lifted(Network(nn::Random(22)), recording);
  for (const nn::Batch& samples : loader.epoch(1)) {
    const Tensor loss = squared_error(live(samples.x), samples.y);
    recording.name(loss, "loss");
    return desk.pictures.page_of("The first batch of the training loop", loss, live);
  }
}

}  // namespace

void show_loop(const Desk& desk) {
  const bool alone = !desk.options.topic.empty();  // the options are for the 2-2-2 network where all is shown
  const double rate = alone ? desk.options.rate.value_or(default_rate) : default_rate;
  const long most = alone ? desk.options.steps.value_or(default_epochs) : default_epochs;
  nn::Random random(22);
  const nn::Batch moons = nn::two_moons(random, points, 0.1, Dtype::f64);
  const auto data = std::make_shared<nn::TensorDataset>(moons.x, convert(moons.y, Dtype::f64));
  const nn::Loader loader(data, {.batch = batch, .seed = 22, .prefetch = 0});

  Board& board = desk.board;
  board.heading("The training loop and when it ends");
  board.say("Draw a batch of samples x with class T      for (const Batch& samples : loader.epoch(epoch))");
  board.say("Run the network on x to obtain output O       o = network(samples.x)");
  board.say("Compute the loss                              loss = squared_error(o, samples.y)");
  board.say("Compute the gradient of the loss              gradients = adjoints_of(network, backward(loss))");
  board.say("Update the weights                            descent.step(network, gradients)");
  board.say("Repeat till the errors do not change or     if (loss <= " + on_board(small_enough) + ") break;");
  board.say("  the loss is small enough                  if (|loss − loss before| <= " + on_board(unchanged) +
            ") break;");
  board.say("");
  board.say("200 points of two half moons in batches of 20, 8 hidden units, the mean squared error of each epoch:");
  board.say("");
  struct Run {
    const char* rules;
    double rate;
    bool small, still;
  };
  const std::array runs{Run{"small enough", rate, true, false}, Run{"does not change", rate, false, true},
                        Run{"either", rate, true, true}, Run{"either", rate / 50000, true, true}};
  Cells rows{{"rule", "rate", "epochs", "loss", "it ended because the loss"}};
  plot::Panel panel{.x = {.label = "epochs", .scale = plot::Scale::log},
                    .y = {.label = "loss", .scale = plot::Scale::log}};
  for (std::size_t k = 0; k < runs.size(); ++k) {
    const Run& run = runs[k];
    const Trained t = trained(loader, run.rate, run.small, run.still, most);
    rows.push_back({run.rules, on_board(run.rate), std::to_string(t.epochs), fixed(t.loss, 3), t.why});
    desk.numbers["runs"].push_back({{"rate", run.rate}, {"epochs", t.epochs}, {"loss", t.loss}, {"why", t.why}});
    if (k == 1 || k == 3)
      panel.curves.push_back({.label = "rate " + on_board(run.rate), .points = t.curve, .style = k == 3 ? 1U : 0U});
    panel.marks.push_back({.label = k == 2 ? "" : t.why, .points = {t.curve.back()}, .style = k == 3 ? 1U : 0U});
  }
  board.table(rows);
  board.say("");
  board.say(
      "The rules look at the loss alone. A small rate changes it so little that the last run ends before anything");
  board.say("is learned: \"does not change\" is not \"cannot get better\".");
  page(desk, loader);
  desk.pictures.plot("loop", "The loss until each rule ends the training",
                     {.title = "The training loop and its two stopping rules",
                      .description = "The loss over the epochs for two learning rates; marks where a rule ends it.",
                      .panels = {std::move(panel)},
                      .width = 700,
                      .height = 360});
}

}  // namespace wengert::cli::lecture
