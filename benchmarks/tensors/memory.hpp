// Counts what malloc and its like hand out in this process, whoever asks: the library, libtorch, OpenBLAS. The
// functions of the C library are replaced for that (memory.cpp); while nothing is counted they cost one branch more.
#pragma once

#include <cstdint>

namespace tensors_benchmark {

struct Memory {
  std::int64_t live = 0;   ///< bytes handed out and not given back since counting began
  std::int64_t peak = 0;   ///< the most of them at a time
  std::int64_t calls = 0;  ///< how often memory was asked for
};

void start_counting();
/// The peak is set to what is live, the calls to none.
void restart_peak();
[[nodiscard]] Memory stop_counting();

}  // namespace tensors_benchmark
