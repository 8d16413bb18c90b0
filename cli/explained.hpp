/// What explain, derive and mark ask of an expression.
#pragma once

#include <string>

#include "wengert/cli/derivatives.hpp"

namespace wengert::cli {

/// Throws UsageError unless the value is one number that depends on a variable.
void check_one_number(const RecordedExpression& recorded, const std::string& command);

}  // namespace wengert::cli
