// Whole files as bytes: reading them, and writing them so that a crash never leaves half of one.
#pragma once

#include <cstddef>
#include <source_location>
#include <span>
#include <string>
#include <string_view>

#include "wengert/graph/array.hpp"

namespace wengert::nn {

/// Larger files are refused unless a reader is told otherwise: 16 GiB.
inline constexpr std::size_t largest_file = std::size_t{1} << 34;

/// All bytes of a file. Throws EnvironmentError that names it and says why: it cannot be read, or holds more than
/// `most`.
[[nodiscard]] std::string file_bytes(const std::string& path, std::size_t most = largest_file,
                                     std::source_location where = std::source_location::current());

/// Writes the pieces, one behind the other, so that `path` holds at every moment either what it held before or all of
/// them: they go into a file beside it, "<path>.tmp", which is brought to the disk and then renamed.
///
/// Whoever writes the same path at the same time, thread or process, waits. An interrupted write leaves "<path>.tmp",
/// which the next one overwrites. A link at `path` stays, its target is replaced; permissions stay; what is no regular
/// file (a terminal, /dev/null) is written in place. Throws EnvironmentError with the reason (no such folder, no
/// space): `path` is then as it was.
void write_atomically(const std::string& path, std::span<const std::string_view> pieces,
                      std::source_location where = std::source_location::current());
void write_atomically(const std::string& path, std::string_view bytes,
                      std::source_location where = std::source_location::current());

/// The elements of an array as they lie in memory, valid as long as the array. It must not be uniform.
[[nodiscard]] inline std::string_view bytes_of(const Array& array) noexcept {
  const auto bytes = array.bytes();
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace wengert::nn
