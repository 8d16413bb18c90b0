/// An expression as the parser leaves it, and how it is recorded.
///
/// It is a list in postfix order, not a tree: evaluating, copying and freeing it are loops, however deep it nests.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "wengert/cli/functions.hpp"

namespace wengert::cli {

/// A number that stands in the expression, or pi or e.
struct Number {
  double value = 0;
};
/// Position in Expression::variables.
struct Variable {
  std::size_t index = 0;
};
/// Applies the function to the last `function->arity` values.
struct Call {
  const Function* function = nullptr;
};
using Step = std::variant<Number, Variable, Call>;

struct Expression {
  std::vector<Step> steps;             ///< postfix; running them leaves one value
  std::vector<std::string> variables;  ///< in the order in which they first occur, each once
};

/// Records the expression on these variables, one for each name of `expression.variables`, one primitive a step.
[[nodiscard]] Scalar evaluate(const Expression& expression, std::span<const Scalar> variables);

}  // namespace wengert::cli
