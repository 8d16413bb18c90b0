#include "wengert/nn/train/compiled_step.hpp"

#include <algorithm>
#include <cmath>

#include "wengert/graph/error.hpp"

namespace wengert::nn {

std::unique_ptr<CompiledStep> CompiledStep::make(Trainee& trainee, const Batch& batch, const Random& random,
                                                 const Trainee::Trained& names, std::span<const std::size_t> trained,
                                                 std::string& why, std::source_location where) {
  if (trainee.state().size() != trainee.parameters().size()) {
    why = "the model keeps statistics of its batches";
    return nullptr;
  }
  // From the types of the batch: nothing is computed. With the batch where the step asks for elements of it.
  try {
    const Batch types{unknown(batch.x.shape(), batch.x.dtype()), unknown(batch.y.shape(), batch.y.dtype())};
    return traced(trainee, types, random, names, trained, why, where);
  } catch (const UnknownValue&) {
    return traced(trainee, batch, random, names, trained, why, where);
  }
}

std::unique_ptr<CompiledStep> CompiledStep::traced(Trainee& trainee, const Batch& batch, const Random& random,
                                                   const Trainee::Trained& names, std::span<const std::size_t> trained,
                                                   std::string& why, std::source_location where) {
  Recording recording;
  const Batch inputs{recording.variable(batch.x, "x", where), recording.variable(batch.y, "y", where)};
  const Tensor nothing = recording.variable(zeros(Shape{}), {}, where);
  Pass pass = Pass::training(random);
  const Trainee::Outcome outcome = trainee.begin_step(recording, inputs, pass, names);
  const std::vector<Parameter> live = trainee.live_parameters();
  std::vector<Tensor> parameters;
  for (const std::size_t k : trained) parameters.push_back(*live[k].value);
  std::unique_ptr<CompiledStep> result;
  if (pass.drew_random_numbers()) {
    why = "the step draws random numbers";
  } else if (outcome.loss.is_constant() || outcome.output.is_constant()) {
    why = "the output or the loss depends on no parameter";
  } else {
    std::vector<wengert::detail::AnyHandle> given{inputs.x, inputs.y}, wanted{outcome.loss, outcome.output};
    const std::vector<Tensor> gradients = gradient(outcome.loss, parameters, where);
    given.insert(given.end(), parameters.begin(), parameters.end());
    wanted.insert(wanted.end(), gradients.begin(), gradients.end());
    result.reset(new CompiledStep(Program(recording, given, wanted, {}, where), batch));
  }
  // Lets go of the copy of the model; of a loss that was traced there are no gradients in numbers.
  static_cast<void>(trainee.gradients(backward(nothing, where)));
  return result;
}

bool CompiledStep::fits(const Batch& batch) const noexcept { return batch.x.type() == x_ && batch.y.type() == y_; }

CompiledStep::Result CompiledStep::run(const Batch& batch, std::span<const Parameter> trained,
                                       std::source_location where) {
  workspace_.set(0, batch.x, where);
  workspace_.set(1, batch.y, where);
  for (std::size_t k = 0; k < trained.size(); ++k) workspace_.set(2 + k, *trained[k].value, where);
  program_.run(workspace_, where);
  Result result{.loss = workspace_.number(0, where), .output = workspace_.get(1, where)};
  for (std::size_t k = 0; k < trained.size(); ++k) result.gradients.push_back(workspace_.get(2 + k, where));
  workspace_.release_inputs();  // so that the optimiser writes parameters in place
  return result;
}

namespace {

bool agree(const Tensor& a, const Tensor& b) {
  if (!(a.type() == b.type())) return false;
  double largest = 0, difference = 0;
  for (std::int64_t i = 0; i < a.size(); ++i) {
    const double x = a.value().element(i), y = b.value().element(i);
    if (std::isnan(x) != std::isnan(y)) return false;
    if (std::isnan(x) || x == y) continue;
    largest = std::max({largest, std::abs(x), std::abs(y)});
    difference = std::max(difference, std::abs(x - y));
  }
  return difference <= (a.dtype() == Dtype::f32 ? 1e-3 : 1e-8) * largest;
}

}  // namespace

bool agree(const CompiledStep::Result& a, const CompiledStep::Result& b) {
  const double scale = std::max(std::abs(a.loss), std::abs(b.loss));
  const bool same_loss =
      a.loss == b.loss || (std::isnan(a.loss) && std::isnan(b.loss)) || std::abs(a.loss - b.loss) <= 1e-3 * scale;
  if (!same_loss || a.gradients.size() != b.gradients.size()) return false;
  for (std::size_t k = 0; k < a.gradients.size(); ++k)
    if (!agree(a.gradients[k], b.gradients[k])) return false;
  return true;
}

}  // namespace wengert::nn
