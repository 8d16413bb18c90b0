// Function: a part of a program that is one entry of the recording, with a derivative of its own kind.
//
// What needs it: parts that are computed again instead of stored (transform/checkpoint.hpp), derivatives that the user
// states (transform/custom.hpp), roots of equations (transform/implicit.hpp), loops and branches that are decided when
// the program runs (transform/control.hpp). For an operation of one formula a primitive is faster:
// record/primitive.hpp.
//
// A Function takes tensors and gives one. Scalars come in by stack, and go out by element; several results are packed
// into one tensor and taken apart again (transform/parts_function.hpp does both).
//
//     class Doubled : public Function {
//      public:
//       std::string name() const override { return "doubled"; }
//       Type type(std::span<const Type> x) const override { return x[0]; }
//       Tensor value(std::span<const Tensor> x) const override { return 2.0 * x[0]; }
//       std::vector<Tensor> vjp(const Tensor& cotangent, const Tensor&, std::span<const Tensor>,
//                               std::span<const char>) const override { return {2.0 * cotangent}; }
//       Tensor jvp(std::span<const Tensor> tangents, const Tensor&, std::span<const Tensor>) const override {
//         return 2.0 * tangents[0];
//       }
//     };
//     const auto doubled = std::make_shared<const Doubled>();
//     Tensor y = call(doubled, {x});
#pragma once

#include <initializer_list>
#include <memory>
#include <source_location>
#include <span>
#include <string>
#include <vector>

#include "wengert/autodiff/record/tensor.hpp"
#include "wengert/graph/function.hpp"

namespace wengert {

/// What an entry made by `call` computes. Its rules are functions of handles: run on constants they compute (numeric
/// sweeps), run on tensors of a recording they record (`gradient`, `jvp`), and so higher orders follow. They must be
/// pure: equal operands give equal results, on any thread.
class Function : public graph::Function {
 public:
  /// The result, of the type that `type` gives; the operands are constants.
  [[nodiscard]] virtual Tensor value(std::span<const Tensor> x) const = 0;
  /// The cotangents of the operands, one for each, of its type; where wanted[k] is 0 the place may hold anything. y is
  /// the result.
  [[nodiscard]] virtual std::vector<Tensor> vjp(const Tensor& cotangent, const Tensor& y, std::span<const Tensor> x,
                                                std::span<const char> wanted) const = 0;
  /// The tangent of the result when every operand moves along its tangent. Those of operands that do not move are a
  /// uniform 0; those of operands that are not real mean nothing.
  [[nodiscard]] virtual Tensor jvp(std::span<const Tensor> tangents, const Tensor& y,
                                   std::span<const Tensor> x) const = 0;
  /// A derivative flows from the result into operand k, as far as the function knows.
  [[nodiscard]] virtual bool differentiable(std::size_t operand) const;
};

/// The function applied: one entry of the recording (none if all operands are constants). Throws what `type` and
/// `value` throw, with the line of the call; InternalError if the value is not of the type promised.
[[nodiscard]] Tensor call(std::shared_ptr<const Function> function, std::span<const Tensor> operands,
                          std::source_location where = std::source_location::current());
[[nodiscard]] inline Tensor call(std::shared_ptr<const Function> function, std::initializer_list<Tensor> operands,
                                 std::source_location where = std::source_location::current()) {
  return call(std::move(function), std::span(operands.begin(), operands.size()), where);
}

namespace detail {
/// The record of `call`.
extern const Primitive call_primitive;
/// `call` for which the value is known: it is not computed here, and has to be what Function::value gives.
[[nodiscard]] Tensor call_with_value(std::shared_ptr<const wengert::Function> function,
                                     std::span<const Tensor> operands, const Tensor& value, std::source_location where);
/// x again, as an entry of its own: what is differentiated by it does not see where x came from. Copies no elements.
[[nodiscard]] Tensor own_copy(const Tensor& x, std::source_location where);
}  // namespace detail

}  // namespace wengert
