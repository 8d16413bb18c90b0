// Slides 12 to 33: forward calculation, loss, backpropagation and one update of the 2-2-2 network.

#include <array>
#include <string>
#include <vector>

#include "wengert/autodiff/transform/draw.hpp"
#include "wengert/cli/lecture/network.hpp"
#include "wengert/cli/lecture/topics.hpp"
#include "wengert/cli/text.hpp"
#include "wengert/nn/nn.hpp"

namespace wengert::cli::lecture {
namespace {

/// In front of a name: "dL", but "d out o1".
std::string d(const std::string& of) { return (of.find(' ') == of.npos ? "d" : "d ") + of; }
std::string derivative(const std::string& y, const std::string& x) { return d(y) + "/" + d(x); }

/// A value of the network and the adjoints of a sweep that began there.
struct Swept {
  std::string name;
  Scalar value;
  Adjoints adjoints;

  Swept(std::string quantity, const Scalar& y) : name(std::move(quantity)), value(y), adjoints(backward(y)) {}
  /// dy/dx, one factor of the chain rule.
  [[nodiscard]] Quantity by(const Swept& x) const { return by(x.name, x.value); }
  [[nodiscard]] Quantity by(const std::string& x_name, const Scalar& x) const {
    return {derivative(name, x_name), adjoints[x]};
  }
};

/// Everything that factors are taken from.
struct Sweeps {
  explicit Sweeps(const Network& n) : loss("L", n.loss) {
    for (std::size_t k = 0; k < 2; ++k) {
      net_h.emplace_back(name("net h", k), n.net_h[k]);
      h.emplace_back(name("out h", k), n.h[k]);
      net_o.emplace_back(name("net o", k), n.net_o[k]);
      o.emplace_back(name("out o", k), n.o[k]);
    }
  }
  Swept loss;
  std::vector<Swept> net_h, h, net_o, o;
};

void neuron_lines(Board& board, const std::string& neuron, const std::array<Quantity, 2>& inputs,
                  const std::array<Quantity, 2>& weights, const Quantity& bias, double net, double out) {
  Formula sum;
  for (std::size_t k = 0; k < 2; ++k) sum.add({weights[k], inputs[k]});
  sum.add({bias});
  board.equation("net " + neuron, {sum.names(), sum.numbers(), on_board(net)});
  board.equation("out " + neuron, {"σ(net " + neuron + ")", "1/(1 + e^-" + in_parentheses(net) + ")", on_board(out)});
}

void derivative_line(Board& board, const Quantity& result, const Formula& formula) {
  board.equation(result.name, {formula.names(), formula.numbers(), on_board(result.value)});
}

/// The derivative of a sigmoid by its net input.
void sigmoid_line(Board& board, const Swept& out, const Swept& net) {
  const Quantity slope = out.by(net);
  const std::string value = on_board(out.value.value());
  board.equation(slope.name,
                 {out.name + " · (1 − " + out.name + ")", value + " · (1 − " + value + ")", on_board(slope.value)});
}

void output_layer_lines(Board& board, const Network& n, const Sweeps& s) {
  for (std::size_t k = 0; k < 2; ++k) {
    const Quantity error = s.loss.by(s.o[k]);
    board.equation(error.name,
                   {"−(" + name("t", k) + " − " + s.o[k].name + ")",
                    "−(" + on_board(n.t[k].value()) + " − " + on_board(n.o[k].value()) + ")", on_board(error.value)});
    sigmoid_line(board, s.o[k], s.net_o[k]);
    for (std::size_t from = 0; from < 2; ++from) {
      const std::size_t w = 4 + 2 * k + from;
      const Quantity last = s.net_o[k].by(name("w", w), n.w[w]);
      board.equation(last.name, {s.h[from].name, on_board(last.value)});
      derivative_line(board, s.loss.by(name("w", w), n.w[w]), Formula().add({error, s.o[k].by(s.net_o[k]), last}));
    }
    if (k == 0) board.say("");
  }
}

void hidden_layer_lines(Board& board, const Network& n, const Sweeps& s) {
  for (std::size_t k = 0; k < 2; ++k) {
    Formula paths;
    for (std::size_t to = 0; to < 2; ++to) {
      paths.add({s.loss.by(s.o[to]), s.o[to].by(s.net_o[to]), s.net_o[to].by(s.h[k])});
    }
    const Quantity error = s.loss.by(s.h[k]);
    derivative_line(board, error, paths);
    sigmoid_line(board, s.h[k], s.net_h[k]);
    for (std::size_t from = 0; from < 2; ++from) {
      const std::size_t w = 2 * k + from;
      const Quantity last = s.net_h[k].by(name("w", w), n.w[w]);
      board.equation(last.name, {name("i", from), on_board(last.value)});
      derivative_line(board, s.loss.by(name("w", w), n.w[w]), Formula().add({error, s.h[k].by(s.net_h[k]), last}));
    }
    if (k == 0) board.say("");
  }
}

/// The network with the lecture's weights.
struct Worked {
  Recording recording{RecordingOptions{.locations = false}};
  Network n = record(recording, initial_weights);
};

/// w' = w − η · dL/dw, with numbers.
void update_line(Board& board, const Quantity& w, const Quantity& slope, double rate) {
  board.equation(w.name + "'", {w.name + " − η · " + slope.name,
                                on_board(w.value) + " − " + on_board(rate) + " · " + in_parentheses(slope.value),
                                on_board(w.value - rate * slope.value)});
}

}  // namespace

void show_forward(const Desk& desk) {
  const Worked worked;
  const Network& n = worked.n;
  Board& board = desk.board;
  board.heading("Forward calculation");
  const std::array<Quantity, 2> i{Quantity{"i1", n.i[0].value()}, {"i2", n.i[1].value()}};
  const std::array<Quantity, 2> h{Quantity{"out h1", n.h[0].value()}, {"out h2", n.h[1].value()}};
  const auto weights = [&](std::size_t first) {
    return std::array<Quantity, 2>{Quantity{name("w", first), n.w[first].value()},
                                   {name("w", first + 1), n.w[first + 1].value()}};
  };
  for (std::size_t k = 0; k < 2; ++k) {
    neuron_lines(board, name("h", k), i, weights(2 * k), {"b1", n.b[0].value()}, n.net_h[k].value(), n.h[k].value());
  }
  for (std::size_t k = 0; k < 2; ++k) {
    neuron_lines(board, name("o", k), h, weights(4 + 2 * k), {"b2", n.b[1].value()}, n.net_o[k].value(),
                 n.o[k].value());
  }
  for (std::size_t k = 0; k < 2; ++k) {
    desk.numbers[name("net h", k)] = n.net_h[k].value();
    desk.numbers[name("out h", k)] = n.h[k].value();
  }
  for (std::size_t k = 0; k < 2; ++k) {
    desk.numbers[name("net o", k)] = n.net_o[k].value();
    desk.numbers[name("out o", k)] = n.o[k].value();
  }
  if (desk.pictures.page_wanted())
    desk.pictures.page("Forward calculation in the lecture's network", stack({n.o[0], n.o[1]}), {});
}

void show_loss(const Desk& desk) {
  const Worked worked;
  const Network& n = worked.n;
  Board& board = desk.board;
  board.heading("Loss: mean squared error");
  const auto square = [](const std::string& target, const std::string& output) {
    return "½(" + target + " − " + output + ")²";
  };
  const auto numbers = [&](std::size_t k) { return square(on_board(n.t[k].value()), on_board(n.o[k].value())); };
  board.equation("L", {square("t1", "out o1") + " + " + square("t2", "out o2"), numbers(0) + " + " + numbers(1),
                       on_board(n.loss.value())});
  desk.numbers["L"] = n.loss.value();
  if (!desk.pictures.page_wanted()) return;
  Recording recording(RecordingOptions{.locations = false});
  std::array<Scalar, 2> o, t;
  for (std::size_t k = 0; k < 2; ++k) {
    o[k] = recording.variable(n.o[k].value(), name("out o", k));
    t[k] = recording.variable(n.t[k].value(), name("t", k));
  }
  const Scalar loss = nn::half_squared_error(o, t);
  recording.name(loss, "L");
  desk.pictures.page("The loss, by the outputs", loss, {o[0], o[1]});
}

void show_backprop(const Desk& desk) {
  const Worked worked;
  const Network& n = worked.n;
  Board& board = desk.board;
  const double rate = desk.options.rate.value_or(default_rate);
  const Sweeps sweeps(n);
  board.heading("Backpropagation: the output weights");
  output_layer_lines(board, n, sweeps);
  board.heading("Backpropagation: the hidden weights, over both outputs");
  hidden_layer_lines(board, n, sweeps);
  board.heading("The step that slide 33 takes, learning rate η = " + on_board(rate));
  update_line(board, {"w5", n.w[4].value()}, sweeps.loss.by("w5", n.w[4]), rate);

  for (std::size_t k = 0; k < n.w.size(); ++k) {
    const Quantity slope = sweeps.loss.by(name("w", k), n.w[k]);
    desk.numbers[slope.name] = slope.value;
  }
  for (std::size_t k = 0; k < 2; ++k) {
    for (const Quantity& factor : {sweeps.loss.by(sweeps.o[k]), sweeps.o[k].by(sweeps.net_o[k]),
                                   sweeps.loss.by(sweeps.h[k]), sweeps.h[k].by(sweeps.net_h[k])})
      desk.numbers[factor.name] = factor.value;
  }
  const std::vector<wengert::detail::AnyHandle> weights(n.w.begin(), n.w.end());
  desk.pictures.page("Backpropagation in the lecture's network", n.loss, weights);
  if (!desk.pictures.wanted()) return;
  desk.pictures.graph("factors", "The network, each factor on its edge",
                      wengert::draw(n.loss, weights, {.view = View::forward}));
  desk.pictures.graph("backprop", "The graph of the loss and of its gradient", wengert::draw(n.loss, weights));
}

void show_update(const Desk& desk) {
  const Worked worked;
  const Network& n = worked.n;
  Board& board = desk.board;
  const double rate = desk.options.rate.value_or(default_rate);
  const Swept loss("L", n.loss);
  Descent descent(rate);
  descent.step();

  board.heading("One update, learning rate η = " + on_board(rate));
  board.say("Every weight goes against its slope, all eight at once: w' = w − η · dL/dw");
  board.say("");
  Cells rows{{"", "w", "dL/dw", "w'"}};
  for (std::size_t k = 0; k < n.w.size(); ++k) {
    const double after = descent.weights()[k];
    rows.push_back({name("w", k), fixed(n.w[k].value(), 2), fixed(loss.adjoints[n.w[k]], 16), fixed(after, 16)});
    desk.numbers[name("w", k)] = {{"before", n.w[k].value()}, {"slope", loss.adjoints[n.w[k]]}, {"after", after}};
  }
  board.table(rows);
  board.say("");
  const double before = n.loss.value(), after = descent.loss();
  board.table({{"loss before", loss_text(before)}, {"loss after", loss_text(after)}});
  desk.numbers["loss"] = {{"before", before}, {"after", after}};
  if (!desk.pictures.page_wanted()) return;
  Recording recording(RecordingOptions{.locations = false});
  const Network updated = record(recording, descent.weights());
  desk.pictures.page("The lecture's network after one update", updated.loss, {updated.w.begin(), updated.w.end()});
}

}  // namespace wengert::cli::lecture
