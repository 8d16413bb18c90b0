// What it costs to watch for NaN and infinities, and to time the steps of a program: bench_inspect [SECONDS]
//
// Per workload, a step without and one with it, in turns; the least of many times each. Then what the search
// costs once something is there to be found.
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "wengert/autodiff/autodiff.hpp"
#include "wengert/autodiff/exec/program.hpp"
#include "wengert/autodiff/inspect/birth.hpp"
#include "wengert/autodiff/inspect/finite.hpp"

using namespace wengert;

namespace {

/// Of the processor: others may use the machine.
double processor_seconds() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

template <class F>
double seconds_of(const F& work) {
  const double begin = processor_seconds();
  work();
  return processor_seconds() - begin;
}

double budget = 1;

/// Steps in turns, so that both see the same machine.
template <class Bare, class Watched>
void compare(const char* name, const Bare& bare, const Watched& watched) {
  double least_bare = std::numeric_limits<double>::infinity(), least_watched = least_bare;
  const auto begin = std::chrono::steady_clock::now();
  for (int k = 0; k < 10 || std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count() < budget;
       ++k) {
    least_bare = std::min(least_bare, seconds_of(bare));
    least_watched = std::min(least_watched, seconds_of(watched));
  }
  std::printf("%-44s %12.2f us %12.2f us %8.2f %%\n", name, least_bare * 1e6, least_watched * 1e6,
              100 * (least_watched / least_bare - 1));
}

void require_none(const std::optional<Birth>& birth) {
  if (birth) {
    std::printf("unexpected: %s\n", birth->explain().c_str());
    std::exit(1);
  }
}

Array filled(const Shape& shape, double scale) {
  std::vector<double> elements;
  for (std::int64_t k = 0; k < shape.size(); ++k) elements.push_back(scale * std::sin(static_cast<double>(k)));
  return Array::from(elements, shape);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc > 1) budget = std::atof(argv[1]);
  std::printf("%-44s %15s %15s %10s\n", "step", "without", "with a look", "more");
  {
    Recording r;
    Adjoints a;
    const auto step = [&](bool look) {
      r.clear();
      const Scalar x = r.variable(0.3, "x"), w = r.variable(0.7, "w"), b = r.variable(0.1, "b");
      const Scalar loss = pow(sigmoid(w * x + b) - 1.0, 2);
      backward(loss, a);
      if (look) require_none(first_non_finite(loss, {w, b}, a));
    };
    compare(
        "a neuron: record, backward",
        [&] {
          for (int k = 0; k < 100; ++k) step(false);
        },
        [&] {
          for (int k = 0; k < 100; ++k) step(true);
        });
  }
  {
    Recording r;
    Adjoints a;
    const auto step = [&](bool look) {
      r.clear();
      const Scalar x = r.variable(0.3, "x"), c = r.variable(0.2, "c");
      Scalar z = x;
      for (int k = 0; k < 10'000; ++k) z = z * z * 0.5 + c;
      backward(z, a);
      if (look) require_none(first_non_finite(z, {x, c}, a));
    };
    compare(
        "a loop of 10 000: record, backward", [&] { step(false); }, [&] { step(true); });
  }
  {
    Recording r;
    const Array x = filled({64, 256}, 1), w1 = filled({256, 128}, 0.1), w2 = filled({128, 10}, 0.1);
    const auto step = [&](bool look) {
      r.clear();
      const Tensor a = r.variable(w1, "w1"), b = r.variable(w2, "w2");
      const Tensor loss = mean(square(matmul(tanh(matmul(Tensor(x), a)), b)));
      const Adjoints adjoints = backward(loss);
      if (look) require_none(first_non_finite(loss, {a, b}, adjoints));
    };
    compare(
        "256-128-10, a batch of 64: record, backward", [&] { step(false); }, [&] { step(true); });
  }
  {
    Recording r;
    const Scalar x = r.variable(0.3, "x"), w = r.variable(0.7, "w"), b = r.variable(0.1, "b");
    const Scalar loss = pow(sigmoid(w * x + b) - 1.0, 2);
    const std::vector<Scalar> outputs{loss, gradient(loss, w), gradient(loss, b)};
    const Program program(r, {x, w, b}, outputs);
    Program::Workspace workspace(program);
    constexpr std::int64_t count = 10'000;
    std::vector<double> in(3 * count), out(3 * count);
    for (std::size_t k = 0; k < in.size(); ++k) in[k] = std::sin(static_cast<double>(k));
    for (const std::int64_t every : {1, 10, 100}) {
      ProgramWatch watch(r, {x, w, b}, outputs, {.every = every});
      const std::string name = "program, 10 000 samples, every " + std::to_string(every) + " looked at";
      compare(
          name.c_str(),
          [&] {
            for (int k = 0; k < 100; ++k) program.run_batch(workspace, in, out, count);
          },
          [&] {
            for (int k = 0; k < 100; ++k) {
              program.run_batch(workspace, in, out, count);
              require_none(watch.look_batch(in, out, count));
            }
          });
    }
  }
  {
    // Steps as small as they come: more of the clock than of anything else.
    Recording r;
    const Tensor x = r.variable(filled({2, 2}, 0.1), "x");
    Tensor h = x;
    for (int k = 0; k < 100; ++k) h = tanh(matmul(h, x));
    const Program program(r, {x}, {sum(h)});
    Program::Workspace plain(program), timed(program);
    plain.set(0, x);
    timed.set(0, x);
    timed.time_steps();
    compare(
        "program, 201 steps of 2x2, each timed",
        [&] {
          for (int k = 0; k < 100; ++k) program.run(plain);
        },
        [&] {
          for (int k = 0; k < 100; ++k) program.run(timed);
        });
  }
  {
    const Array elements = filled({1 << 20}, 1);
    const double seconds = [&] {
      double least = std::numeric_limits<double>::infinity();
      for (int k = 0; k < 100; ++k)
        least = std::min(least, seconds_of([&] {
                           if (!all_finite(elements)) std::exit(1);
                         }));
      return least;
    }();
    std::printf("\na look at 8 MiB: %.1f us, %.1f GB/s\n", seconds * 1e6, static_cast<double>(8 << 20) / seconds / 1e9);
  }
  for (const int length : {1'000, 1'000'000}) {
    Recording r({.locations = false});
    const Scalar x = r.variable(0.0, "x");
    Scalar z = sqrt(x);
    for (int k = 0; k < length; ++k) z = z + x;
    const double seconds = seconds_of([&] {
      if (!first_non_finite(z, {x})) std::exit(1);
    });
    std::printf("the search, once, in a chain of %d: %.2f ms\n", length, seconds * 1e3);
  }
}
