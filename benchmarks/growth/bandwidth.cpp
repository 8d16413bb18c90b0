#include "wengert/benchmarks/growth/bandwidth.hpp"

#include <algorithm>
#include <vector>

#include "wengert/benchmarks/race/clock.hpp"

namespace growth {
namespace {

/// Keeps the compiler from proving that a pass is without effect.
void observe(const double* data) { asm volatile("" : : "g"(data) : "memory"); }

/// Many partial sums, so that the latency of additions does not limit.
[[gnu::noinline]] double sum(const double* a, std::size_t n) {
  double parts[32] = {};
  for (std::size_t i = 0; i + 32 <= n; i += 32) {
    for (std::size_t k = 0; k < 32; ++k) parts[k] += a[i + k];
  }
  double total = 0.0;
  for (const double part : parts) total += part;
  return total;
}
[[gnu::noinline]] void copy(const double* __restrict a, double* __restrict b, std::size_t n) {
  for (std::size_t i = 0; i < n; ++i) b[i] = a[i];
}
[[gnu::noinline]] void triad(const double* __restrict a, const double* __restrict b, double* __restrict c,
                             std::size_t n) {
  for (std::size_t i = 0; i < n; ++i) c[i] = a[i] + 3.0 * b[i];
}

/// Bytes a second of the fastest of some batches, the last ones of some milliseconds each.
template <class Pass>
double fastest(std::size_t bytes, const Pass& pass) {
  std::size_t passes = 1;
  double best = 0.0;
  for (int trial = 0; trial < 16; ++trial) {
    const double start = race::processor_seconds();
    for (std::size_t i = 0; i < passes; ++i) pass();
    const double seconds = std::max(race::processor_seconds() - start, 1e-9);
    best = std::max(best, static_cast<double>(bytes * passes) / seconds);
    if (seconds < 2e-3 && passes < (std::size_t{1} << 24U)) passes *= 4;
  }
  return best;
}

}  // namespace

Bandwidth bandwidth(std::size_t bytes) {
  const std::size_t words = bytes / sizeof(double);
  std::vector<double> memory(words, 1.0);
  double* const a = memory.data();
  Bandwidth found;
  found.read = fastest(words * 8, [&] {
    const double total = sum(a, words);
    observe(&total);
  });
  found.copy = fastest(words / 2 * 16, [&] {
    copy(a, a + words / 2, words / 2);
    observe(a);
  });
  found.triad = fastest(words / 3 * 24, [&] {
    triad(a, a + words / 3, a + 2 * (words / 3), words / 3);
    observe(a);
  });
  return found;
}

}  // namespace growth
