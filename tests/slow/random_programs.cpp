// A million random programs, half of Scalars and half of tensors, on every core: what
// tests/autodiff/random_primitives.cpp and tests/tensor/random_programs.cpp do to two thousand each. A seed is a
// program, so the threads decide nothing.
//
// And 10⁵ of them to second order in every mode: what tests/derivatives/modes/orders.cpp does to 1600.
//
// WENGERT_PROGRAMS=<count> and WENGERT_SEED=<first> choose others. WENGERT_REPORT=<file> writes what was found as
// Markdown; docs/random_programs.md is such a file.
#include <boost/test/unit_test.hpp>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <iomanip>
#include <mutex>
#include <thread>

#include "wengert/tests/support/random_modes.hpp"
#include "wengert/tests/support/random_scalars.hpp"
#include "wengert/tests/support/random_tensors.hpp"

namespace wengert::test {
namespace {

std::uint64_t setting(const char* name, std::uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

void check(std::uint64_t seed, bool every_mode, Counts& counts) {
  try {
    if (seed % 2 == 0)
      every_mode ? check_scalar_modes(seed, counts) : check_scalars(seed, counts);
    else
      every_mode ? check_tensor_modes(seed, counts) : check_tensors(seed, counts);
  } catch (const std::exception& error) {
    counts.mismatch("program " + std::to_string(seed) + " threw " + error.what());
  }
}

/// Programs first … first+count-1, on every core.
Counts check_all(std::uint64_t first, std::uint64_t count, bool every_mode) {
  const unsigned threads = std::max(1u, std::thread::hardware_concurrency());
  std::atomic<std::uint64_t> next{0};
  std::mutex one_at_a_time;
  Counts counts;
  std::vector<std::thread> workers;
  for (unsigned t = 0; t < threads; ++t) {
    workers.emplace_back([&] {
      Counts own;
      constexpr std::uint64_t at_once = 500;
      for (std::uint64_t begin; (begin = next.fetch_add(at_once)) < count;)
        for (std::uint64_t k = begin; k < std::min(begin + at_once, count); ++k) check(first + k, every_mode, own);
      const std::lock_guard lock(one_at_a_time);
      counts += own;
    });
  }
  for (std::thread& worker : workers) worker.join();
  return counts;
}

std::string report(const Counts& counts, std::uint64_t first, std::uint64_t count, double seconds, unsigned threads) {
  std::ostringstream text;
  const std::time_t now = std::time(nullptr);
  text
      << "# Random programs\n\n"
         "Written by `WENGERT_REPORT=docs/random_programs.md build/release/bin/test_slow --run_test=random_programs`.\n"
         "A program is a seed: an even one of Scalars, an odd one of tensors, over every primitive of the library, "
         "with\n"
         "shared and repeated operands, constants, broadcasting, rank 0 and size 0, f64 and f32. Of each, first and "
         "second\n"
         "derivatives are computed by numeric and recorded reverse sweeps and by forward sweeps. How far two ways may\n"
         "differ follows from a running error analysis of the program's own graph\n"
         "([tests/support/running_error.hpp](../tests/support/running_error.hpp)); nothing was set by hand.\n\n"
      << std::put_time(std::gmtime(&now), "%Y-%m-%d") << ", seeds " << first << " to " << first + count - 1 << ", "
      << std::lround(seconds) << " s on " << threads << " threads.\n\n"
      << "| | |\n| --- | --: |\n| programs | " << counts.programs << " |\n| values recorded | " << counts.operations
      << " |\n| nodes of their graphs, derivatives included | " << counts.nodes << " |\n| statements rolled up | "
      << counts.rolled << " |\n| tensors of rank 0 | " << counts.scalars << " |\n| tensors of size 0 | " << counts.empty
      << " |\n| tensors of f32 | " << counts.narrow
      << " |\n| programs not judged: something is not finite or near underflow, or an error beyond 10⁻³ | "
      << counts.without_meaning << " |\n| programs without a derivative | " << counts.without_derivative
      << " |\n| **mismatches** | **" << counts.mismatch_count << "** |\n\n"
      << "| what is compared | numbers | largest difference, as a part of what is allowed |\n| --- | --: | --: |\n";
  text.precision(3);
  for (const auto& [name, times] : counts.checks) {
    const auto worst = counts.worst.find(name);
    text << "| " << name << " | " << times << " | " << (worst == counts.worst.end() ? 0.0 : worst->second) << " |\n";
  }
  text << "\nA 0 in the last column: the same bits, every time.\n\n## Mismatches\n\n";
  if (counts.mismatches.empty()) text << "None.\n";
  for (const std::string& mismatch : counts.mismatches) text << "- " << mismatch << "\n";
  text << "\n## How often each primitive was applied\n\n";
  const char* separator = "";
  for (const auto& [name, times] : counts.primitives)
    text << std::exchange(separator, ",\n") << "`" << name << "` " << times;
  text << ".\n";
  return text.str();
}

}  // namespace

BOOST_AUTO_TEST_SUITE(random_programs)

BOOST_AUTO_TEST_CASE(a_million_programs_without_a_mismatch) {
  const std::uint64_t count = setting("WENGERT_PROGRAMS", 1'000'000), first = setting("WENGERT_SEED", 1'000'000);
  const unsigned threads = std::max(1u, std::thread::hardware_concurrency());
  const auto start = std::chrono::steady_clock::now();
  const Counts counts = check_all(first, count, false);
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  const std::string text = report(counts, first, count, seconds, threads);
  BOOST_TEST_MESSAGE(text);
  if (const char* file = std::getenv("WENGERT_REPORT"); file != nullptr) std::ofstream(file) << text;
  for (const std::string& mismatch : counts.mismatches) BOOST_ERROR(mismatch);
  BOOST_TEST(counts.mismatch_count == 0u);
  BOOST_TEST(counts.programs == count);
  BOOST_TEST(counts.without_meaning + counts.without_derivative < count / 20);
}

// Forward over reverse, reverse over forward, reverse over reverse and forward over forward, recorded and numeric.
BOOST_AUTO_TEST_CASE(a_hundred_thousand_programs_to_second_order_in_every_mode) {
  const std::uint64_t count = setting("WENGERT_PROGRAMS", 100'000), first = setting("WENGERT_SEED", 3'000'000);
  const Counts counts = check_all(first, count, true);
  for (const std::string& mismatch : counts.mismatches) BOOST_ERROR(mismatch);
  for (const auto& [name, times] : counts.checks) {
    const auto worst = counts.worst.find(name);
    BOOST_TEST_MESSAGE(name << ": " << times << ", at most " << (worst == counts.worst.end() ? 0.0 : worst->second)
                            << " of what is allowed");
  }
  BOOST_TEST(counts.mismatch_count == 0u);
  BOOST_TEST(counts.programs == count);
  BOOST_TEST(counts.without_meaning + counts.without_derivative < count / 12);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace wengert::test
