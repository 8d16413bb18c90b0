/// `wengert bench`: what derivatives cost on the user's machine, on the workloads of benchmarks/race, without peers.
///
/// The workloads, the checks and the timing are those of the race (benchmarks/README.md), with the flags that the
/// command was compiled with.
#pragma once

#include <string>

#include "wengert/cli/command.hpp"

namespace wengert::cli {

struct BenchOptions {
  std::string workload;  ///< empty: all
  double seconds = 1.5;  ///< for each workload
  bool quick = false;    ///< small sizes
  bool json = false;
};

/// Prints rows as they are measured. Throws UsageError for an unknown workload.
void run_bench(const BenchOptions& options, const Streams& streams);

}  // namespace wengert::cli
