// Jacobians: all derivatives of several outputs by several inputs. docs/howto/jacobians.md explains it.
//
// Before it: 02_recording.cpp. Next: 11_hessians.cpp.
#include <cstdio>
#include <vector>

#include "wengert/autodiff/autodiff.hpp"

using namespace wengert;

namespace {

void print(const char* title, const Matrix& m) {
  std::printf("%s\n", title);
  for (std::size_t i = 0; i < m.rows(); ++i) {
    for (const double x : m.row(i)) std::printf(" %8.4f", x);
    std::printf("\n");
  }
}

}  // namespace

int main() {
  // A robot arm of two links: where its hand is, and in which direction from the origin, by the angles of its joints.
  Recording r;
  const Scalar shoulder = r.variable(0.5, "shoulder"), elbow = r.variable(1.2, "elbow");
  const Scalar x = 2.0 * cos(shoulder) + cos(shoulder + elbow);
  const Scalar y = 2.0 * sin(shoulder) + sin(shoulder + elbow);
  const Scalar slope = y / x;

  print("hand and slope by the joints:", jacobian({x, y, slope}, {shoulder, elbow}));
  // Forward mode makes a sweep for every eight inputs, reverse mode for every eight outputs. Here the shape chose
  // forward; the numbers are the same to rounding.
  print("in reverse mode:", jacobian({x, y, slope}, {shoulder, elbow}, {.mode = JacobianMode::reverse}));

  // One column, or any combination of columns: along a direction. forward() gives it for everything at once ...
  const Tangents moved = forward({shoulder, elbow}, {1.0, -1.0});
  std::printf("along (1,-1):      %8.4f %8.4f %8.4f\n", moved[x], moved[y], moved[slope]);
  // ... and jvp() as values of the recording, which can be differentiated again. For eight directions and more at a
  // time there is forward_each().
  const Scalar speed = jvp(slope, {shoulder, elbow}, {1.0, -1.0});
  std::printf("the same recorded: %8.4f, and its derivative by the elbow %.4f\n", speed.value(),
              backward(speed)[elbow]);

  // One row, or any combination of rows: the outputs weighted.
  Adjoints weighted;
  backward(std::vector{x, y}, std::vector{1.0, -1.0}, weighted);
  std::printf("of x - y:          %8.4f %8.4f\n", weighted[shoulder], weighted[elbow]);

  // Of tensors: rows and columns are the elements, row after row of each.
  const Tensor w = r.variable(tensor({0.5, -1.0, 2.0, 0.25}, Shape{2, 2}), "w");
  const Tensor out = tanh(matmul(w, tensor({1.0, 2.0}, Shape{2})));
  print("a layer by its weights:", jacobian(out, w));
}
