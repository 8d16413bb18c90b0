// Wengert without a program: recorded and swept anew at each sample; and recorded once, gradient and all, and replayed
// by the interpreter.
#pragma once

#include "wengert/autodiff/autodiff.hpp"
#include "wengert/autodiff/transform/replay.hpp"
#include "wengert/benchmarks/program/contestant.hpp"

namespace program_benchmark {

template <class W>
class Recorded final : public Contestant {
 public:
  static constexpr std::string_view name = "recorded";
  static constexpr Role role = Role::own;
  static constexpr bool batches = false;

  explicit Recorded(W workload)
      : workload_(std::move(workload)), x_(workload_.inputs().size()), y_(workload_.outputs()) {}

  void run(const Samples& samples, Results& results) override {
    results.resize(samples, y_.size() * (1 + x_.size()), Layout::rows);
    for (std::size_t s = 0; s < samples.count; ++s) {
      double* const to = &results.numbers[s * results.components];
      recording_.clear();
      const std::span<const double> values = samples.row(s);
      for (std::size_t i = 0; i < x_.size(); ++i) x_[i] = recording_.variable(values[i]);
      workload_.evaluate(std::span<const wengert::Scalar>(x_), std::span<wengert::Scalar>(y_));
      for (std::size_t o = 0; o < y_.size(); ++o) {
        to[o] = y_[o].value();
        wengert::backward(y_[o], adjoints_);
        for (std::size_t i = 0; i < x_.size(); ++i) to[y_.size() + o * x_.size() + i] = adjoints_[x_[i]];
      }
    }
  }

 private:
  W workload_;
  wengert::Recording recording_;
  wengert::Adjoints adjoints_;
  std::vector<wengert::Scalar> x_, y_;
};

/// A recording with the gradient of each output behind it.
template <class W>
struct RecordedGradient {
  wengert::Recording recording;
  std::vector<wengert::Scalar> inputs, outputs;

  explicit RecordedGradient(const W& workload) {
    for (const double value : workload.inputs()) inputs.push_back(recording.variable(value));
    std::vector<wengert::Scalar> y(workload.outputs());
    workload.evaluate(std::span<const wengert::Scalar>(inputs), std::span<wengert::Scalar>(y));
    outputs = y;
    for (const wengert::Scalar& output : y)
      for (const wengert::Scalar& derivative : wengert::gradient(output, inputs)) outputs.push_back(derivative);
  }
};

template <class W>
class Replayed final : public Contestant {
 public:
  static constexpr std::string_view name = "replay";
  static constexpr Role role = Role::own;
  static constexpr bool batches = false;

  explicit Replayed(W workload) : Replayed(RecordedGradient<W>(workload)) {}

  void run(const Samples& samples, Results& results) override {
    results.resize(samples, components_, Layout::rows);
    for (std::size_t s = 0; s < samples.count; ++s) {
      const auto& outputs = replay_.run(samples.row(s));
      for (std::size_t k = 0; k < components_; ++k)
        results.numbers[s * components_ + k] = outputs[k].unchecked_number();
    }
  }

 private:
  explicit Replayed(const RecordedGradient<W>& recorded)
      : components_(recorded.outputs.size()), replay_(recorded.recording, recorded.inputs, recorded.outputs) {}

  std::size_t components_;
  wengert::Replay replay_;
};

}  // namespace program_benchmark
