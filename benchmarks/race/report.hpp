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
  int core = -1;  ///< -1: not pinned
  std::string huge_pages;
};

/// Times, ratios to the best rival of each row and their geometric means; then halves and bytes.
void print_tables(std::ostream& out, std::span<const WorkloadResult> results, const Machine& machine);

/// {"schema":1,"machine":{…},"workloads":[…]}, times in seconds.
void write_json(std::ostream& out, std::span<const WorkloadResult> results, const Machine& machine);

}  // namespace race
