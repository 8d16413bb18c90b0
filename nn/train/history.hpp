// What a training has measured so far, as plain data: logs, reports, stopping rules and checkpoints read it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace wengert::nn {

/// Measurements over a stretch of training: some steps, or an epoch.
struct TrainingRecord {
  std::int64_t epoch = 0;  ///< the epoch it lies in, from 1
  std::int64_t step = 0;   ///< steps made by its end, from the beginning of the training
  double loss = 0;         ///< mean over the samples of the stretch, each with the parameters of its step
  std::vector<double> metrics{};
  std::optional<double> validation_loss{};  ///< with the parameters at the end of the epoch; none without validation
  std::vector<double> validation_metrics{};
  double rate = 0;     ///< of the last step
  double seconds = 0;  ///< of training until its end, validation included; goes on when a training is resumed
};

struct History {
  std::vector<std::string> metrics{};   ///< their names, in the order of the records
  std::vector<TrainingRecord> steps{};  ///< every so many steps; no validation
  std::vector<TrainingRecord> epochs{};
};

/// The columns of a history, as logs name them: epoch, step, loss, metrics, validation_loss, validation_ and a metric,
/// rate, seconds.
[[nodiscard]] std::vector<std::string> columns_of(const History& history);
/// A record's number in the column of this name; none where it has none, or there is no such column.
[[nodiscard]] std::optional<double> number_of(const History& history, const TrainingRecord& record,
                                              std::string_view column);

}  // namespace wengert::nn
