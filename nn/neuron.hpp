// The artificial neuron, and the layer made of neurons: compositions of sums, products and an activation.
//
// Templates over the kind of number: weights, inputs and biases may each be Scalars (whose gradient is wanted) or plain
// numbers; the result is Scalars as soon as one of them is. All sums run in the order of the inputs, the bias last.
#pragma once

#include <iterator>
#include <ranges>
#include <source_location>
#include <type_traits>
#include <vector>

#include "wengert/autodiff/autodiff.hpp"
#include "wengert/nn/counts.hpp"

namespace wengert::nn {

/// What a sum of products of these elements is: Scalar, or a plain number.
template <class... Elements>
using Sum = std::common_type_t<std::remove_cvref_t<Elements>...>;

/// w₀x₀ + w₁x₁ + … + bias. Without inputs it is the bias. Throws ShapeError unless there are as many weights as inputs.
template <std::ranges::forward_range Weights, std::ranges::forward_range Inputs, class Bias>
[[nodiscard]] auto weighted_sum(const Weights& weights, const Inputs& inputs, const Bias& bias,
                                std::source_location where = std::source_location::current()) {
  using T = Sum<std::ranges::range_value_t<Weights>, std::ranges::range_value_t<Inputs>, Bias>;
  const auto count = std::ranges::distance(inputs);
  detail::check_counts("weighted_sum", std::ranges::distance(weights), "weights", count, "inputs", where);
  auto weight = std::ranges::begin(weights);
  auto input = std::ranges::begin(inputs);
  if (count == 0) return T(bias);
  T sum = *weight * *input;
  for (++weight, ++input; input != std::ranges::end(inputs); ++weight, ++input) sum = sum + *weight * *input;
  return T(sum + bias);
}

/// activation(w₀x₀ + w₁x₁ + … + bias).
template <std::ranges::forward_range Weights, std::ranges::forward_range Inputs, class Bias, class Activation>
[[nodiscard]] auto neuron(const Weights& weights, const Inputs& inputs, const Bias& bias, const Activation& activation,
                          std::source_location where = std::source_location::current()) {
  const auto net = weighted_sum(weights, inputs, bias, where);
  using T = std::remove_const_t<decltype(net)>;
  return T(activation(net));
}

/// One neuron per row of `weights`, each with its bias, all on the same inputs. Throws ShapeError unless there are as
/// many rows as biases, and as many weights in each row as inputs.
template <std::ranges::forward_range Rows, std::ranges::forward_range Inputs, std::ranges::forward_range Biases,
          class Activation>
[[nodiscard]] auto layer(const Rows& weights, const Inputs& inputs, const Biases& biases, const Activation& activation,
                         std::source_location where = std::source_location::current()) {
  detail::check_counts("layer", std::ranges::distance(weights), "rows of weights", std::ranges::distance(biases),
                       "biases", where);
  using Bias = std::ranges::range_value_t<Biases>;
  std::vector<
      Sum<std::ranges::range_value_t<std::ranges::range_value_t<Rows>>, std::ranges::range_value_t<Inputs>, Bias>>
      outputs;
  auto bias = std::ranges::begin(biases);
  for (const auto& row : weights) outputs.push_back(neuron(row, inputs, *bias++, activation, where));
  return outputs;
}

}  // namespace wengert::nn
