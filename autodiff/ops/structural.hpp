// The primitives of tensors that are not elementwise: each one struct, with its place in the list at the end.
//
// Two families. A *linear* primitive gives its value and its transpose: what the cotangent of the result is for an
// operand. Its forward rule is itself. A *general* one gives its value, its forward rule and its reverse rule. The
// rules are templates over a handle T (record/tensor.hpp's Tensor) and are written in other primitives, called by the
// names of their front functions; with handles of a recording they record, with constants they compute. So backward(),
// gradient() and forward() run one rule, and higher orders follow.
//
// Primitives want operands that fit exactly; validating, broadcasting and default axes are the work of the front
// functions. To add one: write the struct here (its type rule and value in structural.cpp), put it in the list, write
// its front function in record/tensor.hpp. Its `samples` are what the tests check it at.
//
// Attributes are integers, real numbers or text of the graph layer; each struct says what its numbers mean.
// Reading order: Indices, the families, Broadcast and Sum (transposes of each other), the rest.
#pragma once

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "wengert/autodiff/ops/contract.hpp"
#include "wengert/autodiff/ops/kernels.hpp"
#include "wengert/autodiff/ops/kernels_matmul.hpp"
#include "wengert/graph/array.hpp"
#include "wengert/graph/operation.hpp"

namespace wengert {

/// At most eight integers: axes, positions, starts. Allocates nothing.
class Indices {
 public:
  constexpr Indices() noexcept = default;
  Indices(std::initializer_list<std::int64_t> values) : Indices(std::span(values.begin(), values.size())) {}
  Indices(const std::vector<std::int64_t>& values) : Indices(std::span(values)) {}  // NOLINT: a list of axes is one
  /// Throws ShapeError when there are more than eight.
  explicit Indices(std::span<const std::int64_t> values);

  [[nodiscard]] std::size_t size() const noexcept { return count_; }
  [[nodiscard]] std::int64_t operator[](std::size_t k) const noexcept { return values_[k]; }
  [[nodiscard]] std::int64_t& operator[](std::size_t k) noexcept { return values_[k]; }
  [[nodiscard]] const std::int64_t* begin() const noexcept { return values_.data(); }
  [[nodiscard]] const std::int64_t* end() const noexcept { return values_.data() + count_; }
  void push(std::int64_t value);

