// TensorRules: what a primitive does on tensors, as function pointers in its record (record/primitive.hpp). Made from
// the struct: of an elementwise primitive by its kernels and by running its partials on EagerTensor; of a structural
// one by its rules on Tensor. The same rules compute (on constants) and record (on tensors of a recording).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "wengert/autodiff/ops/kernels.hpp"
#include "wengert/autodiff/ops/structural.hpp"
#include "wengert/autodiff/record/eager.hpp"
#include "wengert/autodiff/record/tensor.hpp"
#include "wengert/autodiff/record/tensor_eager.hpp"
#include "wengert/autodiff/record/tensor_indexing.hpp"
#include "wengert/autodiff/record/tensor_reductions.hpp"
#if defined(WENGERT_MUTATION)
#  include "wengert/autodiff/record/tensor_mutants.hpp"
#endif

namespace wengert {

struct TensorRules {
  /// The value; `result` is the type that the type rule gave.
  Array (*value)(std::span<const Array> x, const graph::Attribute& attribute, const Type& result) = nullptr;
  /// Adds what a cotangent of the result contributes to the adjoint of `operand`, in numbers. Also moves a tangent
  /// forward through an elementwise primitive: `cotangent` is then the operand's tangent, and the sum the result's.
  void (*accumulate)(std::size_t operand, const Array& cotangent, const Array& y, std::span<const Array> x,
                     const graph::Attribute& attribute, kernels::Accumulator& adjoint) = nullptr;
  /// The cotangent of `operand`; y is the value.
  Tensor (*vjp)(std::size_t operand, const Tensor& cotangent, const Tensor& y, std::span<const Tensor> x,
                const graph::Attribute& attribute) = nullptr;
  /// The tangent of the result, from those of the operands: one each, of the operand's type; a uniform 0 does not move.
  Tensor (*jvp)(std::span<const Tensor> tangents, const Tensor& y, std::span<const Tensor> x,
                const graph::Attribute& attribute) = nullptr;
  /// The place of Scalar operand k in the result. Null where operands cannot be Scalars.
  std::int64_t (*scalar_position)(std::size_t operand, const graph::Attribute& attribute) = nullptr;
  /// The cotangents of all operands for which wanted[k] is not 0, by one run of the rule; null where operand by operand
  /// is as good. The sweeps prefer it to `accumulate` and `vjp`.
  std::vector<Tensor> (*vjp_of_all)(const Tensor& cotangent, const Tensor& y, std::span<const Tensor> x,
                                    const graph::Attribute& attribute, std::span<const char> wanted) = nullptr;
  /// A derivative flows into the operand; null: as Primitive::differentiable says.
  bool (*differentiable_in)(std::size_t operand, const graph::Attribute& attribute) = nullptr;
  /// The value, with the same bits, in `to`: dense, of the result's type, held by nobody else, and no operand in its
  /// memory. What it takes of `scratch` it gives back. Null: there is only `value`.
  void (*value_into)(std::span<const Array> x, const graph::Attribute& attribute, Array& to,
                     kernels::Scratch& scratch) = nullptr;
};

namespace detail {

/// It is a constant 0 everywhere, known without looking at each element.
[[nodiscard]] inline bool is_zero(const Tensor& t) { return EagerTensor(t).is(0.0); }

template <class P, std::size_t... K>
struct ElementwiseTensorRules {
  using Kernels = kernels::ElementwiseKernels<P, K...>;

