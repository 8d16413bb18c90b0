// What fit trains: a model and its loss behind an interface, so that the loop is compiled once and not for every model.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "wengert/autodiff/autodiff.hpp"
#include "wengert/nn/data/dataset.hpp"
#include "wengert/nn/module/parameters.hpp"
#include "wengert/nn/module/pass.hpp"

namespace wengert::nn {

/// One step is begin_step, gradients, and finish_step once the parameters are written. Whatever needs another loop body
/// (several networks, several losses) derives from it.
class Trainee {
 public:
  using Trained = std::function<bool(std::string_view)>;

  struct Outcome {
    Tensor output;
    Tensor loss;  ///< one element
  };

  Trainee() = default;
  Trainee(const Trainee&) = delete;
  Trainee& operator=(const Trainee&) = delete;
  virtual ~Trainee() = default;

  /// Lifts a copy of the model into the recording, whose parameters for whose name `trained` holds (all if it is empty)
  /// are variables, and runs it on the batch.
  virtual Outcome begin_step(Recording& recording, const Batch& batch, Pass& pass, const Trained& trained) = 0;
  /// The gradient of each parameter, in the order of parameters(), zeros of those not trained. Lets go of the copy, so
  /// that nothing but the model holds its parameters; what the copy has learned in its buffers is kept.
  [[nodiscard]] virtual std::vector<Tensor> gradients(const Adjoints& adjoints) = 0;
  /// The copy's parameters, between begin_step and gradients: variables of the recording.
  [[nodiscard]] virtual std::vector<Parameter> live_parameters() = 0;
  /// Gives the model those buffers.
  virtual void finish_step() = 0;

  /// @name Steps as programs. They are so only where every step is the same function of its batch, of parameters,
  /// buffers and random numbers; where repeats() says so.
  /// @{
  /// begin_step then lifts buffers too where pass.is_recorded(); finish_step is not called for steps of a program.
  [[nodiscard]] virtual bool repeats() const noexcept { return false; }
  /// A buffer in a recorded step.
  struct RecordedBuffer {
    Parameter own;         ///< the model's, which stays where it is
    Tensor before, after;  ///< the variable that it was lifted to, and the copy's after the step
  };
  /// Between begin_step and gradients.
  [[nodiscard]] virtual std::vector<RecordedBuffer> recorded_buffers() { return {}; }
  /// @}

  /// The model as it is, evaluated; records nothing.
  [[nodiscard]] virtual Outcome evaluate(const Batch& batch) const = 0;

  /// The model's parameters; they stay where they are as long as the trainee lives.
  [[nodiscard]] virtual std::vector<Parameter> parameters() = 0;
  [[nodiscard]] virtual std::vector<NamedTensor> state() const = 0;
  virtual void load_state(std::span<const NamedTensor> state, std::source_location where) = 0;
};

/// A module and a function loss(output, target) that gives a tensor of one element. Refers to both.
template <class Model, class Loss>
class ModelTrainee final : public Trainee {
 public:
  ModelTrainee(Model& model, const Loss& loss) : model_(model), loss_(loss) {}

  Outcome begin_step(Recording& recording, const Batch& batch, Pass& pass, const Trained& trained) override {
    live_.emplace(lifted(model_, recording, trained));
    lifted_buffers_.clear();
    if (pass.is_recorded())
      for (const Parameter& buffer : nn::buffers(*live_))
        lifted_buffers_.push_back(*buffer.value = recording.variable(*buffer.value, buffer.name));
    Tensor output = run(*live_, batch.x, pass);
    Tensor loss = loss_(std::as_const(output), batch.y);
    return {std::move(output), std::move(loss)};
  }
  std::vector<Tensor> gradients(const Adjoints& adjoints) override {
    std::vector<Tensor> result = adjoints_of(*live_, adjoints);
    learned_.clear();
    for (const Parameter& buffer : nn::buffers(*live_)) learned_.emplace_back(buffer.value->value());
    live_.reset();
    lifted_buffers_.clear();
    return result;
  }
  std::vector<Parameter> live_parameters() override { return nn::parameters(*live_); }
  void finish_step() override {
    if (learned_.empty()) return;
    const std::vector<Parameter> own = nn::buffers(model_);
    for (std::size_t k = 0; k < own.size(); ++k) *own[k].value = std::move(learned_[k]);
    learned_.clear();
  }
  bool repeats() const noexcept override { return true; }
  std::vector<RecordedBuffer> recorded_buffers() override {
    const std::vector<Parameter> own = nn::buffers(model_), live = nn::buffers(*live_);
    std::vector<RecordedBuffer> result;
    for (std::size_t k = 0; k < lifted_buffers_.size(); ++k)
      result.push_back({own[k], lifted_buffers_[k], *live[k].value});
    return result;
  }
  Outcome evaluate(const Batch& batch) const override {
    Tensor output = nn::evaluate(std::as_const(model_), batch.x);
    Tensor loss = loss_(std::as_const(output), batch.y);
    return {std::move(output), std::move(loss)};
  }

  std::vector<Parameter> parameters() override { return nn::parameters(model_); }
  std::vector<NamedTensor> state() const override { return nn::state(model_); }
  void load_state(std::span<const NamedTensor> state, std::source_location where) override {
    nn::load_state(model_, state, where);
  }

 private:
  Model& model_;
  const Loss& loss_;
  std::optional<Model> live_;
  std::vector<Tensor> learned_, lifted_buffers_;
};

}  // namespace wengert::nn
