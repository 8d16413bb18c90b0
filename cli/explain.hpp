/// `wengert explain`: the paths that a gradient is the sum of (autodiff/explain/ledger.hpp).
#pragma once

#include <cstddef>
#include <string>

#include "wengert/cli/command.hpp"
#include "wengert/cli/point.hpp"

namespace wengert::cli {

struct ExplainOptions : PointOptions {
  std::string of;  ///< the variable; may be empty when there is one only
  std::size_t top = 5;
  bool edges = false;  ///< every edge, instead of the factors between named values
  bool json = false;
  std::string out;  ///< a picture of the paths; empty: not wanted
};

/// Throws as run_grad does; UsageError for a value that is not one number, and for a name that is no variable.
void run_explain(const ExplainOptions& options, const Streams& streams);

}  // namespace wengert::cli
