// Slide 3: the artificial neuron, composed of scalars and again of tensors.

#include <array>
#include <string>
#include <vector>

#include "wengert/autodiff/transform/draw.hpp"
#include "wengert/cli/lecture/network.hpp"
#include "wengert/cli/lecture/topics.hpp"
#include "wengert/cli/lecture/ulps.hpp"
#include "wengert/cli/text.hpp"
#include "wengert/nn/nn.hpp"

namespace wengert::cli::lecture {
namespace {

// The numbers of neuron h1.
constexpr std::array<double, 2> weight{0.15, 0.20};
constexpr double bias_value = 0.35;

/// Everything that is compared: net, out, and the derivatives of out.
using Numbers = std::vector<Quantity>;

struct ScalarNeuron {
  Recording recording{RecordingOptions{.locations = false}};
  std::array<Scalar, 2> x, w;
  Scalar b, net, out;

  ScalarNeuron() {
    for (std::size_t k = 0; k < 2; ++k) x[k] = recording.variable(inputs[k], name("x", k));
    for (std::size_t k = 0; k < 2; ++k) w[k] = recording.variable(weight[k], name("w", k));
    b = recording.variable(bias_value, "b");
    net = nn::weighted_sum(w, x, b);
    recording.name(net, "net");
    out = sigmoid(net);
    recording.name(out, "out");
  }

  [[nodiscard]] Numbers numbers() const {
    const Adjoints slope = backward(out);
    return {{"net", net.value()},       {"out", out.value()},       {"d out/d net", slope[net]},
            {"d out/dw1", slope[w[0]]}, {"d out/dw2", slope[w[1]]}, {"d out/db", slope[b]},
            {"d out/dx1", slope[x[0]]}, {"d out/dx2", slope[x[1]]}};
  }
};

Numbers tensor_numbers() {
  Recording recording(RecordingOptions{.locations = false});
  const Tensor x = recording.variable(tensor(std::vector(inputs.begin(), inputs.end()), Shape{2}), "x");
  const Tensor w = recording.variable(tensor(std::vector(weight.begin(), weight.end()), Shape{2}), "w");
  const Tensor b = recording.variable(full(Shape{}, bias_value), "b");
  const Tensor net = sum(w * x) + b;
  const Tensor out = sigmoid(net);
  const Adjoints slope = backward(out);
  const auto by_w = slope[w].to_vector(), by_x = slope[x].to_vector();
  return {{"net", net.item()},    {"out", out.item()},    {"d out/d net", slope[net].item()},
          {"d out/dw1", by_w[0]}, {"d out/dw2", by_w[1]}, {"d out/db", slope[b].item()},
          {"d out/dx1", by_x[0]}, {"d out/dx2", by_x[1]}};
}

}  // namespace

void show_neuron(const Desk& desk) {
  const ScalarNeuron neuron;
  const Numbers scalars = neuron.numbers(), tensors = tensor_numbers();
  Board& board = desk.board;
  board.heading("The artificial neuron: weighted sum, bias, activation");
  Formula sum;
  for (std::size_t k = 0; k < 2; ++k) sum.add({{name("w", k), weight[k]}, {name("x", k), inputs[k]}});
  sum.add({{"b", bias_value}});
  const double net = neuron.net.value();
  board.equation("net", {sum.names(), sum.numbers(), on_board(net)});
  board.equation("out", {"σ(net)", "1/(1 + e^-" + in_parentheses(net) + ")", on_board(neuron.out.value())});
  board.say("");
  board.say("Composed of scalars:  net = w1*x1 + w2*x2 + b;   out = sigmoid(net);");
  board.say("Composed of tensors:  net = sum(w * x) + b;      out = sigmoid(net);   w and x are vectors");
  board.say("");
  Cells rows{{"", "of scalars", "of tensors"}};
  Agreement agreement;
  for (std::size_t k = 0; k < scalars.size(); ++k) {
    rows.push_back({scalars[k].name, fixed(scalars[k].value, 16), fixed(tensors[k].value, 16)});
    agreement.compare(scalars[k].value, tensors[k].value);
    desk.numbers["scalars"][scalars[k].name] = scalars[k].value;
    desk.numbers["tensors"][tensors[k].name] = tensors[k].value;
  }
  board.table(rows);
  board.say("");
  board.say("Both ways: " + agreement.text() + ".");
  desk.pictures.page("The artificial neuron", neuron.out, {neuron.w[0], neuron.w[1], neuron.b});
  if (!desk.pictures.wanted()) return;
  desk.pictures.graph("neuron", "The graph of the neuron and of its gradient",
                      wengert::draw(neuron.out, {neuron.w[0], neuron.w[1], neuron.b}));
}

}  // namespace wengert::cli::lecture
