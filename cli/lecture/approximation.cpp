// Slide 19: universal approximation. One hidden layer of squashing units and a linear output come as close as one wants
// to any of three functions, with units enough.

#include <algorithm>
#include <array>
#include <cmath>
#include <string>
#include <vector>

#include "wengert/cli/lecture/topics.hpp"
#include "wengert/cli/plot/sample.hpp"
#include "wengert/cli/text.hpp"
#include "wengert/nn/nn.hpp"

namespace wengert::cli::lecture {
namespace {

constexpr std::array curves{nn::Curve::smooth, nn::Curve::kinked, nn::Curve::discontinuous};
constexpr std::array formulas{"½·sin πx + ⅕·sin 3πx", "|2|x| − 1| − ½", "a staircase with three jumps"};
constexpr std::array<std::int64_t, 6> widths{1, 2, 4, 8, 16, 32};
constexpr std::int64_t samples = 201, restarts = 3;
constexpr long default_steps = 200;

/// o = Σ v·tanh(w·x + b) + c, written out: the hidden layer is a vector, the output linear.
struct Network {
  Tensor w = zeros(Shape{0}), b = w, v = w, c = zeros(Shape{});  ///< [units], and one number

  static auto members(auto& self) { return std::tie(self.w, self.b, self.v, self.c); }
  static constexpr std::array names{"w", "b", "v", "c"};

