/// Formulas: how an operation is written on a board, from its symbol and what its operands look like.
#pragma once

#include <span>
#include <string>

#include "wengert/graph/operation.hpp"

namespace wengert::graph {

/// A formula, and how tightly it holds together: what binds less than its surroundings gets parentheses.
struct Formula {
  std::string text{};
  int binding = atom;
  static constexpr int atom = 9;
};

/// The operation applied to operands: "a·b + c", "(a + b)^2", "max(a, 0)", "|x|". Symbols with a dot in them ("|·|")
/// have the operand in its place; signs stand between two operands; anything else is written as a function. An
/// attribute goes with the symbol: "sum [0](x)".
[[nodiscard]] Formula applied(const Operation& operation, const Attribute& attribute,
                              std::span<const Formula> operands);

/// What a box says that shows the operation only, not its operands: "×", and with constants, which are its own then,
/// "0.5 ×", "^ 2", "max(·, 0)". Operands other than constants have an empty text.
[[nodiscard]] std::string short_form(const Operation& operation, const Attribute& attribute,
                                     std::span<const std::string> constants);

}  // namespace wengert::graph
