// A recurrent network, and differential equations stepped in time.
#include "wengert/benchmarks/race/workloads/burgers.hpp"
#include "wengert/benchmarks/race/workloads/laxw.hpp"
#include "wengert/benchmarks/race/workloads/lstm.hpp"
#include "wengert/cli/bench/make_workload.hpp"

namespace wengert::cli {

std::vector<BenchWorkload> sequence_workloads() {
  return {
      make_workload<race::Lstm>(),
      make_workload<race::Burgers>(),
      make_workload<race::LaxWendroff>(),
  };
}

}  // namespace wengert::cli