  /// This one, and units that bend at places spread over the interval, in either direction, of output weight 0.
  [[nodiscard]] Network with_more(std::int64_t units, nn::Random& random) const {
    const Tensor steepness = random.normal(Shape{units}, 0, 6, Dtype::f64);
    const Tensor place = random.uniform(Shape{units}, -1, 1, Dtype::f64);
    return {concatenate({w, steepness}), concatenate({b, -steepness * place}), concatenate({v, zeros(Shape{units})}),
            c};
  }
  /// x [n, 1] gives [n].
  [[nodiscard]] Tensor operator()(const Tensor& x) const { return sum(v * tanh(w * x + b), {1}) + c; }
};

struct Fit {
  Network network;
  double error = 0;  ///< root of the mean squared error on the samples
};

/// The mean squared error on the samples of a curve.
Tensor squared_error(const Network& live, nn::Curve curve) {
  const nn::Batch data = nn::samples_of(curve, samples, Dtype::f64);
  const Tensor difference = live(data.x) - reshape(data.y, Shape{samples});
  return mean(difference * difference);
}

/// The best of some trainings that begin as the narrower network with other units added: no wider one is worse.
Fit widened(const Network& narrower, nn::Curve curve, std::int64_t units, long steps) {
  const auto loss = [&](const Network& live) { return squared_error(live, curve); };
  std::vector<Fit> fits;
  for (std::int64_t k = 0; k < restarts; ++k) {
    nn::Random random = nn::Random(19).child(static_cast<std::uint64_t>(units)).child(static_cast<std::uint64_t>(k));
    Network network = narrower.with_more(units - narrower.w.size(), random);
    const nn::Minimum found = nn::minimise(network, loss, {.most_iterations = steps});
    fits.push_back({std::move(network), std::sqrt(found.loss)});
  }
  return *std::min_element(fits.begin(), fits.end(), [](const Fit& a, const Fit& b) { return a.error < b.error; });
}

plot::Panel panel_of(nn::Curve curve, const std::vector<const Fit*>& shown) {
  plot::Panel panel{.title = std::string(nn::to_string(curve)),
                    .x = {.label = "x", .range = {-1, 1}},
                    .y = {.label = {}, .range = {-0.8, 0.8}}};
  const auto target = [curve](double x) { return nn::value_of(curve, x); };
  panel.curves.push_back({.points = plot::sampled(target, {-1, 1}).line, .style = 0, .width = 5});
  for (std::size_t k = 0; k < shown.size(); ++k) {
    const nn::Batch grid = nn::samples_of(curve, 401, Dtype::f64);
    const std::vector<double> x = grid.x.to_vector(), o = shown[k]->network(grid.x).to_vector();
    plot::Polyline line;
    for (std::size_t i = 0; i < x.size(); ++i) line.push_back({x[i], o[i]});
    panel.curves.push_back({.points = std::move(line), .style = k + 1, .width = 2.2});
  }
  return panel;
}

}  // namespace

void show_approximation(const Desk& desk) {
  const bool alone = !desk.options.topic.empty();  // the options are for the 2-2-2 network where all is shown
  const long steps = alone ? desk.options.steps.value_or(default_steps) : default_steps;
  std::vector<std::vector<Fit>> fits;
  for (const nn::Curve curve : curves) {
    fits.emplace_back();
    Network narrower;
    for (const std::int64_t units : widths) {
      fits.back().push_back(widened(narrower, curve, units, steps));
      narrower = fits.back().back().network;
    }
  }

  Board& board = desk.board;
  board.heading("Universal approximation: error against width");
  board.say("o(x) = v1·tanh(w1·x + b1) + … + vn·tanh(wn·x + bn) + c: one hidden layer, a linear output");
  board.say("");
  for (std::size_t k = 0; k < curves.size(); ++k)
    board.say(padded(std::string(nn::to_string(curves[k])) + ":", 16) + formulas[k]);
  board.say("");
  board.say("Root of the mean squared error on 201 points from −1 to 1, after " + std::to_string(steps) +
            " steps of L-BFGS at each width, the");
  board.say("best of three trainings. A wider network begins as the narrower one with new units of output weight 0.");
  board.say("");
  Cells rows{{"units"}};
  for (const nn::Curve curve : curves) rows[0].emplace_back(nn::to_string(curve));
  for (std::size_t j = 0; j < widths.size(); ++j) {
    rows.push_back({std::to_string(widths[j])});
    for (std::size_t k = 0; k < curves.size(); ++k) {
      const double error = fits[k][j].error;
      rows.back().push_back(error < 0.0005 ? "< 0.001" : fixed(error, 3));
      desk.numbers[std::string(nn::to_string(curves[k]))].push_back({{"units", widths[j]}, {"error", error}});
    }
  }
  board.table(rows);
  board.say("");
  board.say("With more units the error falls, whatever the function. Three jumps take three steep units, and from 4");
  board.say("on next to nothing is left at the samples; between two samples a unit cannot know where the jump is. A");
  board.say("kink takes ever steeper units that bend ever closer to it.");
  if (desk.pictures.page_wanted()) {
    constexpr std::size_t shown = 2;  // of 4 units
    Recording recording(RecordingOptions{.locations = false});
    Network live = nn::lifted(fits[0][shown].network, recording);
    const Tensor loss = squared_error(live, curves[0]);
    recording.name(loss, "loss");
    desk.pictures.page_of(
        std::to_string(widths[shown]) + " units approximate the " + std::string(nn::to_string(curves[0])) + " function",
        loss, live);
  }
  if (!desk.pictures.wanted()) return;
  plot::Panel errors{.title = "error against units",
                     .x = {.label = "hidden units", .scale = plot::Scale::log, .ticks = {1, 2, 4, 8, 16, 32}},
                     .y = {.label = {}, .scale = plot::Scale::log}};
  for (std::size_t k = 0; k < curves.size(); ++k) {
    plot::Polyline line;
    for (std::size_t j = 0; j < widths.size(); ++j) line.push_back({static_cast<double>(widths[j]), fits[k][j].error});
    errors.curves.push_back({.label = std::string(nn::to_string(curves[k])),
                             .points = std::move(line),
                             .style = k + 3,
                             .mark = plot::Mark::dot});
  }
  plot::Figure figure{.title = "One hidden layer approximates three functions, the better the wider it is",
                      .description =
                          "Three functions, one smooth, one with kinks, one with jumps, and what networks of "
                          "2, 4 and 16 hidden units make of them; and the error against the number of units, "
                          "which falls for all three.",
                      .panels = {},
                      .columns = 2,
                      .width = 400,
                      .height = 280,
                      .legend = {{"function", 0}, {"2 units", 1}, {"4 units", 2}, {"16 units", 3}}};
  for (std::size_t k = 0; k < curves.size(); ++k)
    figure.panels.push_back(panel_of(curves[k], {&fits[k][1], &fits[k][2], &fits[k][4]}));
  figure.panels.push_back(std::move(errors));
  desk.pictures.plot("approximation", "Functions, approximations, errors", figure);
}

}  // namespace wengert::cli::lecture
