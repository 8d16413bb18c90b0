// Activations and their derivatives: one recording gives both, at every place.
#include <cstdio>
#include <vector>

#include "wengert/nn/nn.hpp"

using namespace wengert;

/// Values and derivatives at several places: a vector goes through the activation element by element, so the gradient
/// of the sum holds the derivative at each of them.
template <class Activation>
void print(const char* name, const Activation& activation) {
  Recording r;
  const Tensor x = r.variable(tensor({-4, -2, -1, 0, 1, 2, 4}), "x");
  const Tensor y = activation(x);
  const Tensor slope = backward(sum(y))[x];
  std::printf("%-10s", name);
  for (const double value : y.to_vector()) std::printf(" %7.4f", value);
  std::printf("\n%10s", "derivative");
  for (const double value : slope.to_vector()) std::printf(" %7.4f", value);
  std::printf("\n");
}

int main() {
  std::printf("%10s", "x");
  for (const int x : {-4, -2, -1, 0, 1, 2, 4}) std::printf(" %7d", x);
  std::printf("\n");
  print("heaviside", nn::activation::Heaviside{});  // nothing can be learned through it
  print("relu", nn::activation::Relu{});            // at its kink the derivative is taken as 0
  print("sigmoid", nn::activation::Sigmoid{});      // squashes into 0 … 1
  print("tanh", nn::activation::Tanh{});            // squashes into -1 … 1
}
