// The history of a training as a file that grows line by line, for other programs: CSV or JSON Lines.
//
//     kind,epoch,step,loss,accuracy,validation_loss,validation_accuracy,rate,seconds
//     step,1,47,2.1034,0.25,,,0.1,0.051
//     epoch,1,938,0.61,0.81,0.5,0.83,0.1,1.02
//
//     {"kind":"step","epoch":1,"step":47,"loss":2.1034,"accuracy":0.25,"rate":0.1,"seconds":0.051}
//
// Numbers have the fewest digits that read back as the same double. NaN and infinities are nan, inf, -inf in CSV and
// strings of the same in JSON, which has no such numbers. Each line is written at once and reaches the system before
// the training goes on: a process that is killed loses at most the line it was writing.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "wengert/nn/train/history.hpp"

namespace wengert::nn {

enum class LogFormat : std::uint8_t { csv, jsonl };
enum class RecordKind : std::uint8_t { step, epoch };

/// The first line, with its line break; empty for JSON Lines.
[[nodiscard]] std::string log_header(LogFormat format, const History& history);
/// One record, with its line break.
[[nodiscard]] std::string log_line(LogFormat format, RecordKind kind, const History& history,
                                   const TrainingRecord& record);

/// A log that is being written.
class TrainingLog {
 public:
  /// Begins the file anew with everything that `history` holds, so that a training that is resumed has the log it would
  /// have had without the interruption; the old file stays until the new one is whole. Throws EnvironmentError.
  TrainingLog(std::string path, LogFormat format, const History& history);
  TrainingLog(TrainingLog&& other) noexcept;
  TrainingLog& operator=(TrainingLog&&) = delete;
  ~TrainingLog();

  /// Appends a record. Throws EnvironmentError.
  void write(RecordKind kind, const History& history, const TrainingRecord& record);

 private:
  std::string path_;
  LogFormat format_;
  int descriptor_ = -1;
};

}  // namespace wengert::nn
