// Slide 22: the training loop, 10 000 updates of the 2-2-2 network.

#include <algorithm>
#include <string>

#include "wengert/cli/lecture/network.hpp"
#include "wengert/cli/lecture/topics.hpp"
#include "wengert/cli/text.hpp"

namespace wengert::cli::lecture {
namespace {

constexpr long default_steps = 10'000;

/// The losses that are plotted: every one at first, then ever fewer, so that a curve of any length has some hundred
/// points.
class Curve {
 public:
  void add(long step, double loss) {
    if (step < next_) return;
    points_.push_back({static_cast<double>(step), loss});
    next_ = step + 1 + step / 64;
  }
  /// The last one is always there.
  plot::Polyline ending_with(long step, double loss) {
    points_.push_back({static_cast<double>(step), loss});
    return points_;
  }

 private:
  plot::Polyline points_;
  long next_ = 0;
};

/// "10 000"
std::string grouped(long number) {
  std::string digits = std::to_string(number);
  for (std::size_t at = digits.size(); at > 3; at -= 3) digits.insert(at - 3, " ");
  return digits;
}

plot::Figure loss_figure(plot::Polyline points, long steps, double rate) {
  const double first = points.front().y, last = points.back().y;
  plot::Panel panel{.x = {.label = "updates"}, .y = {.label = "loss", .scale = plot::Scale::log}};
  panel.marks.push_back({.label = loss_text(first) + " at the beginning", .points = {points.front()}});
  panel.marks.push_back({.label = loss_text(last) + " after " + grouped(steps), .points = {points.back()}});
  panel.curves.push_back({.points = std::move(points)});
  return {
      .title = "The loss over " + grouped(steps) + (steps == 1 ? " update" : " updates") + ", learning rate " +
               on_board(rate),
      .description = "The loss of the 2-2-2 network over the number of updates, on a logarithmic scale. It begins at " +
                     loss_text(first) + " and ends at " + loss_text(last) + ".",
      .panels = {std::move(panel)},
      .width = 700,
      .height = 380};
}

}  // namespace

void show_train(const Desk& desk) {
  const double rate = desk.options.rate.value_or(default_rate);
  const long steps = desk.options.steps.value_or(default_steps);
  Board& board = desk.board;
  board.heading("Training: " + std::to_string(steps) + (steps == 1 ? " update" : " updates") + ", learning rate " +
                on_board(rate));
  const std::size_t width = std::max<std::size_t>(7, std::to_string(steps).size());
  const auto line = [&](const std::string& updates, const std::string& loss) {
    board.say(std::string(width - updates.size(), ' ') + updates + "  " + loss);
  };
  line("updates", "loss");
  Descent descent(rate);
  Curve curve;
  double loss = descent.loss();
  long next = 1;
  line("0", loss_text(loss));
  nlohmann::ordered_json& losses = desk.numbers["losses"] = nlohmann::ordered_json::array();
  losses.push_back({0, loss});
  for (long step = 1; step <= steps; ++step) {
    curve.add(step - 1, descent.step());
    const bool shown = step == next || step + 1 >= steps;
    if (step == next) next *= 10;
    if (!shown) continue;
    loss = descent.loss();
    line(std::to_string(step), loss_text(loss));
    losses.push_back({step, loss});
  }
  Recording recording;
  const Network n = record(recording, descent.weights());
  board.say("");
  for (std::size_t k = 0; k < n.w.size(); ++k) {
    board.equation(name("w", k), {on_board(n.w[k].value())});
    desk.numbers[name("w", k)] = n.w[k].value();
  }
  for (std::size_t k = 0; k < 2; ++k) {
    board.say(name("out o", k) + " = " + on_board(n.o[k].value()) + "  (target " + on_board(n.t[k].value()) + ")");
    desk.numbers[name("out o", k)] = n.o[k].value();
  }
  desk.pictures.page("The lecture's network after " + grouped(steps) + (steps == 1 ? " update" : " updates"), n.loss,
                     {n.w.begin(), n.w.end()});
  desk.pictures.plot("train", "The loss, update by update", loss_figure(curve.ending_with(steps, loss), steps, rate));
}

}  // namespace wengert::cli::lecture
