// Convolution in two dimensions, and what it is transposed by either operand. The contract: structural_contract.hpp.
//
// All three are partial derivatives of one trilinear form of an input x [N, C, H, W], a weight w [O, C/groups, kh, kw]
// and an output's cotangent g [N, O, oh, ow],
//
//     T(x, w, g) = Σ g[n, o, p, q] · w[o, c, i, j] · x[n, c₀ + c, p·stride + i·dilation - padding, likewise q and j],
//
// over the elements of x that are there, c₀ being the first channel of o's group: conv2d is ∂T/∂g, conv2d_by_input
// ∂T/∂x, conv2d_by_weight ∂T/∂w. So each is bilinear, and its derivatives are the two others.
//
// The attribute of all three lists strides (2 numbers), padding (top, bottom, left, right), dilations (2), groups, and
// which operand (1 or 2; 0 for none) is a cotangent, whose zeros contribute 0 whatever they meet; then, where they are
// not to be seen in the operands, the last two extents of the result.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "wengert/autodiff/ops/structural_contract.hpp"

namespace wengert::ops {

/// The attribute with another operand as the cotangent, and with no extents, or the last two of a shape.
[[nodiscard]] Attribute convolution_attribute(const Attribute& like, std::int64_t cotangent);
[[nodiscard]] Attribute convolution_attribute(const Attribute& like, std::int64_t cotangent, const Shape& result);
/// The number of places of a window of `size` elements, `dilation` apart, moved by `stride` over `extent` elements with
/// so many others around: 0 when it does not fit. The numbers are not negative, size, stride and dilation not 0.
[[nodiscard]] std::int64_t places_of_window(std::int64_t extent, std::int64_t around, std::int64_t size,
                                            std::int64_t stride, std::int64_t dilation) noexcept;
/// "∗", "∗ stride 2,2 padding 1,1,1,1": what is not as usual.
[[nodiscard]] std::string convolution_label(const char* symbol, const Attribute& how);

struct Conv2d : Structural {
  static constexpr auto name = "conv2d", symbol = "∗";
  static constexpr auto doc =
      "y[n,o,p,q] = Σ w[o,c,i,j]·x[n,c₀+c,p·stride+i·dilation-padding,…]: the cross-correlation that networks call a "
      "convolution, of [N,C,H,W] with [O,C/groups,kh,kw], the output channels of a group seeing the input channels of "
      "their own. The attribute lists strides, padding (top, bottom, left, right), dilations, groups and which operand "
      "is a cotangent (its zeros contribute 0 whatever they meet). Padding contributes nothing. dX: conv2d_by_input, "
      "dW: conv2d_by_weight. The order of the sums is fixed.";
  static constexpr int arity = 2;
  static Type type(std::span<const Type> x, const Attribute& how);
  static Array value(std::span<const Array> x, const Attribute& how, const Type& result);
  static void value_into(std::span<const Array> x, const Attribute& how, Array& to, kernels::Scratch& scratch);
  static std::string label(const Attribute& how) { return convolution_label(symbol, how); }
  template <class T>
  static T vjp(std::size_t operand, const T& cotangent, const T&, std::span<const T> x, const Attribute& how) {
    if (operand == 0) return conv2d_by_input(cotangent, x[1], convolution_attribute(how, 1, x[0].shape()));
    return conv2d_by_weight(x[0], cotangent, convolution_attribute(how, 2, x[1].shape()));
  }
  template <class T>
  static T jvp(std::size_t operand, const T& tangent, const T&, std::span<const T> x, const Attribute& how) {
    return operand == 0 ? conv2d_exactly(tangent, x[1], convolution_attribute(how, 1))
                        : conv2d_exactly(x[0], tangent, convolution_attribute(how, 2));
  }
  static std::vector<Sample> samples();
};

struct Conv2dByInput : Structural {
  static constexpr auto name = "conv2d_by_input", symbol = "∗ᵀ";
  static constexpr auto doc =
      "conv2d transposed by its first operand, of g [N,O,oh,ow] and w [O,C/groups,kh,kw]: x[n,c,h,v] = Σ "
      "g[n,o,p,q]·w[o,c,i,j] over what meets there, [N,C,H,W]; what networks call a transposed convolution. The "
      "attribute: that of conv2d, then H and W. Derivatives: conv2d by g, conv2d_by_weight by w.";
  static constexpr int arity = 2;
  static Type type(std::span<const Type> x, const Attribute& how);
  static Array value(std::span<const Array> x, const Attribute& how, const Type& result);
  static void value_into(std::span<const Array> x, const Attribute& how, Array& to, kernels::Scratch& scratch);
  static std::string label(const Attribute& how) { return convolution_label(symbol, how); }
  template <class T>
  static T vjp(std::size_t operand, const T& cotangent, const T&, std::span<const T> x, const Attribute& how) {
    if (operand == 0) return conv2d_exactly(cotangent, x[1], convolution_attribute(how, 1));
    return conv2d_by_weight(cotangent, x[0], convolution_attribute(how, 1, x[1].shape()));
  }
  template <class T>
  static T jvp(std::size_t operand, const T& tangent, const T& y, std::span<const T> x, const Attribute& how) {
    return operand == 0 ? conv2d_by_input(tangent, x[1], convolution_attribute(how, 1, y.shape()))
                        : conv2d_by_input(x[0], tangent, convolution_attribute(how, 2, y.shape()));
  }
  static std::vector<Sample> samples();
};

struct Conv2dByWeight : Structural {
  static constexpr auto name = "conv2d_by_weight", symbol = "∗ᵀw";
  static constexpr auto doc =
      "conv2d transposed by its second operand, of x [N,C,H,W] and g [N,O,oh,ow]: w[o,c,i,j] = Σ "
      "g[n,o,p,q]·x[n,c₀+c,p·stride+i·dilation-padding,…], [O,C/groups,kh,kw]. The attribute: that of conv2d, then kh "
      "and kw. Derivatives: conv2d_by_input by x, conv2d by g.";
  static constexpr int arity = 2;
  static Type type(std::span<const Type> x, const Attribute& how);
  static Array value(std::span<const Array> x, const Attribute& how, const Type& result);
  static void value_into(std::span<const Array> x, const Attribute& how, Array& to, kernels::Scratch& scratch);
  static std::string label(const Attribute& how) { return convolution_label(symbol, how); }
  template <class T>
  static T vjp(std::size_t operand, const T& cotangent, const T&, std::span<const T> x, const Attribute& how) {
    if (operand == 0) return conv2d_by_input(x[1], cotangent, convolution_attribute(how, 2, x[0].shape()));
    return conv2d_exactly(x[0], cotangent, convolution_attribute(how, 2));
  }
  template <class T>
  static T jvp(std::size_t operand, const T& tangent, const T& y, std::span<const T> x, const Attribute& how) {
    return operand == 0 ? conv2d_by_weight(tangent, x[1], convolution_attribute(how, 1, y.shape()))
                        : conv2d_by_weight(x[0], tangent, convolution_attribute(how, 2, y.shape()));
  }
  static std::vector<Sample> samples();
};

/// The place in the list means nothing.
using ConvolutionPrimitives = List<Conv2d, Conv2dByInput, Conv2dByWeight>;

}  // namespace wengert::ops
