// Primitives that move elements: repeat, reshape, permute, cut, join, and cross between dtypes and to Scalars. All are
// linear. The contract: structural_contract.hpp.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "wengert/autodiff/ops/structural_contract.hpp"

namespace wengert::ops {

// --- Repeating ----------------------------------------------------------------------------------------------------

struct Broadcast : Structural {
  static constexpr auto name = "broadcast", symbol = "broadcast";
  static constexpr auto doc =
      "x repeated to the shape of the attribute, aligned at the last axis; extents that differ must be 1. From a "
      "single "
      "element it costs nothing. Transpose: the sum over the repeated axes.";
  static constexpr int arity = 1;
  static Type type(std::span<const Type> x, const Attribute& shape);
  static Array value(std::span<const Array> x, const Attribute& shape, const Type& result);
  static void value_into(std::span<const Array> x, const Attribute& shape, Array& to, kernels::Scratch& scratch);
  template <class T, class X>
  static T transpose(std::size_t, const T& cotangent, const X& x, const Attribute&) {
    return reshape(sum(cotangent, broadcast_axes(x[0].shape(), cotangent.shape())), x[0].shape());
  }
  /// The name: a drawing shows the shape anyway.
  static std::string label(const Attribute&) { return name; }
  static std::vector<Sample> samples();
};
// --- Moving elements ----------------------------------------------------------------------------------------------

struct Reshape : Structural {
  static constexpr auto name = "reshape", symbol = "reshape";
  static constexpr auto doc = "The same elements, row-major, in the shape of the attribute; copies nothing.";
  static constexpr int arity = 1;
  static Type type(std::span<const Type> x, const Attribute& shape);
  static Array value(std::span<const Array> x, const Attribute& shape, const Type& result);
  static void value_into(std::span<const Array> x, const Attribute& shape, Array& to, kernels::Scratch& scratch);
  template <class T, class X>
  static T transpose(std::size_t, const T& cotangent, const X& x, const Attribute&) {
    return reshape(cotangent, x[0].shape());
  }
  /// The name: a drawing shows the shape anyway.
  static std::string label(const Attribute&) { return name; }
  static std::vector<Sample> samples();
};

struct Permute : Structural {
  static constexpr auto name = "permute", symbol = "permute";
  static constexpr auto doc = "Axis k of the result is axis attribute[k] of x. Transpose: the inverse permutation.";
  static constexpr int arity = 1;
  static Type type(std::span<const Type> x, const Attribute& axes);
  static Array value(std::span<const Array> x, const Attribute& axes, const Type& result);
  static void value_into(std::span<const Array> x, const Attribute& axes, Array& to, kernels::Scratch& scratch);
  template <class T, class X>
  static T transpose(std::size_t, const T& cotangent, const X&, const Attribute& axes) {
    return permute(cotangent, inverse(axes));
  }
  static std::vector<Sample> samples();

 private:
  static Indices inverse(const Attribute& axes);
};

struct Slice : Structural {
  static constexpr auto name = "slice", symbol = "slice";
  static constexpr auto doc =
      "The elements start, start+step, … of every axis that lie before stop: below it, or above it where the step is "
      "negative (stop is then -1 to reach element 0). The attribute lists all starts, all stops, all steps. Transpose: "
      "embed.";
  static constexpr int arity = 1;
  static Type type(std::span<const Type> x, const Attribute& ranges);
  static Array value(std::span<const Array> x, const Attribute& ranges, const Type& result);
  static void value_into(std::span<const Array> x, const Attribute& ranges, Array& to, kernels::Scratch& scratch);
  template <class T, class X>
  static T transpose(std::size_t, const T& cotangent, const X& x, const Attribute& ranges) {
    return embed(cotangent, x[0].shape(), starts(ranges), steps(ranges));
  }
  static void add_transposed(std::size_t, const Array& cotangent, std::span<const Array> x, const Attribute& ranges,
                             kernels::Accumulator& adjoint);
  static std::vector<Sample> samples();
  /// "slice [0:2, 4:0:-1]": start, stop and step of each axis.
  static std::string label(const Attribute& ranges);
  [[nodiscard]] static Indices starts(const Attribute& ranges);
  [[nodiscard]] static Indices steps(const Attribute& ranges);
};

struct Embed : Structural {
  static constexpr auto name = "embed", symbol = "embed";
  static constexpr auto doc =
      "x put into zeros: element i of an axis comes to start + i·step; the attribute lists the shape, all starts, all "
      "steps. "
      "Transpose: slice.";
  static constexpr int arity = 1;
  static Type type(std::span<const Type> x, const Attribute& places);
  static Array value(std::span<const Array> x, const Attribute& places, const Type& result);
  static void value_into(std::span<const Array> x, const Attribute& places, Array& to, kernels::Scratch& scratch);
  template <class T, class X>
  static T transpose(std::size_t, const T& cotangent, const X& x, const Attribute& places) {
    return slice(cotangent, starts(places), stops(x[0].shape(), places), steps(places));
  }
  static std::vector<Sample> samples();

