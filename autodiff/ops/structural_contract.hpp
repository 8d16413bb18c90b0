// What a primitive of tensors that is not elementwise is, and what its rules may use.
//
// Two families with derivatives. A *linear* primitive gives its value and its transpose: what the cotangent of the
// result is for an operand. Its forward rule is itself. A *general* one gives its value, its forward rule and its
// reverse rule. The rules are templates over a handle T (record/tensor.hpp's Tensor) and are written in other
// primitives, called by the names of their front functions; with handles of a recording they record, with constants
// they compute. So backward(), gradient() and forward() run one rule, and higher orders follow. A *choosing* primitive
// gives its value only: positions (i64), which have no derivative.
//
// Operands of a dtype that is not real (the index of a gather) are parameters: linear means linear in the real
// operands, and a forward rule finds the others as they are.
//
// Primitives want operands that fit exactly; validating, broadcasting and default axes are the work of the front
// functions. To add one: write the struct in the file of its kind (moving.hpp, indexing.hpp, reductions.hpp,
// products.hpp, convolution.hpp, pooling.hpp; its type rule and value in the .cpp file beside), put it in the list at
// the end of that file, and write its front function in record/. Its `samples` are what the tests check it at.
//
// Attributes are integers, real numbers or text of the graph layer; each struct says what its numbers mean.
// Reading order: Indices, Sample, the families.
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
#include "wengert/autodiff/ops/scratch.hpp"
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

/// Operand types and an attribute at which a primitive is checked. Operands of i64 are positions, drawn from 0 to
/// positions - 1. To element (i, i) of the matrices of operand 0, `diagonal` + i·`growth` is added: elements are of
/// size 1 at most, so n and 2n make an n×n matrix regular, its symmetric part definite, its eigenvalues distinct.
struct Sample {
  std::vector<Type> operands;
  Attribute attribute{};
  std::int64_t positions = 1;
  double diagonal = 0, growth = 0;
};

/// Facts that structural primitives share; a primitive inherits and overrides what differs.
struct Structural {
  static constexpr bool commutative = false;
  static constexpr bool chooses = false;  ///< piecewise constant: see ChoosingPrimitive
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

/// One whose value can be written into memory that is there: `to` is dense, of the result's type, held by nobody else,
/// and no operand lies in its memory; what was in it does not matter. value() gives the same bits.
template <class P>
concept WritesInto = requires(std::span<const Array> x, const Attribute& attribute, Array& to,
                              kernels::Scratch& scratch) { P::value_into(x, attribute, to, scratch); };
/// value() of such a primitive.
template <WritesInto P>
[[nodiscard]] Array value_of(std::span<const Array> x, const Attribute& attribute, const Type& result) {
  Array to = Array::uninitialised(result);
  kernels::Scratch scratch;
  P::value_into(x, attribute, to, scratch);
  return to;
}

/// Linear in all real operands together. `transpose(k, cotangent, x, attribute)` is the cotangent of operand k; of the
/// real operands it asks types only: x[k].type(), shape(), dtype(). Of the others, T(x[k]) is the handle.
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

/// Piecewise constant: what it gives (positions, the order of elements, which of them are largest) has the derivative 0
/// wherever it has one, and lets none pass. Value only.
template <class P>
concept ChoosingPrimitive = StructuralPrimitive<P> && P::chooses;

/// A linear primitive that can add its transposed cotangent to an adjoint in place, at a cost of the cotangent's size.
template <class P>
concept AddsInPlace =
    requires(const Array& cotangent, std::span<const Array> x, const Attribute& attribute,
             kernels::Accumulator& adjoint) { P::add_transposed(std::size_t{}, cotangent, x, attribute, adjoint); };

/// A general primitive that can add what its vjp gives to an adjoint, with fewer passes: the same numbers in the same
/// order. False: it cannot for this attribute, and the rule is run.
template <class P>
concept AddsContribution =
    requires(const Array& array, std::span<const Array> x, const Attribute& attribute, kernels::Accumulator& adjoint) {
      { P::add_contribution(std::size_t{}, array, array, x, attribute, adjoint) } -> std::same_as<bool>;
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
/// `shape` with an extent of 1 along `axes`: what a reduction over them leaves when it keeps them.
[[nodiscard]] Shape with_ones(const Shape& shape, std::span<const std::int64_t> axes);
/// `shape` without `axes`.
[[nodiscard]] Shape without(const Shape& shape, std::span<const std::int64_t> axes);
}  // namespace ops
}  // namespace wengert
