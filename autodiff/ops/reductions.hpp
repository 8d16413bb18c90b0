// Primitives that reduce over axes, and those that normalise along them. The contract: structural_contract.hpp.
//
// The attribute lists the axes, ascending, unless said otherwise; a reduction's result lacks them. `over` in the rules
// below brings a reduced tensor back to the shape it was reduced from. A NaN among the elements gives NaN.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "wengert/autodiff/ops/structural_contract.hpp"

namespace wengert::ops {

namespace detail {
/// A tensor that was reduced over axes, repeated along them to `shape`.
template <class T>
T over(const T& reduced, const Shape& shape, const Attribute& axes) {
  return broadcast(reshape(reduced, with_ones(shape, integers(axes))), shape);
}
template <class T>
T sum_over(const T& x, const Attribute& axes) {
  return sum(x, Indices(integers(axes)));
}
}  // namespace detail

// --- Sums ---------------------------------------------------------------------------------------------------------

struct Sum : Structural {
  static constexpr auto name = "sum", symbol = "Σ";
  static constexpr auto doc =
      "Sum over the axes of the attribute (ascending), which the result lacks; 0 of no elements. Added pairwise, in an "
      "order that depends on the shape alone. Transpose: broadcast.";
  static constexpr int arity = 1;
  static Type type(std::span<const Type> x, const Attribute& axes);
  static Array value(std::span<const Array> x, const Attribute& axes, const Type& result);
  static void value_into(std::span<const Array> x, const Attribute& axes, Array& to, kernels::Scratch& scratch);
  template <class T, class X>
  static T transpose(std::size_t, const T& cotangent, const X& x, const Attribute& axes) {
    return detail::over(cotangent, x[0].shape(), axes);
  }
  static std::vector<Sample> samples();
};

struct CumSum : Structural {
  static constexpr auto name = "cumsum", symbol = "cumsum";
  static constexpr auto doc =
      "y[i] = x[0] + … + x[i] along an axis, or x[i] + … + x[n-1]. The attribute lists the axis and 0, or 1 for the "
      "latter. Added one after the other, f32 in f64. Transpose: the same from the other end.";
  static constexpr int arity = 1;
  static Type type(std::span<const Type> x, const Attribute& direction);
  static Array value(std::span<const Array> x, const Attribute& direction, const Type& result);
  static void value_into(std::span<const Array> x, const Attribute& direction, Array& to, kernels::Scratch& scratch);
  template <class T, class X>
  static T transpose(std::size_t, const T& cotangent, const X&, const Attribute& direction) {
    return running_sum(cotangent, integers(direction)[0], integers(direction)[1] == 0);
  }
  static std::vector<Sample> samples();
};

// --- Products -----------------------------------------------------------------------------------------------------

struct Prod : Structural {
  static constexpr auto name = "prod", symbol = "Π";
  static constexpr auto doc =
      "Product over the axes of the attribute (ascending), which the result lacks; 1 of no elements. Multiplied in an "
      "order that depends on the shape alone. Derivative: the product of the others (prod_others), never a division, "
      "so "
      "exact at any number of zeros.";
  static constexpr int arity = 1;
  static Type type(std::span<const Type> x, const Attribute& axes);
  static Array value(std::span<const Array> x, const Attribute& axes, const Type& result);
  static void value_into(std::span<const Array> x, const Attribute& axes, Array& to, kernels::Scratch& scratch);
  template <class T>
  static T vjp(std::size_t, const T& cotangent, const T&, std::span<const T> x, const Attribute& axes) {
    return scaled(detail::over(cotangent, x[0].shape(), axes), prod_others(x[0], Indices(integers(axes))));
  }
  template <class T>
  static T jvp(std::size_t, const T& tangent, const T&, std::span<const T> x, const Attribute& axes) {
    return detail::sum_over(scaled(tangent, prod_others(x[0], Indices(integers(axes)))), axes);
  }
  static bool add_contribution(std::size_t, const Array& cotangent, const Array& y, std::span<const Array> x,
                               const Attribute& axes, kernels::Accumulator& adjoint);
  static std::vector<Sample> samples();
};

struct ProdOthers : Structural {
  static constexpr auto name = "prod_others", symbol = "Π≠";
  static constexpr auto doc =
      "Each element replaced by the product of the others along the axes of the attribute (ascending): the gradient of "
      "prod. Its own derivative is a tree of products, linear in size, and as exact.";
  static constexpr int arity = 1;
  static Type type(std::span<const Type> x, const Attribute& axes);
  static Array value(std::span<const Array> x, const Attribute& axes, const Type& result);
  static void value_into(std::span<const Array> x, const Attribute& axes, Array& to, kernels::Scratch& scratch);
  // The matrix of second derivatives of a product is symmetric, so both rules are one.
  template <class T>
  static T vjp(std::size_t, const T& cotangent, const T&, std::span<const T> x, const Attribute& axes) {
    return prod_others_along(x[0], cotangent, Indices(integers(axes)));
  }
  template <class T>
  static T jvp(std::size_t, const T& tangent, const T&, std::span<const T> x, const Attribute& axes) {
    return prod_others_along(x[0], tangent, Indices(integers(axes)));
  }
  static std::vector<Sample> samples();
};

// --- The largest and the smallest ---------------------------------------------------------------------------------

/// Of n elements that are the largest (smallest), each gets 1/n of the cotangent.
struct Extremum : Structural {
  static constexpr int arity = 1;
  template <class T>
  static T vjp(std::size_t, const T& cotangent, const T& y, std::span<const T> x, const Attribute& axes) {
    return scaled(detail::over(cotangent, x[0].shape(), axes), tie_share(x[0], y, Indices(integers(axes))));
  }
  template <class T>
  static T jvp(std::size_t, const T& tangent, const T& y, std::span<const T> x, const Attribute& axes) {
    return detail::sum_over(scaled(tangent, tie_share(x[0], y, Indices(integers(axes)))), axes);
  }
  static bool add_contribution(std::size_t, const Array& cotangent, const Array& y, std::span<const Array> x,
                               const Attribute& axes, kernels::Accumulator& adjoint);
};

struct AMax : Extremum {
  static constexpr auto name = "amax", symbol = "max";
  static constexpr auto doc =
      "The largest element over the axes of the attribute (ascending), which the result lacks; of no elements a "
      "ShapeError. Derivative: 1 at the largest; 1/n at each of n equal ones; 0 where the value is NaN.";
  static Type type(std::span<const Type> x, const Attribute& axes);
  static Array value(std::span<const Array> x, const Attribute& axes, const Type& result);
  static void value_into(std::span<const Array> x, const Attribute& axes, Array& to, kernels::Scratch& scratch);
  static std::vector<Sample> samples();
};

struct AMin : Extremum {
  static constexpr auto name = "amin", symbol = "min";
  static constexpr auto doc =
      "The smallest element over the axes of the attribute (ascending), which the result lacks; of no elements a "
      "ShapeError. Derivative: 1 at the smallest; 1/n at each of n equal ones; 0 where the value is NaN.";
  static Type type(std::span<const Type> x, const Attribute& axes);
  static Array value(std::span<const Array> x, const Attribute& axes, const Type& result);
  static void value_into(std::span<const Array> x, const Attribute& axes, Array& to, kernels::Scratch& scratch);
  static std::vector<Sample> samples();
};

struct TieShare : Structural {
  static constexpr auto name = "tie_share", symbol = "1/n";
  static constexpr auto doc =
      "Of x and y, a reduction of x over the axes of the attribute (ascending): 1/n at the n elements of x that equal "
      "that of y, 0 elsewhere: the derivative of amax and amin. Piecewise constant.";
  static constexpr int arity = 2;
  static constexpr bool chooses = true;
  static Type type(std::span<const Type> x, const Attribute& axes);
  static Array value(std::span<const Array> x, const Attribute& axes, const Type& result);
  static void value_into(std::span<const Array> x, const Attribute& axes, Array& to, kernels::Scratch& scratch);
  static std::vector<Sample> samples();
};

// --- Norms and exponentials ---------------------------------------------------------------------------------------

struct Norm : Structural {
  static constexpr auto name = "norm", symbol = "‖·‖";
  static constexpr auto doc =
      "√Σx² over the axes of the attribute (ascending), which the result lacks; 0 of no elements. Neither overflows "
      "nor "
      "underflows on the way. Derivative x/y; 0 at the zero vector, to every order.";
  static constexpr int arity = 1;
  static Type type(std::span<const Type> x, const Attribute& axes);
  static Array value(std::span<const Array> x, const Attribute& axes, const Type& result);
  static void value_into(std::span<const Array> x, const Attribute& axes, Array& to, kernels::Scratch& scratch);
  template <class T>
  static T vjp(std::size_t, const T& cotangent, const T& y, std::span<const T> x, const Attribute& axes) {
    return scaled(detail::over(cotangent, x[0].shape(), axes), direction(y, x[0], axes));
  }
  template <class T>
  static T jvp(std::size_t, const T& tangent, const T& y, std::span<const T> x, const Attribute& axes) {
    return detail::sum_over(scaled(tangent, direction(y, x[0], axes)), axes);
  }
  static bool add_contribution(std::size_t, const Array& cotangent, const Array& y, std::span<const Array> x,
                               const Attribute& axes, kernels::Accumulator& adjoint);
  static std::vector<Sample> samples();

