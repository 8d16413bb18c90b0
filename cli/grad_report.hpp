/// How derivatives are shown: as a table for people, as JSON for programs.
#pragma once

#include <string>

#include "wengert/cli/derivatives.hpp"
#include "wengert/cli/steps/trace.hpp"

namespace wengert::cli {

/// The statements of the expression, its point, value, derivatives with their names, and a plain sentence about each
/// that is not finite. Large arrays are shortened.
[[nodiscard]] std::string table_of(const Derivatives& derivatives, const Expression& expression);

/// Value, gradient and Jacobian are.
[[nodiscard]] bool is_finite(const Derivatives& derivatives);

/// One line:
///
///     {"schema":1,"value":…,"variables":{name:…},"gradient":{name:…},"hessian":[[…]],"third":[[[…]]]}
///
/// "hessian" and "third" when they were computed; "jacobian" instead of "gradient" when the value is an array. Arrays
/// are nested as their shapes say; the Jacobian of an element y[i] by an element x[j] is jacobian.x[i][j]. Names and
/// rows are in the order of the chosen variables, elements row-major. Numbers are written as json.hpp says. Nothing is
/// shortened. With a trace, "steps" comes last (steps/steps_report.hpp).
[[nodiscard]] std::string json_of(const Derivatives& derivatives, const Trace* trace = nullptr);

}  // namespace wengert::cli
