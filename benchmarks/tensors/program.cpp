// Wengert's Program: forward, gradient and the update of the parameters in one graph, recorded once, run at every step.
// The parameters are states of the program.
#include <functional>
#include <optional>

#include "wengert/autodiff/exec/program.hpp"
#include "wengert/benchmarks/tensors/models.hpp"

namespace tensors_benchmark {
namespace {

int threads_of_programs = 1;

/// Outputs of the program: the loss, then parameters after the step, or gradients where nothing is trained.
class Running final : public Step {
 public:
  Running(Recording& recording, const std::vector<Tensor>& inputs, const std::vector<Tensor>& parameters,
          const Tensor& loss, float rate)
      : count_(parameters.size()), trains_(rate > 0) {
    std::vector<detail::AnyHandle> in(inputs.begin(), inputs.end()), out{loss};
    in.insert(in.end(), parameters.begin(), parameters.end());
    std::vector<Tensor> gradients = gradient(loss, parameters);
    ProgramOptions options{.threads = threads_of_programs};
    for (std::size_t k = 0; k < count_; ++k) {
      if (trains_) {
        gradients[k] = parameters[k] - static_cast<double>(rate) * gradients[k];
        options.states.push_back({.input = inputs.size() + k, .output = 1 + k});
      }
      out.push_back(gradients[k]);
    }
    program_.emplace(recording, in, out, options);
    workspace_.emplace(*program_);
    std::size_t at = 0;
    for (const std::vector<Tensor>* const group : {&inputs, &parameters})
      for (const Tensor& each : *group) workspace_->set(at++, each.value());
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

std::unique_ptr<Step> make(const Problem& problem) {
  std::unique_ptr<Step> step;
  Recording recording;
  std::vector<Tensor> inputs;
  for (const Tensor& each : inputs_of(problem)) inputs.push_back(recording.variable(each));
  with_loss(
      problem,
      [&](const auto& loss) {
        std::vector<Tensor> parameters;
        for (const Block& block : problem.parameters) parameters.push_back(recording.variable(tensor_of(block)));
        step = std::make_unique<Running>(recording, inputs, parameters, loss(parameters, inputs), problem.rate);
      },
      [&](auto model, const auto& loss) {
        load(model, problem);
        auto live = nn::lifted(model, recording);
        std::vector<Tensor> parameters;
        for (const nn::Parameter& parameter : nn::parameters(live)) parameters.push_back(*parameter.value);
        nn::Pass pass = nn::Pass::training(nn::Random(1));
        step = std::make_unique<Running>(recording, inputs, parameters, loss(live, pass, inputs), problem.rate);
      });
  return step;
}

const RegisterEngine registered({"program", make, [](int threads) { threads_of_programs = threads; }});

}  // namespace
}  // namespace tensors_benchmark
