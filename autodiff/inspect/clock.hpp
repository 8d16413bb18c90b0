// The clock of the profiles.
#pragma once

#include <algorithm>
#include <chrono>

namespace wengert::inspect {

using Clock = std::chrono::steady_clock;

[[nodiscard]] inline double since(Clock::time_point begin) {
  return std::chrono::duration<double>(Clock::now() - begin).count();
}

/// What a look at it takes, which is part of whatever is measured.
[[nodiscard]] inline double clock_seconds() {
  double least = 1;
  for (int k = 0; k < 200; ++k) {
    const auto begin = Clock::now();
    least = std::min(least, since(begin));
  }
  return least;
}

}  // namespace wengert::inspect
