// NumPy's files: NPY, one array, and NPZ, a ZIP archive of them.
#pragma once

#include <map>
#include <source_location>
#include <string>
#include <string_view>

#include "wengert/graph/array.hpp"

namespace wengert::nn {

/// The array of an NPY file of version 1, 2 or 3, in either byte order, in C or Fortran order: f4 as f32, f8 as f64, b1
/// as bool, i1 i2 i4 u1 u2 as i32, i8 u4 as i64. At most 8 axes, a header of at most 64 KiB.
///
/// Throws EnvironmentError when the file cannot be read, FormatError with offset and field when it is no such file or
/// its length is not what its shape says. Takes memory in proportion to the bytes that are there.
[[nodiscard]] Array read_npy(const std::string& path, std::source_location where = std::source_location::current());
/// The same of bytes in memory; `name` stands in errors.
[[nodiscard]] Array parse_npy(std::string_view bytes, std::string_view name,
                              std::source_location where = std::source_location::current());

/// Writes an NPY file of version 1, in C order, little-endian, as write_atomically does.
void write_npy(const std::string& path, const Array& array,
               std::source_location where = std::source_location::current());
/// The same as bytes in memory.
[[nodiscard]] std::string to_npy(const Array& array);

/// The arrays of an NPZ file, stored or deflated, by name ("x" for the member "x.npy").
///
/// Throws EnvironmentError when the file cannot be read, FormatError with offset and field when it is no such file:
/// other members, members that overlap or stand twice, a checksum that does not hold, ZIP64 (4 GiB or 65535 members and
/// more), encryption. Of an array in it, name and offset are those of the member. What is deflated takes at most 1100
/// times its bytes: more is refused before anything is allocated.
[[nodiscard]] std::map<std::string, Array> read_npz(const std::string& path,
                                                    std::source_location where = std::source_location::current());
/// The same of bytes in memory.
[[nodiscard]] std::map<std::string, Array> parse_npz(std::string_view bytes, std::string_view name,
                                                     std::source_location where = std::source_location::current());

/// Writes an NPZ file, members stored, as numpy.savez does, whole or not at all as write_atomically. Throws
/// ArgumentError when it would need ZIP64, or for a name of more than 60 KiB.
void write_npz(const std::string& path, const std::map<std::string, Array>& arrays,
               std::source_location where = std::source_location::current());
/// The same as bytes in memory.
[[nodiscard]] std::string to_npz(const std::map<std::string, Array>& arrays,
                                 std::source_location where = std::source_location::current());

}  // namespace wengert::nn
