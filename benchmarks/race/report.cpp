// Tables for people, JSON for programs; see report.hpp.
#include "wengert/benchmarks/race/report.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <iomanip>
#include <optional>
#include <ostream>
#include <utility>

namespace race {
namespace {

constexpr int workload_width = 14;
constexpr int cell_width = 20;

/// Four significant digits, no exponent.
std::string digits(double number) {
  const int whole = number < 1.0 ? 1 : static_cast<int>(std::floor(std::log10(number))) + 1;
  char text[40];
  std::snprintf(text, sizeof text, "%.*f", std::max(0, 4 - whole), number);
  return text;
}

std::string microseconds(double seconds) { return digits(1e6 * seconds); }

std::string fixed(double number, int places) {
  char text[40];
  std::snprintf(text, sizeof text, "%.*f", places, number);
  return text;
}

std::vector<std::string> tapes_of(std::span<const WorkloadResult> results) {
  std::vector<std::string> names;
  for (const WorkloadResult& result : results) {
    for (const TapeResult& tape : result.tapes) {
      if (std::find(names.begin(), names.end(), tape.tape) == names.end()) names.emplace_back(tape.tape);
    }
  }
  return names;
}

const TapeResult* find(const WorkloadResult& result, const std::string& tape) {
  for (const TapeResult& candidate : result.tapes) {
    if (candidate.tape == tape) return &candidate;
  }
  return nullptr;
}

/// The fastest rival's time, by median or by minimum; without rivals the fastest other's; nothing without either.
std::optional<double> best(const WorkloadResult& result, double Statistic::*kind) {
  for (const Role role : {Role::rival, Role::other}) {
    std::optional<double> least;
    for (const TapeResult& tape : result.tapes) {
      if (tape.role == role && (!least || tape.total.*kind < *least)) least = tape.total.*kind;
    }
    if (least) return least;
  }
  return {};
}

/// The geometric mean of a tape's ratios to the best rival, over the rows where both ran.
std::string mean_ratio(std::span<const WorkloadResult> results, const std::string& tape, double Statistic::*kind) {
  double sum = 0.0;
  int count = 0;
  for (const WorkloadResult& result : results) {
    const TapeResult* const mine = find(result, tape);
    const std::optional<double> bar = best(result, kind);
    if (mine == nullptr || !bar) continue;
    sum += std::log(mine->total.*kind / *bar);
    ++count;
  }
  return count == 0 ? "-" : fixed(std::exp(sum / count), 3);
}

void header(std::ostream& out, const std::string& first, const std::vector<std::string>& columns) {
  out << std::left << std::setw(workload_width) << first << std::right;
  for (const std::string& column : columns) out << std::setw(cell_width) << column;
  out << '\n';
}

template <class Cell>
void table(std::ostream& out, std::span<const WorkloadResult> results, const std::vector<std::string>& tapes,
           const Cell& cell) {
  for (const WorkloadResult& result : results) {
    out << std::left << std::setw(workload_width) << result.workload << std::right;
    for (const std::string& name : tapes) {
      const TapeResult* const tape = find(result, name);
      out << std::setw(cell_width) << (tape == nullptr ? "-" : cell(result, *tape));
    }
    out << '\n';
  }
}

std::string_view name_of(Role role) {
  switch (role) {
    case Role::own:
      return "own";
    case Role::rival:
      return "rival";
    case Role::other:
      return "other";
    case Role::forward:
      return "forward";
  }
  return "";
}

void json_string(std::ostream& out, std::string_view text) {
  out << '"';
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out << '\\' << c;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      out << ' ';
    } else {
      out << c;
    }
  }
  out << '"';
}

void json_statistic(std::ostream& out, const char* name, const Statistic& statistic) {
  out << '"' << name << "\":{\"median\":" << statistic.median << ",\"minimum\":" << statistic.minimum
      << ",\"quartiles\":[" << statistic.lower_quartile << ',' << statistic.upper_quartile << "]}";
}

}  // namespace

