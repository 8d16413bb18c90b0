// Primitives that choose elements by position, and those that give positions. The contract: structural_contract.hpp.
//
// Positions are i64 and an operand, not an attribute: they can be an input of a recording, are seen in a drawing, and a
// replay decides anew. They count from 0; one that is negative or not below the extent is a DomainError. They have no
// derivative.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "wengert/autodiff/ops/structural_contract.hpp"

namespace wengert::ops {

// --- By position --------------------------------------------------------------------------------------------------

struct Gather : Structural {
  static constexpr auto name = "gather", symbol = "gather";
  static constexpr auto doc =
      "The slices of x along an axis, the attribute, at the positions (operand 1, i64 of any shape), whose axes take "
      "the "
      "place of that axis: y[a, i, b] = x[a, index[i], b]. A position may occur many times. Transpose: scatter_add.";
  static constexpr int arity = 2;
  static constexpr AttributeKind attribute = AttributeKind::integer;
  static Type type(std::span<const Type> x, const Attribute& axis);
  static Array value(std::span<const Array> x, const Attribute& axis, const Type& result);
  static void value_into(std::span<const Array> x, const Attribute& axis, Array& to, kernels::Scratch& scratch);
  template <class T, class X>
  static T transpose(std::size_t, const T& cotangent, const X& x, const Attribute& axis) {
    const std::int64_t along = std::get<std::int64_t>(axis);
    return scatter_add(cotangent, T(x[1]), x[0].shape()[static_cast<std::size_t>(along)], along);
  }
  static void add_transposed(std::size_t, const Array& cotangent, std::span<const Array> x, const Attribute& axis,
                             kernels::Accumulator& adjoint);
  static std::vector<Sample> samples();
};

struct ScatterAdd : Structural {
  static constexpr auto name = "scatter_add", symbol = "scatter +";
  static constexpr auto doc =
      "Zeros of an extent along an axis, to which the slices of x are added at the positions (operand 1, i64): "
      "y[a, p, b] = Σ x[a, i, b] over the i with index[i] = p, in the order of i. The attribute lists axis and extent. "
      "Transpose: gather.";
  static constexpr int arity = 2;
  static Type type(std::span<const Type> x, const Attribute& place);
  static Array value(std::span<const Array> x, const Attribute& place, const Type& result);
  static void value_into(std::span<const Array> x, const Attribute& place, Array& to, kernels::Scratch& scratch);
  template <class T, class X>
  static T transpose(std::size_t, const T& cotangent, const X& x, const Attribute& place) {
    return gather(cotangent, T(x[1]), integers(place)[0]);
  }
  static std::vector<Sample> samples();
};

struct TakeAlong : Structural {
  static constexpr auto name = "take_along", symbol = "take";
  static constexpr auto doc =
      "The elements of x along an axis, the attribute, at positions (operand 1, i64, with the extents of x but along "
      "the "
      "axis): y[a, i, b] = x[a, index[a, i, b], b]. A position may occur many times. Transpose: scatter_add_along.";
  static constexpr int arity = 2;
  static constexpr AttributeKind attribute = AttributeKind::integer;
  static Type type(std::span<const Type> x, const Attribute& axis);
  static Array value(std::span<const Array> x, const Attribute& axis, const Type& result);
  static void value_into(std::span<const Array> x, const Attribute& axis, Array& to, kernels::Scratch& scratch);
  template <class T, class X>
  static T transpose(std::size_t, const T& cotangent, const X& x, const Attribute& axis) {
    const std::int64_t along = std::get<std::int64_t>(axis);
    return scatter_add_along(cotangent, T(x[1]), x[0].shape()[static_cast<std::size_t>(along)], along);
  }
  static void add_transposed(std::size_t, const Array& cotangent, std::span<const Array> x, const Attribute& axis,
                             kernels::Accumulator& adjoint);
  static std::vector<Sample> samples();
};

struct ScatterAddAlong : Structural {
  static constexpr auto name = "scatter_add_along", symbol = "scatter + along";
  static constexpr auto doc =
      "Zeros of an extent along an axis, to which the elements of x are added at positions (operand 1, i64, of the "
      "shape "
      "of x): y[a, p, b] = Σ x[a, i, b] over the i with index[a, i, b] = p, in the order of i. The attribute lists "
      "axis "
      "and extent. Transpose: take_along.";
  static constexpr int arity = 2;
  static Type type(std::span<const Type> x, const Attribute& place);
  static Array value(std::span<const Array> x, const Attribute& place, const Type& result);
  static void value_into(std::span<const Array> x, const Attribute& place, Array& to, kernels::Scratch& scratch);
  template <class T, class X>
  static T transpose(std::size_t, const T& cotangent, const X& x, const Attribute& place) {
    return take_along(cotangent, T(x[1]), integers(place)[0]);
  }
  static std::vector<Sample> samples();
};

// --- Positions ----------------------------------------------------------------------------------------------------

struct ArgMax : Structural {
  static constexpr auto name = "argmax", symbol = "argmax";
  static constexpr auto doc =
      "The position (i64) of the largest element along an axis, the attribute, which the result lacks: the first of "
      "several, and of a NaN if there is one. Of no elements a ShapeError.";
  static constexpr int arity = 1;
  static constexpr bool chooses = true;
  static constexpr AttributeKind attribute = AttributeKind::integer;
  static Type type(std::span<const Type> x, const Attribute& axis);
  static Array value(std::span<const Array> x, const Attribute& axis, const Type& result);
  static void value_into(std::span<const Array> x, const Attribute& axis, Array& to, kernels::Scratch& scratch);
  static std::vector<Sample> samples();
};

struct ArgMin : Structural {
  static constexpr auto name = "argmin", symbol = "argmin";
  static constexpr auto doc =
      "The position (i64) of the smallest element along an axis, the attribute, which the result lacks: the first of "
      "several, and of a NaN if there is one. Of no elements a ShapeError.";
  static constexpr int arity = 1;
  static constexpr bool chooses = true;
  static constexpr AttributeKind attribute = AttributeKind::integer;
  static Type type(std::span<const Type> x, const Attribute& axis);
  static Array value(std::span<const Array> x, const Attribute& axis, const Type& result);
  static void value_into(std::span<const Array> x, const Attribute& axis, Array& to, kernels::Scratch& scratch);
  static std::vector<Sample> samples();
};

struct ArgSort : Structural {
  static constexpr auto name = "argsort", symbol = "argsort";
  static constexpr auto doc =
      "The positions (i64) along an axis that put x into order, the first few of them. The attribute lists the axis, 0 "
      "for ascending or 1 for descending order, and how many. Equal elements keep their order (0 and -0 are equal); "
      "NaN "
      "comes last in either order.";
  static constexpr int arity = 1;
  static constexpr bool chooses = true;
  static Type type(std::span<const Type> x, const Attribute& order);
  static Array value(std::span<const Array> x, const Attribute& order, const Type& result);
  static void value_into(std::span<const Array> x, const Attribute& order, Array& to, kernels::Scratch& scratch);
  static std::vector<Sample> samples();
};

/// The place in the list means nothing.
using IndexingPrimitives = List<Gather, ScatterAdd, TakeAlong, ScatterAddAlong, ArgMax, ArgMin, ArgSort>;

}  // namespace wengert::ops
