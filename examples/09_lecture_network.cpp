// The lecture's 2-2-2 network from neurons: forward calculation, backpropagation factor by factor, training; AND and
// XOR, for which one neuron is not enough.
//
// Everything under wengert::nn is a composition of primitives, without a derivative of its own. The same network in
// matrix form: 08_tensors.cpp; worked on the board, with its picture: the command `wengert lecture`.
#include <algorithm>
#include <array>
#include <cstdio>
#include <vector>

#include "wengert/nn/nn.hpp"

using namespace wengert;

namespace {

using Weights = std::array<double, 8>;

constexpr std::array inputs{0.05, 0.10}, targets{0.01, 0.99};
constexpr Weights initial{0.15, 0.20, 0.25, 0.30, 0.40, 0.45, 0.50, 0.55};

struct Network {
  std::vector<Scalar> w;     ///< w1 … w8 of the lecture
  std::vector<Scalar> h, o;  ///< outputs of the hidden and the output neurons
  Scalar net_o1, loss;
};

Network record(Recording& r, const Weights& weights) {
  const auto rows = [](const std::vector<Scalar>& w, std::size_t first) {
    return std::array{std::array{w[first], w[first + 1]}, std::array{w[first + 2], w[first + 3]}};
  };
  Network n;
  n.w = r.variables(weights, "w");
  n.h = nn::layer(rows(n.w, 0), inputs, std::array{0.35, 0.35}, nn::activation::Sigmoid{});
  n.net_o1 = nn::weighted_sum(rows(n.w, 4)[0], n.h, 0.60);
  n.o = {sigmoid(n.net_o1), nn::neuron(rows(n.w, 4)[1], n.h, 0.60, nn::activation::Sigmoid{})};
  n.loss = nn::half_squared_error(n.o, targets);
  return n;
}

/// A neuron with Heaviside's step: 1 if the weighted sum reaches the threshold.
double step_neuron(const std::vector<double>& weights, const std::vector<double>& x, double threshold) {
  return nn::neuron(weights, x, -threshold, nn::activation::Heaviside{});
}

}  // namespace

int main() {
  Recording r;
  const Network n = record(r, initial);
  std::printf("out h1 %.15f   out h2 %.15f\n", n.h[0].value(), n.h[1].value());
  std::printf("out o1 %.15f   out o2 %.15f\n", n.o[0].value(), n.o[1].value());
  std::printf("loss   %.15f\n\n", n.loss.value());

  // The chain rule for w5, factor by factor (slides 29 to 33): each factor is an adjoint of a sweep of its own.
  const double error = backward(n.loss)[n.o[0]], slope = backward(n.o[0])[n.net_o1], input = backward(n.net_o1)[n.w[4]];
  std::printf("dL/do1 %.6f · do1/dnet %.6f · dnet/dw5 %.6f = %.6f\n", error, slope, input, error * slope * input);
  const Adjoints all = backward(n.loss);
  std::printf("in one sweep: dL/dw5 %.15f\n", all[n.w[4]]);
  std::printf("w5 after one step at rate 0.5: %.15f\n\n", initial[4] - 0.5 * all[n.w[4]]);

  // Training. The weights are plain numbers; each step records the network anew, into the same memory.
  Weights weights = initial;
  Adjoints adjoints;
  for (int step = 0; step <= 10000; ++step) {
    r.clear();
    const Network at = record(r, weights);
    if (step == 1 || step == 9999 || step == 10000) std::printf("loss after %5d steps %.12g\n", step, at.loss.value());
    backward(at.loss, adjoints);
    for (std::size_t k = 0; k < weights.size(); ++k) weights[k] -= 0.5 * adjoints[at.w[k]];
  }

  // AND is one neuron; XOR takes a second one, whose output counts -2 (slides 4 to 7).
  std::printf("\nx0 x1 AND XOR\n");
  for (const double x0 : {0.0, 1.0})
    for (const double x1 : {0.0, 1.0}) {
      const double both = step_neuron({1, 1}, {x0, x1}, 1.2);
      std::printf("%2g %2g %3g %3g\n", x0, x1, both, step_neuron({1, 1, -2}, {x0, x1, both}, 0.6));
    }

  // One neuron alone does not get there, whatever its weights and threshold.
  int best = 0;
  for (double w0 = -2; w0 <= 2; w0 += 0.25)
    for (double w1 = -2; w1 <= 2; w1 += 0.25)
      for (double threshold = -2; threshold <= 2; threshold += 0.25) {
        int right = 0;
        for (const bool x0 : {false, true})
          for (const bool x1 : {false, true})
            right += (step_neuron({w0, w1}, {1.0 * x0, 1.0 * x1}, threshold) == 1) == (x0 != x1) ? 1 : 0;
        best = std::max(best, right);
      }
  std::printf("the best of 4913 single neurons gets %d of 4 rows of XOR right\n", best);
}
