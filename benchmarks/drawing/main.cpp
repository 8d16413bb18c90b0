// What drawings of large recordings cost: `scripts/bench drawing`, docs/benchmarks/drawing.md.
//
// Each subject is recorded once for each size, then drawn: expanded to primitives, folded, and written as DOT; forward
// alone, and with its gradient. Prints a Markdown table.
#include <chrono>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "wengert/autodiff/autodiff.hpp"
#include "wengert/autodiff/transform/draw.hpp"

namespace {

using namespace wengert;

/// What is drawn, by the name of the variable that the gradient is taken by.
struct Subject {
  Scalar value, x;
};

/// One statement of one primitive, over and over.
Subject chain(Recording& r, std::size_t statements) {
  const Scalar x = r.variable(0.5, "x");
  Scalar y = x;
  for (std::size_t k = 0; k < statements; ++k) y = sin(y);
  return {y, x};
}

/// Steps of a recurrence in scopes, each of four statements.
Subject recurrence(Recording& r, std::size_t statements) {
  const Scalar w = r.variable(0.5, "w"), b = r.variable(0.1, "b");
  Scalar h = r.variable(0.0, "h"), c = r.variable(0.0, "c");
  for (std::size_t k = 0; k < statements / 4; ++k) {
    const Scalar gate = sigmoid(w * h + b), candidate = tanh(w * h - b);
    c = gate * c + candidate;
    h = gate * tanh(c);
  }
  return {h, w};
}

/// Statements chosen by a random number each: nothing repeats.
Subject irregular(Recording& r, std::size_t statements) {
  const Scalar x = r.variable(0.5, "x");
  std::vector<Scalar> last{x, x * 0.5, x + 0.25, x * x};
  std::uint64_t state = 1;
  const auto random = [&](std::uint64_t below) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (state >> 33) % below;
  };
  for (std::size_t k = 0; k < statements; ++k) {
    const Scalar &a = last[random(4)], &b = last[random(4)];
    Scalar y;
    switch (random(4)) {
      case 0:
        y = sin(a) * b;
        break;
      case 1:
        y = a - b * 0.5;
        break;
      case 2:
        y = tanh(a + b);
        break;
      default:
        y = cos(a);
    }
    last[random(4)] = y;
  }
  return {last[0] + last[1] + last[2] + last[3], x};
}

double seconds_of(const auto& work) {
  const auto start = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

void measure(const char* name, Subject (*make)(Recording&, std::size_t), std::size_t statements) {
  Recording r({.locations = false});
  Subject subject;
  const double recorded = seconds_of([&] { subject = make(r, statements); });
  std::size_t boxes[2] = {};
  double drawn[2] = {};
  for (const int gradient : {0, 1}) {
    drawn[gradient] = seconds_of([&] {
      const graph::Drawing drawing =
          gradient == 0 ? draw(subject.value, {}) : draw(subject.value, std::vector<Scalar>{subject.x});
      boxes[gradient] = drawing.nodes.size() + (graph::to_dot(drawing).empty() ? 1 : 0);
    });
  }
  static bool first = true;
  std::printf(
      "%s\n  {\"subject\": \"%s\", \"statements\": %zu, \"recorded\": %.4f, \"forward\": %.4f, \"forward_boxes\": %zu, "
      "\"both\": %.4f, \"both_boxes\": %zu}",
      first ? "" : ",", name, statements, recorded, drawn[0], boxes[0], drawn[1], boxes[1]);
  first = false;
  std::fflush(stdout);
}

}  // namespace

int main(int argc, char** argv) {
  const std::size_t most = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 10'000'000;
  std::printf("{\"rows\": [");
  for (std::size_t statements = 1000; statements <= most; statements *= 10) measure("chain", chain, statements);
  for (std::size_t statements = 1000; statements <= most; statements *= 10)
    measure("recurrence", recurrence, statements);
  for (std::size_t statements = 1000; statements <= most / 10; statements *= 10)
    measure("irregular", irregular, statements);
  std::printf("]}\n");
}
