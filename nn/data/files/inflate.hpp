// Deflated bytes back to what they were, bounded.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "wengert/nn/data/files/format_error.hpp"

namespace wengert::nn::detail {

/// No byte of deflated data stands for more than 1032 (RFC 1951: 258 for two bits). A claim beyond this is false.
inline constexpr std::size_t most_inflation = 1100;

/// What the deflated bytes lie in: RFC 1952 (one member or several, checksums held) or nothing (RFC 1951).
enum class Container : std::uint8_t { gzip, none };

/// The first `most` bytes of what was deflated, all of it if that is less. Bytes behind the end are refused, and so are
/// data that break off before `most`. Memory grows with what comes out, whatever `most` is.
[[nodiscard]] std::string inflated(std::string_view bytes, Container container, std::size_t most, const Source& source);

/// CRC-32 as in ZIP (ISO 3309).
[[nodiscard]] std::uint32_t checksum(std::string_view bytes) noexcept;

}  // namespace wengert::nn::detail