 private:
  static Indices starts(const Attribute& places);
  static Indices steps(const Attribute& places);
  static Indices stops(const Shape& x, const Attribute& places);
};

// --- Joining ------------------------------------------------------------------------------------------------------

struct Stack : Structural {
  static constexpr auto name = "stack", symbol = "stack";
  static constexpr auto doc = "Operands of one type side by side along a new axis, the attribute. Transpose: slices.";
  static constexpr int arity = graph::variadic;
  static constexpr AttributeKind attribute = AttributeKind::integer;
  static Type type(std::span<const Type> x, const Attribute& axis);
  static Array value(std::span<const Array> x, const Attribute& axis, const Type& result);
  static void value_into(std::span<const Array> x, const Attribute& axis, Array& to, kernels::Scratch& scratch);
  template <class T, class X>
  static T transpose(std::size_t k, const T& cotangent, const X& x, const Attribute& axis) {
    const auto at = static_cast<std::int64_t>(k);
    return reshape(slice_along(cotangent, std::get<std::int64_t>(axis), at, at + 1), x[k].shape());
  }
  /// Scalars are stacked to rank 1.
  [[nodiscard]] static std::int64_t position(std::size_t k, const Attribute&) { return static_cast<std::int64_t>(k); }
  static std::vector<Sample> samples();
};

struct Concatenate : Structural {
  static constexpr auto name = "concatenate", symbol = "concat";
  static constexpr auto doc =
      "Operands one after the other along an axis they have, the attribute; the other extents are equal. Transpose: "
      "slices.";
  static constexpr int arity = graph::variadic;
  static constexpr AttributeKind attribute = AttributeKind::integer;
  static Type type(std::span<const Type> x, const Attribute& axis);
  static Array value(std::span<const Array> x, const Attribute& axis, const Type& result);
  static void value_into(std::span<const Array> x, const Attribute& axis, Array& to, kernels::Scratch& scratch);
  template <class T, class X>
  static T transpose(std::size_t k, const T& cotangent, const X& x, const Attribute& axis) {
    const std::int64_t along = std::get<std::int64_t>(axis);
    std::int64_t start = 0;
    for (std::size_t i = 0; i < k; ++i) start += x[i].shape()[static_cast<std::size_t>(along)];
    return slice_along(cotangent, along, start, start + x[k].shape()[static_cast<std::size_t>(along)]);
  }
  static std::vector<Sample> samples();
};

// --- Crossing: between dtypes, and between tensors and Scalars ------------------------------------------------------

struct Convert : Structural {
  static constexpr auto name = "convert", symbol = "convert";
  static constexpr auto doc =
      "x in the dtype that the attribute names: f32 rounds to nearest; a real number becomes an integer towards zero "
      "(a value "
      "that does not fit is a DomainError) and a truth value by x != 0. A derivative flows between f32 and f64 only.";
  static constexpr int arity = 1;
  static constexpr AttributeKind attribute = AttributeKind::text;
  static Type type(std::span<const Type> x, const Attribute& dtype);
  static Array value(std::span<const Array> x, const Attribute& dtype, const Type& result);
  static void value_into(std::span<const Array> x, const Attribute& dtype, Array& to, kernels::Scratch& scratch);
  template <class T, class X>
  static T transpose(std::size_t, const T& cotangent, const X& x, const Attribute&) {
    return convert(cotangent, x[0].dtype());
  }
  static std::vector<Sample> samples();
};

struct ToScalar : Structural {
  static constexpr auto name = "to_scalar", symbol = "element";
  static constexpr auto doc = "Element number `attribute` of x, in row-major order, as f64. Transpose: to_tensor.";
  static constexpr int arity = 1;
  static constexpr AttributeKind attribute = AttributeKind::integer;
  static Type type(std::span<const Type> x, const Attribute& position);
  static Array value(std::span<const Array> x, const Attribute& position, const Type& result);
  static void value_into(std::span<const Array> x, const Attribute& position, Array& to, kernels::Scratch& scratch);
  template <class T, class X>
  static T transpose(std::size_t, const T& cotangent, const X& x, const Attribute& position) {
    return place(cotangent, x[0].type(), std::get<std::int64_t>(position));
  }
  static void add_transposed(std::size_t, const Array& cotangent, std::span<const Array> x, const Attribute& position,
                             kernels::Accumulator& adjoint);
  static std::vector<Sample> samples();
};

struct ToTensor : Structural {
  static constexpr auto name = "to_tensor", symbol = "tensor";
  static constexpr auto doc =
      "Zeros, but for one element that is x (an f64 of rank 0). The attribute lists the position in row-major order, "
      "the bytes "
      "of an element (8: f64, 4: f32), the shape. Transpose: to_scalar.";
  static constexpr int arity = 1;
  static Type type(std::span<const Type> x, const Attribute& place);
  static Array value(std::span<const Array> x, const Attribute& place, const Type& result);
  static void value_into(std::span<const Array> x, const Attribute& place, Array& to, kernels::Scratch& scratch);
  template <class T, class X>
  static T transpose(std::size_t, const T& cotangent, const X&, const Attribute& place) {
    return pick(cotangent, integers(place)[0]);
  }
  [[nodiscard]] static std::int64_t position(std::size_t, const Attribute& place) { return integers(place)[0]; }
  static std::vector<Sample> samples();
};

/// The place in the list means nothing.
using MovingPrimitives =
    List<Broadcast, Reshape, Permute, Slice, Embed, Stack, Concatenate, Convert, ToScalar, ToTensor>;

}  // namespace wengert::ops
