// Branches and loops: plain C++ ones, whose decisions a recording remembers, and those that are entries of it.
#include <cstdio>
#include <string>
#include <utility>
#include <vector>

#include "wengert/autodiff/autodiff.hpp"
#include "wengert/autodiff/transform/control.hpp"
#include "wengert/autodiff/transform/replayed.hpp"

using namespace wengert;

/// A tax: nothing below 10, then a fifth of what is above, then two fifths of what is above 50.
Scalar tax(const Scalar& income) {
  if (income < 10.0) return 0.0 * income;
  if (income < 50.0) return 0.2 * (income - 10.0);
  return 8.0 + 0.4 * (income - 50.0);
}

int main() {
  // 1. Plain C++: the branch that is taken is recorded, and so is what decided it.
  Recording r;
  const Scalar income = r.variable(30.0, "income");
  const Scalar due = tax(income);
  std::printf("tax of 30: %g, marginal rate %g\n", due.value(), backward(due)[income]);
  for (const GuardInfo& guard : guards(r)) {
    GuardInfo without_line = guard;
    without_line.where = {};
    std::printf("  %s\n", to_string(without_line).c_str());
  }

  // 2. Replayed at other inputs, without recording. A decision that would differ is an error, with its line.
  Replay replay(r, {income}, {due, gradient(due, income)});
  const std::vector<ReplayValue>& found = replay.run({40.0});
  std::printf("replayed at 40: %g, %g\n", found[0].number(), found[1].number());
  if (replay.try_run({60.0}) == ReplayStatus::guard_failed) {
    const FailedGuard failed = *replay.failed_guard();
    std::printf("at 60: %g %s %g does not hold\n", failed.now[0], std::string(failed.guard.symbol).c_str(),
                failed.now[1]);
  }

  // 3. Or a function that records once for every path.
  auto rate = replayed(value_and_grad(tax), OnGuard::rerecord);
  for (const double x : {5.0, 20.0, 30.0, 40.0, 60.0, 100.0, 7.0})
    std::printf("  tax of %g: %g, rate %g\n", x, rate(x).value, rate(x).gradient);
  std::printf("recorded %zu times\n", rate.times_recorded());

  // 4. A branch that is an entry: a replay takes either side.
  Recording s;
  const Scalar x = s.variable(0.5, "x");
  const Scalar y = cond(
      x < 1.0, [](const Scalar& v) { return v * v * v; }, [](const Scalar& v) { return 2.0 * v + 1.0; }, x);
  Replay either(s, {x}, {y, gradient(y, x)});
  for (const double at : {0.5, 4.0}) {
    const std::vector<ReplayValue>& result = either.run({at});
    std::printf("cond at %g: %g, slope %g\n", at, result[0].number(), result[1].number());
  }

  // 5. A loop over a sequence: x' = x + dt·v, v' = v - dt·k·x, pushed along. The body is recorded once.
  using State = std::pair<Scalar, Scalar>;
  const auto step = [](const State& state, const Scalar& force, const Scalar& k) {
    const Scalar speed = state.second + 0.1 * (force - k * state.first);
    const Scalar place = state.first + 0.1 * speed;
    return std::pair{State{place, speed}, place};
  };
  Recording t;
  const Scalar k = t.variable(4.0, "k");
  const std::vector<Scalar> pushes = t.variables(std::vector<double>(200, 1.0), "push");
  const auto [last, path] = scan(step, State{0.0, 0.0}, pushes, k);
  const Tensor energy = sum(path * path);
  std::printf("scan: %g after %d steps; d/dk %.6f, d/d(first push) %.6f\n", last.first.value(),
              static_cast<int>(path.size()), backward(energy)[k], backward(energy)[pushes[0]]);
  const Scalar slope = gradient(energy, k);
  std::printf("second derivative by k: %.6f\n", gradient(slope, k).value());

  // 6. A loop that ends when it is done: Newton's method for √a. A replay takes as many steps as it needs.
  Recording u;
  const Scalar a = u.variable(2.0, "a");
  const Scalar root = while_loop([](const Scalar& z, const Scalar& b) { return abs(z * z - b) > 1e-12 * b; },
                                 [](const Scalar& z, const Scalar& b) { return 0.5 * (z + b / z); }, a, a);
  Replay roots(u, {a}, {root, gradient(root, a)});
  for (const double at : {2.0, 9.0, 1e6}) {
    const std::vector<ReplayValue>& result = roots.run({at});
    std::printf("while_loop: sqrt(%g) = %.9g, derivative %.9g\n", at, result[0].number(), result[1].number());
  }

  // 7. A long one, with 64 kB for the states that its reverse sweep keeps.
  LoopOptions little;
  little.memory = 64 * 1024;
  Recording v;
  const Scalar c = v.variable(0.3, "c");
  const State settled = while_loop([](const State& z, const Scalar&) { return z.second < 100000.0; },
                                   [](const State& z, const Scalar& b) {
                                     return State{z.first + 1e-4 * (cos(z.first) - b * z.first), z.second + 1.0};
                                   },
                                   State{0.0, 0.0}, c, little);
  std::printf("100000 steps: %.6f, derivative %.6f\n", settled.first.value(), backward(settled.first)[c]);
}
