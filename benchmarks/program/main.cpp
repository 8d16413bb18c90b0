// bench_program: scalar programs at many inputs, value and gradient of each. See ../README.md.
//
// Reading order: check, measure, main.
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>

#include "wengert/autodiff/exec/batch_layout.hpp"
#include "wengert/benchmarks/program/contestant.hpp"
#include "wengert/benchmarks/race/clock.hpp"
#include "wengert/benchmarks/race/measure.hpp"

#ifdef __clang__
#  define BENCH_COMPILER __VERSION__
#else
#  define BENCH_COMPILER "g++ " __VERSION__
#endif
#ifndef BENCH_FLAGS  // set by CMake
#  define BENCH_FLAGS "unknown flags"
#endif

namespace program_benchmark {

std::vector<Entry>& entries() {
  static std::vector<Entry> all;
  return all;
}
int& threads_of_programs() {
  static int threads = 1;
  return threads;
}

namespace {

constexpr std::string_view usage =
    "bench_program: scalar programs at many inputs, one line of JSON on standard output\n"
    "  --workload NAME     only this one (may be repeated)\n"
    "  --contestant NAME   only this one, beside the primal (may be repeated)\n"
    "  --batch N           only batches of this size (may be repeated; default 1, 8, 64, 1024, 100000)\n"
    "  --dense             columns one after the other; else they have room between them, so that they are an odd\n"
    "                      number of lines of the cache apart\n"
    "  --seconds S         for the rounds of one workload and batch (default 2)\n"
    "  --threads N         threads of Wengert's programs (default 1); more than one are timed by the clock on the "
    "wall\n"
    "  --quick             small batches, one short round: a smoke test\n"
    "  --profile N         run N times, untimed and unchecked, for a profiler\n";

struct Options {
  std::vector<std::string> workloads, contestants;
  std::vector<std::size_t> batches;
  double seconds = 2.0, batch_seconds = 1e-3;
  std::size_t fewest_rounds = 5, most_rounds = 101, profile = 0;
  int threads = 1;
  bool dense = false;
};

/// One thread: its processor time, which other programs do not add to. Several: the clock on the wall.
double seconds_now(int threads) {
  if (threads == 1) return race::processor_seconds();
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

Options parse(int count, char** arguments) {
  Options options;
  bool quick = false;
  for (int i = 1; i < count; ++i) {
    const std::string option = arguments[i];
    if (option == "--quick") {
      quick = true;
      options.seconds = 0.0;
      options.batch_seconds = 1e-5;
      options.fewest_rounds = 1;
      continue;
    }
    if (option == "--dense") {
      options.dense = true;
      continue;
    }
    if (i + 1 >= count) throw std::invalid_argument("unknown option " + option + "\n" + std::string(usage));
    const std::string value = arguments[++i];
    if (option == "--workload") {
      options.workloads.push_back(value);
    } else if (option == "--contestant") {
      options.contestants.push_back(value);
    } else if (option == "--batch") {
      options.batches.push_back(std::stoul(value));
    } else if (option == "--seconds") {
      options.seconds = std::stod(value);
    } else if (option == "--threads") {
      options.threads = std::stoi(value);
    } else if (option == "--profile") {
      options.profile = std::stoul(value);
    } else {
      throw std::invalid_argument("unknown option " + option + "\n" + std::string(usage));
    }
  }
  if (options.batches.empty())
    options.batches = quick ? std::vector<std::size_t>{1, 64} : std::vector<std::size_t>{1, 8, 64, 1024, 100'000};
  return options;
}

bool wanted(const std::vector<std::string>& names, std::string_view name) {
  return names.empty() || std::ranges::find(names, name) != names.end();
}

struct Lane {
  const Entry* entry = nullptr;
  std::unique_ptr<Contestant> contestant;
  double preparation = 0.0;  ///< seconds to make it
  Results results;
  std::size_t calls = 1;
  std::vector<double> seconds;  ///< a call, by round
};

/// Values against the primal, all components against the first that has derivatives: nine digits, or twelve of the
/// largest of the sample. Throws std::runtime_error.
void check(const std::vector<Lane*>& lanes) {
  const Lane* reference = nullptr;
  const Lane* primal = nullptr;
  for (const Lane* lane : lanes) {
    if (lane->entry->role == Role::primal) primal = lane;
    if (lane->entry->role != Role::primal && reference == nullptr) reference = lane;
  }
  const auto compare = [](const Lane& a, const Lane& b) {
    const std::size_t components = std::min(a.results.components, b.results.components);
    for (std::size_t s = 0; s < a.results.count; ++s) {
      double largest = 0.0;
      for (std::size_t k = 0; k < components; ++k) largest = std::max(largest, std::abs(a.results.at(s, k)));
      for (std::size_t k = 0; k < components; ++k) {
        const double expected = a.results.at(s, k), found = b.results.at(s, k);
        if (!(std::abs(expected - found) <= 1e-9 * std::abs(expected) + 1e-12 * largest))
          throw std::runtime_error(std::string(a.entry->workload) + ", sample " + std::to_string(s) + " of " +
                                   std::to_string(a.results.count) + ", component " + std::to_string(k) + ": " +
                                   std::to_string(expected) + " by " + std::string(a.entry->contestant) + ", " +
                                   std::to_string(found) + " by " + std::string(b.entry->contestant));
      }
    }
  };
  for (const Lane* lane : lanes) {
    if (primal != nullptr) compare(*primal, *lane);
    if (reference != nullptr && lane->entry->role != Role::primal) compare(*reference, *lane);
  }
}

double seconds_of(Lane& lane, const Samples& samples, std::size_t calls, int threads) {
  const double start = seconds_now(threads);
  for (std::size_t i = 0; i < calls; ++i) lane.contestant->run(samples, lane.results);
  return seconds_now(threads) - start;
}

/// One workload at one size of batch, all contestants in turn.
void measure(std::vector<Lane*> lanes, const Samples& samples, const Options& options) {
  for (Lane* lane : lanes) lane->contestant->run(samples, lane->results);
  check(lanes);
  double round = 0.0;
  for (Lane* lane : lanes) {
    lane->seconds.clear();
    lane->calls = 1;
    double taken = seconds_of(*lane, samples, 1, options.threads);
    while (taken < options.batch_seconds && lane->calls < (std::size_t{1} << 24)) {
      lane->calls *= 2;
      taken = seconds_of(*lane, samples, lane->calls, options.threads);
    }
    round += taken;
  }
  const auto rounds = std::clamp(static_cast<std::size_t>(options.seconds / round), options.fewest_rounds,
                                 std::max(options.fewest_rounds, options.most_rounds));
  for (std::size_t r = 0; r < rounds; ++r)
    for (std::size_t k = 0; k < lanes.size(); ++k) {
      Lane& lane = *lanes[(k + r) % lanes.size()];
      lane.seconds.push_back(seconds_of(lane, samples, lane.calls, options.threads) / static_cast<double>(lane.calls));
    }
}

/// Contestants that take one sample after the other are left out of larger batches: these tell their time.
constexpr std::size_t enough_samples = 64;
/// A batch that the primal needs longer for is left out.
constexpr double most_seconds = 2.5;

void run(const Options& options) {
  threads_of_programs() = options.threads;
  std::cout.precision(6);
  std::cout << "{\"compiler\":\"" << BENCH_COMPILER << "\",\"flags\":\"" << BENCH_FLAGS
            << "\",\"threads\":" << options.threads << ",\"rows\":[";
  const char* comma = "\n";
  std::map<std::string_view, std::vector<const Entry*>> by_workload;
  for (const Entry& entry : entries()) by_workload[entry.workload].push_back(&entry);
  for (auto& [workload, contestants] : by_workload) {
    if (!wanted(options.workloads, workload)) continue;
    // A fixed order, whatever the linker made of it.
    std::ranges::sort(contestants, [](const Entry* a, const Entry* b) {
      return std::pair(a->role, a->contestant) < std::pair(b->role, b->contestant);
    });
    std::vector<Lane> lanes;
    for (const Entry* entry : contestants) {
      if (entry->role != Role::primal && !wanted(options.contestants, entry->contestant)) continue;
      Lane& lane = lanes.emplace_back();
      lane.entry = entry;
      const double start = race::processor_seconds();
      lane.contestant = entry->make(Size::full);
      lane.preparation = race::processor_seconds() - start;
    }
    const std::vector<double> base = contestants.front()->base(Size::full);
    const auto samples_of = [&](std::size_t batch) {
      const auto padded =
          static_cast<std::size_t>(wengert::BatchLayout::padded(static_cast<std::int64_t>(batch)).stride);
      return Samples(base, batch, options.dense ? batch : padded);
    };
    const Samples one = samples_of(1);
    double primal_seconds = 1.0;
    for (int i = 0; i < 3; ++i)
      primal_seconds = std::min(primal_seconds, seconds_of(lanes.front(), one, 1, options.threads));
    for (const std::size_t batch : options.batches) {
      if (primal_seconds * static_cast<double>(batch) > most_seconds) continue;
      const Samples samples = samples_of(batch);
      std::vector<Lane*> taking_part;
      for (Lane& lane : lanes)
        if (lane.entry->role == Role::primal || lane.entry->batches || batch <= enough_samples)
          taking_part.push_back(&lane);
      if (options.profile > 0) {
        for (Lane* lane : taking_part)
          if (lane->entry->role != Role::primal)
            for (std::size_t i = 0; i < options.profile; ++i) lane->contestant->run(samples, lane->results);
        continue;
      }
      measure(taking_part, samples, options);
      for (const Lane* lane : taking_part) {
        const race::Statistic time = race::statistic(lane->seconds);
        const double each = static_cast<double>(batch);
        std::cout << comma << "{\"workload\":\"" << workload << "\",\"contestant\":\"" << lane->entry->contestant
                  << "\",\"batch\":" << batch << ",\"inputs\":" << lane->entry->inputs
                  << ",\"outputs\":" << lane->entry->outputs << ",\"preparation\":" << lane->preparation
                  << ",\"rounds\":" << lane->seconds.size() << ",\"median\":" << time.median / each
                  << ",\"minimum\":" << time.minimum / each << ",\"quartiles\":[" << time.lower_quartile / each << ','
                  << time.upper_quartile / each << "]}" << std::flush;
        comma = ",\n";
      }
    }
  }
  std::cout << "]}\n";
}

}  // namespace
}  // namespace program_benchmark

int main(int count, char** arguments) {
  try {
    program_benchmark::run(program_benchmark::parse(count, arguments));
    return EXIT_SUCCESS;
  } catch (const std::exception& error) {
    std::cerr << error.what() << '\n';
    return EXIT_FAILURE;
  }
}
