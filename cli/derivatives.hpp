/// An expression's value and derivatives at a point.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "wengert/cli/bindings.hpp"
#include "wengert/cli/expression.hpp"

namespace wengert::cli {

/// The highest order that derivatives_at computes.
inline constexpr int max_order = 3;

/// Derivatives up to `order`; the tables of higher orders are empty. x runs over the elements of the chosen variables,
/// in their order, each row-major.
struct Derivatives {
  int order = 1;
  std::vector<Binding> point;                           ///< all variables
  std::vector<std::size_t> chosen;                      ///< positions in `point`: what is differentiated by
  Array value = Array::scalar(0.0);                     ///< f64
  std::vector<Array> gradient;                          ///< of a number, by chosen variable, of its shape
  std::vector<Array> jacobian;                          ///< of an array: the value's axes, then the variable's
  std::vector<std::vector<double>> hessian;             ///< [i][j] = ∂²f/∂xᵢ∂xⱼ
  std::vector<std::vector<std::vector<double>>> third;  ///< [i][j][k] = ∂³f/∂xᵢ∂xⱼ∂xₖ
};

/// An expression recorded at a point: what derivatives and drawings are made from.
struct RecordedExpression {
  Recording recording;
  std::vector<Value> variables;  ///< in the order of the point
  Value value;                   ///< named as the expression names it
};

/// The point must bind the variables of the expression (check_bindings). Throws EvaluationError.
[[nodiscard]] RecordedExpression record(const Expression& expression, std::span<const Binding> point);

/// Derivatives up to `order`, 1 to max_order, by the chosen variables. Appends the lower derivatives to the recording.
/// Throws UsageError for an order above 1 of an array, and for order 3 by an array.
[[nodiscard]] Derivatives derivatives_at(RecordedExpression& recorded, std::span<const Binding> point,
                                         std::span<const std::size_t> chosen, int order);

/// The names of an array's elements, row-major: A[0,0], A[0,1], …; of a number its own.
[[nodiscard]] std::vector<std::string> element_names(const std::string& name, const Shape& shape);
/// Those of all chosen variables.
[[nodiscard]] std::vector<std::string> element_names(std::span<const Binding> point,
                                                     std::span<const std::size_t> chosen);

}  // namespace wengert::cli
