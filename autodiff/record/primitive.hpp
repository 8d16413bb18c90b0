// Primitive: the entry of a primitive in the table of operations. Everything in it is made from the primitive's struct.
//
// Users' own primitives: include this header (autodiff.hpp does not), write a struct that satisfies
// ops::ElementwisePrimitive, and a front function that calls apply<P>. They are recorded, swept, drawn and checked like
// ours.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "wengert/autodiff/ops/kernels.hpp"
#include "wengert/autodiff/record/eager.hpp"
#include "wengert/autodiff/record/tensor_rules.hpp"
#include "wengert/graph/error.hpp"
#include "wengert/graph/operation.hpp"

namespace wengert {

/// What is known of a primitive at run time. Plain data and function pointers; lives as long as the process.
struct Primitive : graph::Operation {
  std::string_view reference{};    ///< the formula in mpmath's syntax, operands x, y, z
  unsigned differentiable = 0;     ///< bit k: operand k has a derivative; all bits: every operand of a real dtype
  bool truth = false;              ///< the value is a truth value
  unsigned truth_operands = 0;     ///< bit k: operand k is a truth value
  unsigned constant_operands = 0;  ///< bit k: operand k is no variable by its meaning, but a whole number

  // --- Elementwise primitives, on numbers; x points to `arity` of them ---
  double (*value)(const double* x) = nullptr;
  /// ∂value/∂operand as a number; y is the value.
  double (*partial)(std::size_t operand, double y, const double* x) = nullptr;
  /// What a cotangent contributes to the operand's: masked, so that a zero cotangent contributes 0.
  double (*contribution)(std::size_t operand, double cotangent, double y, const double* x) = nullptr;
  /// The same, recorded.
  Eager (*recorded_contribution)(std::size_t operand, const Eager& cotangent, const Eager& y, const Eager* x) = nullptr;
  /// The primitive by itself, recorded.
  Eager (*record)(const Eager* x) = nullptr;

  // --- Elementwise primitives, on columns: out[i] = value(a[i], b[i], c[i]); truth values are the numbers 0 and 1.
  // `out` overlaps no operand; operands beyond the arity are not read.
  void (*column_f32)(float* out, std::int64_t count, const float* a, const float* b, const float* c) = nullptr;
  void (*column_f64)(double* out, std::int64_t count, const double* a, const double* b, const double* c) = nullptr;

  // --- All primitives, on tensors (record/tensor_rules.hpp); x holds the operands ---
  TensorRules on_tensors{};

