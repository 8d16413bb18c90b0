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

/// Derivatives up to `order`; the tables of higher orders are empty. With the variables x in the order of the point:
struct Derivatives {
  int order = 1;
  std::vector<Binding> point;
  double value = 0;
  std::vector<double> gradient;                         ///< [i] = ∂f/∂xᵢ
  std::vector<std::vector<double>> hessian;             ///< [i][j] = ∂²f/∂xᵢ∂xⱼ
  std::vector<std::vector<std::vector<double>>> third;  ///< [i][j][k] = ∂³f/∂xᵢ∂xⱼ∂xₖ
};

/// An expression recorded at a point: what derivatives and drawings are made from.
struct RecordedExpression {
  Recording recording;
  std::vector<Scalar> variables;  ///< in the order of the point
  Scalar value;                   ///< named f
};

/// The point must bind the variables of the expression (check_bindings).
[[nodiscard]] RecordedExpression record(const Expression& expression, std::span<const Binding> point);

/// Derivatives up to `order`, 1 to max_order. Appends the lower derivatives to the recording.
[[nodiscard]] Derivatives derivatives_at(RecordedExpression& recorded, std::span<const Binding> point, int order);

}  // namespace wengert::cli
