#include "peak_memory.hpp"

#include <malloc.h>
#include <algorithm>
#include <cstdlib>
#include <new>

// A sanitizer has an allocator of its own: nothing is counted under one. g++ defines macros, clang has features.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#  define WENGERT_SANITIZED
#elif defined(__has_feature)
#  if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#    define WENGERT_SANITIZED
#  endif
#endif
#if defined(__GLIBC__) && !defined(WENGERT_SANITIZED)
#  define WENGERT_COUNTS_MEMORY
#endif

namespace {

bool counting = false;
std::ptrdiff_t held = 0, most = 0;

#ifdef WENGERT_COUNTS_MEMORY
void count(void* allocated) {
  if (!counting || allocated == nullptr) return;
  held += static_cast<std::ptrdiff_t>(malloc_usable_size(allocated));
  most = std::max(most, held);
}
void discount(void* freed) {
  if (counting && freed != nullptr) held -= static_cast<std::ptrdiff_t>(malloc_usable_size(freed));
}
#endif

}  // namespace

#ifdef WENGERT_COUNTS_MEMORY
// These replace the C library's in this executable. NOLINTBEGIN
extern "C" {
void* __libc_malloc(std::size_t);
void* __libc_calloc(std::size_t, std::size_t);
void* __libc_realloc(void*, std::size_t);
void __libc_free(void*);

void* malloc(std::size_t size) {
  void* const p = __libc_malloc(size);
  count(p);
  return p;
}
void* calloc(std::size_t number, std::size_t size) {
  void* const p = __libc_calloc(number, size);
  count(p);
  return p;
}
void* realloc(void* before, std::size_t size) {
  discount(before);
  void* const p = __libc_realloc(before, size);
  count(p);
  return p;
}
void free(void* p) {
  discount(p);
  __libc_free(p);
}
}
// NOLINTEND
#endif

namespace wengert::test {

PeakMemory::PeakMemory() noexcept {
  held = most = 0;
  counting = true;
}
PeakMemory::~PeakMemory() { counting = false; }
std::size_t PeakMemory::peak() const noexcept { return static_cast<std::size_t>(most); }

}  // namespace wengert::test
