// CompiledStep: a step of training as a Program. What fit runs when FitOptions::compile is set.
//
// The step is recorded with the batch and the parameters as inputs: loss, output and gradients come out. It is traced
// from the types of a batch, without computing; with the batch itself where something in it asks for elements.
// That holds for every later batch of the same types if nothing else of the step changes from batch to batch. So a step
// is not compiled that draws random numbers (Dropout) or keeps statistics (BatchNorm); and the first batch after the
// one that was recorded is differentiated both ways, in case a loss of the user's reads numbers out of its recording.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <source_location>
#include <span>
#include <string>
#include <vector>

#include "wengert/autodiff/autodiff.hpp"
#include "wengert/autodiff/exec/program.hpp"
#include "wengert/nn/random/random.hpp"
#include "wengert/nn/train/trainee.hpp"

namespace wengert::nn {

class CompiledStep {
 public:
  /// What a step gives: gradients of the trained parameters, in their order.
  struct Result {
    double loss = 0;
    Tensor output{};
    std::vector<Tensor> gradients{};
  };

  /// Records the trainee's step on a batch and compiles it. `trained` are places in trainee.parameters(). Null, and
  /// `why` says it, where a step is not the same for every batch.
  [[nodiscard]] static std::unique_ptr<CompiledStep> make(Trainee& trainee, const Batch& batch, const Random& random,
                                                          const Trainee::Trained& names,
                                                          std::span<const std::size_t> trained, std::string& why,
                                                          std::source_location where);

  [[nodiscard]] bool fits(const Batch& batch) const noexcept;
  /// Throws GuardFailed where the step would take another branch on this batch.
  [[nodiscard]] Result run(const Batch& batch, std::span<const Parameter> trained, std::source_location where);
  [[nodiscard]] const Program& program() const noexcept { return program_; }

 private:
  [[nodiscard]] static std::unique_ptr<CompiledStep> traced(Trainee& trainee, const Batch& batch, const Random& random,
                                                            const Trainee::Trained& names,
                                                            std::span<const std::size_t> trained, std::string& why,
                                                            std::source_location where);
  CompiledStep(Program program, const Batch& batch)
      : program_(std::move(program)), workspace_(program_), x_(batch.x.type()), y_(batch.y.type()) {}

  Program program_;
  Program::Workspace workspace_;
  Type x_, y_;
};

/// The results agree but for rounding: within 1e-3 (f32) or 1e-8 (f64) of the largest number of each tensor.
[[nodiscard]] bool agree(const CompiledStep::Result& a, const CompiledStep::Result& b);

}  // namespace wengert::nn
