#include "wengert/cli/derivatives.hpp"

#include <algorithm>

namespace wengert::cli {
namespace {

/// ∂y/∂x for every x, in numbers; a constant depends on none.
std::vector<double> row(const Scalar& y, std::span<const Scalar> x) {
  std::vector<double> numbers;
  const Adjoints adjoints = backward(y);
  for (const Scalar& variable : x) numbers.push_back(adjoints[variable]);
  return numbers;
}

/// The same as handles, to be differentiated again.
std::vector<Scalar> recorded_row(const Scalar& y, std::span<const Scalar> x) {
  if (y.is_constant()) return std::vector<Scalar>(x.size());
  return gradient(y, x);
}

}  // namespace

RecordedExpression record(const Expression& expression, std::span<const Binding> point) {
  // The lines of the command's own source would say nothing about the expression.
  RecordedExpression recorded{Recording(RecordingOptions{.locations = false}), {}, {}};
  std::vector<Scalar> operands(expression.variables.size());
  for (const Binding& binding : point) {
    const Scalar variable = recorded.recording.variable(binding.value, binding.name);
    recorded.variables.push_back(variable);
    const auto at = std::find(expression.variables.begin(), expression.variables.end(), binding.name);
    operands[static_cast<std::size_t>(at - expression.variables.begin())] = variable;
  }
  recorded.value = evaluate(expression, operands);
  const bool is_variable = std::any_of(recorded.variables.begin(), recorded.variables.end(),
                                       [&](const Scalar& x) { return x.id() == recorded.value.id(); });
  if (!recorded.value.is_constant() && !is_variable) recorded.recording.name(recorded.value, "f");
  return recorded;
}

Derivatives derivatives_at(RecordedExpression& recorded, std::span<const Binding> point, int order) {
  const std::vector<Scalar>& x = recorded.variables;
  Derivatives result{.order = order,
                     .point = {point.begin(), point.end()},
                     .value = recorded.value.value(),
                     .gradient = row(recorded.value, x),
                     .hessian = {},
                     .third = {}};
  if (order < 2) return result;
  for (const Scalar& first : recorded_row(recorded.value, x)) {
    result.hessian.push_back(row(first, x));
    if (order < 3) continue;
    result.third.emplace_back();
    for (const Scalar& second : recorded_row(first, x)) result.third.back().push_back(row(second, x));
  }
  return result;
}

}  // namespace wengert::cli
