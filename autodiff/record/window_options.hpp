// What the front functions of convolution and pooling share: reading their options, and making [N, C, H, W] of inputs
// with one axis less (no items) and of those of one dimension. For their .cpp files only.
#pragma once

#include <array>
#include <cstdint>
#include <source_location>
#include <span>
#include <string>
#include <string_view>

#include "wengert/autodiff/record/tensor.hpp"

namespace wengert::detail {

struct WindowOptions {
  std::string_view operation;
  std::size_t axes;  ///< 1 or 2: over how many the window moves
  std::span<const Tensor> operands;
  std::source_location where;

  /// For rows and columns: none means `otherwise`; in one dimension the number for the rows is `otherwise`. Throws
  /// ArgumentError for too many numbers, or one below `least`.
  [[nodiscard]] std::array<std::int64_t, 2> for_axes(const char* option, const Indices& numbers, std::int64_t otherwise,
                                                     std::int64_t least) const;
  /// Above, below, left, right: padding, given once, for each axis, or for each side.
  [[nodiscard]] std::array<std::int64_t, 4> around(const Indices& padding) const;
  [[noreturn]] void refuse_option(const std::string& problem, const std::string& expected) const;

  /// Throws ShapeError unless operand 0 is an input, with items or without; operand 1 a weight.
  void want_input() const;
  void want_weight() const;
  /// Operand 0 as [N, C, H, W], and a result of that form as one of the form of operand 0.
  [[nodiscard]] Tensor widened() const;
  [[nodiscard]] Tensor narrowed(const Tensor& result) const;
  /// Operand 1 as [O, C, kh, kw].
  [[nodiscard]] Tensor widened_weight() const;
};

}  // namespace wengert::detail
