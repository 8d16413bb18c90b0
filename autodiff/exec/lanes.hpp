// Lanes: a program of numbers, run for many samples side by side. Every value of the graph is a column with a lane for
// each sample; all of it is one piece of column code, which runs tile by tile.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "wengert/autodiff/exec/columns.hpp"
#include "wengert/autodiff/ops/threads.hpp"
#include "wengert/graph/graph.hpp"

namespace wengert::exec {

class Lanes {
 public:
  /// All nodes are constants, variables and elementwise primitives of rank 0, f64 or truth values.
  [[nodiscard]] static bool can_run(const graph::Graph& graph);
  Lanes(const graph::Graph& graph, bool native);

  [[nodiscard]] const ColumnCode<double>& columns() const noexcept { return columns_; }
  [[nodiscard]] const SampleCode& samples() const noexcept { return samples_; }
  /// Samples that are run at once: as many as keep the columns in the cache.
  [[nodiscard]] std::int64_t tile() const noexcept { return columns_.tile; }
  /// How the tiles of a batch are divided between threads.
  [[nodiscard]] kernels::Chunks chunks(std::int64_t samples) const;

 private:
  ColumnCode<double> columns_;
  SampleCode samples_;
};

}  // namespace wengert::exec
