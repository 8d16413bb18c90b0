// The gradient checker: are the derivatives of a function, or the rule of a primitive, right?
//
//     GradientCheck check = check_gradient([](const std::vector<Scalar>& x) { return sin(x[0]) * x[1]; }, {0.5, 2.0});
//     if (!check) std::cerr << check.text();
//
//     CheckReport report = check_primitive<MyPrimitive>();   // include record/primitive.hpp
//
// Every way to a derivative is taken (numeric reverse, recorded reverse, forward; for primitives also inside a
// rolled-up loop), and what they agree on is compared with differences of values that use no rule at all: central
// differences of shrinking step, extrapolated (C. J. F. Ridders, Advances in Engineering Software 4, 1982), with an
// estimate of their own error. Where the estimate is not good enough to tell (a kink lies near), the check fails and
// says so; it never passes unseen.
#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "wengert/autodiff/record/expression.hpp"

namespace wengert {

struct Primitive;

/// How closely one looks. Errors are relative to the larger of the two numbers; a little is added for rounding in the
/// values whose differences are taken.
struct CheckOptions {
  /// Highest derivative that is checked: 1 or 2 for functions, up to 3 for primitives.
  int order = 1;
  /// Between the ways that use the same rule, which differ by rounding only.
  double agreement = 1e-11;
  /// Against differences; times 10 for every order beyond the first.
  double tolerance = 1e-7;
  /// check_primitive: bit k: operand k is constant by its meaning (a truth value, a whole number) and is not varied.
  unsigned constant_operands = 0;
};

/// One number that is not what it should be.
struct CheckFailure {
  std::string operation;   ///< name of the primitive; "check_gradient" for a function
  std::string check;       ///< what was compared with what, e.g. "recorded against numeric"
  int order = 1;           ///< of the derivative; 0: the value
  std::string operands;    ///< differentiated by, e.g. "operand 0, operand 1"
  std::vector<double> at;  ///< the point
  double got = 0, expected = 0;
  double allowed = 0;  ///< difference between them; negative: the differences did not settle, -allowed is their error
};

/// `operation: check, order n, by operands, at (x, y): got g, expected e ± a`
[[nodiscard]] std::string to_string(const CheckFailure& failure);

/// What a check found.
struct CheckReport {
  std::vector<CheckFailure> failures;
  std::size_t comparisons = 0;  ///< how many numbers were compared
  double worst = 0;             ///< largest error found, in units of what was allowed
  [[nodiscard]] bool passed() const noexcept { return failures.empty() && comparisons > 0; }
  [[nodiscard]] explicit operator bool() const noexcept { return passed(); }
  /// One line per failure, or one line that says that all is well.
  [[nodiscard]] std::string text() const;
};

/// The same for a function, with the numbers themselves.
struct GradientCheck : CheckReport {
  double value = 0;
  std::vector<double> backward, recorded, forward;  ///< ∂f/∂x, by way
  std::vector<double> differences;                  ///< the same, without any rule
  std::vector<std::vector<double>> hessian;         ///< ∂²f/∂x∂x, backward over the recorded gradient (order 2)
  std::vector<std::vector<double>> hessian_differences;
};

namespace detail {
GradientCheck check_function(const std::function<Scalar(const std::vector<Scalar>&)>& f, std::span<const double> at,
                             const CheckOptions& options);
}

/// Checks the derivatives of `f` at the point `x`. f takes a std::vector<Scalar> (or a Scalar, if x is a number) and
/// returns something that a Scalar can be made of; it is called many times, at points near x. With order 2 the Hessian
/// is compared, entry by entry, with differences of the numeric gradient. Where f has a kink within the differences'
/// reach the check fails. Throws ArgumentError for an order other than 1 or 2, and whatever f throws.
template <class F>
  requires std::is_invocable_v<F&, const std::vector<Scalar>&>
[[nodiscard]] GradientCheck check_gradient(F&& f, const std::vector<double>& x, const CheckOptions& options = {}) {
  return detail::check_function([&f](const std::vector<Scalar>& at) { return Scalar(f(at)); }, x, options);
}
template <class F>
  requires std::is_invocable_v<F&, const Scalar&>
[[nodiscard]] GradientCheck check_gradient(F&& f, double x, const CheckOptions& options = {}) {
  return detail::check_function([&f](const std::vector<Scalar>& at) { return Scalar(f(at[0])); }, std::span(&x, 1),
                                options);
}

/// Checks the rule of a primitive at its points, to the order that each point claims (at most options.order): the
/// numeric partials against differences of the value; recorded, forward and rolled-up ones against those; the second
/// and third recorded ones against differences of the order below. Points of order 1 are kinks: there the ways are
/// compared with each other only.
[[nodiscard]] CheckReport check_primitive(const Primitive& primitive, const CheckOptions& options = {.order = 3});
template <class P>
[[nodiscard]] CheckReport check_primitive(const CheckOptions& options = {.order = 3}) {
  return check_primitive(PrimitiveOf<P>::record, options);
}

}  // namespace wengert
