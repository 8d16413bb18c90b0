#include "failing_memory.hpp"

#include <cstdlib>
#include <new>

namespace wengert::failing_memory {
namespace {

bool armed = false;
bool here = false;
std::uint64_t left = 0;  // until one fails
bool failed = false;

/// Counts an allocation; true: it is the one that fails.
bool fails() noexcept {
  if (!armed || !here || left-- > 0) return false;
  armed = false;
  failed = true;
  return true;
}

}  // namespace

Here::Here() noexcept { here = true; }
Here::~Here() { here = false; }

void arm(std::uint64_t successes) noexcept {
  failed = false;
  left = successes;
  armed = true;
}

bool disarm() noexcept {
  armed = false;
  return failed;
}

}  // namespace wengert::failing_memory

void* operator new(std::size_t size) {
  if (wengert::failing_memory::fails()) throw std::bad_alloc();
  if (void* p = std::malloc(size > 0 ? size : 1)) return p;
  throw std::bad_alloc();
}
void operator delete(void* p) noexcept { std::free(p); }
void operator delete(void* p, std::size_t) noexcept { std::free(p); }

#if defined(__GLIBC__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
extern "C" void* __libc_realloc(void*, std::size_t);   // NOLINT: glibc's name
extern "C" void* realloc(void* p, std::size_t size) {  // NOLINT: replaces the C library's in this executable
  if (wengert::failing_memory::fails()) return nullptr;
  return __libc_realloc(p, size);
}
#endif
