// The checks that functions of nn share: each throws a typed error with the function's name and the caller's line. For
// the .cpp files of nn.
#pragma once

#include <cstdint>
#include <source_location>
#include <string>
#include <string_view>

#include "wengert/autodiff/autodiff.hpp"

namespace wengert::nn::detail {

/// DtypeError unless x is f32 or f64.
void check_real(std::string_view function, std::string_view operand, const Tensor& x, std::source_location where);
/// DtypeError unless x has the dtype of `like`.
void check_same_dtype(std::string_view function, std::string_view operand, const Tensor& x, const Tensor& like,
                      std::source_location where);
/// ShapeError unless x has this shape.
void check_shape(std::string_view function, std::string_view operand, const Tensor& x, const Shape& shape,
                 std::source_location where);
/// ShapeError unless x has this rank, or one between the two.
void check_rank(std::string_view function, std::string_view operand, const Tensor& x, std::size_t least,
                std::size_t most, std::source_location where);
/// The axis counted from 0. ShapeError unless x has it.
[[nodiscard]] std::size_t checked_axis(std::string_view function, const Tensor& x, std::int64_t axis,
                                       std::source_location where);
/// ArgumentError "<function>: <option> is 0; expected <expected>" unless it holds.
void check_option(std::string_view function, std::string_view option, double value, bool holds,
                  std::string_view expected, std::source_location where);

/// The shape of x with another extent along an axis.
[[nodiscard]] Shape with_extent(const Shape& shape, std::size_t axis, std::int64_t extent);
/// A shape of `rank` axes that are 1 but for one.
[[nodiscard]] Shape along_axis(std::size_t rank, std::size_t axis, std::int64_t extent);

}  // namespace wengert::nn::detail
