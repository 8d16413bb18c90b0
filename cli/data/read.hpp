/// Arrays from files.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "wengert/graph/array.hpp"

namespace wengert::cli {

/// Larger files are refused.
inline constexpr std::size_t most_bytes = std::size_t{1} << 30;

/// All bytes of a file. Throws WorkError that names it and says why: it cannot be read, is too large.
[[nodiscard]] std::string file_contents(const std::string& path);

/// The array in a file, as f64: in NPY form when it begins like one, else as CSV. Throws WorkError that names the file:
/// it cannot be read, is too large, or does not hold what it should.
[[nodiscard]] Array read_array(const std::string& path);

/// The numbers of a text as nn::parse_csv reads it. One row or column gives a vector, a single number a number. `name`
/// stands in errors: WorkError with line and column.
[[nodiscard]] Array parse_csv(std::string_view text, const std::string& name);

/// The array that nn::parse_npy reads, as f64. Throws WorkError, also for an integer that no double holds.
[[nodiscard]] Array parse_npy(std::string_view bytes, const std::string& name);

}  // namespace wengert::cli
