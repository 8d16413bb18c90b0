// Slides 8 to 10: activation functions and their derivatives, from the primitives that train.

#include <array>
#include <stdexcept>
#include <string>
#include <string_view>

#include "wengert/autodiff/record/primitive.hpp"
#include "wengert/cli/lecture/topics.hpp"
#include "wengert/cli/plot/sample.hpp"
#include "wengert/cli/text.hpp"

namespace wengert::cli::lecture {
namespace {

/// Those of the lecture first.
constexpr std::array<std::string_view, 10> names{"heaviside", "relu", "sigmoid",     "tanh",     "softplus",
                                                 "sign",      "atan", "log_sigmoid", "gaussian", "erf"};
constexpr std::array<double, 7> points{-4, -2, -1, 0, 1, 2, 4};
constexpr plot::Range shown{-4, 4};

const Primitive& find(std::string_view name) {
  for (const Primitive* p : elementwise_primitives())
    if (p->name == name) return *p;
  throw std::logic_error("there is no primitive '" + std::string(name) + "'");
}

double value(const Primitive& p, double x) { return p.value(&x); }
/// The derivative that a sweep multiplies with: 0 where a primitive has none.
double derivative(const Primitive& p, double x) { return p.contribution(0, 1.0, p.value(&x), &x); }

void add(plot::Panel& panel, const plot::Sampled& f, std::size_t style) {
  panel.curves.push_back({.points = f.line, .style = style});
  if (f.taken.empty()) return;
  panel.marks.push_back({.points = f.left_out, .style = style, .mark = plot::Mark::ring});
  panel.marks.push_back({.points = f.taken, .style = style, .mark = plot::Mark::dot});
}

plot::Figure figure() {
  plot::Figure figure{.title = "Activation functions and their derivatives",
                      .description = "One panel for each of",
                      .panels = {},
                      .columns = 5,
                      .width = 215,
                      .height = 170,
                      .legend = {{"value f(x)", 0}, {"derivative f′(x)", 1}}};
  for (const std::string_view name : names) {
    const Primitive& p = find(name);
    plot::Panel panel{.title = std::string(name)};
    panel.x = {.label = "", .range = shown, .ticks = {-4, -2, 0, 2, 4}};
    add(panel, plot::sampled([&p](double x) { return derivative(p, x); }, shown, 160), 1);
    add(panel, plot::sampled([&p](double x) { return value(p, x); }, shown, 160), 0);
    figure.panels.push_back(std::move(panel));
    figure.description += (name == names.front() ? " " : ", ") + std::string(name);
  }
  figure.description +=
      ": the function and its derivative for x from −4 to 4. At a jump the filled point is the value, the open one is "
      "not.";
  return figure;
}

template <class F>
void table(const Desk& desk, const std::string& title, const char* key, const F& f) {
  Cells rows{{title}};
  for (const double x : points) rows[0].push_back((x == points[0] ? "x = " : "") + on_board(x));
  for (const std::string_view name : names) {
    const Primitive& p = find(name);
    rows.push_back({std::string(name)});
    nlohmann::ordered_json& numbers = desk.numbers[std::string(name)][key] = nlohmann::ordered_json::array();
    for (const double x : points) {
      rows.back().push_back(fixed(f(p, x), 6));
      numbers.push_back(f(p, x));
    }
  }
  desk.board.table(rows);
}

/// All of them at one x. Their sum is there to walk back from: each arrow to it has the local derivative 1, and each
/// arrow from x the derivative of a function.
void page(const Desk& desk) {
  if (!desk.pictures.page_wanted()) return;
  Recording r(RecordingOptions{.locations = false});
  const Scalar x = r.variable(1.0, "x");
  const Eager operand(x);
  std::vector<Scalar> values;
  for (const std::string_view name : names) {
    values.push_back(find(name).record(&operand).scalar());
    r.name(values.back(), std::string(name) + " x");
  }
  Scalar all = values[0];
  for (std::size_t k = 1; k < values.size(); ++k) all = all + values[k];
  r.name(all, "sum");
  desk.pictures.page("Activation functions: value in each box, derivative on each arrow from x", all, {x});
}

}  // namespace

void show_activations(const Desk& desk) {
  Board& board = desk.board;
  board.heading("Activation functions and their derivatives");
  table(desk, "f(x)", "value", value);
  board.say("");
  table(desk, "f′(x)", "derivative", derivative);
  board.say("");
  desk.numbers["x"] = points;
  for (const std::string_view name : names)
    board.say(wrapped(padded(name, 12) + " " + std::string(find(name).doc), 100, 13));
  board.say("");
  board.say("A network learns through f′. Through heaviside and sign nothing passes: f′ = 0.");
  board.say("Where a squashing function is flat, little passes; through relu, 1 or nothing.");
  page(desk);
  desk.pictures.plot("activations", "Value and derivative", figure());
}

}  // namespace wengert::cli::lecture
