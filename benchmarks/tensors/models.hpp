// The problems written with Wengert's functions and nn: what immediate mode and programs both run.
#pragma once

#include <cstring>
#include <span>
#include <vector>

#include "wengert/autodiff/autodiff.hpp"
#include "wengert/benchmarks/tensors/problem.hpp"
#include "wengert/nn/functions/losses.hpp"
#include "wengert/nn/layers/activations.hpp"
#include "wengert/nn/layers/attention.hpp"
#include "wengert/nn/layers/convolution.hpp"
#include "wengert/nn/layers/linear.hpp"
#include "wengert/nn/layers/pooling.hpp"
#include "wengert/nn/layers/recurrent.hpp"
#include "wengert/nn/layers/reshaping.hpp"
#include "wengert/nn/module/sequential.hpp"
#include "wengert/nn/nn.hpp"

namespace tensors_benchmark {

using namespace wengert;

inline Tensor tensor_of(const Block& block) {
  Array elements = Array::uninitialised({Dtype::f32, Shape(std::span<const std::int64_t>(block.shape))});
  std::memcpy(elements.mutable_data<float>().data(), block.values.data(), block.values.size() * sizeof(float));
  return Tensor(std::move(elements));
}
inline Tensor labels_of(const Problem& problem) {
  const auto count = static_cast<std::int64_t>(problem.labels.size());
  Array elements = Array::uninitialised({Dtype::i64, Shape{count}});
  std::memcpy(elements.mutable_data<std::int64_t>().data(), problem.labels.data(),
              problem.labels.size() * sizeof(std::int64_t));
  return Tensor(std::move(elements));
}
inline std::vector<float> numbers_of(std::span<const Tensor> tensors) {
  std::vector<float> numbers;
  for (const Tensor& tensor : tensors) {
    const auto data = tensor.value().data<float>();
    numbers.insert(numbers.end(), data.begin(), data.end());
  }
  return numbers;
}
template <class M>
std::vector<float> numbers_of_model(const M& model) {
  std::vector<Tensor> tensors;
  for (const nn::NamedTensor& each : nn::state(model)) tensors.push_back(each.value);
  return numbers_of(tensors);
}
template <class M>
void load(M& model, const Problem& problem) {
  std::vector<nn::NamedTensor> state;
  for (const Block& block : problem.parameters) state.push_back({block.name, tensor_of(block)});
  nn::load_state(model, state);
}

/// What changes from step to step: the inputs, then the labels if there are any.
inline std::vector<Tensor> inputs_of(const Problem& problem) {
  std::vector<Tensor> inputs;
  for (const Block& block : problem.inputs) inputs.push_back(tensor_of(block));
  if (!problem.labels.empty()) inputs.push_back(labels_of(problem));
  return inputs;
}

using Tensors = std::span<const Tensor>;

/// Calls `of_tensors` with a loss, a function of parameters and inputs, both Tensors; or `of_model` with a model and a
/// loss, a function of the model, an nn::Pass and the inputs.
void with_loss(const Problem& problem, auto of_tensors, auto of_model) {
  if (problem.is("chain")) {
    of_tensors([](Tensors x, Tensors inputs) {
      Tensor v = x[0];
      for (int k = 0; k < 333; ++k) {
        v = v * inputs[0];
        v = v + inputs[1];
        v = relu(v);
      }
      return sum(v);
    });
  } else if (problem.is("elementwise")) {
    of_tensors([](Tensors x, Tensors) { return sum(tanh(x[0] * x[1] + x[2]) * sigmoid(x[3])); });
  } else if (problem.is("softmax")) {
    of_tensors([](Tensors x, Tensors inputs) { return nn::cross_entropy(x[0], inputs[0]); });
  } else {
    nn::Random random(1);
    const auto classes = [](auto& model, nn::Pass& pass, Tensors inputs) {
      return nn::cross_entropy(nn::run(model, inputs[0], pass), inputs[1]);
    };
    const auto numbers = [](auto& model, nn::Pass& pass, Tensors inputs) {
      const Tensor y = model(inputs[0], pass);
      return nn::mean_squared_error(y, inputs[1]);
    };
    if (problem.is("mlp"))
      of_model(nn::Sequential(nn::Linear(784, 256, random), nn::ReLU{}, nn::Linear(256, 128, random), nn::ReLU{},
                              nn::Linear(128, 10, random)),
               classes);
    if (problem.is("lenet"))
      of_model(nn::Sequential(nn::Conv2d(1, 6, 5, random, {.padding = {2}}), nn::ReLU{}, nn::MaxPool2d(2),
                              nn::Conv2d(6, 16, 5, random), nn::ReLU{}, nn::MaxPool2d(2), nn::Flatten{},
                              nn::Linear(400, 120, random), nn::ReLU{}, nn::Linear(120, 84, random), nn::ReLU{},
                              nn::Linear(84, 10, random)),
               classes);
    if (problem.is("lstm")) of_model(nn::LSTM(64, 128, random), numbers);
    if (problem.is("transformer"))
      of_model(nn::TransformerEncoderLayer(128, 4, random, {.feed_forward = 512, .dropout = 0}), numbers);
  }
}

}  // namespace tensors_benchmark
