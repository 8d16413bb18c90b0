// Writing past the caches: a line is not read first, and does not take the place of others.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>

#if defined(__SSE2__)
#  include <emmintrin.h>
#endif

namespace wengert::kernels {

/// Bytes that are moved at a time, of which the caches of a core and its share of a common one hold the lesser part.
/// What is written of so many is as well written past them.
inline constexpr std::size_t far_bytes = std::size_t{16} << 20;

/// Other threads may read it after finish_stream().
template <class T>
void stream_copy(const T* from, std::int64_t count, T* to) noexcept {
#if defined(__SSE2__)
  constexpr std::int64_t width = 16 / sizeof(T);
  const auto odd = static_cast<std::int64_t>(reinterpret_cast<std::uintptr_t>(to) % 16 / sizeof(T));
  const std::int64_t before = std::min(count, odd == 0 ? 0 : width - odd);
  std::copy_n(from, before, to);
  std::int64_t i = before;
  for (; i + width <= count; i += width) {
    __m128i vector;
    std::memcpy(&vector, from + i, sizeof vector);
    _mm_stream_si128(reinterpret_cast<__m128i*>(to + i), vector);
  }
  std::copy_n(from + i, count - i, to + i);
#else
  std::copy_n(from, count, to);
#endif
}
/// Waits for what this thread has written past the caches.
inline void finish_stream() noexcept {
#if defined(__SSE2__)
  _mm_sfence();
#endif
}

}  // namespace wengert::kernels
