/// `wengert trace`: where a NaN or an infinity of an expression, or of its gradient, was born.
#pragma once

#include <string>

#include "wengert/cli/command.hpp"
#include "wengert/cli/point.hpp"

namespace wengert::cli {

struct TraceOptions : PointOptions {
  bool json = false;
  bool everywhere = false;  ///< also what reaches neither value nor gradient
  std::string out;          ///< picture; empty: none
  std::string theme = "light";
};

/// `done` when all is finite, `failed` when something is not, and told. Throws as run_grad does.
[[nodiscard]] Status run_trace(const TraceOptions& options, const Streams& streams);

/// "nan is born in log(u): the logarithm of …; wengert trace tells more." for a value or derivative that is not finite;
/// empty where nothing is found.
[[nodiscard]] std::string birth_note(const RecordedExpression& recorded, const Problem& problem);

}  // namespace wengert::cli
