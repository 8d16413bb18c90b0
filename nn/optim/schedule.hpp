// Schedules: the rate as a function of the step, or of the epoch; whichever one calls them with.
//
//     const nn::Schedule rate = nn::warm_up(5, nn::cosine(1e-3, 95));
//     for (std::int64_t epoch = 0; epoch < 100; ++epoch) {
//       optimiser.set_rate(rate(epoch));
//
// A schedule is a plain function of a count from 0: it remembers nothing, so that going on in the middle needs nothing
// but the count. Only Plateau, which looks at the loss, has a state.
//
// Every maker throws ArgumentError for numbers out of range: rates and factors are finite and not negative, counts are
// at least 1 (a warm-up or a restart of 0 would be none). A count below 0 counts as 0.
#pragma once

#include <cstdint>
#include <functional>
#include <source_location>
#include <span>
#include <vector>

#include "wengert/nn/module/parameters.hpp"

namespace wengert::nn {

/// The rate at step t = 0, 1, 2, ….
using Schedule = std::function<double(std::int64_t t)>;

/// rate.
[[nodiscard]] Schedule constant(double rate, std::source_location where = std::source_location::current());
/// rate · factor^⌊t / every⌋. PyTorch's StepLR.
[[nodiscard]] Schedule step_decay(double rate, std::int64_t every, double factor = 0.1,
                                  std::source_location where = std::source_location::current());
/// rate · factor^(how many of the steps are ≤ t). PyTorch's MultiStepLR.
[[nodiscard]] Schedule multi_step(double rate, std::vector<std::int64_t> steps, double factor = 0.1,
                                  std::source_location where = std::source_location::current());
/// rate · factorᵗ. PyTorch's ExponentialLR.
[[nodiscard]] Schedule exponential(double rate, double factor,
                                   std::source_location where = std::source_location::current());
/// least + ½ (rate - least) (1 + cos(π t / steps)), and `least` from t = steps on. PyTorch's CosineAnnealingLR up to
/// there, which rises again afterwards. Loshchilov, Hutter 2017.
[[nodiscard]] Schedule cosine(double rate, std::int64_t steps, double least = 0,
                              std::source_location where = std::source_location::current());
/// cosine over `steps`, then again over steps · growth, and so on. PyTorch's CosineAnnealingWarmRestarts.
[[nodiscard]] Schedule cosine_restarts(double rate, std::int64_t steps, std::int64_t growth = 1, double least = 0,
                                       std::source_location where = std::source_location::current());
/// rate · (1 - t / steps)^power, and 0 from t = steps on. PyTorch's PolynomialLR; power 1 is a straight line.
[[nodiscard]] Schedule polynomial(double rate, std::int64_t steps, double power = 1,
                                  std::source_location where = std::source_location::current());
/// `steps` steps on a straight line up to the first rate of `then`, then `then` from its beginning: at t < steps,
/// then(0) · (t + 1) / (steps + 1).
[[nodiscard]] Schedule warm_up(std::int64_t steps, Schedule then,
                               std::source_location where = std::source_location::current());
/// The same from a given start: then(0) · (start + (1 - start) · t / steps). PyTorch's LinearLR and SequentialLR.
[[nodiscard]] Schedule warm_up(std::int64_t steps, Schedule then, double start,
                               std::source_location where = std::source_location::current());
/// `first` for `steps` steps, then `then` from its beginning.
[[nodiscard]] Schedule sequence(Schedule first, std::int64_t steps, Schedule then,
                                std::source_location where = std::source_location::current());

struct OneCycleOptions {
  double rise = 0.3;            ///< the part of the steps in which the rate rises
  double initial_divisor = 25;  ///< it starts at rate / initial_divisor,
  double final_divisor = 1e4;   ///< and ends at the start / final_divisor
  bool linear = false;          ///< straight lines instead of halves of a cosine
};
/// Up to `rate` and down again, in `steps` steps; the end afterwards. PyTorch's OneCycleLR (of two phases, without its
/// momentum). Smith, Topin 2018.
[[nodiscard]] Schedule one_cycle(double rate, std::int64_t steps, const OneCycleOptions& options = {},
                                 std::source_location where = std::source_location::current());

struct PlateauOptions {
  bool maximise = false;          ///< better is larger: an accuracy
  double factor = 0.1;            ///< times the rate, below 1
  std::int64_t patience = 10;     ///< so many values in a row may be no better; the next lowers the rate
  double threshold = 1e-4;        ///< better means by more than this part of |best|
  bool relative = true;           ///< false: by more than the threshold itself
  std::int64_t cooldown = 0;      ///< so many values after a reduction do not count
  double least = 0;               ///< no rate below
  double smallest_change = 1e-8;  ///< a reduction by no more than that is not made
};

/// Lowers the rate when the loss stops falling. PyTorch's ReduceLROnPlateau. A value.
class Plateau {
 public:
  /// Throws ArgumentError for options out of range.
  explicit Plateau(double rate, const PlateauOptions& options = {},
                   std::source_location where = std::source_location::current());
  /// Takes the next loss (or what is watched) and returns the rate from here on. NaN is no better than anything.
  double step(double value);
  [[nodiscard]] double rate() const noexcept { return rate_; }
  /// plateau.rate, .best (f64), .bad, .cooldown (i64).
  [[nodiscard]] std::vector<NamedTensor> state() const;
  /// Goes on from a state(). Throws ArgumentError, and changes nothing, unless it is one.
  void load_state(std::span<const NamedTensor> state, std::source_location where = std::source_location::current());

 private:
  [[nodiscard]] bool is_better(double value) const;

  PlateauOptions options_;
  double rate_, best_;
  std::int64_t bad_ = 0, cooldown_ = 0;
};

}  // namespace wengert::nn
