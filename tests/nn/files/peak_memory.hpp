// How much memory a piece of work holds at its worst, counted where malloc and free are (not under sanitizers, whose
// own allocator stays in place: then the answer is 0).
#pragma once

#include <cstddef>

namespace wengert::test {

/// Counts what is allocated and freed from here on, until peak() or the end of its life; one at a time.
class PeakMemory {
 public:
  PeakMemory() noexcept;
  ~PeakMemory();
  PeakMemory(const PeakMemory&) = delete;
  PeakMemory& operator=(const PeakMemory&) = delete;
  /// Bytes held at the worst moment so far.
  [[nodiscard]] std::size_t peak() const noexcept;
};

}  // namespace wengert::test
