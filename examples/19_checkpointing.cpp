// Reverse sweeps in little memory: parts of the program are computed again. docs/howto/checkpointing.md explains it.
//
// Before it: 02_recording.cpp. Next: 20_custom_rules.cpp.
#include <array>
#include <cstdio>

#include "wengert/autodiff/autodiff.hpp"
#include "wengert/autodiff/transform/checkpoint.hpp"

using namespace wengert;

namespace {

// One step of a pendulum with friction: angle and speed.
std::array<Scalar, 2> step(std::size_t, const std::array<Scalar, 2>& state, const Scalar& friction) {
  constexpr double h = 0.001;
  const Scalar speed = state[1] - h * (sin(state[0]) + friction * state[1]);
  return {state[0] + h * speed, speed};
}

// A layer of a network, and the loss behind the last.
Tensor layer(const Tensor& x, const Tensor& w) { return tanh(matmul(w, x)); }
Tensor loss(const Tensor& x) { return sum(x * x); }

}  // namespace

int main() {
  // 1. One function, recorded as a single entry: its inside is computed again in the reverse sweep.
  Recording r;
  const Scalar x = r.variable(0.5);
  const auto deep = [](Scalar y) {
    for (int k = 0; k < 1000; ++k) y = y + 0.001 * sin(y);
    return y;
  };
  const Scalar y = checkpoint(deep)(x);
  std::printf("1000 steps: %.6f, slope %.6f, %llu values recorded\n", y.value(), backward(y)[x],
              static_cast<unsigned long long>(r.statistics().values));

  // 2. A loop of 100 000 steps, of which at most 30 states are saved at a time.
  const Scalar angle = r.variable(1.0), friction = r.variable(0.1);
  ReversePlan plan;
  const auto end = iterate(step, 100000, std::array{angle, Scalar(0.0)}, {.saved_states = 30, .plan = &plan}, friction);
  const Adjoints swing = backward(end[0]);
  std::printf("pendulum: %.6f, by the angle %.6f, by the friction %.6f\n", end[0].value(), swing[angle],
              swing[friction]);
  std::printf("  %s\n", plan.report().c_str());

  // 3. Stages that differ, within a number of bytes. The plan is the cheapest there is.
  const Tensor input = r.variable(full(Shape{256}, 0.5)), w = r.variable(full(Shape{256, 256}, 0.01));
  for (const std::uint64_t bytes : {60'000, 22'000}) {
    auto stages = chain(input).then(layer, w).then(layer, w).then(layer, w).then(layer, w).then(layer, w);
    const Tensor total = std::move(stages).then(loss).within(bytes, &plan);
    std::printf("network: %.6f, by the input %.6f\n", total.item(), backward(total)[input].value().element(0));
    std::printf("  %s\n", plan.report().c_str());
  }
}
