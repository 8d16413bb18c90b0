// What layers, and the functions that they are made of, say about operands that do not fit; see also checks.hpp.
#pragma once

#include <source_location>
#include <string>
#include <string_view>

#include "wengert/autodiff/autodiff.hpp"

namespace wengert::nn::detail {

/// Throws ShapeError "<layer>: <what> has f32[2,3]; expected <expected>".
[[noreturn]] void refuse_shape(std::string_view layer, std::string_view what, const Tensor& x,
                               const std::string& expected, std::source_location where, const std::string& hint = {});
/// Throws ArgumentError "<layer>: <problem>; expected <expected>" unless `holds`.
void want(bool holds, std::string_view layer, const std::string& problem, const std::string& expected,
          std::source_location where, const std::string& hint = {});

/// Throws DtypeError or ShapeError unless t has the dtype of x and the shape.
void want_type(std::string_view layer, std::string_view what, const Tensor& t, const Tensor& x, const Shape& shape,
               std::source_location where);
/// Throws ShapeError unless x has from `least` to `most` axes, and `channels` elements along axis 1. The message names
/// the axes: "f32[batch,16,…]".
void want_channels(std::string_view layer, const Tensor& x, std::int64_t channels, std::size_t least, std::size_t most,
                   std::source_location where);

}  // namespace wengert::nn::detail
