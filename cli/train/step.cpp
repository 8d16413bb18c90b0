#include "wengert/cli/train/step.hpp"

#include "wengert/cli/errors.hpp"
#include "wengert/cli/train/loss.hpp"
#include "wengert/cli/train/model.hpp"
#include "wengert/cli/train/train.hpp"

namespace wengert::cli::train {

Step training_step(const std::string& model, const std::string& input, std::int64_t outputs, bool classes,
                   std::int64_t batch) {
  if (input.empty()) throw UsageError("--input says what one example is: --input 784, --input 1x28x28");
  nn::Random random(0);
  const Shape sample = shape_of(input);
  const nn::Layers network = build(layers_of(model, outputs), sample, random);
  Step step{std::make_unique<Recording>(), {}, {}, {}};
  nn::Layers live = nn::lifted(network, *step.recording);
  for (const nn::Parameter& parameter : nn::parameters(live)) step.parameters.push_back(*parameter.value);
  step.input = step.recording->variable(random.normal(example_of(sample, batch).shape()), "x");
  Tensor target = random.normal(Shape{batch, outputs});
  if (classes) {
    Array labels = Array::uninitialised({Dtype::i64, Shape{batch}});
    std::int64_t k = 0;
    for (std::int64_t& label : labels.mutable_data<std::int64_t>()) label = k++ % outputs;
    target = Tensor(std::move(labels));
  }
  nn::Pass pass = nn::Pass::training(random);
  step.loss = Loss{classes}(live(step.input, pass), target);
  return step;
}

}  // namespace wengert::cli::train
