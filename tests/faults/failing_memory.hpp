// Allocations of this executable that fail on demand: operator new and, where no sanitizer has its own, realloc, which
// the stream's large arrays come from. (In a translation unit of its own: inlined beside its users, g++ takes free() in
// operator delete for a mistake.)
#pragma once

#include <cstdint>

namespace wengert::failing_memory {

/// Where allocations count, and may fail: while one of these lives.
class Here {
 public:
  Here() noexcept;
  Here(const Here&) = delete;
  Here& operator=(const Here&) = delete;
  ~Here();
};
/// After `successes` more allocations that count one fails, once.
void arm(std::uint64_t successes) noexcept;
/// No allocation fails from here on; whether one did since arm().
bool disarm() noexcept;

}  // namespace wengert::failing_memory
