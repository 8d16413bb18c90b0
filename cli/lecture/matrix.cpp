// Slides 34 and 35: the 2-2-2 network in matrix form, h = g(Wx), the bias as last column of W against a constant 1.

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "wengert/cli/lecture/network.hpp"
#include "wengert/cli/lecture/topics.hpp"
#include "wengert/cli/lecture/ulps.hpp"
#include "wengert/cli/text.hpp"

namespace wengert::cli::lecture {
namespace {

/// The weights of a layer as matrix: a row for each of its neurons, the bias at the end.
Tensor layer_weights(std::size_t first, double bias) {
  const Weights& w = initial_weights;
  return tensor({w[first], w[first + 1], bias, w[first + 2], w[first + 3], bias}, Shape{2, 3});
}

/// A vector with a 1 behind it, for the bias.
Tensor with_one(const Tensor& x) { return concatenate({x, ones(Shape{1})}); }

Tensor vector_of(const std::array<double, 2>& numbers) { return tensor({numbers[0], numbers[1]}); }

struct MatrixNetwork {
  Recording recording{RecordingOptions{.locations = false}};
  Tensor w1 = recording.variable(layer_weights(0, biases[0]), "W1");
  Tensor w2 = recording.variable(layer_weights(4, biases[1]), "W2");
  Tensor x = with_one(vector_of(inputs));
  Tensor net_h = matmul(w1, x), h = sigmoid(net_h);
  Tensor net_o = matmul(w2, with_one(h)), o = sigmoid(net_o);
  Tensor error = vector_of(targets) - o;
  Tensor loss = 0.5 * sum(error * error);

  MatrixNetwork() {
    recording.name(net_h, "net h");
    recording.name(h, "out h");
    recording.name(net_o, "net o");
    recording.name(o, "out o");
    recording.name(loss, "L");
  }
};

Cells cells(const Tensor& t, int decimals = -1) {
  const std::vector<double> numbers = t.to_vector();
  const auto columns = t.rank() < 2 ? std::size_t{1} : static_cast<std::size_t>(t.shape()[1]);
  Cells rows;
  for (std::size_t k = 0; k < numbers.size(); ++k) {
    if (k % columns == 0) rows.emplace_back();
    rows.back().push_back(decimals < 0 ? on_board(numbers[k]) : fixed(numbers[k], decimals));
  }
  // A blank where a minus might stand.
  const bool negative = std::any_of(numbers.begin(), numbers.end(), [](double x) { return x < 0; });
  for (auto& row : rows)
    for (std::string& cell : row)
      if (negative && cell[0] != '-') cell.insert(0, 1, ' ');
  return rows;
}

nlohmann::ordered_json json_of(const Tensor& t) {
  if (t.rank() < 2) return t.to_vector();
  nlohmann::ordered_json rows = nlohmann::ordered_json::array();
  const std::vector<double> numbers = t.to_vector();
  const auto columns = t.shape()[1];
  for (auto row = numbers.begin(); row != numbers.end(); row += columns)
    rows.push_back(std::vector(row, row + columns));
  return rows;
}

/// How far the matrix network is from the one of scalar neurons; values and derivatives.
struct Comparison {
  Agreement values, slopes;

  Comparison(const MatrixNetwork& m, const Adjoints& slope) {
    Recording recording;
    const Network n = record(recording, initial_weights);
    const Adjoints scalar_slope = backward(n.loss);
    const auto compare = [this](const Tensor& t, const std::array<Scalar, 2>& s) {
      const std::vector<double> numbers = t.to_vector();
      for (std::size_t k = 0; k < 2; ++k) values.compare(numbers[k], s[k].value());
    };
    compare(m.net_h, n.net_h);
    compare(m.h, n.h);
    compare(m.net_o, n.net_o);
    compare(m.o, n.o);
    values.compare(m.loss.item(), n.loss.value());
    const std::vector<double> by_w1 = slope[m.w1].to_vector(), by_w2 = slope[m.w2].to_vector();
    // Weight k of a layer: row k / 2, column k % 2 of three.
    for (std::size_t k = 0; k < 4; ++k) {
      slopes.compare(by_w1[k / 2 * 3 + k % 2], scalar_slope[n.w[k]]);
      slopes.compare(by_w2[k / 2 * 3 + k % 2], scalar_slope[n.w[4 + k]]);
    }
  }
};

}  // namespace

void show_matrix(const Desk& desk) {
  const MatrixNetwork m;
  const Adjoints slope = backward(m.loss);
  Board& board = desk.board;
  board.heading("Matrix form: h = g(W1·x), o = g(W2·h)");
  board.say("A row of W for each neuron; its last column is the bias, against a constant 1 behind x and h.");
  board.say("");
  board.blocks({"net h = W1·x = ", cells(m.w1), " · ", cells(m.x), " = ", cells(m.net_h)});
  board.say("");
  board.blocks({"out h = σ(net h) = ", cells(m.h)});
  board.say("");
  board.blocks({"net o = W2·h = ", cells(m.w2), " · ", cells(with_one(m.h)), " = ", cells(m.net_o)});
  board.say("");
  board.blocks({"out o = σ(net o) = ", cells(m.o)});
  board.say("");
  board.equation("L", {"½ |t − out o|²", on_board(m.loss.item())});

  board.heading("Its gradient: matrices of the same shapes");
  board.blocks({"dL/dW1 = ", cells(slope[m.w1], 16)});
  board.say("");
  board.blocks({"dL/dW2 = ", cells(slope[m.w2], 16)});
  board.say("");
  board.say("The last columns are the slopes by the biases, which the lecture does not train.");
  const Comparison comparison(m, slope);
  board.say("Beside the network of scalar neurons: values, " + comparison.values.text() + "; slopes, " +
            comparison.slopes.text() + ".");

  desk.pictures.page("The lecture's network in matrix form", m.loss, {m.w1, m.w2});
  desk.numbers = {{"W1", json_of(m.w1)},
                  {"W2", json_of(m.w2)},
                  {"net h", json_of(m.net_h)},
                  {"out h", json_of(m.h)},
                  {"net o", json_of(m.net_o)},
                  {"out o", json_of(m.o)},
                  {"L", m.loss.item()},
                  {"dL/dW1", json_of(slope[m.w1])},
                  {"dL/dW2", json_of(slope[m.w2])}};
  desk.numbers["units in the last place beside scalars"] = {{"values", comparison.values.most()},
                                                            {"slopes", comparison.slopes.most()}};
}

}  // namespace wengert::cli::lecture
