// Slide 36: a recurrent network with memory (LSTM) on the adding problem, where it has to keep a number for many steps.

#include <array>
#include <cmath>
#include <string>
#include <vector>

#include "wengert/cli/lecture/topics.hpp"
#include "wengert/cli/text.hpp"
#include "wengert/nn/nn.hpp"

namespace wengert::cli::lecture {
namespace {

constexpr std::int64_t length = 12, hidden = 12, batch = 32, test_sequences = 1000;
constexpr long default_steps = 600;
constexpr double default_rate = 0.02;

struct Network {
  nn::LSTM memory;
  nn::Linear out;

  static auto members(auto& self) { return std::tie(self.memory, self.out); }
  static constexpr std::array names{"memory", "out"};

  explicit Network(nn::Random& random) : memory(2, hidden, random, {.batch_first = true}), out(hidden, 1, random) {}

  /// x [n, length, 2]: the answer after the last step, [n, 1].
  [[nodiscard]] Tensor operator()(const Tensor& x) const {
    return out(reshape(memory(x).state.h, Shape{x.shape()[0], hidden}));
  }
};

Tensor squared_error(const Tensor& o, const Tensor& t) { return mean((o - t) * (o - t)); }

/// What goes in and what the units hold, step by step, of one sequence.
plot::TileFigure states(const Network& network, const Tensor& x, double truth, double answer) {
  const Tensor units = transpose(reshape(network.memory(x).y, Shape{length, hidden}));
  const Tensor inputs = transpose(reshape(x, Shape{length, 2}));
  const auto tile = [](const Tensor& t, plot::Tone tone, std::string label) {
    return plot::Tile{std::move(label), static_cast<std::size_t>(t.shape()[0]), static_cast<std::size_t>(t.shape()[1]),
                      t.to_vector(), tone};
  };
  return {.title = "An LSTM adds: its units over time",
          .description =
              "The inputs of one sequence over its steps, with two marks, and the outputs of the units of the "
              "LSTM, several of which change at the first mark and hold until the end.",
          .rows = {{"numbers", {tile(slice_along(inputs, 0, 0, 1), plot::Tone::ink, "steps 1 to 12 →")}},
                   {"marks", {tile(slice_along(inputs, 0, 1, 2), plot::Tone::ink, "")}},
                   {"12 units",
                    {tile(units, plot::Tone::signed_, "sum " + fixed(truth, 2) + ", answer " + fixed(answer, 1))}}},
          .width = 420};
}

}  // namespace

void show_memory(const Desk& desk) {
  const bool alone = !desk.options.topic.empty();  // the options are for the 2-2-2 network where all is shown
  const long steps = alone ? desk.options.steps.value_or(default_steps) : default_steps;
  const double rate = alone ? desk.options.rate.value_or(default_rate) : default_rate;
  nn::Random random(36);
  const nn::Batch test = nn::adding_problem(random, test_sequences, length);
  Network network(random);

  Board& board = desk.board;
  board.heading("A network with memory: LSTM");
  board.say(
      "The adding problem: 12 numbers of [0, 1) come one after the other, two of them with a mark, one in either");
  board.say("half; the answer after the last step is to be their sum. So the first one has to be kept. Who always");
  board.say("says 1 has the mean squared error 1/6 = 0.167.");
  board.say("");
  board.say("LSTM with " + std::to_string(hidden) + " units → linear, 1 output. " +
            std::to_string(nn::parameter_count(network)) + " weights, Adam, " + std::to_string(batch) +
            " new sequences a step.");
  board.say("");
  Cells rows{{"steps", "error on 1000 other sequences"}};
  plot::Polyline curve;
  const auto row = [&](long step) {
    const double error = squared_error(network(test.x), test.y).item();
    rows.push_back({std::to_string(step), fixed(error, 3)});
    curve.push_back({static_cast<double>(step), error});
    desk.numbers["steps"].push_back({{"step", step}, {"error", error}});
  };
  row(0);
  nn::Adam adam({.rate = rate});
  Recording recording(RecordingOptions{.locations = false});
  for (long step = 1; step <= steps; ++step) {
    const nn::Batch b = nn::adding_problem(random, batch, length);
    recording.clear();
    const Network live = nn::lifted(network, recording);
    const Tensor loss = squared_error(live(b.x), b.y);
    std::vector<Tensor> gradients = nn::adjoints_of(live, backward(loss));
    nn::clip_norm(gradients, 1);
    if (step == steps * 2 / 3) adam.set_rate(rate / 5);
    adam.step(network, gradients);
    if (step % std::max(1L, steps / 6) == 0) row(step);
  }
  board.table(rows);
  board.say("");
  board.say("Backpropagation runs through all 12 steps: the network is one graph, in which the same weights occur 12");
  board.say("times.");
  const Tensor one = slice_along(test.x, 0, 2, 3);
  if (desk.pictures.page_wanted()) {
    recording.clear();
    Network live = nn::lifted(network, recording);
    const Tensor loss = squared_error(live(recording.variable(one, "numbers")), slice_along(test.y, 0, 2, 3));
    recording.name(loss, "loss");
    desk.pictures.page_of("A sequence in the LSTM: 12 steps, the same weights", loss, live);
  }
  if (!desk.pictures.wanted()) return;
  desk.pictures.tiles("memory", "What the units hold over time",
                      states(network, one, test.y.to_vector()[2], network(one).item()));
}

}  // namespace wengert::cli::lecture
