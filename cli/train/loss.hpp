/// What networks of the command are trained by, and what they must give.
#pragma once

#include <vector>

#include "wengert/cli/errors.hpp"
#include "wengert/cli/train/data.hpp"
#include "wengert/nn/functions/losses.hpp"
#include "wengert/nn/module/any.hpp"

namespace wengert::cli::train {

/// Cross entropy of logits and classes, whose labels may be smoothed, or the mean squared error.
struct Loss {
  bool classes;
  double smoothing = 0;
  [[nodiscard]] Tensor operator()(const Tensor& output, const Tensor& target) const {
    return classes ? nn::cross_entropy(output, target, {.smoothing = smoothing})
                   : nn::mean_squared_error(output, target);
  }
};

/// So many examples of zeros.
[[nodiscard]] inline Tensor example_of(const Shape& sample, std::int64_t batch) {
  std::vector<std::int64_t> extents{batch};
  extents.insert(extents.end(), sample.begin(), sample.end());
  return zeros(Shape(std::span<const std::int64_t>(extents)), Dtype::f32);
}
[[nodiscard]] inline Tensor example_of(const DataForm& form, std::int64_t batch) {
  return example_of(form.sample, batch);
}

/// Throws UsageError unless the network gives as many numbers for an example as the data want.
inline void check_output(const nn::Layers& network, const DataForm& form) {
  const Shape given = network(example_of(form, 2)).shape();
  if (given != Shape{2, form.outputs})
    throw UsageError("the model gives " + to_string(given) + " for two examples; the data want " +
                     to_string(Shape{2, form.outputs}));
}

}  // namespace wengert::cli::train
