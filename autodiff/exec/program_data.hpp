// What a Program and its Workspace hold. For the files of this folder only.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "wengert/autodiff/exec/capture.hpp"
#include "wengert/autodiff/exec/lanes.hpp"
#include "wengert/autodiff/exec/program.hpp"

namespace wengert::exec {

/// What a pass did.
struct PassRecord {
  std::string_view name{};
  std::size_t before = 0, after = 0;  // nodes
};

struct ProgramData {
  Captured captured;  // as it was recorded: guards are told from it
  ProgramOptions options;
  std::vector<PassRecord> passes;
  graph::Graph graph;  // what is run
  std::vector<Type> input_types, output_types;
  std::optional<Lanes> lanes;
};

struct WorkspaceData {
  explicit WorkspaceData(std::shared_ptr<const ProgramData> of);

  std::shared_ptr<const ProgramData> program;
  // Programs of numbers.
  ColumnFrame<double> frame;
  std::vector<double> slots;      // of one sample
  std::vector<double> failures;   // a column: by sample of a tile, some guard failed
  std::vector<double> failed_at;  // the inputs at which a guard failed last; empty: none did
};

}  // namespace wengert::exec
