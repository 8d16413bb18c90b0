// Long recordings of simple statements.
#include "wengert/benchmarks/race/workloads/chain1.hpp"
#include "wengert/benchmarks/race/workloads/chain4.hpp"
#include "wengert/benchmarks/race/workloads/chainma.hpp"
#include "wengert/benchmarks/race/workloads/rosen.hpp"
#include "wengert/benchmarks/race/workloads/speel.hpp"
#include "wengert/cli/bench/make_workload.hpp"

namespace wengert::cli {

std::vector<BenchWorkload> chain_workloads() {
  return {
      make_workload<race::Chain1>(),       make_workload<race::Chain4>(),     make_workload<race::ChainMulAdd>(),
      make_workload<race::Speelpenning>(), make_workload<race::Rosenbrock>(),
  };
}

}  // namespace wengert::cli
