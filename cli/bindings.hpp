/// The point: what `--at x=2,y=pi/2` says.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "wengert/cli/expression.hpp"

namespace wengert::cli {

/// A variable and its value.
struct Binding {
  std::string name;
  double value = 0;
};

/// Reads the texts of all --at options, each `name=value` or several between commas. A value is a number, inf, -inf,
/// nan, or an expression without variables. Throws UsageError: not of that form, a name given twice, a constant's or
/// function's name, a value that is no number.
[[nodiscard]] std::vector<Binding> parse_bindings(std::span<const std::string> options);

/// Holds the point against the expression: throws UsageError when a variable has no value, or a value no variable.
void check_bindings(const Expression& expression, std::span<const Binding> bindings);

}  // namespace wengert::cli
