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

/// Numbers between commas, semicolons, tabs or blanks, a row a line. Lines that are empty or begin with # are skipped;
/// so is the first of the others if nothing in it is a number (a header). One row or column gives a vector, a single
/// number a number. `name` stands in errors: WorkError with line and column for a row of another length, or for what
/// is not a number (inf and nan are).
[[nodiscard]] Array parse_csv(std::string_view text, const std::string& name);

/// NumPy's form, versions 1 to 3: f4, f8, i4, i8 in either byte order, C or Fortran order, as f64. Throws WorkError:
/// another dtype, a shape that the file is too short or too long for, an integer that no double holds. Nothing is
/// allocated beyond the size of `bytes`.
[[nodiscard]] Array parse_npy(std::string_view bytes, const std::string& name);

}  // namespace wengert::cli
