// Philox4x32-10 by Random123, in blocks; bits to numbers. Each loop is compiled for the baseline and for AVX2, chosen
// at run time; without contraction both give the same bits.
#include "wengert/nn/random/blocks.hpp"

#include <Random123/philox.h>

#include <bit>
#include <cmath>

#include "wengert/nn/random/random.hpp"

#if defined(__x86_64__) && !defined(__AVX2__)
#  define WENGERT_TWO_LEVELS 1
#else
#  define WENGERT_TWO_LEVELS 0
#endif

namespace wengert::nn::detail {
namespace {

#define WENGERT_BODY __attribute__((always_inline)) inline

WENGERT_BODY void philox_blocks_body(std::uint64_t seed, std::uint64_t stream, std::uint64_t block, std::size_t count,
                                     Words& words) noexcept {
  const r123::Philox4x32::key_type key{{static_cast<std::uint32_t>(seed), static_cast<std::uint32_t>(seed >> 32U)}};
  const auto s0 = static_cast<std::uint32_t>(stream), s1 = static_cast<std::uint32_t>(stream >> 32U);
  const auto b0 = static_cast<std::uint32_t>(block), b1 = static_cast<std::uint32_t>(block >> 32U);
  for (std::uint32_t k = 0; k < static_cast<std::uint32_t>(count); ++k) {
    const std::uint32_t low = b0 + k;
    const auto high = static_cast<std::uint32_t>(b1 + (low < b0 ? 1U : 0U));
    const auto w = philox4x32_R(10, {{low, high, s0, s1}}, key);
    words[0][k] = w.v[0];
    words[1][k] = w.v[1];
    words[2][k] = w.v[2];
    words[3][k] = w.v[3];
  }
}

WENGERT_BODY void uniforms_24_body(const Words& words, std::size_t count, float* to) noexcept {
  for (std::size_t k = 0; k < count; ++k) {
    for (std::size_t j = 0; j < 4; ++j) {
      to[4 * k + j] = static_cast<float>(static_cast<std::int32_t>(words[j][k] >> 8U)) * 0x1p-24F;
    }
  }
}

// 53 bits as a whole number: 27 and 26 of two words, each of which fits a signed word, the conversion that vectors
// have.
WENGERT_BODY double whole_53(std::uint32_t a, std::uint32_t b) noexcept {
  return static_cast<double>(static_cast<std::int32_t>(a)) * 0x1p26 + static_cast<double>(static_cast<std::int32_t>(b));
}

WENGERT_BODY void uniforms_53_body(const Words& words, std::size_t count, double* to) noexcept {
  for (std::size_t k = 0; k < count; ++k) {
    to[2 * k] = whole_53(words[0][k] >> 5U, words[1][k] >> 6U) * 0x1p-53;
    to[2 * k + 1] = whole_53(words[2][k] >> 5U, words[3][k] >> 6U) * 0x1p-53;
  }
}

// -log u for 2⁻⁶⁰ < u ≤ 1. u = m·2ᵉ with √½ ≤ m < √2; log m = 2s + s³·P(s²), s = (m-1)/(m+1); P interpolates at
// Chebyshev's points (3·10⁻¹⁶ of it, 5·10⁻¹⁸ of the result).
WENGERT_BODY double minus_log(double u) noexcept {
  constexpr auto root_half = std::bit_cast<std::uint64_t>(0x1.6a09e667f3bcdp-1),
                 one = std::bit_cast<std::uint64_t>(1.0);
  const std::uint64_t shifted = std::bit_cast<std::uint64_t>(u) + (one - root_half);
  const double e = std::bit_cast<double>((shifted >> 52U) | 0x4330000000000000ULL) - (0x1p52 + 1023);
  const double m = std::bit_cast<double>((shifted & 0xfffffffffffffULL) + root_half);
  const double s = (m - 1) / (m + 1), z = s * s;
  double p = 0.1461644968504340586;
  p = p * z + 0.15331721600556041269;
  p = p * z + 0.1818288912526172208;
  p = p * z + 0.22222211134795079855;
  p = p * z + 0.28571428625975484921;
  p = p * z + 0.3999999999989950449;
  p = p * z + 0.66666666666666696862;
  return -(e * 0x1.62e42fefa39efp-1 + (2 * s + s * z * p));
}

// A point of the circle of radius √(-2 log u): `x`, between -½ and ½, is a part of a quarter turn, and two fair bits
// swap the coordinates and turn both signs, which makes the quarter a circle. Chebyshev's points again: 5·10⁻¹⁸,
// 5·10⁻¹⁷.
WENGERT_BODY void normal_pair(double u, double x, std::uint32_t swap, std::uint32_t minus, double& first,
                              double& second) noexcept {
  const double z = x * x;
  double s = 5.6339337815378539538e-8;
  s = s * z - 3.598643352982309702e-6;
  s = s * z + 0.00016044115074219091052;
  s = s * z - 0.0046817541323409759917;
  s = s * z + 0.079692626246043003134;
  s = s * z - 0.64596409750624431573;
  s = (s * z + 1.5707963267948966143) * x;
  double c = -6.3212568696285884105e-9;
  c = c * z + 4.7106097267578230119e-7;
  c = c * z - 0.000025202036770460258445;
  c = c * z + 0.00091926027418315572082;
  c = c * z - 0.020863480763311209103;
  c = c * z + 0.2536695079010467091;
  c = c * z - 1.2337005501361698118;
  c = c * z + 1;
  const double sign = 1 - 2 * static_cast<double>(static_cast<std::int32_t>(minus));
  const double chosen = static_cast<double>(static_cast<std::int32_t>(swap));
  const double radius = sign * std::sqrt(2 * minus_log(u));
  // One of the factors is 0, the other 1: exact.
  first = radius * (chosen * s + (1 - chosen) * c);
  second = radius * (chosen * c + (1 - chosen) * s);
}

WENGERT_BODY void normal_pairs_32_body(const Words& words, std::size_t count, NormalPairs& pairs) noexcept {
  for (std::size_t k = 0; k < count; ++k) {
    for (std::size_t j = 0; j < 2; ++j) {
      const std::uint32_t a = words[2 * j][k], b = words[2 * j + 1][k];
      const double u = (whole_53(a >> 26U, a & 0x3ffffffU) + 1) * 0x1p-32;
      const double x = static_cast<double>(static_cast<std::int32_t>(b & 0x3fffffffU)) * 0x1p-30 - 0.5;
      normal_pair(u, x, b >> 31U, (b >> 30U) & 1U, pairs.first[2 * k + j], pairs.second[2 * k + j]);
    }
  }
}

WENGERT_BODY void normal_pairs_53_body(const Words& words, std::size_t count, NormalPairs& pairs) noexcept {
  for (std::size_t k = 0; k < count; ++k) {
    const std::uint32_t b = words[2][k];
    const double u = (whole_53(words[0][k] >> 5U, words[1][k] >> 6U) + 1) * 0x1p-53;
    const double x = whole_53((b >> 3U) & 0x7ffffffU, words[3][k] >> 6U) * 0x1p-53 - 0.5;
    normal_pair(u, x, b >> 31U, (b >> 30U) & 1U, pairs.first[k], pairs.second[k]);
  }
}

#if WENGERT_TWO_LEVELS
const bool has_avx2 = __builtin_cpu_supports("avx2") != 0;
#endif

}  // namespace

// NAME(parameters): the body, by the best instructions there are.
#if WENGERT_TWO_LEVELS
#  define WENGERT_DISPATCH(NAME, PARAMETERS, ARGUMENTS)                                             \
    namespace {                                                                                     \
    __attribute__((target("avx2"))) void NAME##_avx2 PARAMETERS noexcept { NAME##_body ARGUMENTS; } \
    }                                                                                               \
    void NAME PARAMETERS noexcept { has_avx2 ? NAME##_avx2 ARGUMENTS : NAME##_body ARGUMENTS; }
#else
#  define WENGERT_DISPATCH(NAME, PARAMETERS, ARGUMENTS) \
    void NAME PARAMETERS noexcept { NAME##_body ARGUMENTS; }
#endif

WENGERT_DISPATCH(philox_blocks,
                 (std::uint64_t seed, std::uint64_t stream, std::uint64_t block, std::size_t count, Words& words),
                 (seed, stream, block, count, words))
WENGERT_DISPATCH(uniforms_24, (const Words& words, std::size_t count, float* to), (words, count, to))
WENGERT_DISPATCH(uniforms_53, (const Words& words, std::size_t count, double* to), (words, count, to))
WENGERT_DISPATCH(normal_pairs_32, (const Words& words, std::size_t count, NormalPairs& pairs), (words, count, pairs))
WENGERT_DISPATCH(normal_pairs_53, (const Words& words, std::size_t count, NormalPairs& pairs), (words, count, pairs))

std::array<std::uint32_t, 4> philox(const std::array<std::uint32_t, 4>& counter,
                                    const std::array<std::uint32_t, 2>& key) noexcept {
  const auto w = philox4x32_R(10, {{counter[0], counter[1], counter[2], counter[3]}}, {{key[0], key[1]}});
  return {w.v[0], w.v[1], w.v[2], w.v[3]};
}

}  // namespace wengert::nn::detail
