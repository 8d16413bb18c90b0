// Recurrent layers: RNN, LSTM and GRU over whole sequences, and their cells, which make one step.
//
// A sequence is [steps, batch, features] (with batch_first [batch, steps, features]; without a batch [steps,
// features]). A state is [layers·directions, batch, hidden]: layer 0 forward, layer 0 reverse, layer 1 forward, …;
// without one it begins as zeros. Formulas, the order of gates within the weights, and names are PyTorch's:
//
//     weight_ih_l0 [gates·hidden, inputs], weight_hh_l0 [gates·hidden, hidden], bias_ih_l0, bias_hh_l0 [gates·hidden],
//     weight_ih_l0_reverse …, weight_ih_l1 …
//
// and all begin uniform in ±1/√hidden.
//
// Sequences of different lengths lie in one tensor, padded at the end, with a length for each. Then outputs beyond the
// end of a sequence are 0, its final state is that of its last step, and the reverse direction begins at that step: the
// numbers are those of each sequence run alone. What stands in the padding matters to nothing.
//
// A step records a matrix product and a handful of elementwise operations; the inputs of all steps are multiplied by
// weight_ih in one product before. Of every step all values are kept for the derivative. Where memory runs short, call
// a cell inside checkpoint (transform/checkpoint.hpp) or scan (transform/control.hpp).
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <source_location>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "wengert/nn/module/parameters.hpp"
#include "wengert/nn/module/pass.hpp"

namespace wengert::nn {

// --- What they are made of ------------------------------------------------------------------------------------------

enum class Nonlinearity : std::uint8_t { tanh, relu };

/// The weights of one layer in one direction; of a cell.
struct RecurrentWeights {
  Tensor weight_ih, weight_hh;             ///< [gates·hidden, inputs], [gates·hidden, hidden]
  std::optional<Tensor> bias_ih, bias_hh;  ///< [gates·hidden]

  static auto members(auto& self) { return std::tie(self.weight_ih, self.weight_hh, self.bias_ih, self.bias_hh); }
  static constexpr std::array names{"weight_ih", "weight_hh", "bias_ih", "bias_hh"};
};

/// The state of an LSTM: what it gives, and the cell that it remembers in.
struct LSTMState {
  Tensor h, c;
  static auto members(auto& self) { return std::tie(self.h, self.c); }
};

struct RecurrentOptions {
  std::int64_t layers = 1;
  bool bias = true;
  bool batch_first = false;
  double dropout = 0;  ///< between layers, in training: the probability to leave an element out
  bool bidirectional = false;
  Nonlinearity nonlinearity = Nonlinearity::tanh;  ///< of an RNN
  Dtype dtype = Dtype::f32;
};

/// What a call may bring along besides the sequence.
template <class State>
struct RecurrentInput {
  std::optional<State> state = {};
  std::optional<Tensor> lengths = {};  ///< i64 [batch], each from 0 to the number of steps
};

/// Outputs of the last layer at every step, [steps, batch, directions·hidden] (laid out as the input is), and the final
/// state. As a Tensor it is the outputs, so that the layer may stand in a Sequential.
template <class State>
struct RecurrentOutput {
  Tensor y;
  State state;

  static auto members(auto& self) { return std::tie(self.y, self.state); }
  operator Tensor() const { return y; }  // NOLINT: see above
};

namespace detail {

/// What the three layers share: weights, their names, sizes.
struct RecurrentLayer {
  std::vector<RecurrentWeights> weights;  ///< layer 0 forward, layer 0 reverse, layer 1 forward, …
  std::int64_t inputs, hidden;
  RecurrentOptions options;

  static auto members(auto& self) { return std::tie(self.weights); }
  /// For the library: PyTorch's names, weight_ih_l0 and so on.
  void collect(Path& path, Entries& into);

 protected:
  RecurrentLayer(std::string_view layer, std::int64_t gates, std::int64_t input_count, std::int64_t hidden_count,
                 Random& random, const RecurrentOptions& chosen, std::source_location where);
};

}  // namespace detail

// --- Layers ---------------------------------------------------------------------------------------------------------
// Constructors throw ArgumentError for sizes below 1 and a dropout that is no probability. Calls throw ShapeError for
// an input, a state or lengths of another shape, DtypeError for another dtype, DomainError for a length that is too
// large. Called without a Pass they evaluate.

/// h ← tanh(W_ih·x + b_ih + W_hh·h + b_hh), or relu of it. (Elman 1990)
struct RNN : detail::RecurrentLayer {
  using Input = RecurrentInput<Tensor>;
  using Output = RecurrentOutput<Tensor>;

  RNN(std::int64_t inputs, std::int64_t hidden, Random& random, const RecurrentOptions& options = {},
      std::source_location where = std::source_location::current());

