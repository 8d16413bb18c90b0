#include "wengert/benchmarks/tensors/memory.hpp"

#include <malloc.h>

#include <atomic>
#include <cerrno>
#include <cstddef>

// The C library's own, by the names under which it keeps them.
extern "C" {
void* __libc_malloc(std::size_t);
void* __libc_calloc(std::size_t, std::size_t);
void* __libc_realloc(void*, std::size_t);
void* __libc_memalign(std::size_t, std::size_t);
void __libc_free(void*);
}

namespace tensors_benchmark {
namespace {

std::atomic<bool> counts{false};
std::atomic<std::int64_t> live{0}, peak{0}, calls{0};

void add(void* memory) {
  if (!counts.load(std::memory_order_relaxed) || memory == nullptr) return;
  calls.fetch_add(1, std::memory_order_relaxed);
  const std::int64_t now = live += static_cast<std::int64_t>(malloc_usable_size(memory));
  std::int64_t before = peak.load(std::memory_order_relaxed);
  while (before < now && !peak.compare_exchange_weak(before, now)) {
  }
}
void subtract(void* memory) {
  if (counts.load(std::memory_order_relaxed) && memory != nullptr)
    live -= static_cast<std::int64_t>(malloc_usable_size(memory));
}
void* counted(void* memory) {
  add(memory);
  return memory;
}

}  // namespace

void start_counting() {
  live = peak = calls = 0;
  counts = true;
}
void restart_peak() {
  peak = live.load();
  calls = 0;
}
Memory stop_counting() {
  counts = false;
  return {live, peak, calls};
}

}  // namespace tensors_benchmark

extern "C" {

using tensors_benchmark::counted;
using tensors_benchmark::subtract;

void* malloc(std::size_t size) { return counted(__libc_malloc(size)); }
void* calloc(std::size_t count, std::size_t size) { return counted(__libc_calloc(count, size)); }
void* realloc(void* memory, std::size_t size) {
  subtract(memory);
  return counted(__libc_realloc(memory, size));
}
void free(void* memory) {
  subtract(memory);
  __libc_free(memory);
}
void* memalign(std::size_t alignment, std::size_t size) { return counted(__libc_memalign(alignment, size)); }
void* aligned_alloc(std::size_t alignment, std::size_t size) { return counted(__libc_memalign(alignment, size)); }
int posix_memalign(void** memory, std::size_t alignment, std::size_t size) {
  *memory = counted(__libc_memalign(alignment, size));
  return *memory == nullptr && size != 0 ? ENOMEM : 0;
}

}  // extern "C"
