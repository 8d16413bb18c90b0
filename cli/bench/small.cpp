// Recordings of some thousand operations and fewer.
#include "wengert/benchmarks/race/workloads/ba.hpp"
#include "wengert/benchmarks/race/workloads/mazur.hpp"
#include "wengert/benchmarks/race/workloads/mlp64.hpp"
#include "wengert/benchmarks/race/workloads/path.hpp"
#include "wengert/cli/bench/make_workload.hpp"

namespace wengert::cli {

std::vector<BenchWorkload> small_workloads() {
  return {
      make_workload<race::Mlp64>(),
      make_workload<race::Mazur>(),
      make_workload<race::Path>(),
      make_workload<race::BundleAdjustment>(),
  };
}

}  // namespace wengert::cli
