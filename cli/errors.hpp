/// What goes wrong in the command, and how it is said.
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>

#include "wengert/cli/expression.hpp"
#include "wengert/graph/error.hpp"

namespace wengert::cli {

/// The command line makes no sense. The command then ends with 2.
class UsageError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Something outside failed: a file that cannot be written, Graphviz missing. The command then ends with 1.
class WorkError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// The error, the place in `text` where it is with a caret under it, and the hint:
///
///     unknown function 'sine' at column 1            (of several lines: at line 2, column 1)
///       sine(x)*y
///       ^
///       hint: did you mean 'sin'?
[[nodiscard]] std::string describe(const ParseError& error, std::string_view text);

/// The same of an operation that could not be done on its operands.
[[nodiscard]] std::string describe(const EvaluationError& error, std::string_view text);

/// What an error of the library says, without the source lines of the command.
[[nodiscard]] std::string describe(const Error& error);

}  // namespace wengert::cli
