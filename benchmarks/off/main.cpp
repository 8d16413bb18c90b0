// off: what code costs that could be differentiated and is not. See ../README.md.
//
//   off                          times every pair in turn, one line of JSON on standard output
//   off --run NAME VARIANT N     calculates N times, for a program that counts instructions; VARIANT is plain or with
#include <algorithm>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "wengert/benchmarks/off/off.hpp"
#include "wengert/benchmarks/race/clock.hpp"
#include "wengert/benchmarks/race/measure.hpp"

#ifdef __clang__
#  define OFF_COMPILER __VERSION__
#else
#  define OFF_COMPILER "g++ " __VERSION__
#endif

namespace off {

std::vector<Entry>& entries() {
  static std::vector<Entry> all;
  return all;
}

namespace {

constexpr double batch_seconds = 5e-3;
constexpr int rounds = 15;

double seconds_of(const Run& run, std::size_t times) {
  const double start = race::processor_seconds();
  run(times);
  return race::processor_seconds() - start;
}

/// So many calculations take about a batch's time.
std::size_t batch_of(const Run& run) {
  std::size_t times = 1;
  while (seconds_of(run, times) < 0.5 * batch_seconds) times *= 2;
  return times;
}

void write(const char* name, const race::Statistic& seconds) {
  std::cout << ",\"" << name << "\":{\"median\":" << seconds.median << ",\"quartiles\":[" << seconds.lower_quartile
            << ',' << seconds.upper_quartile << "]}";
}

int measure() {
  std::cout.precision(9);
  std::cout << "{\"compiler\":\"" << OFF_COMPILER << "\",\"flags\":\"" << OFF_FLAGS << "\",\"pairs\":[";
  bool first = true;
  for (const Entry& entry : entries()) {
    const Pair pair = entry.make();
    std::vector<double> plain;
    std::vector<double> with;
    const std::size_t plain_batch = batch_of(pair.plain);
    const std::size_t with_batch = batch_of(pair.with);
    for (int round = 0; round < rounds; ++round) {
      plain.push_back(seconds_of(pair.plain, plain_batch) / static_cast<double>(plain_batch));
      with.push_back(seconds_of(pair.with, with_batch) / static_cast<double>(with_batch));
    }
    std::cout << (first ? "\n" : ",\n") << " {\"group\":\"" << pair.group << "\",\"name\":\"" << entry.name
              << "\",\"operations\":" << pair.operations;
    first = false;
    write("plain", race::statistic(plain));
    write("with", race::statistic(with));
    std::cout << '}';
  }
  std::cout << "]}\n";
  return std::cout.flush() ? EXIT_SUCCESS : EXIT_FAILURE;
}

int run(const std::vector<std::string>& arguments) {
  if (arguments.empty()) return measure();
  if (arguments.size() != 4 || arguments[0] != "--run")
    throw std::invalid_argument("usage: off [--run NAME plain|with N]");
  for (const Entry& entry : entries()) {
    if (entry.name != arguments[1]) continue;
    const Pair pair = entry.make();
    (arguments[2] == "plain" ? pair.plain : pair.with)(std::stoul(arguments[3]));
    return EXIT_SUCCESS;
  }
  throw std::invalid_argument("nothing is called " + arguments[1]);
}

}  // namespace
}  // namespace off

int main(int count, char** arguments) {
  try {
    return off::run(std::vector<std::string>(arguments + 1, arguments + count));
  } catch (const std::exception& error) {
    std::cerr << "off: " << error.what() << '\n';
    return EXIT_FAILURE;
  }
}
