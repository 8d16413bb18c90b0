// The clock of the race: processor time of this thread.
//
// On a machine that does other work too, wall time counts what the scheduler gave to others; processor time does not
// (what others do to the caches still shows, hence interleaved rounds and medians). A read is a system call, so
// iterations shorter than some microseconds are timed in batches.
#pragma once

#include <ctime>

namespace race {

/// Seconds of processor time that the calling thread has used.
[[nodiscard]] inline double processor_seconds() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

}  // namespace race
