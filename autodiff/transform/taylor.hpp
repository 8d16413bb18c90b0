// Taylor coefficients of any order along a path: y(x(t)) = Σ y_k·t^k for x(t) = Σ x_k·t^k.
//
//     Recording r;
//     Scalar x = r.variable(0.5), y = exp(sin(x));
//     std::vector<double> c = taylor(y, x, 20);          // y at x = 0.5 + t, up to t²⁰
//     std::vector<double> d = derivatives_of(c);         // k!·c_k, the derivatives
//
//     taylor([](auto x) { return exp(sin(x)); }, 20)(0.5);             // the same of a function
//
// For every primitive, from its one rule: y' = Σ ∂y/∂x·x', so y_k = (1/k)·Σ_operands Σ_j j·x_j·d_{k-j}, where the
// series d of the partial comes from the expression of primitives that the rule records, whose series come from theirs.
// Equal expressions are one series, so the set closes (sin and cos name each other; tanh names itself), but for powers
// with a constant exponent and polygamma: each is the derivative of the next, one fewer order of each is needed. So the
// cost of a primitive is of order N², where nesting N gradients costs exponentially much (docs/howto/taylor.md), and
// N³/3 of those. Quotients are solved for: y·b = a. No step recurses on the depth of the program.
//
// What does not depend on the path is constant. Comparisons, where and guards are what they are at t = 0: the series is
// that of the branch recorded. Where a derivative does not exist, coefficients are ±∞ or NaN as in other modes; at a
// kink they follow the primitive's convention (|t| at 0: 0, 0, 0 …). A zero coefficient contributes 0, whatever it
// meets.
//
// Reading order: taylor(), derivatives_of(), TaylorSeries (order by order, for differential equations).
#pragma once

#include <cstddef>
#include <memory>
#include <source_location>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

#include "wengert/autodiff/record/recording.hpp"

namespace wengert {

/// The coefficients of a path, for each variable: path[i][k] is that of t^(k+1). (That of t⁰ is where it was recorded.)
/// Missing ones are 0.
using TaylorPath = std::vector<std::vector<double>>;

// --- Of what was recorded -----------------------------------------------------------------------------------------
// y_0 … y_order. x are distinct values of the recording; other variables stand still. Throws ArgumentError for a
// constant in x, one that is there twice, sizes that do not fit, or a y that depends on x through tensors; StaleHandle,
// ForeignRecording; CapacityError when memory runs out.

/// Along x(t) = x + t.
[[nodiscard]] std::vector<double> taylor(const Scalar& y, const Scalar& x, std::size_t order,
                                         std::source_location where = std::source_location::current());
/// Along x(t) = x + t·direction.
[[nodiscard]] std::vector<double> taylor(const Scalar& y, std::span<const Scalar> x, std::span<const double> direction,
                                         std::size_t order,
                                         std::source_location where = std::source_location::current());
[[nodiscard]] inline std::vector<double> taylor(const Scalar& y, const std::vector<Scalar>& x,
                                                const std::vector<double>& direction, std::size_t order,
                                                std::source_location where = std::source_location::current()) {
  return taylor(y, std::span<const Scalar>(x), std::span<const double>(direction), order, where);
}
/// Along a path.
[[nodiscard]] std::vector<double> taylor(const Scalar& y, std::span<const Scalar> x, const TaylorPath& path,
                                         std::size_t order,
                                         std::source_location where = std::source_location::current());
[[nodiscard]] inline std::vector<double> taylor(const Scalar& y, const std::vector<Scalar>& x, const TaylorPath& path,
                                                std::size_t order,
                                                std::source_location where = std::source_location::current()) {
  return taylor(y, std::span<const Scalar>(x), path, order, where);
}

/// k!·c_k: the derivatives d^k y/dt^k at 0, from the coefficients.
[[nodiscard]] std::vector<double> derivatives_of(std::span<const double> coefficients);
[[nodiscard]] inline std::vector<double> derivatives_of(const std::vector<double>& coefficients) {
  return derivatives_of(std::span<const double>(coefficients));
}

/// The partial derivative ∂^|n| y / ∂x_0^n_0 ∂x_1^n_1 … of any order, from Taylor series along a few directions
/// (A. Griewank, J. Utke, A. Walther, Evaluating higher derivative tensors by forward propagation of univariate Taylor
/// series, 2000). `counts` holds n. One series for each direction i ≤ n, i not 0: Π(n_k + 1) - 1 of them. The formula
/// adds terms of alternating sign: it loses about |n| digits.
[[nodiscard]] double mixed_partial(const Scalar& y, const std::vector<Scalar>& x,
                                   const std::vector<std::size_t>& counts,
                                   std::source_location where = std::source_location::current());

// --- Order by order -----------------------------------------------------------------------------------------------

/// The series of several values along a path that is made known order by order. For a differential equation x' = f(x),
/// of which the next coefficient of x is that of f:
///
///     TaylorSeries series(f, x, order);                        // f and x: values of one recording
///     for (k = 0; k < order; ++k) series.advance(f_k / (k+1)); // f_k: series.coefficients(k)
///
/// Holds what it needs: the recording may go.
class TaylorSeries {
 public:
  /// Order 0 is known at once. `order`: the highest that will be asked for. Throws as taylor().
  TaylorSeries(std::span<const Scalar> y, std::span<const Scalar> x, std::size_t order,
               std::source_location where = std::source_location::current());
  TaylorSeries(const std::vector<Scalar>& y, const std::vector<Scalar>& x, std::size_t order,
               std::source_location where = std::source_location::current())
      : TaylorSeries(std::span<const Scalar>(y), std::span<const Scalar>(x), order, where) {}
  TaylorSeries(TaylorSeries&&) noexcept;
  TaylorSeries& operator=(TaylorSeries&&) noexcept;
  ~TaylorSeries();

