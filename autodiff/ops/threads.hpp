// Threads: the one pool of the process, for work inside a kernel or a step of a program.
//
// Work is cut into *chunks*, by its shape alone; the pool hands them to whoever is free. So what is computed, and in
// which order within a chunk, does not depend on the number of threads. The caller takes part. Threads are started by
// the first call that can use them, wait for a few microseconds after work and then sleep, and are never ended: nobody
// has to think of the order in which things go when the process does.
//
// One caller at a time has the threads: a second one, and one inside a chunk, does all its chunks itself. After a fork
// the child has a pool of its own, that is started anew; a chunk must not fork.
//
// Reading order: Chunks, run_chunks, in_chunks.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>

#include "wengert/autodiff/ops/scratch.hpp"

namespace wengert {

namespace detail {
using ChunkCall = void (*)(const void* work, std::int64_t chunk, int worker);
void run_chunks(std::int64_t count, int threads, ChunkCall call, const void* work);
}  // namespace detail

namespace kernels {

/// Threads that the machine can run side by side; at least 1.
[[nodiscard]] int machine_threads() noexcept;
/// More are not used.
inline constexpr int most_threads = 256;

/// Items, cut into `count` runs of about `chunk_time` each, one run if that would be less than two; they differ by at
/// most `step` items, which all but the last are multiples of. Depends on the arguments alone.
struct Chunks {
  /// Nanoseconds. To hand a chunk over takes about one microsecond, to wake a thread ten.
  static constexpr double chunk_time = 20'000;

  std::int64_t items = 0, step = 1, count = 0;

  /// Every item takes about `item_time` nanoseconds; there are at most `most` runs.
  Chunks(std::int64_t all, double item_time, std::int64_t of = 1, std::int64_t most = 64)
      : items(std::max<std::int64_t>(all, 0)), step(of), count(all > 0 ? 1 : 0) {
    const double wanted = static_cast<double>(all) * item_time / chunk_time;
    if (wanted >= 2) count = std::min({static_cast<std::int64_t>(std::min(wanted, 1e9)), most, steps()});
  }
  [[nodiscard]] std::int64_t begin(std::int64_t chunk) const { return steps() * chunk / count * step; }
  [[nodiscard]] std::int64_t end(std::int64_t chunk) const { return chunk + 1 == count ? items : begin(chunk + 1); }

 private:
  [[nodiscard]] std::int64_t steps() const { return (items + step - 1) / step; }
};

/// work(chunk, worker) for every chunk from 0 to count - 1, by at most `threads` threads. Workers are numbered from 0
/// to threads - 1, and each does one chunk at a time. Returns when all is done. What a chunk throws is thrown here,
/// that of the first such chunk; the others may have been done or not.
template <class Work>
void run_chunks(std::int64_t count, int threads, const Work& work) {
  if (threads <= 1 || count <= 1) {
    for (std::int64_t chunk = 0; chunk < count; ++chunk) work(chunk, 0);
    return;
  }
  wengert::detail::run_chunks(
      count, threads,
      [](const void* what, std::int64_t chunk, int worker) { (*static_cast<const Work*>(what))(chunk, worker); },
      std::addressof(work));
}

/// The same inside a kernel, by the threads of its scratch: work(chunk, scratch of the worker).
template <class Work>
void in_chunks(std::int64_t count, Scratch& scratch, const Work& work) {
  run_chunks(count, scratch.threads(), [&](std::int64_t chunk, int worker) {
    Scratch& mine = scratch.of(worker);
    const Scratch::Mark mark(mine);
    work(chunk, mine);
  });
  scratch.level();
}

}  // namespace kernels
}  // namespace wengert
