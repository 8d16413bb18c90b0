// growth: nanoseconds and bytes an operation from 10^3 to 10^8 operations, for programs that roll up and one that does
// not, beside what the memory can move. See ../README.md. The checks and the stopwatch are those of the race.
#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <exception>
#include <fstream>
#include <iostream>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "wengert/benchmarks/growth/bandwidth.hpp"
#include "wengert/benchmarks/growth/chains.hpp"
#include "wengert/benchmarks/race/function.hpp"
#include "wengert/benchmarks/race/measure.hpp"
#include "wengert/benchmarks/race/tape.hpp"
#include "wengert/benchmarks/race/tapes/wengert.hpp"

#ifndef GROWTH_FLAGS  // set by CMake
#  define GROWTH_FLAGS "unknown flags"
#endif
#ifdef __clang__
#  define GROWTH_COMPILER __VERSION__
#else
#  define GROWTH_COMPILER "g++ " __VERSION__
#endif

namespace growth {
namespace {

constexpr std::string_view usage =
    "growth: cost an operation by the number of operations, one line of JSON on standard output\n"
    "  --max N        most operations (default 1e8)\n"
    "  --seconds S    time for each size (default 1)\n";

// Of the memory that is free, what a recording may be expected to take.
constexpr double share_of_memory = 0.6;

struct Options {
  double most = 1e8;
  double seconds = 1.0;
};

Options parse(int count, char** arguments) {
  Options options;
  for (int i = 1; i < count; i += 2) {
    const std::string_view option = arguments[i];
    if (i + 1 >= count) throw std::invalid_argument(std::string(option) + " needs a value\n" + std::string(usage));
    if (option == "--max") {
      options.most = std::stod(arguments[i + 1]);
    } else if (option == "--seconds") {
      options.seconds = std::stod(arguments[i + 1]);
    } else {
      throw std::invalid_argument("unknown option " + std::string(option) + "\n" + std::string(usage));
    }
  }
  return options;
}

double available_memory() {
  std::ifstream file("/proc/meminfo");
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("MemAvailable:")) return 1024.0 * std::stod(line.substr(13));
  }
  return 4e9;
}

void write(std::ostream& out, const char* name, const race::Statistic& seconds) {
  out << ",\"" << name << "\":{\"median\":" << seconds.median << ",\"quartiles\":[" << seconds.lower_quartile << ','
      << seconds.upper_quartile << "]}";
}

/// One program at all sizes, two a decade.
template <race::Workload W>
void measure_growth(std::ostream& out, const Options& options) {
  const race::FunctionEntry function{.workload = W::name,
                                     .make = [](race::Size size) -> std::unique_ptr<race::Function> {
                                       return std::make_unique<race::FunctionOf<W>>(size);
                                     }};
  const race::ContestantEntry recorded{.tape = race::Wengert::name,
                                       .workload = W::name,
                                       .role = race::Wengert::role,
                                       .make = [](race::Size size) -> std::unique_ptr<race::Contestant> {
                                         return std::make_unique<race::ContestantOf<race::Wengert, W>>(size);
                                       }};
  const race::Settings settings{.seconds_per_workload = options.seconds};
  out << "{\"name\":\"" << W::name << "\",\"sizes\":[";
  double bytes_an_operation = 0.0;
  bool first = true;
  for (double decade = 1e3; decade <= options.most * 1.0001; decade *= 10.0) {
    for (const double wanted : {decade, decade * std::sqrt(10.0)}) {
      if (wanted > options.most * 1.0001) break;
      // Buffers grow by doubling, and the old one lives until the new one is filled.
      if (3.0 * bytes_an_operation * wanted > share_of_memory * available_memory()) {
        std::cerr << W::name << ": no memory for " << wanted << " operations\n";
        break;
      }
      operations_wanted = static_cast<std::size_t>(wanted);
      const race::WorkloadResult result = race::measure(function, std::span(&recorded, 1), settings);
      const race::TapeResult& tape = result.tapes.front();
      bytes_an_operation = static_cast<double>(tape.bytes) / static_cast<double>(result.operations);
      std::cerr << W::name << ' ' << result.operations << " operations, " << result.rounds << " rounds\n";
      out << (first ? "\n" : ",\n") << " {\"operations\":" << result.operations << ",\"rounds\":" << result.rounds
          << ",\"bytes\":" << tape.bytes;
      first = false;
      write(out, "doubles", result.primal);
      write(out, "record", tape.record);
      write(out, "reverse", tape.reverse);
      out << '}';
    }
  }
  out << "]}";
}

int run(int count, char** arguments) {
  const Options options = parse(count, arguments);
  std::ostream& out = std::cout;
  out.precision(9);
  out << "{\"compiler\":\"" << GROWTH_COMPILER << "\",\"flags\":\"" << GROWTH_FLAGS << "\",\n\"bandwidth\":[";
  const double largest = std::min(1U << 30U, options.most >= 1e7 ? 1U << 30U : 1U << 26U);
  for (double bytes = 1U << 14U; bytes <= largest; bytes *= 4) {
    const Bandwidth found = bandwidth(static_cast<std::size_t>(bytes));
    out << (bytes > (1U << 14U) ? ",\n" : "\n") << " {\"bytes\":" << static_cast<std::size_t>(bytes)
        << ",\"read\":" << found.read << ",\"copy\":" << found.copy << ",\"triad\":" << found.triad << '}';
  }
  out << "],\n\"programs\":[";
  measure_growth<Loop>(out, options);
  out << ",\n";
  measure_growth<Stencil>(out, options);
  out << ",\n";
  measure_growth<Irregular>(out, options);
  out << "]}\n";
  if (!out.flush()) throw std::runtime_error("cannot write standard output");
  return EXIT_SUCCESS;
}

}  // namespace
}  // namespace growth

int main(int count, char** arguments) {
  try {
    return growth::run(count, arguments);
  } catch (const std::exception& error) {
    std::cerr << "growth: " << error.what() << '\n';
    return EXIT_FAILURE;
  }
}
