// Checking and timing: what is done to the contestants of one workload.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "wengert/benchmarks/race/race.hpp"

namespace race {

/// Seconds an iteration, over the rounds of a run; the quartiles are the spread.
struct Statistic {
  double median = 0.0;
  double minimum = 0.0;
  double lower_quartile = 0.0;
  double upper_quartile = 0.0;
};

/// Order statistics without interpolation; `samples` must not be empty.
[[nodiscard]] Statistic statistic(std::vector<double> samples);

struct Settings {
  Size size = Size::full;
  std::size_t rounds = 0;  ///< 0: as many as fit in seconds_per_workload, at least 7
  double seconds_per_workload = 6.0;
};

struct TapeResult {
  std::string_view tape;
  Role role = Role::other;
  Statistic total;
  Statistic record;
  Statistic reverse;
  std::size_t bytes = 0;
};

struct WorkloadResult {
  std::string_view workload;
  std::size_t operations = 0;
  std::size_t inputs = 0;
  std::size_t outputs = 0;
  std::size_t rounds = 0;
  Statistic primal;
  std::vector<TapeResult> tapes;
};

/// Runs every contestant once and compares: values with the primal, gradients with each other component by component,
/// and the first one with central differences of the primal along two directions. Returns what is wrong, empty if
/// nothing is.
[[nodiscard]] std::string disagreement(const Function& function, std::span<const ContestantEntry> entries,
                                       std::span<const std::unique_ptr<Contestant>> contestants);

/// Checks, then times, the contestants of one workload, all in turn in every round (starting each round with another),
/// so that what disturbs the machine hits all alike. Throws std::runtime_error if they disagree.
[[nodiscard]] WorkloadResult measure(const FunctionEntry& function, std::span<const ContestantEntry> entries,
                                     const Settings& settings);

}  // namespace race
