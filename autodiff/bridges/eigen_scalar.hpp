// Scalar as a scalar of Eigen: Matrix<Scalar, …>, its operators, products, reductions, coefficient-wise functions and
// decompositions. autodiff/bridges/eigen.hpp includes this and adds maps and conversions.
//
// Eigen computes with Scalars as it does with doubles: every coefficient is a Scalar, every operation on it a
// statement. Eigen's functors return Scalar, so what is stored in between is stored in Scalars; where Eigen hands on an
// expression (Apply) as it is, its traits below say that it stands for a Scalar.
//
// - Comparisons decide pivots, rotations, convergence: each records a guard, as an `if` of one's own does. maxCoeff,
//   minCoeff, cwiseMax, cwiseMin record the primitives max and min, and no guard; with a position (maxCoeff(&i)) they
//   compare.
// - Scalar converts to no double: m.cast<double>() does not compile; values(m) of eigen.hpp leaves the recording.
// - isfinite, isnan, isinf look at the value: what they decide is not guarded.
// - A recorded line would be one of Eigen's: name yours by `auto here = r.location();`.
#pragma once

#include <Eigen/Core>
#include <cmath>
#include <concepts>
#include <limits>

#include "wengert/autodiff/record/expression.hpp"
#include "wengert/autodiff/record/format.hpp"

namespace wengert {

// What Eigen finds by argument-dependent look-up, beside the elementwise functions. They look at the value.
template <detail::ScalarExpression E>
[[nodiscard]] bool isfinite(const E& x) noexcept {
  return std::isfinite(x.value());
}
template <detail::ScalarExpression E>
[[nodiscard]] bool isnan(const E& x) noexcept {
  return std::isnan(x.value());
}
template <detail::ScalarExpression E>
[[nodiscard]] bool isinf(const E& x) noexcept {
  return std::isinf(x.value());
}

namespace detail {
/// A number that may stand beside a Scalar in an operation of Eigen's.
template <class N>
concept EigenLiteral = Number<N> && !std::same_as<N, bool>;
}  // namespace detail

}  // namespace wengert

/// Those of double, as constants.
template <>
class std::numeric_limits<wengert::Scalar> : public std::numeric_limits<double> {
  using Of = std::numeric_limits<double>;

 public:
  static constexpr wengert::Scalar min() noexcept { return Of::min(); }
  static constexpr wengert::Scalar max() noexcept { return Of::max(); }
  static constexpr wengert::Scalar lowest() noexcept { return Of::lowest(); }
  static constexpr wengert::Scalar epsilon() noexcept { return Of::epsilon(); }
  static constexpr wengert::Scalar round_error() noexcept { return Of::round_error(); }
  static constexpr wengert::Scalar infinity() noexcept { return Of::infinity(); }
  static constexpr wengert::Scalar quiet_NaN() noexcept { return Of::quiet_NaN(); }
  static constexpr wengert::Scalar signaling_NaN() noexcept { return Of::signaling_NaN(); }
  static constexpr wengert::Scalar denorm_min() noexcept { return Of::denorm_min(); }
};