 private:
  std::array<std::int64_t, Shape::max_rank> values_{};
  std::size_t count_ = 0;
};
/// "[0,2]".
[[nodiscard]] std::string to_string(const Indices& indices);

namespace ops {

using graph::Attribute;
using graph::AttributeKind;

/// Operand types and an attribute at which a primitive is checked.
struct Sample {
  std::vector<Type> operands;
  Attribute attribute{};
};

/// Facts that structural primitives share; a primitive inherits and overrides what differs.
struct Structural {
  static constexpr bool commutative = false;
  static constexpr AttributeKind attribute = AttributeKind::integers;
};

template <class P>
concept StructuralPrimitive = requires(std::span<const Type> types, std::span<const Array> arrays,
                                       const Attribute& attribute, const Type& result) {
  { P::name } -> std::convertible_to<std::string_view>;
  { P::symbol } -> std::convertible_to<std::string_view>;
  { P::doc } -> std::convertible_to<std::string_view>;
  { P::arity } -> std::convertible_to<int>;
  { P::attribute } -> std::convertible_to<AttributeKind>;
  { P::type(types, attribute) } -> std::same_as<Type>;             // the type rule; throws for what does not fit
  { P::value(arrays, attribute, result) } -> std::same_as<Array>;  // the kernel; `result` is what the type rule gave
  { P::samples() } -> std::same_as<std::vector<Sample>>;           // where it is checked
};

/// Linear in all operands together. `transpose(k, cotangent, x, attribute)` is the cotangent of operand k; of the
/// operands it asks types only: x[k].type(), shape(), dtype().
template <class P, class T>
concept LinearPrimitive =
    StructuralPrimitive<P> && requires(const T& cotangent, std::span<const T> x, const Attribute& attribute) {
      { P::transpose(std::size_t{}, cotangent, x, attribute) } -> std::same_as<T>;
    };

/// `vjp(k, cotangent, y, x, attribute)` is the cotangent of operand k; `jvp(k, tangent, y, x, attribute)` the tangent
/// of the result when operand k moves along `tangent`. A zero of the cotangent or tangent contributes 0, whatever it
/// meets.
template <class P, class T>
concept GeneralPrimitive =
    StructuralPrimitive<P> && requires(const T& t, std::span<const T> x, const Attribute& attribute) {
      { P::vjp(std::size_t{}, t, t, x, attribute) } -> std::same_as<T>;
      { P::jvp(std::size_t{}, t, t, x, attribute) } -> std::same_as<T>;
    };

/// A linear primitive that can add its transposed cotangent to an adjoint in place, at a cost of the cotangent's size.
template <class P>
concept AddsInPlace =
    requires(const Array& cotangent, const Type& operand, const Attribute& attribute, kernels::Accumulator& adjoint) {
      P::add_transposed(std::size_t{}, cotangent, operand, attribute, adjoint);
    };

/// A primitive through which Scalars enter tensors: `position(k, attribute)` is the place of operand k in the result.
template <class P>
concept TakesScalars = requires(const Attribute& attribute) {
  { P::position(std::size_t{}, attribute) } -> std::same_as<std::int64_t>;
};

/// The numbers of an attribute that holds integers.
[[nodiscard]] inline std::span<const std::int64_t> integers(const Attribute& attribute) {
  return std::get<std::vector<std::int64_t>>(attribute);
}
[[nodiscard]] inline Attribute attribute_of(std::span<const std::int64_t> numbers) {
  return std::vector<std::int64_t>(numbers.begin(), numbers.end());
}

/// The shape that all given shapes broadcast to: aligned at the last axis, extents equal or 1 (NumPy's rule). False
/// when there is none.
[[nodiscard]] bool broadcast_shape(const Shape& a, const Shape& b, Shape& result) noexcept;
/// The axes of `to` along which broadcasting from `from` repeats elements.
[[nodiscard]] Indices broadcast_axes(const Shape& from, const Shape& to);

// --- Repeating and summing ----------------------------------------------------------------------------------------

struct Broadcast : Structural {
  static constexpr auto name = "broadcast", symbol = "broadcast";
  static constexpr auto doc =
      "x repeated to the shape of the attribute, aligned at the last axis; extents that differ must be 1. From a "
      "single "
      "element it costs nothing. Transpose: the sum over the repeated axes.";
  static constexpr int arity = 1;
  static Type type(std::span<const Type> x, const Attribute& shape);
  static Array value(std::span<const Array> x, const Attribute& shape, const Type& result);
  template <class T, class X>
  static T transpose(std::size_t, const T& cotangent, const X& x, const Attribute&) {
    return reshape(sum(cotangent, broadcast_axes(x[0].shape(), cotangent.shape())), x[0].shape());
  }
  static std::vector<Sample> samples();
};

struct Sum : Structural {
  static constexpr auto name = "sum", symbol = "Σ";
  static constexpr auto doc =
      "Sum over the axes of the attribute (ascending), which the result lacks; 0 of no elements. Added pairwise, in an "
      "order "
      "that depends on the shape alone. Transpose: broadcast.";
  static constexpr int arity = 1;
  static Type type(std::span<const Type> x, const Attribute& axes);
  static Array value(std::span<const Array> x, const Attribute& axes, const Type& result);
  template <class T, class X>
  static T transpose(std::size_t, const T& cotangent, const X& x, const Attribute& axes) {
    return broadcast(reshape(cotangent, with_ones(x[0].shape(), axes)), x[0].shape());
  }
  static std::vector<Sample> samples();

