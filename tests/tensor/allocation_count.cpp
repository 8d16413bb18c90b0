#include "allocation_count.hpp"

#include <atomic>
#include <cerrno>
#include <cstddef>

namespace wengert::test {
namespace {
std::atomic<std::uint64_t> count{0};
}  // namespace

std::uint64_t allocations() noexcept { return count.load(); }

}  // namespace wengert::test

#if defined(__GLIBC__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)

// NOLINTBEGIN: the names are glibc's; those without underscores replace the C library's in this executable.
extern "C" {
void* __libc_malloc(std::size_t);
void* __libc_calloc(std::size_t, std::size_t);
void* __libc_realloc(void*, std::size_t);
void* __libc_memalign(std::size_t, std::size_t);

void* malloc(std::size_t size) {
  wengert::test::count.fetch_add(1, std::memory_order_relaxed);
  return __libc_malloc(size);
}
void* calloc(std::size_t count, std::size_t size) {
  wengert::test::count.fetch_add(1, std::memory_order_relaxed);
  return __libc_calloc(count, size);
}
void* realloc(void* p, std::size_t size) {
  wengert::test::count.fetch_add(1, std::memory_order_relaxed);
  return __libc_realloc(p, size);
}
void* memalign(std::size_t alignment, std::size_t size) {
  wengert::test::count.fetch_add(1, std::memory_order_relaxed);
  return __libc_memalign(alignment, size);
}
void* aligned_alloc(std::size_t alignment, std::size_t size) { return memalign(alignment, size); }
int posix_memalign(void** p, std::size_t alignment, std::size_t size) {
  void* const taken = memalign(alignment, size);
  if (taken == nullptr) return ENOMEM;
  *p = taken;
  return 0;
}
}
// NOLINTEND

#endif
