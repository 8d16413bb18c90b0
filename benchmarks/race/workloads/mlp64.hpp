// mlp64: a 64-64-10 network in scalar loops, tanh, softmax cross entropy of one sample; the weights are active, the
// sample is not. 4810 inputs, 9558 operations.
#pragma once

#include <cmath>

#include "wengert/benchmarks/race/workload.hpp"

namespace race {

class Mlp64 {
 public:
  static constexpr std::string_view name = "mlp64";

  explicit Mlp64(Size) : sample_(Numbers(7).uniforms(in, 0.0, 1.0)) {}

  /// First weights row by row, first biases, second weights row by row, second biases.
  [[nodiscard]] std::vector<double> inputs() const {
    return Numbers(8).uniforms((in + 1) * hidden + (hidden + 1) * out, -0.2, 0.2);
  }
  [[nodiscard]] std::size_t outputs() const { return 1; }

  template <class T>
  void evaluate(std::span<const T> x, std::span<T> y) const {
    using std::exp;
    using std::log;
    using std::tanh;
    const T* const weight1 = x.data();
    const T* const bias1 = weight1 + in * hidden;
    const T* const weight2 = bias1 + hidden;
    const T* const bias2 = weight2 + hidden * out;
    std::vector<T> activation(hidden);
    for (std::size_t row = 0; row < hidden; ++row) {
      T sum = bias1[row];
      for (std::size_t i = 0; i < in; ++i) sum = sum + weight1[row * in + i] * sample_[i];
      activation[row] = tanh(sum);
    }
    std::vector<T> logit(out);
    for (std::size_t row = 0; row < out; ++row) {
      T sum = bias2[row];
      for (std::size_t i = 0; i < hidden; ++i) sum = sum + weight2[row * hidden + i] * activation[i];
      logit[row] = sum;
    }
    T sum = 0.0;
    for (std::size_t row = 0; row < out; ++row) sum = sum + exp(logit[row]);
    y[0] = log(sum) - logit[label];
  }

 private:
  static constexpr std::size_t in = 64;
  static constexpr std::size_t hidden = 64;
  static constexpr std::size_t out = 10;
  static constexpr std::size_t label = 3;

  std::vector<double> sample_;
};

}  // namespace race
