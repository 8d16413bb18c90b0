#include "wengert/cli/lecture/chapters.hpp"

#include <algorithm>
#include <cstdio>
#include <string>

#include "wengert/cli/text.hpp"

namespace wengert::cli::lecture {
namespace {

std::string name(const char* letters, std::size_t k) { return letters + std::to_string(k + 1); }

/// In front of a name: "dL", but "d out o1".
std::string d(const std::string& of) { return (of.find(' ') == of.npos ? "d" : "d ") + of; }
std::string derivative(const std::string& y, const std::string& x) { return d(y) + "/" + d(x); }

/// A number behind a minus or before a power.
std::string in_parentheses(double number) { return number < 0 ? "(" + on_board(number) + ")" : on_board(number); }

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

/// All digits that a double is sure of, without the noise behind them: 0.291027773694, 3.51018778e-05.
std::string loss_text(double loss) {
  char text[40];
  std::snprintf(text, sizeof text, loss >= 1e-3 ? "%.12f" : "%.8e", loss);
  return text;
}

}  // namespace

void forward_chapter(Board& board, const Network& n) {
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
}

void loss_chapter(Board& board, const Network& n) {
  board.heading("Loss: mean squared error");
  const auto square = [](const std::string& target, const std::string& output) {
    return "½(" + target + " − " + output + ")²";
  };
  const auto numbers = [&](std::size_t k) { return square(on_board(n.t[k].value()), on_board(n.o[k].value())); };
  board.equation("L", {square("t1", "out o1") + " + " + square("t2", "out o2"), numbers(0) + " + " + numbers(1),
                       on_board(n.loss.value())});
}

void backprop_chapter(Board& board, const Network& n, double rate) {
  const Sweeps sweeps(n);
  board.heading("Backpropagation: the output weights");
  output_layer_lines(board, n, sweeps);
  board.heading("Backpropagation: the hidden weights, over both outputs");
  hidden_layer_lines(board, n, sweeps);

  board.heading("One update, learning rate η = " + on_board(rate));
  for (std::size_t k = 0; k < n.w.size(); ++k) {
    const double w = n.w[k].value();
    const Quantity slope = sweeps.loss.by(name("w", k), n.w[k]);
    board.equation(name("w", k) + "'", {name("w", k) + " − η · " + slope.name,
                                        on_board(w) + " − " + on_board(rate) + " · " + in_parentheses(slope.value),
                                        on_board(w - rate * slope.value)});
  }
}

void train_chapter(Board& board, long steps, double rate) {
  board.heading("Training: " + std::to_string(steps) + (steps == 1 ? " update" : " updates") + ", learning rate " +
                on_board(rate));
  const std::size_t width = std::max<std::size_t>(7, std::to_string(steps).size());
  const auto line = [&](const std::string& updates, const std::string& loss) {
    board.say(std::string(width - updates.size(), ' ') + updates + "  " + loss);
  };
  line("updates", "loss");
  Descent descent(rate);
  long next = 1;
  line("0", loss_text(descent.loss()));
  for (long step = 1; step <= steps; ++step) {
    descent.step();
    const bool shown = step == next || step + 1 >= steps;
    if (step == next) next *= 10;
    if (shown) line(std::to_string(step), loss_text(descent.loss()));
  }
  Recording recording;
  const Network n = record(recording, descent.weights());
  board.say("");
  for (std::size_t k = 0; k < n.w.size(); ++k) board.equation(name("w", k), {on_board(n.w[k].value())});
  for (std::size_t k = 0; k < 2; ++k) {
    board.say(name("out o", k) + " = " + on_board(n.o[k].value()) + "  (target " + on_board(n.t[k].value()) + ")");
  }
}

}  // namespace wengert::cli::lecture
