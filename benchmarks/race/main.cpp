// race: the speed of scalar reverse mode, tape beside tape. See ../README.md.
#include <sched.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <exception>
#include <fstream>
#include <iostream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <tuple>
#include <utility>
#include <vector>

#include "wengert/benchmarks/race/measure.hpp"
#include "wengert/benchmarks/race/report.hpp"

#ifdef __clang__
#  define RACE_COMPILER __VERSION__  // begins with its name
#else
#  define RACE_COMPILER "g++ " __VERSION__
#endif
#ifndef RACE_FLAGS  // set by CMake
#  define RACE_FLAGS "unknown flags"
#endif

namespace race {

std::vector<FunctionEntry>& functions() {
  static std::vector<FunctionEntry> entries;
  return entries;
}

std::vector<ContestantEntry>& contestants() {
  static std::vector<ContestantEntry> entries;
  return entries;
}

namespace {

constexpr std::string_view usage =
    "race: record + reverse of fourteen workloads, tape beside tape\n"
    "  --tape NAME       only this tape (may be repeated)\n"
    "  --workload NAME   only this workload (may be repeated)\n"
    "  --reps N          rounds of a workload (default: as many as fit)\n"
    "  --seconds S       time for a workload when --reps is not given (default 6)\n"
    "  --json FILE       write results as JSON\n"
    "  --quick           small sizes and few rounds: a smoke test\n"
    "  --core N          pin to this core (default: the last one; -1: do not pin)\n"
    "  --profile N       record + reverse N times, untimed and unchecked, for a profiler\n"
    "  --list            tapes and workloads that are built in\n";

// The order of rows; what is not named here comes last.
constexpr std::array workload_order = {"chain1",      "chain4",    "chainma",       "speel",   "rosen",
                                       "gmm_d10_K25", "gmm_d2_K5", "lstm_l2_c1024", "burgers", "laxw",
                                       "mlp64",       "mazur",     "path_rerecord", "ba"};

template <class Order>
std::size_t rank(const Order& order, std::string_view name) {
  return static_cast<std::size_t>(std::find(order.begin(), order.end(), name) - order.begin());
}

struct Options {
  Settings settings;
  std::vector<std::string> tapes;
  std::vector<std::string> workloads;
  std::string json;
  int core = -2;  // -2: the last core
  std::size_t profile = 0;
  bool list = false;
};

Options parse(int count, char** arguments) {
  Options options;
  for (int i = 1; i < count; ++i) {
    const std::string_view option = arguments[i];
    const auto argument = [&]() -> std::string {
      if (i + 1 >= count) throw std::invalid_argument(std::string(option) + " needs a value");
      return arguments[++i];
    };
    if (option == "--tape") {
      options.tapes.push_back(argument());
    } else if (option == "--workload") {
      options.workloads.push_back(argument());
    } else if (option == "--reps") {
      options.settings.rounds = std::stoul(argument());
    } else if (option == "--seconds") {
      options.settings.seconds_per_workload = std::stod(argument());
    } else if (option == "--json") {
      options.json = argument();
    } else if (option == "--quick") {
      options.settings.size = Size::quick;
      options.settings.seconds_per_workload = 0.2;
    } else if (option == "--core") {
      options.core = std::stoi(argument());
    } else if (option == "--profile") {
      options.profile = std::stoul(argument());
    } else if (option == "--list") {
      options.list = true;
    } else {
      throw std::invalid_argument("unknown option " + std::string(option) + "\n" + std::string(usage));
    }
  }
  return options;
}

bool wanted(const std::vector<std::string>& names, std::string_view name) {
  return names.empty() || std::find(names.begin(), names.end(), name) != names.end();
}

/// Pins the process to one core; returns it, or -1 if that was not possible or not wished.
int pin(int core) {
  cpu_set_t allowed;
  CPU_ZERO(&allowed);
  if (core == -1 || sched_getaffinity(0, sizeof allowed, &allowed) != 0) return -1;
  if (core == -2) {
    for (int candidate = 0; candidate < CPU_SETSIZE; ++candidate) {
      if (CPU_ISSET(static_cast<std::size_t>(candidate), &allowed)) core = candidate;
    }
  }
  cpu_set_t chosen;
  CPU_ZERO(&chosen);
  CPU_SET(static_cast<std::size_t>(core), &chosen);
  return sched_setaffinity(0, sizeof chosen, &chosen) == 0 ? core : -1;
}

/// The first line of a file that holds `key`, after the colon; the whole line for an empty key.
std::string read_line(const char* path, std::string_view key) {
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    if (!line.starts_with(key)) continue;
    const std::size_t colon = key.empty() ? std::string::npos : line.find(": ");
    return colon == std::string::npos ? line : line.substr(colon + 2);
  }
  return "unknown";
}

int run(int count, char** arguments) {
  const Options options = parse(count, arguments);
  std::ranges::sort(functions(), {}, [](const FunctionEntry& entry) { return rank(workload_order, entry.workload); });
  std::ranges::sort(contestants(), {}, [](const ContestantEntry& entry) { return std::tuple(entry.role, entry.tape); });
  if (options.list) {
    for (const FunctionEntry& function : functions()) {
      std::cout << function.workload << ':';
      for (const ContestantEntry& entry : contestants()) {
        if (entry.workload == function.workload) std::cout << ' ' << entry.tape;
      }
      std::cout << '\n';
    }
    return EXIT_SUCCESS;
  }

  Machine machine{.cpu = read_line("/proc/cpuinfo", "model name"),
                  .compiler = RACE_COMPILER,
                  .flags = RACE_FLAGS,
                  .cores = std::thread::hardware_concurrency(),
                  .core = pin(options.core),
                  .huge_pages = read_line("/sys/kernel/mm/transparent_hugepage/enabled", "")};
  // Smallest first: some tapes never shrink what a larger workload made them allocate, and clear all of it every time.
  std::vector<std::pair<std::size_t, FunctionEntry>> order;
  for (const FunctionEntry& function : functions()) {
    if (!wanted(options.workloads, function.workload)) continue;
    order.emplace_back(function.make(options.settings.size)->operations(), function);
  }
  std::ranges::stable_sort(order, {}, [](const auto& counted) { return counted.first; });
  std::vector<WorkloadResult> results;
  for (const auto& [operations, function] : order) {
    std::vector<ContestantEntry> entries;
    for (const ContestantEntry& entry : contestants()) {
      if (entry.workload == function.workload && wanted(options.tapes, entry.tape)) entries.push_back(entry);
    }
    if (options.profile > 0) {
      for (const ContestantEntry& entry : entries) entry.make(options.settings.size)->run(options.profile);
      continue;
    }
    std::cerr << function.workload << " ..." << std::flush;
    results.push_back(measure(function, entries, options.settings));
    std::cerr << " " << results.back().rounds << " rounds\n";
  }
  if (options.profile > 0) return EXIT_SUCCESS;
  std::ranges::sort(results, {}, [](const WorkloadResult& result) { return rank(workload_order, result.workload); });
  print_tables(std::cout, results, machine);
  if (!options.json.empty()) {
    std::ofstream file(options.json);
    write_json(file, results, machine);
    if (!file.flush()) throw std::runtime_error("cannot write " + options.json);
  }
  return EXIT_SUCCESS;
}

}  // namespace
}  // namespace race

int main(int count, char** arguments) {
  try {
    return race::run(count, arguments);
  } catch (const std::exception& error) {
    std::cerr << "race: " << error.what() << '\n';
    return EXIT_FAILURE;
  }
}