  // --- Where it is checked ---
  std::size_t point_count = 0;
  void (*point)(std::size_t index, double* x, int& order) = nullptr;
  /// Boxes of which random points are drawn, one interval per operand.
  std::size_t box_count = 0;
  void (*box)(std::size_t index, ops::Interval* operands) = nullptr;
};

namespace detail {

/// Operands of one real dtype and one shape, but for those that are truth values; comparisons and logic give bool.
graph::Operation elementwise_operation(std::string_view name);
Type elementwise_type(std::span<const Type> operands, bool truth_result, unsigned truth_operands);

template <class P>
Type elementwise_type_of(std::span<const Type> operands, const graph::Attribute&) {
  return elementwise_type(operands, P::result == ops::Result::truth, P::truth_operands);
}

template <class P, class F>
auto with_operand(std::size_t operand, F&& f) {
  if constexpr (P::arity >= 3) {
    if (operand == 2) return f.template operator()<2>();
  }
  if constexpr (P::arity >= 2) {
    if (operand == 1) return f.template operator()<1>();
  }
  return f.template operator()<0>();
}

template <class P, std::size_t... K>
struct ElementwiseRules {
  static double value(const double* x) { return P::template value<double>(x[K]...); }
  static double partial(std::size_t operand, double y, const double* x) {
    return with_operand<P>(operand,
                           [&]<std::size_t O> { return ops::partial_number<double>(ops::partial<P, O>(y, x[K]...)); });
  }
  static double contribution(std::size_t operand, double cotangent, double y, const double* x) {
    return with_operand<P>(
        operand, [&]<std::size_t O> { return ops::contribution<true>(cotangent, ops::partial<P, O>(y, x[K]...)); });
  }
  static Eager recorded_contribution(std::size_t operand, const Eager& cotangent, const Eager& y, const Eager* x) {
    return with_operand<P>(operand, [&]<std::size_t O> {
      if constexpr (!ops::differentiable_in<P, O>)
        return Eager(0.0);
      else
        return ops::recorded_contribution(cotangent, ops::partial<P, O>(y, x[K]...));
    });
  }
  static Eager record(const Eager* x) { return record_eagerly<P>(x[K]...); }
  template <class T>
  static void column(T* out, std::int64_t count, const T* a, const T* b, const T* c) {
    const std::array<const T*, 3> x{a, b, c};
    kernels::value_column<P, T, T>(out, count, x[K]...);
  }
  static void point(std::size_t index, double* x, int& order) {
    constexpr auto points = P::points();
    ((x[K] = points[index].at[K]), ...);
    order = points[index].order;
  }
  static void box(std::size_t index, ops::Interval* operands) {
    constexpr auto boxes = P::domain();
    ((operands[K] = boxes[index].operands[K]), ...);
  }
};

template <class P, std::size_t... K>
constexpr Primitive make_elementwise(std::index_sequence<K...>) {
  using Rules = ElementwiseRules<P, K...>;
  Primitive p;
  p.name = P::name;
  p.symbol = P::symbol;
  p.doc = P::doc;
  p.arity = static_cast<int>(P::arity);
  p.type_rule = &elementwise_type_of<P>;
  p.commutative = P::commutative;
  p.elementwise = true;
  p.reference = P::reference;
  p.differentiable = (0u | ... | (ops::differentiable_in<P, K> ? 1u << K : 0u));
  p.truth = P::result == ops::Result::truth;
  p.truth_operands = P::truth_operands;
  p.constant_operands = P::constant_operands;
  p.on_tensors = elementwise_tensor_rules<P, K...>();
  p.value = &Rules::value;
  p.partial = &Rules::partial;
  p.contribution = &Rules::contribution;
  p.recorded_contribution = &Rules::recorded_contribution;
  p.record = &Rules::record;
  p.column_f32 = &Rules::template column<float>;
  p.column_f64 = &Rules::template column<double>;
  p.point_count = P::points().size();
  p.point = &Rules::point;
  p.box_count = P::domain().size();
  p.box = &Rules::box;
  return p;
}

template <ops::StructuralPrimitive P>
constexpr Primitive make_structural() {
  Primitive p;
  p.name = P::name;
  p.symbol = P::symbol;
  p.doc = P::doc;
  p.arity = P::arity;
  p.attribute = P::attribute;
  if constexpr (requires(const graph::Attribute& attribute) { P::label(attribute); }) p.label = &P::label;
  p.type_rule = &P::type;
  p.commutative = P::commutative;
  p.linear = !P::chooses && ops::LinearPrimitive<P, Tensor>;
  p.differentiable = P::chooses ? 0u : ~0u;
  p.on_tensors = structural_tensor_rules<P>();
  return p;
}

template <class P>
constexpr Primitive make_primitive() {
  if constexpr (ops::ElementwisePrimitive<P>)
    return make_elementwise<P>(std::make_index_sequence<P::arity>{});
  else
    return make_structural<P>();
}

}  // namespace detail

/// The record of a primitive of the user's own, made where it is used. (Those of the library's are made in
/// primitive.cpp: a record takes a second to compile.)
template <class P>
  requires(!ops::ElementwisePrimitives::contains<P> && !ops::StructuralPrimitives::contains<P>)
struct PrimitiveOf<P> {
  static constexpr Primitive record = detail::make_primitive<P>();
};

/// All elementwise primitives of the library, in the order of their list.
[[nodiscard]] std::span<const Primitive* const> elementwise_primitives();
/// Likewise those of tensors.
[[nodiscard]] std::span<const Primitive* const> structural_primitives();
/// Enters the library's primitives into the table of operations, so that text forms can be read; idempotent.
void register_primitives();

}  // namespace wengert
