// Tensors: the lecture's 2-2-2 network in matrix form, h = g(Wx), its gradient and ten thousand steps of training.
//
// A tensor lies in the same recording as scalars and is swept by the same functions. Shapes follow NumPy's rules.
// Before it: 02_recording.cpp. The same network of scalar neurons: 09_lecture_network.cpp.
#include <cstdio>

#include "wengert/autodiff/autodiff.hpp"

using namespace wengert;

namespace {

/// A layer: g(W·[x, 1]), the bias being the last column of W against a constant 1 (slide 35).
Tensor layer(const Tensor& weights, const Tensor& x) {
  return sigmoid(matmul(weights, concatenate({x, ones(Shape{1})})));
}

/// Half the squared error, summed over the outputs (slide 23).
Tensor loss_of(const Tensor& hidden, const Tensor& output, const Tensor& x, const Tensor& target) {
  const Tensor error = target - layer(output, layer(hidden, x));
  return 0.5 * sum(error * error);
}

void print(const char* name, const Tensor& matrix) {
  std::printf("%s\n", name);
  for (std::int64_t row = 0; row < matrix.shape()[0]; ++row) {
    for (std::int64_t column = 0; column < matrix.shape()[1]; ++column)
      std::printf(" %16.13f", element(matrix, {row, column}).value());
    std::printf("\n");
  }
}

}  // namespace

int main() {
  const Tensor x = tensor({0.05, 0.10}), target = tensor({0.01, 0.99});
  Tensor hidden = tensor({0.15, 0.20, 0.35, 0.25, 0.30, 0.35}, Shape{2, 3});
  Tensor output = tensor({0.40, 0.45, 0.60, 0.50, 0.55, 0.60}, Shape{2, 3});
  // The lecture does not train the biases: a mask of the columns that learn.
  const Tensor learns = tensor({1, 1, 0});

  Recording r;
  Adjoints adjoints;
  for (int step = 0; step <= 10000; ++step) {
    r.clear();
    const Tensor w1 = r.variable(hidden, "hidden"), w2 = r.variable(output, "output");
    const Tensor loss = loss_of(w1, w2, x, target);
    backward(loss, adjoints);
    if (step == 0) {
      std::printf("loss %.16f\n", loss.item());
      print("gradient by the hidden weights", adjoints[w1]);
      print("gradient by the output weights", adjoints[w2]);
    } else if (step == 1 || step == 10000) {
      std::printf("loss after %5d steps %.12g\n", step, loss.item());
    }
    // Parameters are plain tensors outside any recording; each step makes new ones.
    hidden = hidden - 0.5 * learns * adjoints[w1];
    output = output - 0.5 * learns * adjoints[w2];
  }

  // The gradient as a graph: recorded, so it has derivatives too. Here those of |∇loss|² by the inputs, beside
  // differences.
  const auto steepness = [&](const Tensor& w, const Tensor& at) {
    const Tensor slope = gradient(loss_of(w, output, at, target), w);
    return sum(slope * slope);
  };
  r.clear();
  const Tensor at = r.variable(x, "x"), w = r.variable(hidden, "hidden");
  const Tensor by_x = gradient(steepness(w, at), at);
  const double up = steepness(w, x + tensor({1e-5, 0})).item(), down = steepness(w, x - tensor({1e-5, 0})).item();
  std::printf("d|gradient|^2/dx %.4e %.4e; the first by differences %.4e\n", element(by_x, {0}).value(),
              element(by_x, {1}).value(), (up - down) / 2e-5);

  // Crossing between scalars and tensors, both ways, in one recording.
  const Scalar a = r.variable(2.0, "a"), b = r.variable(3.0, "b");
  const Tensor v = stack({a * b, a + b, b});                 // rank 1
  const Scalar y = to_scalar(sum(v * v)) + element(v, {0});  // (ab)² + (a+b)² + b² + ab
  const Adjoints g = backward(y);
  std::printf("y = %g, by a %g, by b %g\n", y.value(), g[a], g[b]);

  // Broadcasting: a column beside a row is a table; the derivative sums what was repeated.
  const Tensor column = r.variable(tensor({1, 2, 3}, Shape{3, 1})), row = r.variable(tensor({10, 20}));
  const Tensor table = column * row;
  const Adjoints t = backward(sum(table));
  std::printf("table %lldx%lld, by the column:", static_cast<long long>(table.shape()[0]),
              static_cast<long long>(table.shape()[1]));
  for (const double d : t[column].to_vector()) std::printf(" %g", d);
  std::printf(", by the row:");
  for (const double d : t[row].to_vector()) std::printf(" %g", d);
  std::printf("\n");
}
