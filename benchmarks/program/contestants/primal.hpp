// The workload in plain doubles: one evaluation of each sample, no derivative.
#pragma once

#include "wengert/benchmarks/program/contestant.hpp"

namespace program_benchmark {

template <class W>
class Primal final : public Contestant {
 public:
  static constexpr std::string_view name = "primal";
  static constexpr Role role = Role::primal;
  static constexpr bool batches = false;

  explicit Primal(W workload) : workload_(std::move(workload)) {}

  void run(const Samples& samples, Results& results) override {
    results.resize(samples, workload_.outputs(), Layout::rows);
    for (std::size_t s = 0; s < samples.count; ++s)
      evaluate(samples.row(s), std::span(results.numbers).subspan(s * workload_.outputs(), workload_.outputs()));
  }

 private:
  [[gnu::noinline]] void evaluate(std::span<const double> x, std::span<double> y) const { workload_.evaluate(x, y); }

  W workload_;
};

}  // namespace program_benchmark
