// Chapters on Boolean operators: neurons whose activation is the Heaviside step.

#include <algorithm>
#include <array>
#include <functional>
#include <string>

#include "wengert/cli/lecture/chapters.hpp"
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

double and_neuron(const Inputs& x) { return fires<2>({1, 1}, x, 1.2); }
double xor_network(const Inputs& x) { return fires<3>({1, 1, -2}, {x[0], x[1], and_neuron(x)}, 0.6); }

void truth_table(Board& board, const std::string& operation, const std::function<double(const Inputs&)>& network) {
  board.say("x0  x1  " + operation);
  for (const Inputs& x : rows) {
    board.say(" " + on_board(x[0]) + "   " + on_board(x[1]) + "    " + on_board(network(x)));
  }
}

struct Search {
  std::size_t neurons = 0;
  std::size_t best = 0;  ///< rows of the XOR table that the best of them gets right
};

/// Every neuron with weights and threshold on a grid from -2 to 2.
Search search_xor_neuron() {
  constexpr int half_width = 20;
  constexpr double unit = 0.1;
  Search search;
  for (int a = -half_width; a <= half_width; ++a) {
    for (int b = -half_width; b <= half_width; ++b) {
      for (int threshold = -half_width; threshold <= half_width; ++threshold) {
        std::size_t right = 0;
        for (std::size_t k = 0; k < rows.size(); ++k) {
          right += fires<2>({a * unit, b * unit}, rows[k], threshold * unit) == xor_table[k] ? 1U : 0U;
        }
        ++search.neurons;
        search.best = std::max(search.best, right);
      }
    }
  }
  return search;
}

}  // namespace

void and_chapter(Board& board) {
  board.heading("AND: one neuron");
  board.say("AND = H(1·x0 + 1·x1 − 1.2), where H is the Heaviside step");
  board.say("");
  truth_table(board, "AND", and_neuron);
}

void xor_chapter(Board& board) {
  board.heading("XOR: the AND neuron feeds a second one");
  board.say("AND = H(1·x0 + 1·x1 − 1.2)");
  board.say("XOR = H(1·x0 + 1·x1 − 2·AND − 0.6)");
  board.say("");
  truth_table(board, "XOR", xor_network);

  const Search search = search_xor_neuron();
  board.heading("XOR: no single neuron");
  board.say("H(w0·x0 + w1·x1 − θ), w0, w1 and θ from −2 to 2 in steps of 0.1: " + std::to_string(search.neurons) +
            " neurons,");
  board.say("the best of them gets " + std::to_string(search.best) + " of 4 rows right.");
  board.say("Why: (0,0) off needs θ > 0; (0,1) and (1,0) on need w1 ≥ θ and w0 ≥ θ;");
  board.say("then w0 + w1 ≥ 2θ > θ, and (1,1), which should be off, is on.");
}

}  // namespace wengert::cli::lecture
