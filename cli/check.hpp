/// `wengert check`: are the derivatives of an expression right?
///
/// Reverse, forward and recorded reverse mode are held against each other and against differences of values, which know
/// no rule (autodiff/transform/check.hpp). Where the differences from the left and from the right disagree, the point
/// sits on a kink: there is no derivative that could be right, and the report says so.
#pragma once

#include "wengert/cli/command.hpp"
#include "wengert/cli/point.hpp"

namespace wengert::cli {

struct CheckCommandOptions : PointOptions {
  bool json = false;
};

/// The report. `done` when all derivatives agree, `failed` when one does not or cannot be judged. Throws as run_grad
/// does, and UsageError for a value that is not one number, or without variables.
[[nodiscard]] Status run_check(const CheckCommandOptions& options, const Streams& streams);

}  // namespace wengert::cli
