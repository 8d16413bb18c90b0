/// Bits of Philox, many blocks at a time, and what they become. For random.cpp only.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace wengert::nn::detail {

/// Blocks that are made at a time.
inline constexpr std::size_t chunk_blocks = 256;
/// Row k holds word k of every block.
using Words = std::array<std::array<std::uint32_t, chunk_blocks>, 4>;
/// The two independent normals of every pair of Box and Muller.
struct NormalPairs {
  std::array<double, 2 * chunk_blocks> first, second;
};

/// Blocks `block`, block + 1, … of a stream. count ≤ chunk_blocks, as everywhere here.
void philox_blocks(std::uint64_t seed, std::uint64_t stream, std::uint64_t block, std::size_t count,
                   Words& words) noexcept;
/// Four numbers in [0, 1) of 24 bits a block; two of 53 bits.
void uniforms_24(const Words& words, std::size_t count, float* to) noexcept;
void uniforms_53(const Words& words, std::size_t count, double* to) noexcept;
/// Two pairs a block, of 32 bits and 30 bits; one pair a block, of 53 and 53 bits.
void normal_pairs_32(const Words& words, std::size_t count, NormalPairs& pairs) noexcept;
void normal_pairs_53(const Words& words, std::size_t count, NormalPairs& pairs) noexcept;

}  // namespace wengert::nn::detail