 private:
  static Shape with_ones(const Shape& shape, const Attribute& axes);
};

// --- Moving elements ----------------------------------------------------------------------------------------------

struct Reshape : Structural {
  static constexpr auto name = "reshape", symbol = "reshape";
  static constexpr auto doc = "The same elements, row-major, in the shape of the attribute; copies nothing.";
  static constexpr int arity = 1;
  static Type type(std::span<const Type> x, const Attribute& shape);
  static Array value(std::span<const Array> x, const Attribute& shape, const Type& result);
  template <class T, class X>
  static T transpose(std::size_t, const T& cotangent, const X& x, const Attribute&) {
    return reshape(cotangent, x[0].shape());
  }
  static std::vector<Sample> samples();
};

struct Permute : Structural {
  static constexpr auto name = "permute", symbol = "permute";
  static constexpr auto doc = "Axis k of the result is axis attribute[k] of x. Transpose: the inverse permutation.";
  static constexpr int arity = 1;
  static Type type(std::span<const Type> x, const Attribute& axes);
  static Array value(std::span<const Array> x, const Attribute& axes, const Type& result);
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
      "The elements start, start+step, … below stop of every axis; the attribute lists all starts, all stops, all "
      "steps "
      "(steps >= 1). Transpose: embed.";
  static constexpr int arity = 1;
  static Type type(std::span<const Type> x, const Attribute& ranges);
  static Array value(std::span<const Array> x, const Attribute& ranges, const Type& result);
  template <class T, class X>
  static T transpose(std::size_t, const T& cotangent, const X& x, const Attribute& ranges) {
    return embed(cotangent, x[0].shape(), starts(ranges), steps(ranges));
  }
  static void add_transposed(std::size_t, const Array& cotangent, const Type& x, const Attribute& ranges,
                             kernels::Accumulator& adjoint);
  static std::vector<Sample> samples();
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
  template <class T, class X>
  static T transpose(std::size_t, const T& cotangent, const X& x, const Attribute& position) {
    return place(cotangent, x[0].type(), std::get<std::int64_t>(position));
  }
  static void add_transposed(std::size_t, const Array& cotangent, const Type& x, const Attribute& position,
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
  template <class T, class X>
  static T transpose(std::size_t, const T& cotangent, const X&, const Attribute& place) {
    return pick(cotangent, integers(place)[0]);
  }
  [[nodiscard]] static std::int64_t position(std::size_t, const Attribute& place) { return integers(place)[0]; }
  static std::vector<Sample> samples();
};

// --- Products -----------------------------------------------------------------------------------------------------

struct MatMul : Structural {
  static constexpr auto name = "matmul", symbol = "@";
  static constexpr auto doc =
      "Σ_p a[…,i,p]·b[…,p,j], with equal leading axes. The attribute is a set (kernels::Product): 1 and 2 exchange the "
      "last two "
      "axes of a and b; 4 and 8 mark the operand that is a cotangent, whose zeros contribute 0 whatever they meet. "
      "dA = G·Bᵀ, dB = Aᵀ·G. The order of the sums is fixed.";
  static constexpr int arity = 2;
  static constexpr AttributeKind attribute = AttributeKind::integer;
  static Type type(std::span<const Type> x, const Attribute& flags);
  static Array value(std::span<const Array> x, const Attribute& flags, const Type& result);
  template <class T>
  static T vjp(std::size_t operand, const T& cotangent, const T&, std::span<const T> x, const Attribute& flag_set) {
    using namespace kernels;
    const std::int64_t flags = std::get<std::int64_t>(flag_set);
    const bool ta = (flags & transpose_first) != 0, tb = (flags & transpose_second) != 0;
    if (operand == 0) {
      if (ta) return product(x[1], cotangent, (tb ? transpose_first : plain) | transpose_second | mask_second);
      return product(cotangent, x[1], (tb ? plain : transpose_second) | mask_first);
    }
    if (tb) return product(cotangent, x[0], transpose_first | (ta ? transpose_second : plain) | mask_first);
    return product(x[0], cotangent, (ta ? plain : transpose_first) | mask_second);
  }
  template <class T>
  static T jvp(std::size_t operand, const T& tangent, const T&, std::span<const T> x, const Attribute& flag_set) {
    using namespace kernels;
    const std::int64_t flags = std::get<std::int64_t>(flag_set) & (transpose_first | transpose_second);
    return operand == 0 ? product(tangent, x[1], flags | mask_first) : product(x[0], tangent, flags | mask_second);
  }
  static std::vector<Sample> samples();
};

/// Every structural primitive of the library. The place in the list means nothing.
using StructuralPrimitives =
    List<Broadcast, Sum, Reshape, Permute, Slice, Embed, Stack, Concatenate, Convert, ToScalar, ToTensor, MatMul>;

}  // namespace ops
}  // namespace wengert
