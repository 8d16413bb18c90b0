#include "wengert/cli/bench/bench.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <ostream>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "wengert/benchmarks/race/measure.hpp"
#include "wengert/cli/bench/workloads.hpp"
#include "wengert/cli/errors.hpp"
#include "wengert/cli/text.hpp"

namespace wengert::cli {
namespace {

using race::WorkloadResult;

constexpr std::array<std::string_view, 8> columns{"workload",   "operations",        "doubles µs", "record µs",
                                                  "reverse µs", "reverse ÷ doubles", "ns/op",      "bytes/op"};
constexpr std::size_t name_width = 14;

/// Four significant digits, no exponent.
std::string digits(double number) {
  const int whole = number < 1 ? 1 : static_cast<int>(std::log10(number)) + 1;
  std::array<char, 40> text;
  std::snprintf(text.data(), text.size(), "%.*f", std::max(0, 4 - whole), number);
  return text.data();
}

std::string fixed(double number, int places) {
  std::array<char, 40> text;
  std::snprintf(text.data(), text.size(), "%.*f", places, number);
  return text.data();
}

/// The name to the left, numbers to the right, each under its title.
std::string row(const std::array<std::string, columns.size()>& cells) {
  std::string line = padded(cells[0], name_width);
  for (std::size_t k = 1; k < cells.size(); ++k) {
    const std::size_t width = std::max<std::size_t>(display_width(columns[k]), 10);
    line += "  " + std::string(width - std::min(width, display_width(cells[k])), ' ') + cells[k];
  }
  return line + "\n";
}

std::string header() {
  std::array<std::string, columns.size()> titles;
  std::copy(columns.begin(), columns.end(), titles.begin());
  return row(titles);
}

std::string row(const WorkloadResult& result) {
  const race::TapeResult& tape = result.tapes.front();
  const double operations = static_cast<double>(result.operations);
  return row({std::string(result.workload), std::to_string(result.operations), digits(1e6 * result.primal.median),
              digits(1e6 * tape.record.median), digits(1e6 * tape.reverse.median),
              fixed(tape.reverse.median / result.primal.median, 2), fixed(1e9 * tape.total.median / operations, 2),
              fixed(static_cast<double>(tape.bytes) / operations, 1)});
}

nlohmann::ordered_json json_of(const race::Statistic& seconds) {
  return {{"median", seconds.median}, {"quartiles", {seconds.lower_quartile, seconds.upper_quartile}}};
}

nlohmann::ordered_json json_of(const WorkloadResult& result) {
  const race::TapeResult& tape = result.tapes.front();
  return {{"name", result.workload},        {"operations", result.operations},
          {"inputs", result.inputs},        {"outputs", result.outputs},
          {"rounds", result.rounds},        {"doubles", json_of(result.primal)},
          {"record", json_of(tape.record)}, {"reverse", json_of(tape.reverse)},
          {"total", json_of(tape.total)},   {"bytes", tape.bytes}};
}

std::vector<BenchWorkload> chosen(const std::string& name) {
  std::vector<BenchWorkload> all = bench_workloads();
  if (name.empty()) return all;
  std::vector<std::string> names;
  for (const BenchWorkload& workload : all) {
    if (workload.doubles.workload == name) return {workload};
    names.emplace_back(workload.doubles.workload);
  }
  const std::vector<std::string_view> candidates(names.begin(), names.end());
  const std::string_view guess = nearest(name, candidates);
  throw UsageError("bench: there is no workload '" + name + "'; there are: " + quoted_list(names) +
                   (guess.empty() ? "" : "\n  hint: did you mean '" + std::string(guess) + "'?"));
}

}  // namespace

void run_bench(const BenchOptions& options, const Streams& streams) {
  const race::Settings settings{.size = options.quick ? race::Size::quick : race::Size::full,
                                .seconds_per_workload = options.quick ? 0.0 : options.seconds};
  nlohmann::ordered_json all = nlohmann::ordered_json::array();
  bool first = true;
  for (const BenchWorkload& workload : chosen(options.workload)) {
    if (first && !options.json) streams.out << header() << std::flush;
    first = false;
    const WorkloadResult result = race::measure(workload.doubles, std::array{workload.recorded}, settings);
    if (options.json) {
      all.push_back(json_of(result));
    } else {
      streams.out << row(result) << std::flush;
    }
  }
  if (options.json) {
    streams.out << nlohmann::ordered_json{{"schema", 1}, {"unit", "seconds"}, {"workloads", all}}.dump() << "\n";
  } else {
    streams.out << "\nMedians of processor time. record: evaluate and write the recording; reverse: for each output, "
                   "sweep and read\n"
                   "the derivatives by all inputs; ns/op and bytes/op: of both, for each elementary operation.\n";
  }
}

}  // namespace wengert::cli
