// Slides 4 to 7: Boolean operators by neurons whose activation is the Heaviside step.

#include <algorithm>
#include <array>
#include <functional>
#include <string>

#include "wengert/cli/lecture/topics.hpp"
#include "wengert/cli/text.hpp"
#include "wengert/nn/nn.hpp"

namespace wengert::cli::lecture {
namespace {

using Inputs = std::array<double, 2>;
constexpr std::array<Inputs, 4> rows{Inputs{0, 0}, {0, 1}, {1, 0}, {1, 1}};
constexpr std::array<double, 4> xor_table{0, 1, 1, 0};

/// A neuron that fires when its weighted sum reaches the threshold.
template <std::size_t N>
double fires(const std::array<double, N>& weights, const std::array<double, N>& inputs, double threshold) {
  return nn::neuron(weights, inputs, -threshold, nn::activation::Heaviside{});
}

constexpr std::array<double, 2> and_weights{1, 1};
constexpr std::array<double, 3> xor_weights{1, 1, -2};
constexpr double and_threshold = 1.2, xor_threshold = 0.6;

double and_neuron(const Inputs& x) { return fires(and_weights, x, and_threshold); }
double or_neuron(const Inputs& x) { return fires<2>({1, 1}, x, 0.5); }
double xor_network(const Inputs& x) { return fires(xor_weights, {x[0], x[1], and_neuron(x)}, xor_threshold); }

void truth_table(const Desk& desk, const std::string& operation, const std::function<double(const Inputs&)>& network) {
  desk.board.say("x0  x1  " + operation);
  nlohmann::ordered_json& table = desk.numbers["table"] = nlohmann::ordered_json::array();
  for (const Inputs& x : rows) {
    desk.board.say(" " + on_board(x[0]) + "   " + on_board(x[1]) + "    " + on_board(network(x)));
    table.push_back({x[0], x[1], network(x)});
  }
}

// --- Pages: the same neurons, recorded ---

/// A neuron on recorded inputs, its weights and threshold variables: they can be edited in the page.
template <std::size_t N>
Scalar recorded(Recording& r, const std::string& name, const std::string& letter, const std::array<double, N>& weights,
                const std::array<Scalar, N>& inputs, double threshold) {
  std::array<Scalar, N> w;
  for (std::size_t k = 0; k < N; ++k) w[k] = r.variable(weights[k], letter + std::to_string(k));
  const Scalar theta = r.variable(threshold, "θ " + name);
  const auto scope = r.scope("neuron " + name);
  const Scalar net = nn::weighted_sum(w, inputs, Scalar(-theta));
  r.name(net, "net " + name);
  Scalar out = nn::activation::Heaviside{}(net);
  r.name(out, name);
  return out;
}

void page(const Desk& desk, const std::string& title, bool with_second) {
  if (!desk.pictures.page_wanted()) return;
  Recording r(RecordingOptions{.locations = false});
  const Scalar x0 = r.variable(1.0, "x0"), x1 = r.variable(1.0, "x1");
  Scalar out = recorded<2>(r, "AND", "w", and_weights, {x0, x1}, and_threshold);
  if (with_second) out = recorded<3>(r, "XOR", "v", xor_weights, {x0, x1, out}, xor_threshold);
  desk.pictures.page(title, out, {});
}

/// Weights and threshold of the search are whole multiples of this: sums of such numbers are exact.
constexpr double unit = 0.125;
constexpr int half_width = 32;

struct Search {
  std::array<std::size_t, 5> neurons{};  ///< by the number of rows of the XOR table that they get right
};

/// Every neuron with weights and threshold on the grid.
Search search_xor_neuron() {
  Search search;
  for (int a = -half_width; a <= half_width; ++a) {
    for (int b = -half_width; b <= half_width; ++b) {
      for (int threshold = -half_width; threshold <= half_width; ++threshold) {
        std::size_t right = 0;
        for (std::size_t k = 0; k < rows.size(); ++k) {
          right += fires<2>({a * unit, b * unit}, rows[k], threshold * unit) == xor_table[k] ? 1U : 0U;
        }
        ++search.neurons[right];
      }
    }
  }
  return search;
}

// --- Pictures: the plane of the two inputs ---

constexpr plot::Range shown{-0.5, 1.9};

plot::Panel plane(const std::string& title) {
  plot::Panel panel{.title = title};
  panel.x = {.label = "x0", .range = shown, .ticks = {0, 1}};
  panel.y = {.label = "x1", .range = shown, .ticks = {0, 1}};
  return panel;
}

/// x0 + x1 = threshold.
plot::Polyline diagonal(double threshold) {
  return {{shown.low, threshold - shown.low}, {threshold - shown.low, shown.low}};
}

/// low <= x0 + x1 <= high.
plot::Polyline strip(double low, double high) {
  return {{shown.low, low - shown.low},
          {low - shown.low, shown.low},
          {high - shown.low, shown.low},
          {shown.low, high - shown.low}};
}

/// The four inputs: filled where the result is to be 1, open where it is to be 0.
void add_inputs(plot::Panel& panel, const std::function<double(const Inputs&)>& wanted) {
  for (const Inputs& x : rows) {
    const bool on = wanted(x) != 0;
    panel.marks.push_back({.label = on_board(x[0]) + "," + on_board(x[1]) + " → " + (on ? "1" : "0"),
                           .points = {{x[0], x[1]}},
                           .style = on ? 0U : 1U,
                           .mark = on ? plot::Mark::dot : plot::Mark::ring});
  }
}

constexpr double side = 340;  // pixels of a plane
constexpr double far = 5;     // a sum of inputs outside of what is shown

plot::Figure and_figure() {
  plot::Panel panel = plane("");
  panel.areas.push_back({.corners = strip(1.2, far), .style = 0, .label = "fires"});
  panel.curves.push_back({.label = "x0 + x1 = 1.2", .points = diagonal(1.2), .style = 2, .solid = true});
  add_inputs(panel, and_neuron);
  return {.title = "AND: one line separates",
          .description =
              "The plane of the inputs x0 and x1. The line x0 + x1 = 1.2 separates (1,1), where AND is 1, from the "
              "other three inputs, where it is 0.",
          .panels = {panel},
          .width = 1.2 * side,
          .height = 1.2 * side};
}

plot::Figure xor_figure() {
  const auto wanted = [](const Inputs& x) { return x[0] != x[1] ? 1.0 : 0.0; };
  plot::Panel best = plane("One neuron: 3 of 4");
  best.areas.push_back({.corners = strip(0.5, far), .style = 0, .label = "fires"});
  best.curves.push_back({.label = "x0 + x1 = 0.5", .points = diagonal(0.5), .style = 2, .solid = true});
  add_inputs(best, wanted);

  plot::Panel none = plane("No line: the diagonals cross");
  none.curves.push_back({.label = "all 1", .points = {{0, 1}, {1, 0}}, .style = 0});
  none.curves.push_back({.label = "all 0", .points = {{0, 0}, {1, 1}}, .style = 1});
  add_inputs(none, wanted);
  none.marks.push_back({.label = "1 and 0 at once?", .points = {{0.5, 0.5}}, .style = 2, .mark = plot::Mark::ring});

  plot::Panel two = plane("Two neurons: a strip");
  two.areas.push_back({.corners = strip(0.6, 1.2), .style = 0, .label = "fires"});
  two.curves.push_back({.label = "x0 + x1 = 0.6", .points = diagonal(0.6), .style = 2, .solid = true});
  two.curves.push_back({.label = "AND: x0 + x1 = 1.2", .points = diagonal(1.2), .style = 3});
  add_inputs(two, wanted);
  return {
      .title = "XOR: a second neuron is needed",
      .description =
          "Three times the plane of the inputs x0 and x1. First: a single neuron gets three of the four inputs right. "
          "Second: the segment between the inputs whose XOR is 1 crosses the segment between those whose XOR is 0. A "
          "neuron gives one result on a whole segment when it gives it at both ends, so it would have to give both "
          "where "
          "they cross. Third: with the AND neuron in front, the second one fires in the strip between the lines "
          "x0 + x1 = 0.6 and x0 + x1 = 1.2, which holds both inputs whose XOR is 1.",
      .panels = {best, none, two},
      .columns = 3,
      .width = side,
      .height = side};
}

}  // namespace

void show_and(const Desk& desk) {
  Board& board = desk.board;
  board.heading("AND: one neuron");
  board.say("AND = H(1·x0 + 1·x1 − 1.2), where H is the Heaviside step");
  board.say("");
  truth_table(desk, "AND", and_neuron);
  board.say("");
  board.say("It fires on one side of the line x0 + x1 = 1.2, and (1,1) lies there alone.");
  page(desk, "AND: one neuron", false);
  desk.pictures.plot("and", "The inputs and the line", and_figure());
}

void show_xor(const Desk& desk) {
  Board& board = desk.board;
  board.heading("XOR: the AND neuron feeds a second one");
  board.say("AND = H(1·x0 + 1·x1 − 1.2)");
  board.say("XOR = H(1·x0 + 1·x1 − 2·AND − 0.6)");
  board.say("");
  truth_table(desk, "XOR", xor_network);
  board.say("");
  board.say("It fires between two lines, 0.6 ≤ x0 + x1 < 1.2: with two neurons there are two.");

  const Search search = search_xor_neuron();
  const std::string values = std::to_string(2 * half_width + 1), end = on_board(half_width * unit);
  std::size_t all = 0, best = 0;
  for (std::size_t right = 0; right < search.neurons.size(); ++right) {
    all += search.neurons[right];
    if (search.neurons[right] > 0) best = right;
  }
  board.heading("XOR: no single neuron");
  board.say("A search: H(w0·x0 + w1·x1 − θ) with every w0, w1 and θ from −" + end + " to " + end + " in steps of " +
            on_board(unit) + ",");
  board.say(values + " · " + values + " · " + values + " = " + std::to_string(all) + " neurons.");
  board.say("");
  Cells table{{"rows right", "neurons"}};
  for (std::size_t right = 0; right < search.neurons.size(); ++right)
    table.push_back({std::to_string(right) + " of 4", std::to_string(search.neurons[right])});
  board.table(table);
  board.say("");
  const auto or_rows = std::count_if(rows.begin(), rows.end(),
                                     [](const Inputs& x) { return or_neuron(x) == (x[0] != x[1] ? 1.0 : 0.0); });
  board.say("The best of them gets " + std::to_string(best) + " of 4 rows right; w0 = w1 = 1, θ = 0.5, for instance, " +
            std::to_string(or_rows) + " (it is OR).");
  board.say("Why: (0,0) off needs θ > 0; (0,1) and (1,0) on need w1 ≥ θ and w0 ≥ θ;");
  board.say("then w0 + w1 ≥ 2θ > θ, and (1,1), which should be off, is on.");
  desk.numbers["search"] = {
      {"from", -half_width * unit},     {"to", half_width * unit}, {"step", unit}, {"neurons", all}, {"best", best},
      {"by_rows_right", search.neurons}};
  page(desk, "XOR: the AND neuron feeds a second one", true);
  desk.pictures.plot("xor", "Why one line is not enough and two are", xor_figure());
}

}  // namespace wengert::cli::lecture
