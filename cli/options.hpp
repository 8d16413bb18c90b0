/// The options of every command, and their description: what `--help`, the manual page and the completion say.
#pragma once

#include <string>

#include "wengert/cli/bench/bench.hpp"
#include "wengert/cli/check.hpp"
#include "wengert/cli/derive.hpp"
#include "wengert/cli/exercise.hpp"
#include "wengert/cli/explain.hpp"
#include "wengert/cli/grad.hpp"
#include "wengert/cli/graph.hpp"
#include "wengert/cli/inspect/birth.hpp"
#include "wengert/cli/inspect/diff.hpp"
#include "wengert/cli/inspect/profile.hpp"
#include "wengert/cli/lecture/lecture.hpp"
#include "wengert/cli/mark.hpp"
#include "wengert/cli/primitives.hpp"
#include "wengert/cli/train/train.hpp"

namespace CLI {
class App;
}

namespace wengert::cli {

/// What the options were; which subcommand ran is CLI11's to know.
struct Options {
  std::string log_level = "off";
  GradOptions grad;
  CheckCommandOptions check;
  GraphOptions graph;
  ExplainOptions explain;
  DeriveOptions derive;
  MarkOptions mark;
  ExerciseOptions exercise;
  TraceOptions trace;
  DiffCommandOptions diff;
  ProfileCommandOptions profile;
  StatsOptions stats;
  lecture::Options lecture;
  BenchOptions bench;
  PrimitivesOptions primitives;
  train::TrainOptions train;
  train::EvalOptions eval;
  train::PredictOptions predict;
  train::SummaryOptions summary;
  std::string shell = "bash";
};

/// Describes the command line to CLI11; parsing it fills in `options`.
void describe_options(CLI::App& app, Options& options);

}  // namespace wengert::cli