namespace Eigen {

template <>
struct NumTraits<wengert::Scalar> : GenericNumTraits<wengert::Scalar> {
  enum {
    IsComplex = 0,
    IsInteger = 0,
    IsSigned = 1,
    RequireInitialization = 1,  // a coefficient that nobody set is the constant 0, and no stale handle
    ReadCost = 1,
    AddCost = 8,
    MulCost = 8
  };
  using Real = wengert::Scalar;
  using NonInteger = wengert::Scalar;
  using Nested = wengert::Scalar;
  using Literal = wengert::Scalar;
  static Real epsilon() { return NumTraits<double>::epsilon(); }
  static Real dummy_precision() { return NumTraits<double>::dummy_precision(); }
  static Real highest() { return NumTraits<double>::highest(); }
  static Real lowest() { return NumTraits<double>::lowest(); }
  static Real infinity() { return NumTraits<double>::infinity(); }
  static Real quiet_NaN() { return NumTraits<double>::quiet_NaN(); }
  static int digits() { return NumTraits<double>::digits(); }
  static int digits10() { return NumTraits<double>::digits10(); }
  static int min_exponent() { return NumTraits<double>::min_exponent(); }
  static int max_exponent() { return NumTraits<double>::max_exponent(); }
};
/// An expression stands for the Scalar that it becomes.
template <class P, class... A>
struct NumTraits<wengert::Apply<P, A...>> : NumTraits<wengert::Scalar> {};

// double · Matrix<Scalar>, Matrix<double> · Matrix<Scalar> …
template <wengert::detail::EigenLiteral N, class Op>
struct ScalarBinaryOpTraits<wengert::Scalar, N, Op> {
  using ReturnType = wengert::Scalar;
};
template <wengert::detail::EigenLiteral N, class Op>
struct ScalarBinaryOpTraits<N, wengert::Scalar, Op> {
  using ReturnType = wengert::Scalar;
};

namespace internal {
/// sqrt, abs2, real … of an expression are those of the Scalar.
template <class P, class... A>
struct global_math_functions_filtering_base<wengert::Apply<P, A...>, void> {
  using type = wengert::Scalar;
};
/// A product with Scalars on one side or both. Eigen's blocked kernels want one type, and make two statements of
/// c + a·b; here it is one.
template <class Lhs, class Rhs>
concept ProductOfScalars =
    std::same_as<typename Lhs::Scalar, wengert::Scalar> || std::same_as<typename Rhs::Scalar, wengert::Scalar>;
template <class Lhs, class Rhs>
concept NumbersTimesScalars = ProductOfScalars<Lhs, Rhs> && !std::same_as<typename Lhs::Scalar, typename Rhs::Scalar>;

template <class Lhs, class Rhs>
struct product_of_scalars {
  template <class To>
  static void evalTo(To& to, const Lhs& lhs, const Rhs& rhs) {
    for_each(to, lhs, rhs, [](wengert::Scalar& into, const wengert::Scalar& sum) { into = sum; });
  }
  template <class To>
  static void addTo(To& to, const Lhs& lhs, const Rhs& rhs) {
    for_each(to, lhs, rhs, [](wengert::Scalar& into, const wengert::Scalar& sum) { into += sum; });
  }
  template <class To>
  static void subTo(To& to, const Lhs& lhs, const Rhs& rhs) {
    for_each(to, lhs, rhs, [](wengert::Scalar& into, const wengert::Scalar& sum) { into -= sum; });
  }
  template <class To>
  static void scaleAndAddTo(To& to, const Lhs& lhs, const Rhs& rhs, const wengert::Scalar& factor) {
    for_each(to, lhs, rhs, [&](wengert::Scalar& into, const wengert::Scalar& sum) { into += factor * sum; });
  }

 private:
  template <class To, class F>
  static void for_each(To& to, const Lhs& lhs, const Rhs& rhs, const F& store) {
    const typename Lhs::PlainObject a = lhs;
    const typename Rhs::PlainObject b = rhs;
    for (Index i = 0; i < to.rows(); ++i)
      for (Index j = 0; j < to.cols(); ++j) {
        wengert::Scalar sum = 0.0;
        if (a.cols() > 0) sum = a.coeff(i, 0) * b.coeff(0, j);
        for (Index k = 1; k < a.cols(); ++k) sum = sum + a.coeff(i, k) * b.coeff(k, j);
        store(to.coeffRef(i, j), sum);
      }
  }
};
template <class Lhs, class Rhs>
  requires ProductOfScalars<Lhs, Rhs>
struct generic_product_impl<Lhs, Rhs, DenseShape, DenseShape, GemmProduct> : product_of_scalars<Lhs, Rhs> {};
template <class Lhs, class Rhs>
  requires NumbersTimesScalars<Lhs, Rhs>
struct generic_product_impl<Lhs, Rhs, DenseShape, DenseShape, GemvProduct> : product_of_scalars<Lhs, Rhs> {};
/// One statement, not two.
template <>
inline wengert::Scalar pmadd(const wengert::Scalar& a, const wengert::Scalar& b, const wengert::Scalar& c) {
  return a * b + c;
}
}  // namespace internal

namespace numext {
template <>
inline wengert::Scalar mini(const wengert::Scalar& x, const wengert::Scalar& y) {
  return wengert::min(x, y);
}
template <>
inline wengert::Scalar maxi(const wengert::Scalar& x, const wengert::Scalar& y) {
  return wengert::max(x, y);
}
}  // namespace numext
}  // namespace Eigen