  [[nodiscard]] Output operator()(const Tensor& x, Pass& pass, const Input& input = {},
                                  std::source_location where = std::source_location::current()) const;
  [[nodiscard]] Output operator()(const Tensor& x, const Input& input = {},
                                  std::source_location where = std::source_location::current()) const;
  /// As run() calls it.
  [[nodiscard]] Output operator()(const Tensor& x, Pass& pass, std::source_location where) const {
    return (*this)(x, pass, Input{}, where);
  }
};

/// Gates i, f, o = σ(…) and candidate g = tanh(…) of W_ih·x + b_ih + W_hh·h + b_hh, in the order i, f, g, o;
/// c ← f·c + i·g, h ← o·tanh c. (Hochreiter, Schmidhuber 1997; Gers and others 2000)
struct LSTM : detail::RecurrentLayer {
  using Input = RecurrentInput<LSTMState>;
  using Output = RecurrentOutput<LSTMState>;

  LSTM(std::int64_t inputs, std::int64_t hidden, Random& random, const RecurrentOptions& options = {},
       std::source_location where = std::source_location::current());

  [[nodiscard]] Output operator()(const Tensor& x, Pass& pass, const Input& input = {},
                                  std::source_location where = std::source_location::current()) const;
  [[nodiscard]] Output operator()(const Tensor& x, const Input& input = {},
                                  std::source_location where = std::source_location::current()) const;
  /// As run() calls it.
  [[nodiscard]] Output operator()(const Tensor& x, Pass& pass, std::source_location where) const {
    return (*this)(x, pass, Input{}, where);
  }
};

/// Gates r, z = σ(W_ih·x + b_ih + W_hh·h + b_hh), candidate n = tanh(W_in·x + b_in + r·(W_hn·h + b_hn)), in the order
/// r, z, n; h ← (1 - z)·n + z·h. r is applied after the product, as in PyTorch and cuDNN. (Cho and others 2014)
struct GRU : detail::RecurrentLayer {
  using Input = RecurrentInput<Tensor>;
  using Output = RecurrentOutput<Tensor>;

  GRU(std::int64_t inputs, std::int64_t hidden, Random& random, const RecurrentOptions& options = {},
      std::source_location where = std::source_location::current());

  [[nodiscard]] Output operator()(const Tensor& x, Pass& pass, const Input& input = {},
                                  std::source_location where = std::source_location::current()) const;
  [[nodiscard]] Output operator()(const Tensor& x, const Input& input = {},
                                  std::source_location where = std::source_location::current()) const;
  /// As run() calls it.
  [[nodiscard]] Output operator()(const Tensor& x, Pass& pass, std::source_location where) const {
    return (*this)(x, pass, Input{}, where);
  }
};

/// The last step of a sequence: [steps, batch, …] to [batch, …], with batch_first [batch, steps, …] to [batch, …].
/// Between a recurrent layer and a Linear. Of the reverse direction that is the first state that it computed; the final
/// one is in the output's state.
struct LastStep {
  bool batch_first = false;

  static auto members(auto&) { return std::tie(); }

  /// Throws ShapeError unless there is a step.
  [[nodiscard]] Tensor operator()(const Tensor& x, std::source_location where = std::source_location::current()) const;
};

// --- Cells ----------------------------------------------------------------------------------------------------------
// One step: x is [batch, inputs], a state [batch, hidden]; without one it is zeros.

struct CellOptions {
  bool bias = true;
  Nonlinearity nonlinearity = Nonlinearity::tanh;  ///< of an RNNCell
  Dtype dtype = Dtype::f32;
};

struct RNNCell : RecurrentWeights {
  Nonlinearity nonlinearity;

  RNNCell(std::int64_t inputs, std::int64_t hidden, Random& random, const CellOptions& options = {},
          std::source_location where = std::source_location::current());
  [[nodiscard]] Tensor operator()(const Tensor& x, const std::optional<Tensor>& h = {},
                                  std::source_location where = std::source_location::current()) const;
};

struct LSTMCell : RecurrentWeights {
  LSTMCell(std::int64_t inputs, std::int64_t hidden, Random& random, const CellOptions& options = {},
           std::source_location where = std::source_location::current());
  [[nodiscard]] LSTMState operator()(const Tensor& x, const std::optional<LSTMState>& state = {},
                                     std::source_location where = std::source_location::current()) const;
};

struct GRUCell : RecurrentWeights {
  GRUCell(std::int64_t inputs, std::int64_t hidden, Random& random, const CellOptions& options = {},
          std::source_location where = std::source_location::current());
  [[nodiscard]] Tensor operator()(const Tensor& x, const std::optional<Tensor>& h = {},
                                  std::source_location where = std::source_location::current()) const;
};

}  // namespace wengert::nn