 private:
  template <class T>
  static T direction(const T& y, const T& x, const Attribute& axes) {
    const T length = detail::over(y, x.shape(), axes);
    const T some = length > 0.0;
    return where(some, x / where(some, length, 1.0), 0.0);
  }
};

struct LogSumExp : Structural {
  static constexpr auto name = "logsumexp", symbol = "logΣexp";
  static constexpr auto doc =
      "log Σ exp x over the axes of the attribute (ascending), which the result lacks: the largest is taken out first. "
      "-∞ where all are -∞, and of no elements. Derivative: softmax, so 0 where all are -∞.";
  static constexpr int arity = 1;
  static Type type(std::span<const Type> x, const Attribute& axes);
  static Array value(std::span<const Array> x, const Attribute& axes, const Type& result);
  static void value_into(std::span<const Array> x, const Attribute& axes, Array& to, kernels::Scratch& scratch);
  template <class T>
  static T vjp(std::size_t, const T& cotangent, const T&, std::span<const T> x, const Attribute& axes) {
    return scaled(detail::over(cotangent, x[0].shape(), axes), softmax(x[0], Indices(integers(axes))));
  }
  template <class T>
  static T jvp(std::size_t, const T& tangent, const T&, std::span<const T> x, const Attribute& axes) {
    return detail::sum_over(scaled(tangent, softmax(x[0], Indices(integers(axes)))), axes);
  }
  static bool add_contribution(std::size_t, const Array& cotangent, const Array& y, std::span<const Array> x,
                               const Attribute& axes, kernels::Accumulator& adjoint);
  static std::vector<Sample> samples();
};

struct Softmax : Structural {
  static constexpr auto name = "softmax", symbol = "softmax";
  static constexpr auto doc =
      "exp x / Σ exp x, the sum over the axes of the attribute (ascending): the largest is taken out first. Where all "
      "are "
      "-∞ it is 0, with derivative 0; NaN where one is +∞. Derivative of y along t: y·(t - Σ y·t).";
  static constexpr int arity = 1;
  static Type type(std::span<const Type> x, const Attribute& axes);
  static Array value(std::span<const Array> x, const Attribute& axes, const Type& result);
  static void value_into(std::span<const Array> x, const Attribute& axes, Array& to, kernels::Scratch& scratch);
  // The matrix of derivatives is symmetric, so both rules are one.
  template <class T>
  static T vjp(std::size_t, const T& cotangent, const T& y, std::span<const T>, const Attribute& axes) {
    return scaled(cotangent - detail::over(detail::sum_over(scaled(cotangent, y), axes), y.shape(), axes), y);
  }
  template <class T>
  static T jvp(std::size_t operand, const T& tangent, const T& y, std::span<const T> x, const Attribute& axes) {
    return vjp(operand, tangent, y, x, axes);
  }
  static bool add_contribution(std::size_t, const Array& cotangent, const Array& y, std::span<const Array> x,
                               const Attribute& axes, kernels::Accumulator& adjoint);
  static std::vector<Sample> samples();
};

struct LogSoftmax : Structural {
  static constexpr auto name = "log_softmax", symbol = "log softmax";
  static constexpr auto doc =
      "x - log Σ exp x, the sum over the axes of the attribute (ascending): the largest is taken out first, so that "
      "digits stay. Derivative of y along t: t - Σ exp(y)·t. Elements whose value is -∞ have derivative 0 (all, where "
      "all x are -∞).";
  static constexpr int arity = 1;
  static Type type(std::span<const Type> x, const Attribute& axes);
  static Array value(std::span<const Array> x, const Attribute& axes, const Type& result);
  static void value_into(std::span<const Array> x, const Attribute& axes, Array& to, kernels::Scratch& scratch);
  template <class T>
  static T vjp(std::size_t, const T& cotangent, const T& y, std::span<const T>, const Attribute& axes) {
    const T some = where(y > minus_infinity, cotangent, 0.0);
    return some - scaled(detail::over(detail::sum_over(some, axes), y.shape(), axes), exp(y));
  }
  template <class T>
  static T jvp(std::size_t, const T& tangent, const T& y, std::span<const T>, const Attribute& axes) {
    const T mean = detail::over(detail::sum_over(scaled(tangent, exp(y)), axes), y.shape(), axes);
    return where(y > minus_infinity, tangent - mean, 0.0);
  }
  static bool add_contribution(std::size_t, const Array& cotangent, const Array& y, std::span<const Array> x,
                               const Attribute& axes, kernels::Accumulator& adjoint);
  static std::vector<Sample> samples();

 private:
  static constexpr double minus_infinity = -std::numeric_limits<double>::infinity();
};

/// The place in the list means nothing.
using ReducingPrimitives =
    List<Sum, CumSum, Prod, ProdOthers, AMax, AMin, TieShare, Norm, LogSumExp, Softmax, LogSoftmax>;

}  // namespace wengert::ops
