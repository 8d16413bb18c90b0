// CompiledStep: a step of training as a Program. What fit runs, unless FitOptions::compile is off.
//
// The step of one batch is recorded: forward, gradients, clipping, the optimiser's update. Batch and random numbers
// are inputs; parameters, moments, running statistics and what follows a schedule are states of the program, which
// lie where model and optimiser keep them and are written in place. So both are up to date after every step, and steps
// of programs and others may take turns.
//
// That holds for every later batch of the same types if a step is the same function of those. Two things are not seen
// from outside: numbers that a loss or layer takes out of its recording, and what changes elsewhere (a weight of the
// loss that a callback moves). Both would be constants of the program. Therefore a second program, of the gradients
// alone, is held against the model at some batches: check().
//
// A step that is not to be made (a loss or gradient that is not finite) is a guard of the program, which then leaves
// everything as it was.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <source_location>
#include <span>
#include <string>
#include <vector>

#include "wengert/autodiff/autodiff.hpp"
#include "wengert/autodiff/exec/program.hpp"
#include "wengert/nn/optim/in_program.hpp"
#include "wengert/nn/random/draws.hpp"
#include "wengert/nn/train/trainee.hpp"

namespace wengert::nn {

/// What of FitOptions is part of a step.
struct StepOptions {
  std::optional<double> clip_norm{}, clip_value{};
  bool output = false;  ///< the network's output is wanted after each step
};

class CompiledStep {
 public:
  /// Loss and gradients of the parameters that are updated.
  struct Gradients {
    double loss = 0;
    std::vector<Tensor> gradients{};
  };
  /// Why there is none. `for_now`: it may be otherwise at another batch.
  struct Refusal {
    std::string why{};
    bool for_now = false;
  };

  /// Records the trainee's step on a batch and compiles it. `trained` are places in trainee.parameters(). Null where it
  /// cannot be a program.
  [[nodiscard]] static std::unique_ptr<CompiledStep> make(Trainee& trainee, const Batch& batch, const Random& random,
                                                          std::span<const std::size_t> trained, Optimiser& optimiser,
                                                          const StepOptions& options, Refusal& refusal,
                                                          std::source_location where);

  [[nodiscard]] bool fits(const Batch& batch) const noexcept;
  /// The optimiser is still the one that the step was recorded with.
  [[nodiscard]] bool is_current() const noexcept { return optimiser_.is_current(); }
  /// Loss and gradients, by a program that changes nothing; none where a branch would go another way on this batch.
  [[nodiscard]] std::optional<Gradients> check(const Batch& batch, const Random& random, std::source_location where);
  /// They agree with the model's loss and gradients of trained parameters but for rounding: within 1e-3 (f32) or 1e-8
  /// (f64) of the largest number of each tensor.
  [[nodiscard]] bool agrees(const Gradients& found, double loss, std::span<const Tensor> gradients) const;
  /// Makes the step. False, and nothing has changed, where a branch would go another way on this batch, or loss or
  /// gradients are not finite.
  [[nodiscard]] bool run(const Batch& batch, const Random& random, std::source_location where);

  /// @name Of the last run.
  /// @{
  [[nodiscard]] double loss() const { return workspace_.number(0); }
  [[nodiscard]] Tensor output() const { return workspace_.get(1); }
  /// @}
  [[nodiscard]] const Program& program() const noexcept { return program_; }
  /// Batches that were checked.
  int checks = 0;

 private:
  class Maker;

  /// A state of the program, and whose elements it is: a tensor of the model, a moment, or a number.
  struct Kept {
    Tensor* tensor = nullptr;
    std::size_t parameter = 0, which = 0;
    const std::byte* placed = nullptr;
  };
  /// Optimiser::numbers of parameters of one kind, as rank-0 arrays of their dtype.
  struct Numbers {
    std::size_t parameter = 0;
    std::array<Array, 3> values{};
  };

  CompiledStep(const Batch& batch, Optimiser::InProgram optimiser, Program program, Program checking)
      : x_(batch.x.type()),
        y_(batch.y.type()),
        optimiser_(std::move(optimiser)),
        program_(std::move(program)),
        checking_(std::move(checking)),
        workspace_(program_) {}
  void set_inputs(Program::Workspace& workspace, const Batch& batch, const Random& random,
                  std::source_location where) const;
  [[nodiscard]] std::size_t first_state() const noexcept { return 2 + draws_.size() + fixed_.size(); }
  void place(std::size_t state, Array& elements, std::source_location where);

  Type x_, y_;
  Optimiser::InProgram optimiser_;
  Program program_, checking_;
  Program::Workspace workspace_;
  std::vector<detail::Draw> draws_;
  std::vector<Tensor*> fixed_;        // of the model, and not changed by a step; inputs after the draws
  std::vector<Kept> kept_;            // by state: tensors, then moments
  std::vector<Numbers> numbers_;      // their states come last, three of each
  std::vector<Tensor*> learning_;     // the tensors of kept_, in the order of checking_'s inputs
  std::vector<std::size_t> updated_;  // by gradient of checking_: its place among the trained parameters
};

}  // namespace wengert::nn
