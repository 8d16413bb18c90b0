// When a training ends by itself: the lecture's two rules, early stopping, and what they have seen.
#pragma once

#include <cstdint>
#include <optional>
#include <source_location>
#include <string>
#include <string_view>

#include "wengert/nn/train/history.hpp"

namespace wengert::nn {

/// Why a training ended.
enum class Ending : std::uint8_t {
  epochs,          ///< as many epochs as were asked for
  steps,           ///< as many steps
  seconds,         ///< the time was up
  small_loss,      ///< the loss became small enough
  unchanged_loss,  ///< the loss no longer changed
  early_stopping,  ///< what is monitored did not improve for too long
  callback,        ///< a callback asked for it
  interrupted,     ///< the flag `stop` was set
  not_finite,      ///< a loss was NaN or infinite
};
/// "epochs", "small loss" …: for people.
[[nodiscard]] std::string_view to_string(Ending ending) noexcept;

/// The number that says how good the parameters are at the end of an epoch: a column of the history.
struct Monitor {
  std::string column{};  ///< empty: validation_loss, or loss without validation
  bool maximise = false;
};

/// The lecture's rules: repeat until the loss is small enough, or does not change. Judged by the training loss of each
/// epoch, so by every step where the batch is all the data.
struct LossRules {
  std::optional<double> below{};   ///< end once loss <= below
  std::optional<double> change{};  ///< end once |loss - loss of the epoch before| <= change …
  std::int64_t epochs = 1;         ///< … for this many epochs in succession
};

/// Ends a training when the monitored number has not improved by more than `least_improvement` for `patience` epochs.
/// NaN is no improvement.
struct EarlyStopping {
  std::int64_t patience = 0;  ///< 0: never
  double least_improvement = 0;
  bool restore_best = true;  ///< at the end of the training give the model the parameters and buffers of its best epoch
};

/// Applies the rules to one epoch after the other. What it knows is a function of the epochs that it has seen.
class StoppingRules {
 public:
  StoppingRules() = default;
  /// Throws ArgumentError for a negative patience or threshold, a threshold that is NaN, or fewer than one epoch.
  StoppingRules(Monitor monitor, const LossRules& loss, const EarlyStopping& early,
                std::source_location where = std::source_location::current());

  /// Takes in the last of history.epochs; true if it is the best so far. Throws ArgumentError when the column that is
  /// monitored does not exist.
  bool add_epoch(const History& history);
  /// The rule that holds after the epochs so far: small_loss before unchanged_loss before early_stopping.
  [[nodiscard]] std::optional<Ending> verdict() const;

  /// The column that is monitored, once there is an epoch.
  [[nodiscard]] std::string column(const History& history) const;
  /// The best epoch, from 1, and its number; 0 before the first epoch whose number is not NaN.
  [[nodiscard]] std::int64_t best_epoch() const noexcept { return best_epoch_; }
  [[nodiscard]] double best() const noexcept { return best_; }

 private:
  Monitor monitor_{};
  LossRules loss_{};
  EarlyStopping early_{};
  std::source_location where_{};
  std::int64_t best_epoch_ = 0;
  double best_ = 0;
  std::int64_t improved_epoch_ = 0;  // the last one that improved by more than least_improvement
  double improved_ = 0;
  std::int64_t epoch_ = 0;
  std::optional<double> last_loss_{};
  bool small_ = false;
  std::int64_t unchanged_ = 0;
};

}  // namespace wengert::nn
