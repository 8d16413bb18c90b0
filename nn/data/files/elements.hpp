// Numbers as files have them, of any size, kind and byte order, as elements of an Array.
#pragma once

#include <cstddef>
#include <string_view>

#include "wengert/graph/array.hpp"
#include "wengert/nn/data/files/format_error.hpp"

namespace wengert::nn::detail {

/// How a file writes a number: 'f' f4 f8, 'i' i1 i2 i4 i8, 'u' u1 u2 u4, 'b' b1 (a boolean).
struct ElementForm {
  char kind = 'f';
  std::size_t bytes = 8;
  bool big_endian = false;
};

/// True if there is such a form.
[[nodiscard]] bool is_known(const ElementForm& form) noexcept;
/// The smallest dtype that holds every value of the form: f32, f64, bool, i32 for 2 bytes and less and for i4, else
/// i64.
[[nodiscard]] Dtype dtype_of_form(const ElementForm& form) noexcept;

/// The array of `shape` whose elements are the `bytes`, as many as it has, in row-major order, or with the first axis
/// the fastest. `offset` is where they begin in the file of `source`; a boolean that is neither 0 nor 1 is refused.
[[nodiscard]] Array read_elements(const ElementForm& form, const Shape& shape, bool first_axis_fastest,
                                  std::string_view bytes, std::size_t offset, const Source& source);

/// An unsigned number of the bytes given, at most eight.
[[nodiscard]] std::uint64_t little_endian(std::string_view bytes) noexcept;
[[nodiscard]] std::uint64_t big_endian(std::string_view bytes) noexcept;

}  // namespace wengert::nn::detail
