// minimise: L-BFGS, for losses that are not random: all data in each evaluation, up to some thousands of examples.
//
//     const nn::Minimum found = nn::minimise(model, [&](const Network& live) {
//       return nn::mean_squared_error(live(x), y);
//     });
//
// Reading order: LBFGSOptions, Minimum, the three forms of minimise.
#pragma once

#include <concepts>
#include <cstdint>
#include <functional>
#include <source_location>
#include <span>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "wengert/nn/module/parameters.hpp"

namespace wengert::nn {

struct LBFGSOptions {
  std::int64_t most_iterations = 100;
  std::int64_t most_evaluations = 1000;  ///< checked before each iteration, whose line search may need some more
  std::int64_t history = 10;             ///< pairs of steps and changes of the gradient that are remembered
  double tolerance_gradient = 1e-7;      ///< it ends where no element of the gradient is larger,
  double tolerance_change = 1e-9;        ///< or where neither parameters nor loss changed by more
  bool line_search = true;               ///< strong Wolfe; false: each step is `rate` times the direction
  double rate = 1;                       ///< the first trial of the line search
  double sufficient_decrease = 1e-4;     ///< c₁ of Wolfe's conditions
  double curvature = 0.9;                ///< c₂
  /// Called after each iteration, if there is one; false ends it.
  std::function<bool(std::int64_t iteration, double loss)> keep_going{};
};

/// Why it ended.
enum class Stop : std::uint8_t {
  gradient,     ///< the gradient is within its tolerance
  change,       ///< nothing changes any more
  iterations,   ///< their number is reached
  evaluations,  ///< theirs is
  line_search,  ///< no step along the direction lowers the loss: rounding, or a gradient that is not the loss's
  asked         ///< keep_going said so
};
/// "gradient", "change" …
[[nodiscard]] std::string_view to_string(Stop stop) noexcept;

struct Minimum {
  double loss = 0;
  double gradient = 0;  ///< the largest magnitude of its elements
  std::int64_t iterations = 0, evaluations = 0;
  Stop stop = Stop::iterations;
  [[nodiscard]] bool converged() const noexcept { return stop == Stop::gradient || stop == Stop::change; }
};

/// The loss at x, and its gradient there, written into the second.
using FlatLoss = std::function<double(std::span<const double> x, std::span<double> gradient)>;
using LossAndGradients = std::pair<double, std::vector<Tensor>>;

/// Moves x to where f is smaller, from there on. Never up: x ends at the best point that was found, also when f throws
/// (but without the line search at the last point).
///
/// The direction is that of Nocedal 1980 (algorithms 7.4 and 7.5 in Nocedal, Wright, Numerical Optimization, 2006), the
/// line search theirs (3.5 and 3.6) with cubic interpolation. A trial where f or its gradient is not finite counts as
/// too far. Defaults are those of torch.optim.LBFGS but for the line search, the number of iterations and the history.
///
/// Throws DomainError if f or its gradient is not finite at the beginning, ArgumentError for options out of range.
Minimum minimise(std::span<double> x, const FlatLoss& f, const LBFGSOptions& options = {},
                 std::source_location where = std::source_location::current());

/// The same for parameters, of f32 or f64; `f` reads their values and gives a gradient for each. What is computed
/// between evaluations is f64; parameters of f32 limit how small the gradient gets. Throws as Optimiser::step does.
Minimum minimise(std::span<const Parameter> parameters, const std::function<LossAndGradients()>& f,
                 const LBFGSOptions& options = {}, std::source_location where = std::source_location::current());

/// The same for a model. `loss` is called with a lifted copy and gives the loss, a tensor of one element; or with the
/// model, and gives the loss as a number with a gradient for each parameter, in the order of parameters(model).
template <class M, class F>
  requires std::invocable<const F&, const M&>
Minimum minimise(M& model, const F& loss, const LBFGSOptions& options = {},
                 std::source_location where = std::source_location::current()) {
  const auto all = nn::parameters(model);
  Recording recording;
  const auto evaluate = [&]() -> LossAndGradients {
    if constexpr (std::same_as<std::invoke_result_t<const F&, const M&>, Tensor>) {
      recording.clear();
      const M live = lifted(model, recording, {}, where);
      const Tensor value = loss(live);
      return {value.item(where), adjoints_of(live, backward(value, where))};
    } else {
      return loss(std::as_const(model));
    }
  };
  return minimise(std::span<const Parameter>(all), evaluate, options, where);
}

}  // namespace wengert::nn
