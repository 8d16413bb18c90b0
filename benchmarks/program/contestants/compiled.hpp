// Wengert's Program: recorded once with its gradient, compiled, run at batches of samples; and the same one sample
// after the other.
#pragma once

#include "wengert/autodiff/autodiff.hpp"
#include "wengert/autodiff/exec/program.hpp"
#include "wengert/benchmarks/program/contestants/recorded.hpp"

namespace program_benchmark {

template <class W>
class Compiled final : public Contestant {
 public:
  static constexpr std::string_view name = "program";
  static constexpr Role role = Role::own;
  static constexpr bool batches = true;

  explicit Compiled(const W& workload) : Compiled(RecordedGradient<W>(workload)) {}

  void run(const Samples& samples, Results& results) override {
    results.resize(samples, program_.output_count(), Layout::columns);
    program_.run_batch(workspace_, samples.columns, results.numbers,
                       {static_cast<std::int64_t>(samples.count), static_cast<std::int64_t>(samples.stride)});
  }

 private:
  explicit Compiled(const RecordedGradient<W>& recorded)
      : program_(recorded.recording, recorded.inputs, recorded.outputs, {.threads = threads_of_programs()}),
        workspace_(program_) {}

  wengert::Program program_;
  wengert::Program::Workspace workspace_;
};

template <class W>
class CompiledSingle final : public Contestant {
 public:
  static constexpr std::string_view name = "program_single";
  static constexpr Role role = Role::own;
  static constexpr bool batches = false;

  explicit CompiledSingle(const W& workload) : CompiledSingle(RecordedGradient<W>(workload)) {}

  void run(const Samples& samples, Results& results) override {
    const std::size_t components = program_.output_count();
    results.resize(samples, components, Layout::rows);
    for (std::size_t s = 0; s < samples.count; ++s)
      program_.run(workspace_, samples.row(s), std::span(results.numbers).subspan(s * components, components));
  }

 private:
  explicit CompiledSingle(const RecordedGradient<W>& recorded)
      : program_(recorded.recording, recorded.inputs, recorded.outputs), workspace_(program_) {}

  wengert::Program program_;
  wengert::Program::Workspace workspace_;
};

}  // namespace program_benchmark
