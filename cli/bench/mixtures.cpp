// Gaussian mixtures.
#include "wengert/benchmarks/race/workloads/gmm_d10_K25.hpp"
#include "wengert/benchmarks/race/workloads/gmm_d2_K5.hpp"
#include "wengert/cli/bench/make_workload.hpp"

namespace wengert::cli {

std::vector<BenchWorkload> mixture_workloads() {
  return {
      make_workload<race::GmmD10K25>(),
      make_workload<race::GmmD2K5>(),
  };
}

}  // namespace wengert::cli
