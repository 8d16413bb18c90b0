// IDX files, the form of MNIST and its kin. http://yann.lecun.com/exdb/mnist/, "The IDX file format".
#pragma once

#include <source_location>
#include <string>
#include <string_view>

#include "wengert/graph/array.hpp"

namespace wengert::nn {

/// The array of an IDX file, plain or compressed by gzip (its first bytes tell): unsigned and signed bytes, 16 and 32
/// bits as i32, reals as f32 or f64. At most 8 axes.
///
/// Throws EnvironmentError when the file cannot be read, FormatError with offset and field when it is no such file or
/// its length is not what its shape says. Of a compressed file the shape is held against the compressed size first,
/// which stands for 1100 times as many bytes at most; what is then allocated grows with what comes out.
[[nodiscard]] Array read_idx(const std::string& path, std::source_location where = std::source_location::current());
/// The same of bytes in memory; `name` stands in errors.
[[nodiscard]] Array parse_idx(std::string_view bytes, std::string_view name,
                              std::source_location where = std::source_location::current());

}  // namespace wengert::nn
