/// How a workload's class becomes an entry; only for the sources beside this file.
#pragma once

#include <memory>

#include "wengert/benchmarks/race/function.hpp"
#include "wengert/benchmarks/race/tape.hpp"
#include "wengert/benchmarks/race/tapes/wengert.hpp"
#include "wengert/cli/bench/workloads.hpp"

namespace wengert::cli {

template <race::Workload W>
[[nodiscard]] BenchWorkload make_workload() {
  return {.doubles = {.workload = W::name,
                      .make = [](race::Size size) -> std::unique_ptr<race::Function> {
                        return std::make_unique<race::FunctionOf<W>>(size);
                      }},
          .recorded = {.tape = race::Wengert::name,
                       .workload = W::name,
                       .role = race::Wengert::role,
                       .make = [](race::Size size) -> std::unique_ptr<race::Contestant> {
                         return std::make_unique<race::ContestantOf<race::Wengert, W>>(size);
                       }}};
}

[[nodiscard]] std::vector<BenchWorkload> chain_workloads();
[[nodiscard]] std::vector<BenchWorkload> mixture_workloads();
[[nodiscard]] std::vector<BenchWorkload> sequence_workloads();
[[nodiscard]] std::vector<BenchWorkload> small_workloads();

}  // namespace wengert::cli
