// How often this executable asked the C library for memory: malloc and its kin, and so operator new.
#pragma once

#include <cstdint>

namespace wengert::test {

/// Allocations are counted here; under sanitizers, which have their own malloc, they are not.
#if defined(__GLIBC__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
inline constexpr bool counts_allocations = true;
#else
inline constexpr bool counts_allocations = false;
#endif

/// Of all threads, since the program began.
[[nodiscard]] std::uint64_t allocations() noexcept;

}  // namespace wengert::test