  /// Takes the next coefficient of each x and computes that of each y. Throws ArgumentError for a wrong number of them,
  /// or beyond the highest order.
  void advance(std::span<const double> x, std::source_location where = std::source_location::current());
  void advance(const std::vector<double>& x, std::source_location where = std::source_location::current()) {
    advance(std::span<const double>(x), where);
  }
  /// How many orders are known, less 1.
  [[nodiscard]] std::size_t order() const noexcept;
  /// Coefficient k of y number i. Throws ArgumentError for what is not known.
  [[nodiscard]] double coefficient(std::size_t i, std::size_t k,
                                   std::source_location where = std::source_location::current()) const;
  /// Coefficient k of every y.
  [[nodiscard]] std::vector<double> coefficients(std::size_t k,
                                                 std::source_location where = std::source_location::current()) const;
  /// How many series there are: those of the program and those of its partials.
  [[nodiscard]] std::size_t size() const noexcept;

 private:
  class Table;
  std::unique_ptr<Table> table_;
};

// --- Of functions -------------------------------------------------------------------------------------------------

/// See taylor(f, order). Each call has a recording of its own.
template <class F>
class TaylorOf {
 public:
  TaylorOf(F f, std::size_t order) : f_(std::move(f)), order_(order) {}

  /// f(x + t).
  [[nodiscard]] std::vector<double> operator()(double x) {
    Recording r;
    const Scalar input = r.variable(x);
    const Scalar y = f_(input);
    return taylor(y, input, order_);
  }
  /// f(x + t·direction).
  [[nodiscard]] std::vector<double> operator()(const std::vector<double>& x, const std::vector<double>& direction) {
    Recording r;
    const std::vector<Scalar> input = r.variables(x);
    const Scalar y = f_(input);
    return taylor(y, input, direction, order_);
  }
  /// f along x + Σ path·t^k.
  [[nodiscard]] std::vector<double> operator()(const std::vector<double>& x, const TaylorPath& path) {
    Recording r;
    const std::vector<Scalar> input = r.variables(x);
    const Scalar y = f_(input);
    return taylor(y, input, path, order_);
  }

 private:
  F f_;
  std::size_t order_;
};

/// The function from a point (and a path) to the Taylor coefficients of f there, up to an order. f takes a Scalar, or a
/// std::vector of them.
template <class F>
  requires(!std::is_convertible_v<F, Scalar>)
[[nodiscard]] TaylorOf<std::decay_t<F>> taylor(F&& f, std::size_t order) {
  return TaylorOf<std::decay_t<F>>(std::forward<F>(f), order);
}

}  // namespace wengert
