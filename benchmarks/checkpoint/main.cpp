// What a limit of memory costs: a chain of stages reversed within several limits, and recorded plainly.
//
//     build/release/bin/bench_checkpoint [stages] [numbers per state]
//
// Prints the table of docs/howto/checkpointing.md. Every row is measured in a process of its own, whose resident memory
// is compared with what it was before the chain.
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include "wengert/autodiff/autodiff.hpp"
#include "wengert/autodiff/transform/checkpoint.hpp"

using namespace wengert;

namespace {

constexpr double mebibyte = 1024.0 * 1024.0;

/// The most memory that was resident so far, in MiB.
double peak_memory() {
  std::ifstream status("/proc/self/status");
  std::string line;
  while (std::getline(status, line))
    if (line.starts_with("VmHWM")) return std::atof(line.c_str() + 6) / 1024.0;
  return 0.0;
}

Tensor stage(const Tensor& x, const Tensor& w) { return tanh(x * w + 0.1) * w; }
Tensor total(const Tensor& x) { return sum(x); }

/// `memory` 0: recorded plainly.
void row(int stages, std::int64_t numbers, std::uint64_t memory) {
  const auto filled = [&](double value) {
    return tensor(std::vector<double>(static_cast<std::size_t>(numbers), value), Shape{numbers});
  };
  Recording r;
  const Tensor x = r.variable(filled(0.5), "x"), w = r.variable(filled(0.9), "w");
  const double before = peak_memory();
  const auto start = std::chrono::steady_clock::now();
  ReversePlan plan;
  Tensor y = x;
  if (memory == 0) {
    for (int k = 0; k < stages; ++k) y = stage(y, w);
    y = total(y);
  } else {
    auto along = chain(x).then(stage, w);
    for (int k = 1; k < stages; ++k) along = std::move(along).then(stage, w);
    y = std::move(along).then(total).within(memory, &plan);
  }
  const Adjoints adjoints = backward(y);
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  const double peak = peak_memory() - before;
  if (memory == 0) {
    std::printf("| none (plain recording) | - | 0 | - | %.0f MiB | %.1f |\n", peak, seconds);
  } else {
    std::printf("| %.0f MiB | %zu, %zu | %zu | %.0f MiB | %.0f MiB | %.1f |\n", static_cast<double>(memory) / mebibyte,
                plan.most_saved, plan.most_recordings, plan.computed, static_cast<double>(plan.peak_bytes) / mebibyte,
                peak, seconds);
  }
}

}  // namespace

int main(int argc, char** argv) {
  const int stages = argc > 1 ? std::atoi(argv[1]) : 41;
  const std::int64_t numbers = argc > 2 ? std::atoll(argv[2]) : 1000000;
  std::printf(
      "| limit | saved states, recordings at a time | computed again | peak by the plan | peak measured | seconds |\n"
      "| --: | --- | --: | --: | --: | --: |\n");
  const double state = static_cast<double>(numbers) * sizeof(double);
  for (const double states : {0.0, 250.0, 100.0, 50.0, 25.0, 15.0}) {
    std::fflush(stdout);
    if (const pid_t child = fork(); child == 0) {
      row(stages, numbers, static_cast<std::uint64_t>(states * state));
      std::fflush(stdout);
      _exit(0);
    } else {
      int status = 0;
      if (waitpid(child, &status, 0) != child || status != 0) return 1;
    }
  }
}
