/// The options of `wengert train`, `eval`, `predict` and `summary`.
#pragma once

#include "wengert/cli/train/train.hpp"

namespace CLI {
class App;
}

namespace wengert::cli::train {

/// Describes the four commands to CLI11; parsing fills the options in.
void describe_options(CLI::App& app, TrainOptions& train, EvalOptions& eval, PredictOptions& predict,
                      SummaryOptions& summary);

}  // namespace wengert::cli::train
