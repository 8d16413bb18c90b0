// What a Program and its Workspace hold. For the files of this folder only.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "wengert/autodiff/exec/capture.hpp"
#include "wengert/autodiff/exec/lanes.hpp"
#include "wengert/autodiff/exec/plan.hpp"
#include "wengert/autodiff/exec/plan_run.hpp"
#include "wengert/autodiff/exec/program.hpp"

namespace wengert::exec {

/// What a pass did.
struct PassRecord {
  std::string_view name{};
  std::size_t before = 0, after = 0;  // nodes
};

struct ProgramData {
  Captured captured;       // as it was recorded: guards are told from it
  ProgramOptions options;  // threads: at least 1
  std::vector<PassRecord> passes;
  std::vector<graph::NodeId> again;                      // nodes of graph that are there for a second time
  graph::Graph graph;                                    // what is run
  std::vector<graph::NodeId> origins;                    // by its nodes: those of captured.graph
  std::unordered_map<graph::NodeId, const void*> lines;  // of its tensor operations
  std::vector<Type> input_types, output_types;
  std::optional<Lanes> lanes;  // of a program of numbers
  std::optional<Plan> plan;    // of any other
};

struct WorkspaceData {
  explicit WorkspaceData(std::shared_ptr<const ProgramData> of);

  std::shared_ptr<const ProgramData> program;
  // Programs of numbers.
  struct Lane {
    ColumnFrame<double> frame;
    std::vector<double> inputs;    // columns of a tile, where those of the caller lie badly
    std::vector<double> failures;  // a column: by sample of a tile, some guard failed
  };
  std::vector<Lane> lanes;    // by worker
  std::vector<double> slots;  // of one sample
  // Other programs.
  std::unique_ptr<PlanMemory> memory;
  std::vector<StepTime> times;  // of a program of numbers, if asked for: its one step, whole runs
  // What set() gave to a program of numbers, and what run() made of it.
  std::vector<double> given, results;
  // The inputs at which a guard failed last; none: none did.
  std::vector<double> failed_at;
  bool failed = false;
};

}  // namespace wengert::exec
