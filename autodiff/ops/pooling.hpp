// Pooling in two dimensions: the largest element, or the mean, of windows over the last two axes of [N, C, H, W]. The
// contract: structural_contract.hpp.
//
// The attribute says for the rows, and then for the columns, where the windows lie: size, stride, padding before,
// dilation, and how many windows there are; window i holds the elements i·stride + k·dilation - padding, k < size, that
// are there. Size 0: windows that divide the axis among them, from ⌊i·H/n⌋ up to but not including ⌈(i+1)·H/n⌉; stride,
// padding and dilation are then 1, 0, 1. A window that holds no element is a ShapeError.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "wengert/autodiff/ops/structural_contract.hpp"

namespace wengert::ops {

/// What the sum over a window is divided by.
enum class PoolDivisor : std::int64_t {
  one,     ///< it is the sum
  inside,  ///< how many elements the window holds
  padded,  ///< likewise, padding included: what goes beyond that (the last window may) is not counted
};

/// "mean 2×2", "max 3×3 stride 2,2".
[[nodiscard]] std::string pooling_label(const char* symbol, const Attribute& windows);

struct MaxPool2dPositions : Structural {
  static constexpr auto name = "max_pool2d_positions", symbol = "argmax";
  static constexpr auto doc =
      "The position (i64), h·W + v, of the largest element of each window of [N,C,H,W]: the first of several in "
      "row-major order, and of a NaN if there is one. The attribute lists size, stride, padding, dilation and number "
      "of "
      "windows for the rows and for the columns; size 0: as many windows as divide the axis (adaptive pooling).";
  static constexpr int arity = 1;
  static constexpr bool chooses = true;
  static Type type(std::span<const Type> x, const Attribute& windows);
  static Array value(std::span<const Array> x, const Attribute& windows, const Type& result);
  static void value_into(std::span<const Array> x, const Attribute& windows, Array& to, kernels::Scratch& scratch);
  static std::string label(const Attribute& windows) { return pooling_label(symbol, windows); }
  static std::vector<Sample> samples();
};

struct AvgPool2d : Structural {
  static constexpr auto name = "avg_pool2d", symbol = "mean";
  static constexpr auto doc =
      "The mean of each window of [N,C,H,W]. The attribute lists size, stride, padding, dilation and number of windows "
      "for the rows and for the columns (size 0: as many windows as divide the axis, adaptive pooling), and the "
      "divisor: 0 none, 1 the number of elements, 2 that number with padding. Transpose: avg_pool2d_transposed.";
  static constexpr int arity = 1;
  static Type type(std::span<const Type> x, const Attribute& windows);
  static Array value(std::span<const Array> x, const Attribute& windows, const Type& result);
  static void value_into(std::span<const Array> x, const Attribute& windows, Array& to, kernels::Scratch& scratch);
  static std::string label(const Attribute& windows) { return pooling_label(symbol, windows); }
  template <class T, class X>
  static T transpose(std::size_t, const T& cotangent, const X& x, const Attribute& windows) {
    return avg_pool2d_transposed(cotangent, with_extents(windows, x[0].shape()));
  }
  static std::vector<Sample> samples();

 private:
  static Attribute with_extents(const Attribute& windows, const Shape& of);
};

struct AvgPool2dTransposed : Structural {
  static constexpr auto name = "avg_pool2d_transposed", symbol = "meanᵀ";
  static constexpr auto doc =
      "Each element of [N,C,oh,ow], divided as avg_pool2d divides, added to all elements of its window of [N,C,H,W]. "
      "The attribute: that of avg_pool2d, then H and W. Transpose: avg_pool2d.";
  static constexpr int arity = 1;
  static Type type(std::span<const Type> x, const Attribute& windows);
  static Array value(std::span<const Array> x, const Attribute& windows, const Type& result);
  static void value_into(std::span<const Array> x, const Attribute& windows, Array& to, kernels::Scratch& scratch);
  static std::string label(const Attribute& windows) { return pooling_label(symbol, windows); }
  template <class T, class X>
  static T transpose(std::size_t, const T& cotangent, const X&, const Attribute& windows) {
    return avg_pool2d_exactly(cotangent, without_extents(windows));
  }
  static std::vector<Sample> samples();

 private:
  static Attribute without_extents(const Attribute& windows);
};

/// The place in the list means nothing.
using PoolingPrimitives = List<MaxPool2dPositions, AvgPool2d, AvgPool2dTransposed>;

}  // namespace wengert::ops
