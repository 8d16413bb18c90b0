/// One step of a model's training, recorded to be drawn.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "wengert/autodiff/autodiff.hpp"

namespace wengert::cli::train {

struct Step {
  std::unique_ptr<Recording> recording;
  Tensor loss;
  std::vector<Tensor> parameters;
  Tensor input;
};
/// The model (a text or a TOML file) called in training with `batch` examples of the shape `input` ("1x28x28"): named
/// variables are its parameters and the input; the loss is cross entropy, or without `classes` the mean squared error.
/// Throws UsageError.
[[nodiscard]] Step training_step(const std::string& model, const std::string& input, std::int64_t outputs, bool classes,
                                 std::int64_t batch);

}  // namespace wengert::cli::train
