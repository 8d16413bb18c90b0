// Activations as objects that can be handed to a neuron or a layer. A lambda, or any other function of one number,
// serves as well.
#pragma once

#include <cmath>

#include "wengert/autodiff/autodiff.hpp"

namespace wengert::nn::activation {

/// σ(x) = 1/(1 + e^-x), between 0 and 1.
struct Sigmoid {
  [[nodiscard]] auto operator()(const auto& net) const { return sigmoid(net); }
};
/// Hyperbolic tangent, between -1 and 1.
struct Tanh {
  [[nodiscard]] auto operator()(const auto& net) const {
    using std::tanh;
    return tanh(net);
  }
};
/// max(x, 0).
struct Relu {
  [[nodiscard]] auto operator()(const auto& net) const { return relu(net); }
};
/// The step of the first neurons: 0 below 0, else 1. Its derivative is 0 everywhere, so nothing is learned through it.
struct Heaviside {
  [[nodiscard]] auto operator()(const auto& net) const { return heaviside(net); }
};
/// The weighted sum itself: a linear output.
struct Identity {
  template <class T>
  [[nodiscard]] T operator()(const T& net) const {
    return net;
  }
};

}  // namespace wengert::nn::activation
