#include "wengert/graph/pages.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdlib>

#if defined(__linux__)
#  include <sys/mman.h>
#endif

namespace wengert::detail {

void prefer_large_pages([[maybe_unused]] void* memory, [[maybe_unused]] std::size_t bytes) noexcept {
#if defined(__linux__) && defined(MADV_HUGEPAGE)
  constexpr std::size_t page = 4096;
  if (bytes < least_of_large_pages) return;
  const auto skip = (page - reinterpret_cast<std::uintptr_t>(memory) % page) % page;
  static_cast<void>(madvise(static_cast<char*>(memory) + skip, bytes - skip, MADV_HUGEPAGE));  // no harm if refused
#endif
}

void* allocate_pages(std::size_t bytes) noexcept {
  constexpr std::size_t line = 64;
  const std::size_t alignment = bytes < least_of_large_pages ? line : large_page;
  if (bytes > SIZE_MAX - line) return nullptr;
  const std::size_t size = std::max<std::size_t>((bytes + line - 1) / line * line, line);
  void* memory = nullptr;
  if (posix_memalign(&memory, alignment, size) != 0) return nullptr;
  // Whole ones only: what is behind the last would become one more.
  if (alignment == large_page) prefer_large_pages(memory, size / large_page * large_page);
  return memory;
}

void* allocate_fresh_pages(std::size_t bytes) noexcept {
  void* const memory = allocate_pages(bytes);
#if defined(__linux__) && defined(MADV_HUGEPAGE)
  if (memory != nullptr && bytes >= least_of_large_pages)
    static_cast<void>(madvise(memory, bytes / large_page * large_page, MADV_DONTNEED));  // aligned, and nobody's yet
#endif
  return memory;
}

}  // namespace wengert::detail
