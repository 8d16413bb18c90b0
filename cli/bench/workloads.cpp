#include "wengert/cli/bench/workloads.hpp"

#include "wengert/cli/bench/make_workload.hpp"

namespace wengert::cli {

std::vector<BenchWorkload> bench_workloads() {
  std::vector<BenchWorkload> all;
  for (const auto& part : {chain_workloads(), mixture_workloads(), sequence_workloads(), small_workloads()}) {
    all.insert(all.end(), part.begin(), part.end());
  }
  return all;
}

}  // namespace wengert::cli
