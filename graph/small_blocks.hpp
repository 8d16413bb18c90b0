// Small pieces of memory that arrays of few elements give back and get again.
//
// A recording of small tensors takes thousands of them before it gives the first one back. malloc has a handful of each
// size at hand and goes a long way for the rest: a fifth of the time of such a recording and its sweep. So each thread
// keeps what it was given, up to 4 MiB; what one thread takes another may give. Under AddressSanitizer nothing is kept,
// so that it sees what is used after it was freed.
#pragma once

#include <cstddef>

namespace wengert::detail {

/// Up to this size pieces are kept.
inline constexpr std::size_t largest_small_block = 1024;

/// At least so many bytes, from 1 to largest_small_block, aligned to 16; null when there are none to be had.
[[nodiscard]] void* take_small_block(std::size_t bytes) noexcept;
/// Gives back what take_small_block(bytes) gave.
void give_small_block(void* block, std::size_t bytes) noexcept;
/// Frees what this thread keeps.
void release_small_blocks() noexcept;

}  // namespace wengert::detail
