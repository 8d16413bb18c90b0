/// What `wengert grad` and `wengert check` have in common: an expression, and the point it is looked at.
#pragma once

#include <string>
#include <vector>

#include "wengert/cli/bindings.hpp"
#include "wengert/cli/derivatives.hpp"
#include "wengert/cli/expression.hpp"

namespace wengert::cli {

/// The texts of the command line.
struct PointOptions {
  std::string expression;
  std::vector<std::string> at;   ///< of the --at options
  std::vector<std::string> wrt;  ///< names; none: all variables
};

/// The same, read.
struct Problem {
  std::string text;  ///< of the expression; errors show it
  Expression expression;
  std::vector<Binding> point;
  std::vector<std::size_t> chosen;  ///< positions in the point: what is differentiated by
};

/// Throws UsageError for an expression or a point that cannot be, WorkError for a file.
[[nodiscard]] Problem read_problem(const PointOptions& options);

/// record() of derivatives.hpp; WorkError with the place in the text where an operation could not be done.
[[nodiscard]] RecordedExpression record(const Problem& problem);

}  // namespace wengert::cli
