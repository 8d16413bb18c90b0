// A program: record once, run at a hundred thousand points; and a step of training that keeps its own state.
#include <array>
#include <cstdio>
#include <vector>

#include "wengert/autodiff/autodiff.hpp"
#include "wengert/autodiff/compiled.hpp"
#include "wengert/autodiff/exec/program.hpp"

using namespace wengert;

int main() {
  // The area of a triangle by Heron's formula, and how it moves with each side.
  Recording r;
  const Scalar a = r.variable(3.0, "a"), b = r.variable(4.0, "b"), c = r.variable(5.0, "c");
  const Scalar s = (a + b + c) / 2.0;
  const Scalar area = sqrt(s * (s - a) * (s - b) * (s - c));
  const std::vector<Scalar> slopes = gradient(area, std::vector{a, b, c});
  const Program program(r, {a, b, c}, {area, slopes[0], slopes[1], slopes[2]});

  Program::Workspace workspace(program);  // one for each thread
  std::array<double, 4> at{};
  program.run(workspace, std::array{5.0, 5.0, 6.0}, at);
  std::printf("area %.4f, moved by the sides %.4f %.4f %.4f\n", at[0], at[1], at[2], at[3]);

  // Many points at once, side by side in the lanes of vector registers. Input k of point i is inputs[k * count + i].
  constexpr std::int64_t count = 100'000;
  std::vector<double> inputs(3 * count), outputs(4 * count);
  for (std::size_t i = 0; i < count; ++i) {
    inputs[i] = 5.0;
    inputs[count + i] = 5.0;
    inputs[2 * count + i] = 10.0 * static_cast<double>(i + 1) / (count + 1);
  }
  program.run_batch(workspace, inputs, outputs, count);
  std::size_t largest = 0;
  for (std::size_t i = 0; i < count; ++i)
    if (outputs[i] > outputs[largest]) largest = i;
  std::printf("the largest has a third side of %.3f, where the slope is %.4f\n", inputs[2 * count + largest],
              outputs[3 * count + largest]);

  // A function is recorded and compiled at its first call.
  auto slope = compiled(value_and_grad([](const Scalar& x) { return Scalar(x * exp(-x)); }));
  for (const double x : {0.0, 1.0, 2.0}) {
    const auto [y, dy] = slope(x);
    std::printf("x %.0f: %.4f, slope %+.4f\n", x, y, dy);
  }

  // Tensors: the weights are a state. Output 1 is their next value, written over the old one.
  Recording step;
  const Tensor w = step.variable(zeros({2}), "w");
  const Tensor x = step.variable(zeros({4, 2}), "x"), y = step.variable(zeros({4}), "y");
  const Tensor loss = mean(square(matmul(x, w) - y));
  const Tensor next = w - 0.1 * gradient(loss, w);
  const Program train(step, {w, x, y}, {loss, next}, {.states = {{.input = 0, .output = 1}}});
  Program::Workspace training(train);
  training.set(1, Tensor(Array::from({1.0, 0.0, 0.0, 1.0, 1.0, 1.0, 2.0, -1.0}, Shape{4, 2})));
  training.set(2, Tensor(Array::from({1.0, 2.0, 3.0, 0.0}, Shape{4})));
  for (int k = 0; k < 200; ++k) train.run(training);
  const Tensor learned = training.state(0);
  std::printf("weights %.4f %.4f, loss %.1e\n", learned.value().element(0), learned.value().element(1),
              training.number(0) < 1e-12 ? 0.0 : training.number(0));
}
