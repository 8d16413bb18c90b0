// Wengert in immediate mode: recorded and swept back at every step, as nn::fit does it.
#include <functional>

#include "wengert/benchmarks/tensors/models.hpp"

namespace tensors_benchmark {
namespace {

/// Gradients by some tensors, no training.
class Gradients final : public Step {
 public:
  Gradients(const Problem& problem, std::function<Tensor(Tensors, Tensors)> loss)
      : loss_(std::move(loss)), inputs_(inputs_of(problem)) {
    for (const Block& block : problem.parameters) parameters_.push_back(tensor_of(block));
  }

  double run() override {
    recording_.clear();
    std::vector<Tensor> x;
    x.reserve(parameters_.size());
    for (const Tensor& parameter : parameters_) x.push_back(recording_.variable(parameter));
    const Tensor loss = loss_(x, inputs_);
    backward(loss, adjoints_);
    gradients_.clear();
    for (const Tensor& each : x) gradients_.push_back(adjoints_[each]);
    return loss.item();
  }
  std::vector<float> results() override { return numbers_of(gradients_); }

 private:
  std::function<Tensor(Tensors, Tensors)> loss_;
  std::vector<Tensor> inputs_, parameters_, gradients_;
  Recording recording_;
  Adjoints adjoints_;
};

template <class M>
class Training final : public Step {
 public:
  Training(const Problem& problem, M model, std::function<Tensor(M&, nn::Pass&, Tensors)> loss)
      : model_(std::move(model)),
        loss_(std::move(loss)),
        optimiser_({.rate = static_cast<double>(problem.rate)}),
        inputs_(inputs_of(problem)) {
    load(model_, problem);
  }

  double run() override {
    double value = 0;
    std::vector<Tensor> gradients;
    {
      auto live = nn::lifted(model_, recording_);
      nn::Pass pass = nn::Pass::training(random_);
      const Tensor loss = loss_(live, pass, inputs_);
      backward(loss, adjoints_);
      gradients = nn::adjoints_of(live, adjoints_);
      value = loss.item();
    }
    recording_.clear();
    optimiser_.step(model_, gradients);
    return value;
  }
  std::vector<float> results() override { return numbers_of_model(model_); }

 private:
  M model_;
  std::function<Tensor(M&, nn::Pass&, Tensors)> loss_;
  nn::SGD optimiser_;
  std::vector<Tensor> inputs_;
  nn::Random random_{1};
  Recording recording_;
  Adjoints adjoints_;
};

std::unique_ptr<Step> make(const Problem& problem) {
  std::unique_ptr<Step> step;
  with_loss(
      problem, [&](auto loss) { step = std::make_unique<Gradients>(problem, std::move(loss)); },
      [&]<class M>(M model, auto loss) {
        step = std::make_unique<Training<M>>(problem, std::move(model), std::move(loss));
      });
  return step;
}

const RegisterEngine registered({"immediate", make});

}  // namespace
}  // namespace tensors_benchmark
