// A neuron, its squared error, the gradient, and the picture of both.
#include <iostream>
#include "wengert/autodiff/autodiff.hpp"
#include "wengert/autodiff/transform/draw.hpp"
using namespace wengert;

int main() {
  Recording r;
  Scalar x = r.variable(0.05, "x"), w = r.variable(0.15, "w"), b = r.variable(0.35, "b"), t = r.variable(0.01, "t");
  Scalar out = sigmoid(w * x + b);
  Scalar loss = pow(t - out, 2);
  r.name(out, "out");
  r.name(loss, "loss");
  std::vector<Scalar> g = gradient(loss, std::vector{w, b});
  std::cout << "loss " << loss.value() << ", by w " << g[0].value() << ", by b " << g[1].value() << "\n";
  save(draw(loss, {w, b}), "neuron.svg");
}
