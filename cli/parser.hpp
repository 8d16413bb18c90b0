/// The parser of expressions: text to steps.
///
///     program     = statement { (";" | line break) statement }      the value is that of the last one
///     statement   = [ name "=" ] expression
///     expression  = conjunction { ("|" | "||") conjunction }
///     conjunction = comparison { ("&" | "&&") comparison }
///     comparison  = sum [ ("<" | "<=" | ">" | ">=" | "==" | "!=") sum ]
///     sum         = product { ("+" | "-") product }
///     product     = operand { ("*" | "/" | "@") operand }
///     operand     = signs postfix { ("^" | "**") signs postfix }     the powers from the right
///     signs       = { "-" | "+" | "!" }
///     postfix     = atom { "[" item { "," item } "]" }
///     item        = expression | [ expression ] ":" [ expression ]
///     atom        = number | array | name | name "(" expression { "," expression } ")" | "(" expression ")"
///     array       = "[" row { ";" row } "]"
///     row         = expression { "," expression }
///
/// So -x^2 is -(x^2), 2^3^2 is 2^(3^2), x^-2 is x^(-2), !a & b is (!a) & b, and x < 1 & y < 2 needs no parentheses.
/// Numbers are decimal: 1, 1.5e-3, .5. The names pi, e, inf and nan are constants. White space counts for nothing
/// except between letters and digits; but a line break outside of brackets ends a statement that can end there. A name
/// is given a value once.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "wengert/cli/expression.hpp"
#include "wengert/graph/error.hpp"

namespace wengert::cli {

/// Brackets and calls may nest so deep. Only they make the parser recurse; its stack is bounded by this number.
inline constexpr std::size_t max_nesting = 500;

/// Throws ParseError with line and column and what would have been right there: text that does not follow the grammar,
/// an unknown function, a wrong number of arguments, rows of different lengths, a name that cannot be given a value,
/// nesting beyond max_nesting, a number that no double can hold.
[[nodiscard]] Expression parse(std::string_view text);

/// The value of the constants pi, e, inf and nan; none for other names.
[[nodiscard]] std::optional<double> find_constant(std::string_view name);
/// True for a name that an expression takes as a variable.
[[nodiscard]] bool is_variable_name(std::string_view name);

}  // namespace wengert::cli
