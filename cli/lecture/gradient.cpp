// Slides 24 to 26: why the gradient. A derivative tells whether a function rises; a gradient tells where to; a Jacobian
// holds the gradients of several outputs.

#include <array>
#include <cmath>
#include <string>
#include <vector>

#include "wengert/cli/lecture/network.hpp"
#include "wengert/cli/lecture/topics.hpp"
#include "wengert/cli/plot/contours.hpp"
#include "wengert/cli/plot/sample.hpp"
#include "wengert/cli/text.hpp"

namespace wengert::cli::lecture {
namespace {

struct Slope {
  double value = 0, derivative = 0;
};

// --- f: R → R ---

auto wave(const auto& x) {
  using std::sin;
  return x * x / 10 + sin(x);
}

Slope wave_at(double at) {
  Recording recording;
  const Scalar x = recording.variable(at, "x"), y = wave(x);
  return {y.value(), backward(y)[x]};
}

/// The loss of the 2-2-2 network when w5 has this value and the other weights those of the lecture.
Slope loss_at(double w5) {
  Weights weights = initial_weights;
  weights[4] = w5;
  Recording recording(RecordingOptions{.locations = false});
  const Network n = record(recording, weights);
  return {n.loss.value(), backward(n.loss)[n.w[4]]};
}

/// The tangent at x, from x - reach to x + reach.
plot::Polyline tangent(double x, Slope slope, double reach) {
  return {{x - reach, slope.value - reach * slope.derivative}, {x + reach, slope.value + reach * slope.derivative}};
}

constexpr std::array<double, 2> wave_points{-3, 0.5};

plot::Figure derivative_figure() {
  plot::Panel left{.title = "f(x) = x²/10 + sin x", .x = {.label = "x", .range = {-5, 5}}, .y = {.label = "f(x)"}};
  left.curves.push_back({.label = "f", .points = plot::sampled([](double x) { return wave(x); }, {-5, 5}).line});
  for (std::size_t k = 0; k < wave_points.size(); ++k) {
    const double x = wave_points[k];
    const Slope slope = wave_at(x);
    const std::string sense = slope.derivative < 0 ? ": falls" : ": rises";
    left.curves.push_back({.label = "slope " + plot::with_minus(fixed(slope.derivative, 2)) + sense,
                           .points = tangent(x, slope, 1.2),
                           .style = k + 1});
    left.marks.push_back({.points = {{x, slope.value}}, .style = k + 1});
  }
  plot::Panel right{.title = "The loss, seen by w5 alone", .x = {.label = "w5", .range = {-5, 6}}, .y = {.label = "L"}};
  right.curves.push_back(
      {.label = "L", .points = plot::sampled([](double w) { return loss_at(w).value; }, {-5, 6}).line});
  const Slope slope = loss_at(initial_weights[4]);
  right.curves.push_back({.label = "slope " + fixed(slope.derivative, 4) + ": rises",
                          .points = tangent(initial_weights[4], slope, 2.2),
                          .style = 1});
  right.marks.push_back({.label = "w5 = 0.4", .points = {{initial_weights[4], slope.value}}, .style = 1});
  return {.title = "The derivative: does it rise or fall here?",
          .description =
              "Two functions of one variable with tangents. The slope of a tangent is the derivative: where it is "
              "negative the function falls, where it is positive it rises.",
          .panels = {left, right},
          .columns = 2,
          .width = 400,
          .height = 330};
}

void show_derivative(const Desk& desk) {
  Board& board = desk.board;
  board.heading("f: R → R, the derivative");
  board.say("Should a weight be increased or decreased? The slope of the loss tells.");
  board.say("");
  board.say("f(x) = x²/10 + sin x,  f′(x) = x/5 + cos x");
  board.say("");
  Cells rows{{"x", "f(x)", "f′(x)", ""}};
  for (const double x : wave_points) {
    const Slope slope = wave_at(x);
    rows.push_back({on_board(x), fixed(slope.value, 12), fixed(slope.derivative, 12),
                    slope.derivative < 0 ? "f falls: more x, less f" : "f rises: less x, less f"});
    desk.numbers["derivative"].push_back({{"x", x}, {"f", slope.value}, {"f'", slope.derivative}});
  }
  board.table(rows);
  const Slope slope = loss_at(initial_weights[4]);
  board.say("");
  board.say("The loss of the 2-2-2 network by w5 alone: at w5 = " + on_board(initial_weights[4]) +
            ", L = " + on_board(slope.value) + " and");
  board.say("dL/dw5 = " + on_board(slope.derivative) + ". It rises, so w5 should be decreased.");
  if (desk.pictures.wanted()) desk.pictures.plot("derivative", "Derivatives as tangents", derivative_figure());
}

// --- f: R² → R ---

/// ½ xᵀ·A·x − bᵀ·x with A = (2 1; 1 20), b = (5, 3): example 7.1 of Deisenroth, Faisal, Ong, Mathematics for Machine
/// Learning, which the lecture cites. Its step size and starting point too.
auto valley(const auto& x, const auto& y) { return x * x + x * y + 10.0 * y * y - 5.0 * x - 3.0 * y; }

constexpr double valley_rate = 0.085;
constexpr long valley_steps = 20;
constexpr plot::Point start{-3, -1};
/// A·x = b.
constexpr plot::Point lowest{97.0 / 39, 1.0 / 39};

struct Place {
  plot::Point at;
  double value = 0;
  plot::Point gradient;
};

Place place_at(plot::Point at) {
  Recording recording(RecordingOptions{.locations = false});
  const Scalar x = recording.variable(at.x, "x"), y = recording.variable(at.y, "y"), f = valley(x, y);
  const Adjoints slope = backward(f);
  return {at, f.value(), {slope[x], slope[y]}};
}

plot::Figure gradient_figure(const plot::Polyline& path, double rate) {
  const plot::Range x{-4, 4}, y{-2, 2};
  const plot::Grid grid = plot::sampled_grid([](double a, double b) { return valley(a, b); }, x, y, 161, 81);
  plot::Panel panel{.x = {.label = "x", .range = x}, .y = {.label = "y", .range = y}};
  for (const double level : {60.0, 45.0, 30.0, 20.0, 10.0, 5.0, 0.0, -3.0, -5.0, -6.0})
    panel.contours.push_back({.label = plot::with_minus(on_board(level)), .lines = plot::contour_lines(grid, level)});
  panel.curves.push_back(
      {.points = path, .style = 1, .width = 2.5, .solid = true, .arrows = true, .mark = plot::Mark::dot});
  panel.marks.push_back({.label = "start", .points = {path.front()}, .style = 1});
  panel.marks.push_back({.label = "lowest", .points = {lowest}, .style = 2, .mark = plot::Mark::cross});
  return {.title = "Gradient descent over contour lines, learning rate " + on_board(rate),
          .description =
              "Contour lines of a long narrow valley of two variables, and the path of gradient descent, which begins "
              "at (−3, −1), crosses the valley to and fro, each time at a right angle to a contour line, and comes "
              "closer to the lowest point.",
          .panels = {panel},
          .width = 760,
          .height = 380};
}

void show_descent(const Desk& desk) {
  // The options are for the network where the whole lecture is shown.
  const bool alone = !desk.options.topic.empty();
  const double rate = alone ? desk.options.rate.value_or(valley_rate) : valley_rate;
  const long steps = alone ? desk.options.steps.value_or(valley_steps) : valley_steps;
  Board& board = desk.board;
  board.heading("f: R² → R, the gradient");
  board.say("f(x, y) = x² + xy + 10y² − 5x − 3y,  ∇f = (2x + y − 5, x + 20y − 3)");
  board.say("The gradient points to where f rises most; each step goes against it: (x, y)' = (x, y) − " +
            on_board(rate) + " · ∇f");
  board.say("");
  Cells rows{{"step", "x", "y", "f(x, y)", "∂f/∂x", "∂f/∂y"}};
  plot::Polyline path;
  Place place = place_at(start);
  nlohmann::ordered_json& table = desk.numbers["descent"] = nlohmann::ordered_json::array();
  long power = 100;
  for (long step = 0; step <= steps; ++step) {
    if (step > 0) place = place_at({place.at.x - rate * place.gradient.x, place.at.y - rate * place.gradient.y});
    if (path.size() < 1000) path.push_back(place.at);
    if (step == 10 * power) power *= 10;
    if (step > 5 && step != steps && (step > 100 ? step % power : step % 5) != 0) continue;
    std::vector<std::string> row{std::to_string(step)};
    for (const double number : {place.at.x, place.at.y, place.value, place.gradient.x, place.gradient.y})
      row.push_back(fixed(number, 6));
    rows.push_back(std::move(row));
    table.push_back({{"step", step},
                     {"x", place.at.x},
                     {"y", place.at.y},
                     {"f", place.value},
                     {"gradient", {place.gradient.x, place.gradient.y}}});
  }
  board.table(rows);
  board.say("");
  board.say("The lowest point, where ∇f = (0, 0): x = 97/39 = " + fixed(lowest.x, 6) +
            ", y = 1/39 = " + fixed(lowest.y, 6) + ", f = " + fixed(valley(lowest.x, lowest.y), 6));
  if (desk.pictures.page_wanted()) {
    Recording recording(RecordingOptions{.locations = false});
    const Scalar x = recording.variable(start.x, "x"), y = recording.variable(start.y, "y"), f = valley(x, y);
    recording.name(f, "f");
    desk.pictures.page("The gradient where the descent starts", f, {x, y});
  }
  if (desk.pictures.wanted())
    desk.pictures.plot("gradient", "The path over contour lines", gradient_figure(path, rate));
}

// --- f: Rⁿ → Rᵐ ---

/// ∂output/∂variable, a row for each output.
Cells jacobian(const Desk& desk, const char* key, std::span<const Scalar> outputs, std::span<const Scalar> variables,
               int decimals) {
  const VectorAdjoints slopes = backward_each(outputs);
  nlohmann::ordered_json& numbers = desk.numbers[key] = nlohmann::ordered_json::array();
  Cells rows;
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    rows.emplace_back();
    numbers.push_back(nlohmann::ordered_json::array());
    for (const Scalar& x : variables) {
      const double number = slopes(i, x);
      rows.back().push_back((std::signbit(number) ? "" : " ") +
                            (decimals < 0 ? on_board(number) : fixed(number, decimals)));
      numbers.back().push_back(number);
    }
  }
  return rows;
}

void show_jacobians(const Desk& desk) {
  Board& board = desk.board;
  board.heading("f: Rⁿ → Rᵐ, the Jacobian: a row for each output, its gradient");
  board.say("f(x, y) = (x²y, 5x + sin y) at (2, 3):");
  board.say("");
  {
    Recording recording;
    const Scalar x = recording.variable(2.0, "x"), y = recording.variable(3.0, "y");
    const std::array<Scalar, 2> f{Scalar(x * x * y), Scalar(5.0 * x + sin(y))};
    board.blocks(
        {"J = ", Cells{{"2xy", "x²"}, {"5", "cos y"}}, " = ", jacobian(desk, "jacobian", f, std::array{x, y}, -1)});
  }
  Recording recording(RecordingOptions{.locations = false});
  const Network n = record(recording, initial_weights);
  board.say("");
  board.say("The 2-2-2 network, R² → R², outputs by inputs:");
  board.say("");
  board.blocks({"d(out o1, out o2)/d(i1, i2) = ", jacobian(desk, "outputs by inputs", n.o, n.i, 10)});
  board.say("");
  board.say("and R⁸ → R², outputs by weights w1 … w8 (o1 does not see w7 and w8, o2 not w5 and w6):");
  board.say("");
  board.blocks({jacobian(desk, "outputs by weights", n.o, n.w, 6)});
}

}  // namespace

void show_gradient(const Desk& desk) {
  show_derivative(desk);
  show_descent(desk);
  show_jacobians(desk);
}

}  // namespace wengert::cli::lecture
