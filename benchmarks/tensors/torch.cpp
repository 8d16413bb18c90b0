// libtorch: the same problems with its modules and optimiser. Built only with WENGERT_BENCHMARK_TORCH.
#include <torch/torch.h>

#include <functional>

#include "wengert/benchmarks/tensors/problem.hpp"

namespace tensors_benchmark {
namespace {

using torch::Tensor;

Tensor tensor_of(const Block& block) {
  return torch::from_blob(const_cast<float*>(block.values.data()), block.shape, torch::kFloat32).clone();
}
Tensor labels_of(const Problem& problem) {
  return torch::from_blob(const_cast<std::int64_t*>(problem.labels.data()),
                          {static_cast<std::int64_t>(problem.labels.size())}, torch::kInt64)
      .clone();
}
void append(std::vector<float>& numbers, const Tensor& tensor) {
  const Tensor dense = tensor.detach().contiguous();
  numbers.insert(numbers.end(), dense.data_ptr<float>(), dense.data_ptr<float>() + dense.numel());
}

class Gradients final : public Step {
 public:
  Gradients(const Problem& problem, std::function<Tensor(const std::vector<Tensor>&)> loss) : loss_(std::move(loss)) {
    for (const Block& block : problem.parameters) x_.push_back(tensor_of(block).requires_grad_());
  }
  double run() override {
    for (Tensor& x : x_) x.mutable_grad() = Tensor();
    const Tensor loss = loss_(x_);
    loss.backward();
    return loss.item<float>();
  }
  std::vector<float> results() override {
    std::vector<float> numbers;
    for (const Tensor& x : x_) append(numbers, x.grad());
    return numbers;
  }

 private:
  std::function<Tensor(const std::vector<Tensor>&)> loss_;
  std::vector<Tensor> x_;
};

template <class M>
class Training final : public Step {
 public:
  Training(const Problem& problem, M module, std::function<Tensor(M&)> loss)
      : module_(std::move(module)), loss_(std::move(loss)) {
    auto parameters = module_->named_parameters();
    torch::NoGradGuard guard;
    for (const Block& block : problem.parameters) {
      Tensor& own = parameters[block.name];
      own.copy_(tensor_of(block));
      order_.push_back(own);
    }
    if (order_.size() != parameters.size()) throw std::logic_error(problem.name + ": other parameters in libtorch");
    optimiser_ = std::make_unique<torch::optim::SGD>(module_->parameters(), torch::optim::SGDOptions(problem.rate));
  }
  double run() override {
    optimiser_->zero_grad();
    const Tensor loss = loss_(module_);
    loss.backward();
    optimiser_->step();
    return loss.item<float>();
  }
  std::vector<float> results() override {
    std::vector<float> numbers;
    for (const Tensor& each : order_) append(numbers, each);
    return numbers;
  }

 private:
  M module_;
  std::function<Tensor(M&)> loss_;
  std::vector<Tensor> order_;
  std::unique_ptr<torch::optim::SGD> optimiser_;
};

template <class M>
std::unique_ptr<Step> training(const Problem& problem, M module, std::function<Tensor(M&)> loss) {
  return std::make_unique<Training<M>>(problem, std::move(module), std::move(loss));
}
std::unique_ptr<Step> gradients(const Problem& problem, std::function<Tensor(const std::vector<Tensor>&)> loss) {
  return std::make_unique<Gradients>(problem, std::move(loss));
}

std::unique_ptr<Step> make(const Problem& problem) {
  namespace nn = torch::nn;
  using nn::functional::cross_entropy;
  if (problem.is("chain")) {
    const Tensor a = tensor_of(problem.inputs[0]), b = tensor_of(problem.inputs[1]);
    return gradients(problem, [a, b](const std::vector<Tensor>& x) {
      Tensor v = x[0];
      for (int k = 0; k < 333; ++k) {
        v = v * a;
        v = v + b;
        v = torch::relu(v);
      }
      return v.sum();
    });
  }
  if (problem.is("elementwise"))
    return gradients(problem, [](const std::vector<Tensor>& x) {
      return (torch::tanh(x[0] * x[1] + x[2]) * torch::sigmoid(x[3])).sum();
    });
  if (problem.is("softmax"))
    return gradients(
        problem, [labels = labels_of(problem)](const std::vector<Tensor>& x) { return cross_entropy(x[0], labels); });
  const Tensor x = tensor_of(problem.inputs[0]);
  if (problem.is("mlp") || problem.is("lenet")) {
    const Tensor labels = labels_of(problem);
    const std::function<Tensor(nn::Sequential&)> loss = [x, labels](nn::Sequential& module) {
      return cross_entropy(module->forward(x), labels);
    };
    if (problem.is("mlp"))
      return training(
          problem,
          nn::Sequential(nn::Linear(784, 256), nn::ReLU(), nn::Linear(256, 128), nn::ReLU(), nn::Linear(128, 10)),
          loss);
    return training(
        problem,
        nn::Sequential(nn::Conv2d(nn::Conv2dOptions(1, 6, 5).padding(2)), nn::ReLU(), nn::MaxPool2d(2),
                       nn::Conv2d(nn::Conv2dOptions(6, 16, 5)), nn::ReLU(), nn::MaxPool2d(2), nn::Flatten(),
                       nn::Linear(400, 120), nn::ReLU(), nn::Linear(120, 84), nn::ReLU(), nn::Linear(84, 10)),
        loss);
  }
  const Tensor target = tensor_of(problem.inputs[1]);
  if (problem.is("lstm"))
    return training<nn::LSTM>(problem, nn::LSTM(64, 128), [x, target](nn::LSTM& module) {
      return torch::mse_loss(std::get<0>(module->forward(x)), target);
    });
  // Its attention takes the length first.
  const Tensor turned = x.transpose(0, 1).contiguous(), turned_target = target.transpose(0, 1).contiguous();
  return training<nn::TransformerEncoderLayer>(
      problem, nn::TransformerEncoderLayer(nn::TransformerEncoderLayerOptions(128, 4).dim_feedforward(512).dropout(0)),
      [turned, turned_target](nn::TransformerEncoderLayer& module) {
        return torch::mse_loss(module->forward(turned), turned_target);
      });
}

const RegisterEngine registered({"libtorch", make, [](int threads) { at::set_num_threads(threads); },
                                 [](const Problem&) { return true; }});

}  // namespace
}  // namespace tensors_benchmark
