// Wengert's Program: forward, gradient and the update of the parameters in one graph, traced once from types, run at
// every step. The parameters are states of the program.
#include <functional>
#include <memory>
#include <optional>

#include "wengert/autodiff/exec/program.hpp"
#include "wengert/benchmarks/tensors/models.hpp"

namespace tensors_benchmark {
namespace {

int threads_of_programs = 1;

/// The numbers of a block, which are not copied: a state has a copy of its own.
Tensor view_of(const Block& block) {
  const std::shared_ptr<const float> numbers(std::shared_ptr<void>(), block.values.data());
  return Tensor(Array::adopt(numbers, Shape(std::span<const std::int64_t>(block.shape))));
}

/// Outputs of the program: the loss, then parameters after the step, or gradients where nothing is trained.
class Running final : public Step {
 public:
  Running(const Problem& problem, Recording& recording, const std::vector<Tensor>& inputs,
          const std::vector<Tensor>& parameters, const Tensor& loss)
      : count_(parameters.size()), trains_(problem.rate > 0) {
    std::vector<detail::AnyHandle> in(inputs.begin(), inputs.end()), out{loss};
    in.insert(in.end(), parameters.begin(), parameters.end());
    std::vector<Tensor> gradients = gradient(loss, parameters);
    ProgramOptions options{.threads = threads_of_programs};
    for (std::size_t k = 0; k < count_; ++k) {
      if (trains_) {
        gradients[k] = parameters[k] - static_cast<double>(problem.rate) * gradients[k];
        options.states.push_back({.input = inputs.size() + k, .output = 1 + k});
      }
      out.push_back(gradients[k]);
    }
    program_.emplace(recording, in, out, options);
    workspace_.emplace(*program_);
    std::size_t at = 0;
    for (const Tensor& each : inputs_of(problem)) workspace_->set(at++, each);
    for (const Block& block : problem.parameters) workspace_->set(at++, trains_ ? view_of(block) : tensor_of(block));
  }

  double run() override {
    program_->run(*workspace_);
    return workspace_->number(0);
  }
  std::vector<float> results() override {
    std::vector<Tensor> tensors;
    for (std::size_t k = 0; k < count_; ++k) tensors.push_back(trains_ ? workspace_->state(k) : workspace_->get(1 + k));
    return numbers_of(tensors);
  }

 private:
  std::size_t count_;
  bool trains_;
  std::optional<Program> program_;
  std::optional<Program::Workspace> workspace_;
};

Tensor type_of(const Tensor& x) { return unknown(x.shape(), x.dtype()); }

std::unique_ptr<Step> make(const Problem& problem) {
  std::unique_ptr<Step> step;
  Recording recording;
  std::vector<Tensor> inputs;
  for (const Tensor& each : inputs_of(problem)) inputs.push_back(recording.variable(type_of(each)));
  with_loss(
      problem,
      [&](const auto& loss) {
        std::vector<Tensor> parameters;
        for (const Block& block : problem.parameters)
          parameters.push_back(recording.variable(type_of(tensor_of(block))));
        step = std::make_unique<Running>(problem, recording, inputs, parameters, loss(parameters, inputs));
      },
      [&](auto model, const auto& loss) {
        for (const nn::Parameter& parameter : nn::parameters(model)) *parameter.value = type_of(*parameter.value);
        auto live = nn::lifted(model, recording);
        std::vector<Tensor> parameters;
        for (const nn::Parameter& parameter : nn::parameters(live)) parameters.push_back(*parameter.value);
        nn::Pass pass = nn::Pass::training(nn::Random(1));
        step = std::make_unique<Running>(problem, recording, inputs, parameters, loss(live, pass, inputs));
      });
  return step;
}

const RegisterEngine registered({"program", make, [](int threads) { threads_of_programs = threads; }});

}  // namespace
}  // namespace tensors_benchmark
