// Slides 24 to 26, further: four optimisers go down the valley of the topic `gradient`.

#include <array>
#include <cmath>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "wengert/cli/lecture/topics.hpp"
#include "wengert/cli/plot/contours.hpp"
#include "wengert/cli/text.hpp"
#include "wengert/nn/nn.hpp"

namespace wengert::cli::lecture {
namespace {

constexpr long default_steps = 60;
constexpr plot::Point start{-3, -1};
constexpr plot::Point lowest{97.0 / 39, 1.0 / 39};

/// x² + xy + 10y² − 5x − 3y, the valley of the topic `gradient`.
auto valley(const auto& x, const auto& y) { return x * x + x * y + 10.0 * y * y - 5.0 * x - 3.0 * y; }

struct Path {
  plot::Polyline points;
  double value = 0;
  long close = -1;  ///< the first step within a hundredth of the lowest point
};

Path walked(nn::Optimiser& optimiser, long steps) {
  Tensor x = full(Shape{}, start.x), y = full(Shape{}, start.y);
  const std::array parameters{nn::Parameter{"x", &x}, nn::Parameter{"y", &y}};
  Path path;
  Recording recording(RecordingOptions{.locations = false});
  for (long step = 0;; ++step) {
    path.points.push_back({x.item(), y.item()});
    path.value = valley(x.item(), y.item());
    if (path.close < 0 && std::hypot(x.item() - lowest.x, y.item() - lowest.y) < 0.01) path.close = step;
    if (step == steps) return path;
    recording.clear();
    const Tensor live_x = recording.variable(x), live_y = recording.variable(y);
    const Adjoints slope = backward(valley(live_x, live_y));
    const std::array gradients{slope[live_x], slope[live_y]};
    optimiser.step(std::span<const nn::Parameter>(parameters), gradients);
  }
}

}  // namespace

void show_optimisers(const Desk& desk) {
  const bool alone = !desk.options.topic.empty();  // the options are for the 2-2-2 network where all is shown
  const long steps = alone ? desk.options.steps.value_or(default_steps) : default_steps;
  struct Candidate {
    const char *name, *update;
    std::unique_ptr<nn::Optimiser> optimiser;
  };
  std::vector<Candidate> all;
  all.push_back({"descent", "rate 0.085", std::make_unique<nn::SGD>(nn::SGDOptions{.rate = 0.085})});
  all.push_back({"momentum", "rate 0.03, momentum 0.8",
                 std::make_unique<nn::SGD>(nn::SGDOptions{.rate = 0.03, .momentum = 0.8})});
  all.push_back(
      {"RMSProp", "rate 0.2, α 0.9", std::make_unique<nn::RMSProp>(nn::RMSPropOptions{.rate = 0.2, .alpha = 0.9})});
  all.push_back({"Adam", "rate 0.3", std::make_unique<nn::Adam>(nn::AdamOptions{.rate = 0.3})});

  Board& board = desk.board;
  board.heading("Other ways down");
  board.say("f(x, y) = x² + xy + 10y² − 5x − 3y from (−3, −1), " + std::to_string(steps) +
            " steps. The valley is ten times steeper across than along.");
  board.say("");
  Cells rows{{"optimiser", "", "f at the end", "above the lowest", "within 0.01 after"}};
  const plot::Range x{-4, 4}, y{-2, 2};
  const plot::Grid grid = plot::sampled_grid([](double a, double b) { return valley(a, b); }, x, y, 161, 81);
  plot::Figure figure{.title = "Four ways down the same valley, " + std::to_string(steps) + " steps",
                      .description = "The paths of four optimisers over the contour lines of a long narrow valley.",
                      .panels = {},
                      .columns = 2,
                      .width = 420,
                      .height = 210};
  for (std::size_t k = 0; k < all.size(); ++k) {
    const Path path = walked(*all[k].optimiser, steps);
    const double above = path.value - valley(lowest.x, lowest.y);
    rows.push_back({all[k].name, all[k].update, fixed(path.value, 6), fixed(above, 6),
                    path.close < 0 ? "-" : std::to_string(path.close) + " steps"});
    desk.numbers[all[k].name] = {{"f", path.value}, {"close", path.close}};
    plot::Panel panel{.title = all[k].name, .x = {.label = "x", .range = x}, .y = {.label = "y", .range = y}};
    for (const double level : {60.0, 45.0, 30.0, 20.0, 10.0, 5.0, 0.0, -3.0, -5.0, -6.0})
      panel.contours.push_back({.lines = plot::contour_lines(grid, level)});
    panel.curves.push_back({.points = path.points, .style = k, .width = 2.2, .solid = true, .mark = plot::Mark::dot});
    panel.marks.push_back({.points = {lowest}, .style = 2, .mark = plot::Mark::cross});
    figure.panels.push_back(std::move(panel));
  }
  board.table(rows);
  board.say("");
  board.say("Momentum remembers where it was going: what changes its sign cancels, what keeps it adds up. RMSProp and");
  board.say("Adam divide each coordinate by the size that its slope usually has, so that both go at the same speed.");
  board.say("Down so plain a valley, descent with a rate that was chosen for it is as quick as any of them.");
  if (desk.pictures.page_wanted()) {
    Recording recording(RecordingOptions{.locations = false});
    const Scalar at_x = recording.variable(start.x, "x"), at_y = recording.variable(start.y, "y");
    const Scalar f = valley(at_x, at_y);
    recording.name(f, "f");
    desk.pictures.page("What all four are given at the start: the gradient", f, {at_x, at_y});
  }
  desk.pictures.plot("optimisers", "Four paths over contour lines", figure);
}

}  // namespace wengert::cli::lecture
