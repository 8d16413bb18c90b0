/// How a trace is told: as text for people, as JSON for programs.
#pragma once

#include <string>

#include <nlohmann/json.hpp>

#include "wengert/cli/steps/trace.hpp"

namespace wengert::cli {

/// Two lists: the forward calculation node by node, and the visits of the reverse sweep with what each passes on. `f`
/// is the name of the result. Numbers have six digits.
[[nodiscard]] std::string text_of(const Trace& trace, const std::string& f);

/// {"forward":[{"node":3,"name":"v3","operation":"sin","formula":"sin(x)","operands":[1],"value":…}],
///  "reverse":[{"node":3,"name":"v3","adjoint":…,"passes":[{"to":1,"local":…,"contribution":…,"sum":…}]}]}
///
/// Nodes count from 1; an operand that is a constant is {"constant":…}; "sum" is what has arrived at the operand by
/// then; instead of "local" there is "rule", a text, where a contribution is no product.
[[nodiscard]] nlohmann::ordered_json json_of(const Trace& trace);

}  // namespace wengert::cli
