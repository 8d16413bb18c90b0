// The elementwise primitives, by family: each one struct, with its front function below the structs of its file and its
// place in the list between the two.
//
// To add one: write the struct, its front function, and put it in the list of its file. Nothing else changes: the
// statements, sweeps, tensors, drawings, the reference table and the tests take it from the lists (CONTRIBUTING.md).
//
// Conventions that several of them share:
//   y is the value, x (first), z … the further operands, in the order of the operands.
//   Accuracy of a value is that of the C library's function. Derivatives that are written in terms of the value
//   (tanh, sigmoid) are accurate to one unit in the last place of 1, not of themselves, where the function saturates.
//   Points: two or three ordinary ones for each side of the domain, then boundary points; `order` 1 marks a kink.
//   Domain: where they are smooth, for the tests' random points.
#pragma once

#include "wengert/autodiff/ops/contract.hpp"
#include "wengert/autodiff/ops/elementwise/arithmetic.hpp"
#include "wengert/autodiff/ops/elementwise/circular.hpp"
#include "wengert/autodiff/ops/elementwise/exponential.hpp"
#include "wengert/autodiff/ops/elementwise/powers.hpp"
#include "wengert/autodiff/ops/elementwise/selection.hpp"
#include "wengert/autodiff/ops/elementwise/special.hpp"

namespace wengert::ops {

/// Every elementwise primitive of the library. The place in the list means nothing.
using ElementwisePrimitives = Join<ArithmeticPrimitives, PowerPrimitives, ExponentialPrimitives, CircularPrimitives,
                                   SpecialPrimitives, SelectionPrimitives>;

static_assert([] {
  bool complete = true;
  ElementwisePrimitives::for_each([&]<class P> {
    static_assert(ElementwisePrimitive<P>, "an elementwise primitive is incomplete: see the concept of that name");
    complete = complete && ElementwisePrimitive<P>;
  });
  return complete;
}());

}  // namespace wengert::ops
