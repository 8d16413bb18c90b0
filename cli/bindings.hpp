/// The point: what `--at x=2,y=[1,2,3],A=@a.npy` says, and what `--wrt` chooses of it.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "wengert/cli/expression.hpp"
#include "wengert/graph/array.hpp"

namespace wengert::cli {

/// A variable and its value.
struct Binding {
  std::string name;
  Array value;  ///< f64; rank 0 for a number
};

/// Reads the texts of all --at options, each `name=value` or several between commas. A value is an expression without
/// variables, or @file: an array of a CSV or NPY file (data/read.hpp). Throws UsageError: not of that form, a name
/// given twice, a constant's or function's name, a value that is none; WorkError for a file.
[[nodiscard]] std::vector<Binding> parse_bindings(std::span<const std::string> options);

/// Holds the point against the expression: throws UsageError when a variable has no value, or a value no variable.
void check_bindings(const Expression& expression, std::span<const Binding> bindings);

/// The positions in the point of the variables that `names` lists, in its order; all of them if it lists none. Throws
/// UsageError for a name that is not there or stands twice.
[[nodiscard]] std::vector<std::size_t> chosen_variables(std::span<const Binding> point,
                                                        std::span<const std::string> names);

}  // namespace wengert::cli
