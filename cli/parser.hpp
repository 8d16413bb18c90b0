/// The parser of expressions: text to steps.
///
///     expression  = product { ("+" | "-") product }
///     product     = operand { ("*" | "/") operand }
///     operand     = { "-" | "+" } atom { ("^" | "**") { "-" | "+" } atom }     the powers from the right
///     atom        = number | name | name "(" expression { "," expression } ")" | "(" expression ")"
///                 | "where" "(" condition "," expression "," expression ")"
///     condition   = expression ("<" | "<=" | ">" | ">=" | "==" | "!=") expression
///
/// So -x^2 is -(x^2), 2^3^2 is 2^(3^2), x^-2 is x^(-2). Numbers are decimal: 1, 1.5e-3, .5. The names pi and e are
/// constants. White space counts for nothing except between letters and digits.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "wengert/cli/expression.hpp"
#include "wengert/graph/error.hpp"

namespace wengert::cli {

/// Parentheses and calls may nest so deep. Only they make the parser recurse; its stack is bounded by this number.
inline constexpr std::size_t max_nesting = 500;

/// Throws ParseError with the column and what would have been right there: text that does not follow the grammar, an
/// unknown function, a wrong number of arguments, nesting beyond max_nesting, a number that no double can hold.
[[nodiscard]] Expression parse(std::string_view text);

/// The value of the constants pi and e; none for other names.
[[nodiscard]] std::optional<double> find_constant(std::string_view name);
/// True for a name that an expression takes as a variable.
[[nodiscard]] bool is_variable_name(std::string_view name);

}  // namespace wengert::cli
