/// The workloads of the race as the command runs them: in doubles and recorded by Wengert.
///
/// Their code is spread over several sources because each instantiates thousands of expression types.
#pragma once

#include <memory>
#include <vector>

#include "wengert/benchmarks/race/race.hpp"

namespace wengert::cli {

struct BenchWorkload {
  race::FunctionEntry doubles;
  race::ContestantEntry recorded;
};

/// All of them, in the order of the race's tables.
[[nodiscard]] std::vector<BenchWorkload> bench_workloads();

}  // namespace wengert::cli