void print_tables(std::ostream& out, std::span<const WorkloadResult> results, const Machine& machine) {
  const std::vector<std::string> tapes = tapes_of(results);
  out << machine.cpu << ", " << machine.compiler << ", " << machine.flags << ", core " << machine.core
      << ", huge pages " << machine.huge_pages << "\n\n";

  out << "record + reverse, microseconds, median (x the best rival of the row)\n";
  out << std::left << std::setw(workload_width) << "workload" << std::right << std::setw(10) << "ops" << std::setw(10)
      << "primal";
  for (const std::string& tape : tapes) out << std::setw(cell_width) << tape;
  out << '\n';
  for (const WorkloadResult& result : results) {
    out << std::left << std::setw(workload_width) << result.workload << std::right << std::setw(10) << result.operations
        << std::setw(10) << microseconds(result.primal.median);
    const std::optional<double> bar = best(result, &Statistic::median);
    for (const std::string& name : tapes) {
      const TapeResult* const tape = find(result, name);
      std::string cell = "-";
      if (tape != nullptr) {
        cell = microseconds(tape->total.median);
        if (bar) cell += " (" + fixed(tape->total.median / *bar, 2) + ")";
      }
      out << std::setw(cell_width) << cell;
    }
    out << '\n';
  }
  for (const auto& [label, kind] : {std::pair{"geometric mean of medians", &Statistic::median},
                                    std::pair{"geometric mean of minima", &Statistic::minimum}}) {
    out << std::left << std::setw(workload_width + 20) << label << std::right;
    for (const std::string& tape : tapes) out << std::setw(cell_width) << mean_ratio(results, tape, kind);
    out << '\n';
  }

  out << "\nrecord + reverse, nanoseconds an operation (reverse / record)\n";
  header(out, "workload", tapes);
  table(out, results, tapes, [](const WorkloadResult& result, const TapeResult& tape) {
    const double operations = static_cast<double>(result.operations);
    return digits(1e9 * tape.record.median / operations) + "+" + digits(1e9 * tape.reverse.median / operations) + " (" +
           fixed(tape.reverse.median / tape.record.median, 2) + ")";
  });

  out << "\nbytes an operation: entries, partials, operand ids, constants, values, adjoints\n";
  header(out, "workload", tapes);
  table(out, results, tapes, [](const WorkloadResult& result, const TapeResult& tape) {
    if (tape.bytes == 0) return std::string("-");
    return fixed(static_cast<double>(tape.bytes) / static_cast<double>(result.operations), 1);
  });
}

void write_json(std::ostream& out, std::span<const WorkloadResult> results, const Machine& machine) {
  out << std::setprecision(9) << "{\"schema\":1,\"machine\":{\"cpu\":";
  json_string(out, machine.cpu);
  out << ",\"compiler\":";
  json_string(out, machine.compiler);
  out << ",\"flags\":";
  json_string(out, machine.flags);
  out << ",\"cores\":" << machine.cores << ",\"core\":" << machine.core << ",\"huge_pages\":";
  json_string(out, machine.huge_pages);
  out << "},\n\"workloads\":[";
  for (std::size_t i = 0; i < results.size(); ++i) {
    const WorkloadResult& result = results[i];
    out << (i == 0 ? "\n" : ",\n") << "{\"name\":\"" << result.workload << "\",\"operations\":" << result.operations
        << ",\"inputs\":" << result.inputs << ",\"outputs\":" << result.outputs << ",\"rounds\":" << result.rounds
        << ',';
    json_statistic(out, "primal", result.primal);
    out << ",\"tapes\":[";
    for (std::size_t t = 0; t < result.tapes.size(); ++t) {
      const TapeResult& tape = result.tapes[t];
      out << (t == 0 ? "\n " : ",\n ") << "{\"name\":\"" << tape.tape << "\",\"role\":\"" << name_of(tape.role)
          << "\",";
      json_statistic(out, "total", tape.total);
      out << ',';
      json_statistic(out, "record", tape.record);
      out << ',';
      json_statistic(out, "reverse", tape.reverse);
      out << ",\"bytes\":" << tape.bytes << '}';
    }
    out << "]}";
  }
  out << "]}\n";
}

}  // namespace race
