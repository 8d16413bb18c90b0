/// `wengert train`, `eval`, `predict`, `summary`: networks from the command line.
#pragma once

#include <cstdint>
#include <string>

#include "wengert/cli/command.hpp"
#include "wengert/cli/train/data.hpp"

namespace wengert::cli::train {

struct TrainOptions : DataOptions {
  std::string model;  ///< a text, or a TOML file
  std::int64_t epochs = 10, batch = 64, patience = 0, shift = 0;
  double rate = 0;  ///< 0: the optimiser's own
  std::string optimiser = "adam", schedule = "constant";
  double momentum = 0.9, weight_decay = 0, dropout = 0, smoothing = 0, validation = 0.1, clip = 0;
  bool flip = false, resume = false, compile = true, quiet = false, json = false;
  std::string checkpoint, out, report, log;
};

struct EvalOptions : DataOptions {
  std::string network;  ///< a file, or a folder of checkpoints
  bool last = false, json = false;
};

struct PredictOptions : EvalOptions {
  std::int64_t first = 0;  ///< only so many; 0: all
  std::string out;         ///< an NPY file for what the network gives
};

struct SummaryOptions {
  std::string model;  ///< a text, a TOML file, a network
  std::string input;  ///< 1x28x28
  std::int64_t outputs = 10, batch = 1;
  bool json = false;
};

/// Exit status: done, or 130 when a signal ended it. Throws UsageError and WorkError.
[[nodiscard]] int run_train(const TrainOptions& options, const Streams& streams);
void run_eval(const EvalOptions& options, const Streams& streams);
void run_predict(const PredictOptions& options, const Streams& streams);
void run_summary(const SummaryOptions& options, const Streams& streams);

/// "1x28x28". Throws UsageError.
[[nodiscard]] Shape shape_of(const std::string& text);

}  // namespace wengert::cli::train
