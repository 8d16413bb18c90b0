// bench_tensors: training steps and other work on tensors, engine beside engine. See ../README.md.
//
// Reading order: check, measure_time, measure_memory, main.
#include <malloc.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <ctime>
#include <exception>
#include <iostream>
#include <map>
#include <stdexcept>

#include "wengert/benchmarks/tensors/memory.hpp"
#include "wengert/benchmarks/tensors/problem.hpp"

#ifdef __clang__
#  define BENCH_COMPILER __VERSION__
#else
#  define BENCH_COMPILER "g++ " __VERSION__
#endif

namespace tensors_benchmark {

std::vector<Engine>& engines() {
  static std::vector<Engine> all;
  return all;
}

namespace {

constexpr const char* usage =
    "bench_tensors: training steps and other work on tensors, one line of JSON on standard output\n"
    "  --problem NAME    only this one (may be repeated)\n"
    "  --engine NAME     only this one (may be repeated)\n"
    "  --seconds S       for the rounds of one problem (default 6)\n"
    "  --threads N       threads of every engine (default 1); more than one are timed by the clock on the wall\n"
    "  --quick           one short round of each: a smoke test\n"
    "  --profile N       N steps of each, untimed and unchecked, for a profiler\n"
    "  --list            problems and engines that are built in\n";

struct Options {
  std::vector<std::string> problems, engines;
  double seconds = 6, batch_seconds = 5e-3;
  std::size_t fewest_rounds = 7, most_rounds = 201, profile = 0;
  int threads = 1;
  bool list = false;
};

Options parse(int count, char** arguments) {
  Options options;
  for (int i = 1; i < count; ++i) {
    const std::string option = arguments[i];
    if (option == "--quick") {
      options.seconds = 0, options.batch_seconds = 1e-5, options.fewest_rounds = 1;
      continue;
    }
    if (option == "--list") {
      options.list = true;
      continue;
    }
    if (i + 1 >= count) throw std::invalid_argument("unknown option " + option + "\n" + usage);
    const std::string value = arguments[++i];
    if (option == "--problem") {
      options.problems.push_back(value);
    } else if (option == "--engine") {
      options.engines.push_back(value);
    } else if (option == "--seconds") {
      options.seconds = std::stod(value);
    } else if (option == "--threads") {
      options.threads = std::stoi(value);
    } else if (option == "--profile") {
      options.profile = std::stoul(value);
    } else {
      throw std::invalid_argument("unknown option " + option + "\n" + usage);
    }
  }
  return options;
}

bool wanted(const std::vector<std::string>& names, const std::string& name) {
  return names.empty() || std::find(names.begin(), names.end(), name) != names.end();
}

/// One thread: its processor time, which other programs do not add to. Several: the clock on the wall.
double seconds_now(int threads) {
  timespec time{};
  clock_gettime(threads == 1 ? CLOCK_PROCESS_CPUTIME_ID : CLOCK_MONOTONIC, &time);
  return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

struct Lane {
  const Engine* engine = nullptr;
  std::unique_ptr<Step> step;
  double preparation = 0;  ///< seconds to make it
  std::size_t calls = 1;
  std::vector<double> seconds;
  Memory memory;  ///< of two steps with their engine
  double error = 0;
};

constexpr double tolerance = 1e-3;

/// Runs every step twice and compares: losses to four digits, and what the steps changed (gradients, where nothing is
/// trained) to a thousandth, in the Euclidean norm. Throws std::runtime_error.
void check(const Problem& problem, std::vector<Lane>& lanes) {
  std::vector<float> before;
  if (problem.rate > 0)
    for (const Block& block : problem.parameters) before.insert(before.end(), block.values.begin(), block.values.end());
  std::vector<float> expected;
  double expected_loss = 0;
  const Lane* reference = nullptr;
  for (Lane& lane : lanes) {
    lane.step->run();
    const double loss = lane.step->run();
    const std::vector<float> found = lane.step->results();
    if (found.empty()) continue;
    if (reference == nullptr) {
      reference = &lane;
      expected = found;
      expected_loss = loss;
      continue;
    }
    const std::string between =
        problem.name + ": " + reference->engine->name + " and " + lane.engine->name + " differ: ";
    if (!(std::abs(loss - expected_loss) <= 1e-4 * std::abs(expected_loss) + 1e-7))
      throw std::runtime_error(between + "losses " + std::to_string(expected_loss) + " and " + std::to_string(loss));
    if (found.size() != expected.size())
      throw std::runtime_error(between + std::to_string(expected.size()) + " and " + std::to_string(found.size()) +
                               " numbers");
    double difference = 0, norm = 0;
    for (std::size_t j = 0; j < found.size(); ++j) {
      const double base = before.empty() ? 0 : static_cast<double>(before[j]);
      const double one = static_cast<double>(expected[j]) - base, other = static_cast<double>(found[j]) - base;
      difference += (one - other) * (one - other);
      norm += one * one;
    }
    lane.error = std::sqrt(difference / norm);
    if (!(lane.error <= tolerance))
      throw std::runtime_error(between + "by " + std::to_string(lane.error) + " of what changed");
  }
}

double seconds_of(Lane& lane, std::size_t calls, int threads) {
  const double start = seconds_now(threads);
  for (std::size_t i = 0; i < calls; ++i) lane.step->run();
  return seconds_now(threads) - start;
}

/// All engines in turn, each round beginning with another.
void measure_time(std::vector<Lane>& lanes, const Options& options) {
  double round = 0;
  for (Lane& lane : lanes) {
    double taken = seconds_of(lane, 1, options.threads);
    while (taken < options.batch_seconds && lane.calls < 1'000'000) {
      lane.calls *= 2;
      taken = seconds_of(lane, lane.calls, options.threads);
    }
    round += taken;
  }
  const auto rounds = std::clamp(static_cast<std::size_t>(options.seconds / round), options.fewest_rounds,
                                 std::max(options.fewest_rounds, options.most_rounds));
  for (std::size_t r = 0; r < rounds; ++r)
    for (std::size_t k = 0; k < lanes.size(); ++k) {
      Lane& lane = lanes[(k + r) % lanes.size()];
      lane.seconds.push_back(seconds_of(lane, lane.calls, options.threads) / static_cast<double>(lane.calls));
    }
  for (Lane& lane : lanes) std::sort(lane.seconds.begin(), lane.seconds.end());
}

/// Everything that an engine holds at the worst moment of a step: parameters, gradients, values kept, work space.
/// Counted in a process of its own that has made nothing before, so that no engine lives on what another one has left;
/// inputs count only as far as the engine copies them.
Memory measure_memory(const Engine& engine, const Problem& problem, int threads) {
  int ends[2];
  if (pipe(ends) != 0) throw std::runtime_error("no pipe");
  std::cout.flush();
  const pid_t child = fork();
  if (child < 0) throw std::runtime_error("no process to count memory in");
  if (child == 0) {
    int status = EXIT_FAILURE;
    try {
      if (engine.use_threads != nullptr) engine.use_threads(threads);
      start_counting();
      const std::unique_ptr<Step> step = engine.make(problem);
      step->run();
      step->run();
      restart_peak();
      step->run();
      const Memory memory = stop_counting();
      if (write(ends[1], &memory, sizeof memory) == static_cast<ssize_t>(sizeof memory)) status = EXIT_SUCCESS;
    } catch (const std::exception& error) {
      std::cerr << error.what() << '\n';
    }
    _exit(status);
  }
  close(ends[1]);
  Memory memory;
  const bool complete = read(ends[0], &memory, sizeof memory) == static_cast<ssize_t>(sizeof memory);
  close(ends[0]);
  waitpid(child, nullptr, 0);
  if (!complete) throw std::runtime_error(problem.name + ": the memory of " + engine.name + " could not be counted");
  return memory;
}

void run(const Options& options) {
  if (options.list) {
    for (const std::string& name : problem_names()) std::cout << "problem " << name << '\n';
    for (const Engine& engine : engines()) std::cout << "engine " << engine.name << '\n';
    return;
  }
  // Large blocks stay with the process: fresh pages for every temporary would cost some engines up to three times.
  mallopt(M_MMAP_THRESHOLD, 1 << 30);
  mallopt(M_TRIM_THRESHOLD, 2'000'000'000);
  mallopt(M_TOP_PAD, 64 << 20);
  std::sort(engines().begin(), engines().end(), [](const Engine& a, const Engine& b) { return a.name < b.name; });
  // First of all, while this process has made nothing that children would inherit.
  std::map<std::pair<std::string, std::string>, Memory> memories;
  for (const std::string& name : problem_names()) {
    if (!wanted(options.problems, name) || options.profile > 0) continue;
    const Problem problem = problem_of(name);
    for (const Engine& engine : engines())
      if (wanted(options.engines, engine.name) && engine.has(problem))
        memories[{name, engine.name}] = measure_memory(engine, problem, options.threads);
  }
  for (const Engine& engine : engines())
    if (engine.use_threads != nullptr) engine.use_threads(options.threads);
  std::cout.precision(6);
  std::cout << "{\"compiler\":\"" << BENCH_COMPILER << "\",\"threads\":" << options.threads << ",\"rows\":[";
  const char* comma = "\n";
  for (const std::string& name : problem_names()) {
    if (!wanted(options.problems, name)) continue;
    const Problem problem = problem_of(name);
    std::vector<Lane> lanes;
    for (const Engine& engine : engines()) {
      if (!wanted(options.engines, engine.name)) continue;
      if (!engine.has(problem)) continue;
      const double start = seconds_now(1);
      std::unique_ptr<Step> step = engine.make(problem);
      Lane& lane = lanes.emplace_back();
      lane.preparation = seconds_now(1) - start;
      lane.engine = &engine;
      lane.step = std::move(step);
    }
    if (options.profile > 0) {
      for (Lane& lane : lanes)
        for (std::size_t k = 0; k < options.profile; ++k) lane.step->run();
      continue;
    }
    check(problem, lanes);
    measure_time(lanes, options);
    for (Lane& lane : lanes) lane.memory = memories[{name, lane.engine->name}];
    for (const Lane& lane : lanes) {
      const std::size_t last = lane.seconds.size() - 1;
      std::cout << comma << "{\"problem\":\"" << name << "\",\"engine\":\"" << lane.engine->name
                << "\",\"preparation\":" << lane.preparation << ",\"rounds\":" << lane.seconds.size()
                << ",\"median\":" << lane.seconds[lane.seconds.size() / 2] << ",\"minimum\":" << lane.seconds.front()
                << ",\"quartiles\":[" << lane.seconds[last / 4] << ',' << lane.seconds[last - last / 4]
                << "],\"peak_bytes\":" << lane.memory.peak << ",\"allocations\":" << lane.memory.calls
                << ",\"difference\":" << lane.error << '}' << std::flush;
      comma = ",\n";
    }
  }
  std::cout << "]}\n";
}

}  // namespace
}  // namespace tensors_benchmark

int main(int count, char** arguments) {
  try {
    tensors_benchmark::run(tensors_benchmark::parse(count, arguments));
    return EXIT_SUCCESS;
  } catch (const std::exception& error) {
    std::cerr << error.what() << '\n';
    return EXIT_FAILURE;
  }
}
