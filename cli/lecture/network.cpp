#include "wengert/cli/lecture/network.hpp"

#include <string>

#include "wengert/nn/nn.hpp"

namespace wengert::cli::lecture {
namespace {

template <std::size_t N>
std::array<Scalar, N> variables(Recording& recording, const std::array<double, N>& values, const std::string& letter) {
  std::array<Scalar, N> handles;
  for (std::size_t k = 0; k < N; ++k) handles[k] = recording.variable(values[k], letter + std::to_string(k + 1));
  return handles;
}

}  // namespace

Network record(Recording& recording, const Weights& weights) {
  Network n;
  n.i = variables(recording, inputs, "i");
  n.t = variables(recording, targets, "t");
  n.b = variables(recording, biases, "b");
  n.w = variables(recording, weights, "w");

  // Two neurons; the weights of neuron k begin at w[first + 2k].
  const auto layer = [&](const std::array<Scalar, 2>& from, std::size_t first, const Scalar& bias,
                         const std::string& letter, std::array<Scalar, 2>& net, std::array<Scalar, 2>& out) {
    for (std::size_t k = 0; k < 2; ++k) {
      const std::string name = letter + std::to_string(k + 1);
      const auto scope = recording.scope("neuron " + name);
      net[k] = nn::weighted_sum(std::array{n.w[first + 2 * k], n.w[first + 2 * k + 1]}, from, bias);
      recording.name(net[k], "net " + name);
      out[k] = sigmoid(net[k]);
      recording.name(out[k], "out " + name);
    }
  };
  layer(n.i, 0, n.b[0], "h", n.net_h, n.h);
  layer(n.h, 4, n.b[1], "o", n.net_o, n.o);
  const auto scope = recording.scope("loss");
  n.loss = nn::half_squared_error(n.o, n.t);
  recording.name(n.loss, "L");
  return n;
}

double Descent::step() {
  recording_.clear();
  const Network n = record(recording_, weights_);
  backward(n.loss, adjoints_);
  for (std::size_t k = 0; k < weights_.size(); ++k) weights_[k] -= rate_ * adjoints_[n.w[k]];
  return n.loss.value();
}

double Descent::loss() {
  recording_.clear();
  return record(recording_, weights_).loss.value();
}

}  // namespace wengert::cli::lecture
