// Health: what is wrong with a network, seen from one training step.
//
//     Recording r;
//     const auto live = nn::lifted(model, r);
//     const Tensor loss = …;
//     const auto gradients = nn::adjoints_of(live, backward(loss));
//     for (const nn::HealthWarning& w : nn::check_health(r, loss, live, gradients)) log(w.text);
//
// It reads the values that the recording has; what it costs is a pass over them, about as much as the step's
// elementwise operations: meant for once an epoch.
//
// Reading order: HealthKind, HealthWarning, HealthOptions, check_health.
#pragma once

#include <concepts>
#include <cstdint>
#include <source_location>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "wengert/autodiff/autodiff.hpp"
#include "wengert/nn/module/parameters.hpp"

namespace wengert::nn {

enum class HealthKind : std::uint8_t {
  non_finite_parameter,  ///< NaN or ∞ in a parameter
  non_finite_gradient,   ///< in a parameter's gradient
  non_finite_value,      ///< NaN in a recorded value: the first that has one; or a loss that is not finite
  outside_graph,         ///< the loss does not depend on a parameter: no path of the graph leads from it to the loss
  dead_units,            ///< units of a relu (or max with 0) that are 0 for the whole batch
  saturated,             ///< elements of a sigmoid or tanh of a hidden layer that are close to its bounds
  vanishing_gradient,    ///< the gradient of a layer is small beside its weights and beside other layers' gradients
  exploding_gradient     ///< the gradient of a layer is large beside its weights
};
/// "dead_units" …
[[nodiscard]] std::string_view to_string(HealthKind kind) noexcept;

struct HealthWarning {
  HealthKind kind{};
  std::string where{};  ///< a parameter ("0.weight"), or a layer ("0", "1: ReLU", "relu at net.cpp:12")
  double value = 0;     ///< what was measured: a share of units or elements, a ratio of norms, a count of numbers
  std::string text{};   ///< one sentence on what is wrong, one on what to do
};

struct HealthOptions {
  /// Dead units of a layer are told from this share on. A unit is a place on the last axis, or a channel where the
  /// values come from a convolution; of fewer than 8 examples nothing is said.
  double dead = 0.1;
  /// A sigmoid's elements below `margin` or above 1 - margin are saturated (a tanh's, of twice the span, likewise);
  /// told where they are at least this share of a layer.
  double saturated = 0.5;
  double margin = 0.01;
  /// A layer's ratio ‖gradient‖ / ‖weights‖, over its parameters of two axes and more. Told as exploding above this.
  double exploding = 100;
  /// Told as vanishing below this part of the largest ratio of a layer.
  double vanishing = 1e-5;
};

/// What is wrong, most severe kinds first; empty for a healthy network. `parameters` are those of the lifted model
/// (constants among them are frozen, and nothing is said of them), `gradients` theirs. Throws ArgumentError unless
/// there is one gradient for each, and as expand() for a loss of another recording.
[[nodiscard]] std::vector<HealthWarning> check_health(const Recording& recording, const Tensor& loss,
                                                      std::span<const Parameter> parameters,
                                                      std::span<const Tensor> gradients,
                                                      const HealthOptions& options = {},
                                                      std::source_location where = std::source_location::current());
/// The same for a lifted model.
template <class M>
  requires(!std::convertible_to<const M&, std::span<const Parameter>>)
[[nodiscard]] std::vector<HealthWarning> check_health(const Recording& recording, const Tensor& loss, const M& live,
                                                      std::span<const Tensor> gradients,
                                                      const HealthOptions& options = {},
                                                      std::source_location where = std::source_location::current()) {
  M copy = live;
  const auto all = nn::parameters(copy);
  return check_health(recording, loss, std::span<const Parameter>(all), gradients, options, where);
}

}  // namespace wengert::nn