  static Array value(std::span<const Array> x, const graph::Attribute&, const Type& result) {
    return Kernels::value(x, result);
  }
  static void value_into(std::span<const Array> x, const graph::Attribute&, Array& to, kernels::Scratch&) {
    Kernels::value_into(x, to);
  }
  static void accumulate(std::size_t operand, const Array& cotangent, const Array& y, std::span<const Array> x,
                         const graph::Attribute&, kernels::Accumulator& adjoint) {
    Kernels::accumulate(operand, cotangent, y, x, adjoint);
  }
  template <std::size_t O>
  static EagerTensor contribution(const Tensor& cotangent, const Tensor& y, std::span<const Tensor> x) {
    if constexpr (!ops::differentiable_in<P, O>)
      return EagerTensor(0.0);
    else
      return ops::recorded_contribution(EagerTensor(cotangent),
                                        ops::partial<P, O>(EagerTensor(y), EagerTensor(x[K])...));
  }
  static Tensor vjp(std::size_t operand, const Tensor& cotangent, const Tensor& y, std::span<const Tensor> x,
                    const graph::Attribute&) {
    EagerTensor result(0.0);
    ((operand == K ? void(result = contribution<K>(cotangent, y, x)) : void()), ...);
    return result.as(cotangent.type());
  }
  static Tensor jvp(std::span<const Tensor> tangents, const Tensor& y, std::span<const Tensor> x,
                    const graph::Attribute&) {
    EagerTensor sum(0.0);
    const auto along = [&]<std::size_t O> {
      if constexpr (ops::differentiable_in<P, O>) {
        if (!is_zero(tangents[O])) sum = EagerTensor((sum + contribution<O>(tangents[O], y, x)).as(y.type()));
      }
    };
    (along.template operator()<K>(), ...);
    return sum.as(y.type());
  }
};

template <class P, std::size_t... K>
constexpr TensorRules elementwise_tensor_rules() {
  using Rules = ElementwiseTensorRules<P, K...>;
  TensorRules rules{.value = &Rules::value, .vjp = &Rules::vjp, .jvp = &Rules::jvp, .value_into = &Rules::value_into};
  if constexpr ((ops::differentiable_in<P, K> || ...)) rules.accumulate = &Rules::accumulate;
  return rules;
}

template <ops::WritesInto P>
void structural_value_into(std::span<const Array> x, const graph::Attribute& attribute, Array& to,
                           kernels::Scratch& scratch) {
  const kernels::Scratch::Mark mark(scratch);
  P::value_into(x, attribute, to, scratch);
}

template <class P>
struct StructuralTensorRules {
  using Rules = hook::Rules<P>;

  static Tensor vjp(std::size_t operand, const Tensor& cotangent, const Tensor& y, std::span<const Tensor> x,
                    const graph::Attribute& attribute) {
    if constexpr (ops::GeneralPrimitive<P, Tensor>) {
      return Rules::vjp(operand, cotangent, y, x, attribute);
    } else {
      static_assert(ops::LinearPrimitive<P, Tensor>, "a structural primitive needs transpose, or vjp and jvp");
      static_cast<void>(y);
      return Rules::transpose(operand, cotangent, x, attribute);
    }
  }
  static void accumulate(std::size_t operand, const Array& cotangent, const Array& y, std::span<const Array> x,
                         const graph::Attribute& attribute, kernels::Accumulator& adjoint) {
    if constexpr (ops::AddsInPlace<P>) {
      static_cast<void>(y);
      Rules::add_transposed(operand, cotangent, x, attribute, adjoint);
    } else if constexpr (ops::LinearPrimitive<P, Tensor>) {
      static_cast<void>(y);
      adjoint.add(Rules::transpose(operand, Tensor(cotangent), x, attribute).value(), P::name);
    } else {
      if constexpr (ops::AddsContribution<P>)
        if (Rules::add_contribution(operand, cotangent, y, x, attribute, adjoint)) return;
      std::array<Tensor, static_cast<std::size_t>(P::arity)> constants;
      for (std::size_t k = 0; k < constants.size(); ++k) constants[k] = Tensor(x[k]);
      adjoint.add(
          Rules::vjp(operand, Tensor(cotangent), Tensor(y), std::span<const Tensor>(constants), attribute).value(),
          P::name);
    }
  }
  static Tensor jvp(std::span<const Tensor> tangents, const Tensor& y, std::span<const Tensor> x,
                    const graph::Attribute& attribute) {
    if constexpr (ops::GeneralPrimitive<P, Tensor>) {
      EagerTensor sum(0.0);
      for (std::size_t k = 0; k < x.size(); ++k)
        if (!is_zero(tangents[k])) sum = sum + EagerTensor(Rules::jvp(k, tangents[k], y, x, attribute));
      return sum.as(y.type());
    } else if constexpr (P::arity > 1) {
      // What is not real is a parameter and stays as it is.
      static_cast<void>(y);
      std::array<Tensor, static_cast<std::size_t>(P::arity)> operands;
      for (std::size_t k = 0; k < operands.size(); ++k) operands[k] = is_real(x[k].dtype()) ? tangents[k] : x[k];
      return record_tensor(PrimitiveOf<P>::record, operands, attribute, {});
    } else {
      static_cast<void>(x), static_cast<void>(y);
      return record_tensor(PrimitiveOf<P>::record, tangents, attribute, {});
    }
  }
};

template <class P>
constexpr TensorRules structural_tensor_rules() {
  TensorRules rules{.value = &P::value};
  if constexpr (ops::WritesInto<P>) rules.value_into = &structural_value_into<P>;
  if constexpr (!ops::ChoosingPrimitive<P>) {
    using Rules = StructuralTensorRules<P>;
    rules.accumulate = &Rules::accumulate;
    rules.vjp = &Rules::vjp;
    rules.jvp = &Rules::jvp;
    if constexpr (ops::TakesScalars<P>) rules.scalar_position = &P::position;
  }
  return rules;
}

}  // namespace detail
}  // namespace wengert
