// What the race prints and writes.
#pragma once

#include <iosfwd>
#include <span>
#include <string>
#include <vector>

#include "wengert/benchmarks/race/measure.hpp"

namespace race {

/// Where and how a run was made.
struct Machine {
  std::string cpu;
  std::string compiler;
  std::string flags;
  unsigned cores = 0;  ///< of the machine; the race runs on one of them
  int core = -1;       ///< -1: not pinned
  std::string huge_pages;
};

/// Times, ratios to the best rival of each row and their geometric means; then halves and bytes.
void print_tables(std::ostream& out, std::span<const WorkloadResult> results, const Machine& machine);

/// {"schema":1,"machine":{…},"workloads":[…]}, times in seconds: median, minimum and the two quartiles over the rounds.
void write_json(std::ostream& out, std::span<const WorkloadResult> results, const Machine& machine);

}  // namespace race
