// lstm_l2_c1024: the LSTM objective of the ADBench suite, written from its formula: l = 2 layers of b = 14 cells whose
// gates are elementwise (each cell sees its own input and its own hidden value only), a sequence of c = 1024 rows of
// 14 bits, the loss the mean over the steps of -<next row, log softmax(prediction)>, with the suite's sum(exp) + 2.
//
//   forget = sigmoid(input w_f + b_f)       cell   = cell forget + ingate change
//   ingate = sigmoid(hidden w_i + b_i)      hidden = outgate tanh(cell)
//   outgate = sigmoid(input w_o + b_o)
//   change = tanh(hidden w_c + b_c)
//
// Active: the weights and biases of the layers (2 x 8 x 14) and of the in- and output (3 x 14); not the first state.
#pragma once

#include <cmath>

#include "wengert/benchmarks/race/workload.hpp"

namespace race {

class Lstm {
 public:
  static constexpr std::string_view name = "lstm_l2_c1024";

  explicit Lstm(Size size) : steps_(size == Size::full ? 1023 : 8) {
    Numbers numbers(5);
    state_ = numbers.uniforms(2 * layers * cells, -1.0, 1.0);
    rows_.resize((steps_ + 1) * cells);
    for (double& bit : rows_) bit = numbers.uniform(0.0, 1.0) < 0.6 ? 1.0 : 0.0;
  }

  [[nodiscard]] std::vector<double> inputs() const { return Numbers(6).uniforms((8 * layers + 3) * cells, -1.0, 1.0); }
  [[nodiscard]] std::size_t outputs() const { return 1; }

  template <class T>
  void evaluate(std::span<const T> x, std::span<T> y) const {
    using std::exp;
    using std::log;
    using std::tanh;
    const T* const in_weight = &x[8 * layers * cells];
    const T* const out_weight = in_weight + cells;
    const T* const out_bias = out_weight + cells;

    std::vector<T> hidden(layers * cells);
    std::vector<T> cell(layers * cells);
    for (std::size_t i = 0; i < layers * cells; ++i) {
      hidden[i] = state_[i];
      cell[i] = state_[layers * cells + i];
    }
    std::vector<T> first(cells);
    std::vector<T> prediction(cells);
    T total = 0.0;
    for (std::size_t step = 0; step < steps_; ++step) {
      const double* const row = &rows_[step * cells];
      const double* const next = row + cells;
      for (std::size_t i = 0; i < cells; ++i) first[i] = row[i] * in_weight[i];
      const T* input = first.data();
      for (std::size_t layer = 0; layer < layers; ++layer) {
        advance(&x[layer * 8 * cells], input, &hidden[layer * cells], &cell[layer * cells]);
        input = &hidden[layer * cells];
      }
      for (std::size_t i = 0; i < cells; ++i) prediction[i] = input[i] * out_weight[i] + out_bias[i];

      T sum = 0.0;
      for (std::size_t i = 0; i < cells; ++i) sum = sum + exp(prediction[i]);
      const T normaliser = log(sum + 2.0);
      for (std::size_t i = 0; i < cells; ++i) {
        const T log_probability = prediction[i] - normaliser;
        total = total + next[i] * log_probability;
      }
    }
    y[0] = -total / static_cast<double>(steps_);
  }

 private:
  static constexpr std::size_t layers = 2;
  static constexpr std::size_t cells = 14;

  template <class T>
  static T sigmoid(const T& x) {
    using std::exp;
    return 1.0 / (1.0 + exp(-x));
  }

  /// One layer, one step. Parameters: the weights of forget, ingate, outgate, change, then their biases.
  template <class T>
  static void advance(const T* parameters, const T* input, T* hidden, T* cell) {
    using std::tanh;
    const T* const weight = parameters;
    const T* const bias = parameters + 4 * cells;
    for (std::size_t i = 0; i < cells; ++i) {
      const T forget = sigmoid<T>(input[i] * weight[i] + bias[i]);
      const T ingate = sigmoid<T>(hidden[i] * weight[cells + i] + bias[cells + i]);
      const T outgate = sigmoid<T>(input[i] * weight[2 * cells + i] + bias[2 * cells + i]);
      const T change = tanh(hidden[i] * weight[3 * cells + i] + bias[3 * cells + i]);
      cell[i] = cell[i] * forget + ingate * change;
      hidden[i] = outgate * tanh(cell[i]);
    }
  }

  std::size_t steps_;
  std::vector<double> state_;  // first hidden values of all layers, then first cell values
  std::vector<double> rows_;   // (steps + 1) rows of bits
};

}  // namespace race
