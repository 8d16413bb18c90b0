/// Blocks of memory that arrays give back and get again.
///
/// What malloc takes from the operating system for large blocks it returns as soon as they are free, and gets it again
/// page by page, each cleared first: more than half of the time of a small network's training step. So blocks that no
/// array needs any longer are kept for the next array of about their size. What is kept and what is in use are together
/// never more than the most that was in use at once, and no more than 256 MiB is kept. Any thread may call. Under
/// AddressSanitizer nothing is kept, so that it sees what is used after it was freed.
#pragma once

#include <cstddef>

namespace wengert::detail {

/// From this size on; below, malloc has what was just freed at hand (but see small_blocks.hpp).
inline constexpr std::size_t least_block = 16 * 1024;

/// Whether memory is kept at all.
#if defined(__SANITIZE_ADDRESS__)
inline constexpr bool keeps_memory = false;
#elif defined(__has_feature)
#  if __has_feature(address_sanitizer)
inline constexpr bool keeps_memory = false;
#  else
inline constexpr bool keeps_memory = true;
#  endif
#else
inline constexpr bool keeps_memory = true;
#endif

/// At least so many bytes (least_block or more), aligned to 16; null when there are none to be had.
[[nodiscard]] void* take_block(std::size_t bytes) noexcept;
/// Gives back what take_block() gave.
void give_block(void* block) noexcept;
/// Frees what is kept, this thread's small blocks too, and forgets the most that was in use: after work of one kind,
/// when the next needs other blocks.
void release_blocks() noexcept;

}  // namespace wengert::detail
