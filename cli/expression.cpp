#include "wengert/cli/expression.hpp"

namespace wengert::cli {

Scalar evaluate(const Expression& expression, std::span<const Scalar> variables) {
  std::vector<Scalar> stack;
  for (const Step& step : expression.steps) {
    if (const auto* number = std::get_if<Number>(&step)) {
      stack.emplace_back(number->value);
    } else if (const auto* variable = std::get_if<Variable>(&step)) {
      stack.push_back(variables[variable->index]);
    } else {
      const Function& function = *std::get<Call>(step).function;
      const std::size_t rest = stack.size() - function.arity;
      const Scalar result = function.apply(std::span(stack).subspan(rest));
      stack.resize(rest);
      stack.push_back(result);
    }
  }
  return stack.back();
}

}  // namespace wengert::cli
