// A tiny network with everything that a resumed training must not forget: random numbers in training (a dropout),
// buffers (running means), parameters of two layers. And what tests ask of trainings.
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <memory>
#include <string>
#include <tuple>
#include <vector>

#include "wengert/nn/data/loader.hpp"
#include "wengert/nn/layers/linear.hpp"
#include "wengert/nn/module/parameters.hpp"
#include "wengert/nn/module/pass.hpp"
#include "wengert/nn/train/fit.hpp"

namespace wengert::test {

struct Network {
  nn::Linear hidden, out;
  nn::Buffer mean{zeros(Shape{8}, Dtype::f64)};  // running mean of the hidden values

  static auto members(auto& self) { return std::tie(self.hidden, self.out, self.mean); }
  static constexpr std::array names{"hidden", "out", "mean"};

  explicit Network(nn::Random random)
      : hidden(1, 8, random, {.dtype = Dtype::f64}), out(8, 1, random, {.dtype = Dtype::f64}) {}

  Tensor operator()(const Tensor& x, nn::Pass& pass) {
    Tensor h = tanh(hidden(x));
    if (pass.is_training()) {
      const double samples = static_cast<double>(h.shape()[0]);
      const Tensor now = wengert::sum(Tensor(h.value()), {0}) / samples;
      mean.value = Tensor((0.75 * mean.value + 0.25 * now).value());
      h = h - now;
      h = h * pass.random().keep(h.shape(), 0.75, Dtype::f64) * (1 / 0.75);
    } else {
      h = h - mean.value;
    }
    return out(h);
  }
};

inline Tensor squared_error(const Tensor& output, const Tensor& target) {
  const Tensor difference = output - target;
  return wengert::mean(difference * difference);
}

/// n points of a parabola, f64.
inline nn::DatasetPointer parabola(std::int64_t n) {
  std::vector<double> x, y;
  for (std::int64_t k = 0; k < n; ++k) {
    const double at = 2.0 * static_cast<double>(k) / static_cast<double>(n - 1) - 1;
    x.push_back(at);
    y.push_back(at * at);
  }
  return std::make_shared<nn::TensorDataset>(tensor(x, Shape{n, 1}), tensor(y, Shape{n, 1}));
}

/// The bits of all parameters and buffers.
inline std::vector<std::uint64_t> bits_of(const auto& model) {
  std::vector<std::uint64_t> bits;
  for (const nn::NamedTensor& tensor : nn::state(model))
    for (const double x : tensor.value.to_vector()) bits.push_back(std::bit_cast<std::uint64_t>(x));
  return bits;
}

/// The bits of a history, less its times.
inline std::vector<std::uint64_t> bits_of_history(const nn::History& history) {
  std::vector<std::uint64_t> bits;
  for (const auto* records : {&history.steps, &history.epochs}) {
    for (const nn::TrainingRecord& record : *records) {
      for (const std::string& column : nn::columns_of(history)) {
        const auto number = nn::number_of(history, record, column);
        if (column != "seconds" && number) bits.push_back(std::bit_cast<std::uint64_t>(*number));
      }
    }
  }
  return bits;
}

}  // namespace wengert::test
