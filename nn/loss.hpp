// Losses: how far outputs are from their targets, as compositions.
#pragma once

#include <cmath>
#include <iterator>
#include <ranges>
#include <source_location>
#include <type_traits>

#include "wengert/autodiff/autodiff.hpp"
#include "wengert/nn/counts.hpp"
#include "wengert/nn/neuron.hpp"

namespace wengert::nn {

namespace detail {
/// Σ term((target - output)²), in the order of the outputs.
template <std::ranges::forward_range Outputs, std::ranges::forward_range Targets, class Term>
[[nodiscard]] auto sum_of_squared_errors(const char* name, const Outputs& outputs, const Targets& targets,
                                         const Term& term, std::source_location where) {
  using T = Sum<std::ranges::range_value_t<Outputs>, std::ranges::range_value_t<Targets>>;
  const auto count = std::ranges::distance(outputs);
  check_not_empty(name, count, "outputs", where);
  check_counts(name, std::ranges::distance(targets), "targets", count, "outputs", where);
  using std::pow;
  auto output = std::ranges::begin(outputs);
  auto target = std::ranges::begin(targets);
  T sum = term(pow(*target - *output, 2));
  for (++output, ++target; output != std::ranges::end(outputs); ++output, ++target) {
    sum = sum + term(pow(*target - *output, 2));
  }
  return sum;
}
}  // namespace detail

/// ½(t₀-o₀)² + ½(t₁-o₁)² + …, the loss of the lecture: the ½ of each output cancels the 2 of its derivative, o - t.
/// Throws ShapeError unless there are as many targets as outputs, one at least.
template <std::ranges::forward_range Outputs, std::ranges::forward_range Targets>
[[nodiscard]] auto half_squared_error(const Outputs& outputs, const Targets& targets,
                                      std::source_location where = std::source_location::current()) {
  return detail::sum_of_squared_errors(
      "half_squared_error", outputs, targets, [](const auto& square) { return 0.5 * square; }, where);
}

/// The mean of (t-o)² over the outputs, as elsewhere; for two outputs it equals half_squared_error.
/// Throws ShapeError unless there are as many targets as outputs, one at least.
template <std::ranges::forward_range Outputs, std::ranges::forward_range Targets>
[[nodiscard]] auto mean_squared_error(const Outputs& outputs, const Targets& targets,
                                      std::source_location where = std::source_location::current()) {
  const auto sum = detail::sum_of_squared_errors(
      "mean_squared_error", outputs, targets, [](const auto& square) { return square; }, where);
  using T = std::remove_const_t<decltype(sum)>;
  return T(sum / static_cast<double>(std::ranges::distance(outputs)));
}

}  // namespace wengert::nn
