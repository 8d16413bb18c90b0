/// `wengert grad`: value and derivatives of an expression at a point.
#pragma once

#include <string>
#include <vector>

#include "wengert/cli/command.hpp"
#include "wengert/cli/derivatives.hpp"

namespace wengert::cli {

struct GradOptions {
  std::string expression;
  std::vector<std::string> at;  ///< texts of the --at options
  int order = 1;
  bool json = false;
  std::string dot_file;  ///< empty: not wanted
  std::string svg_file;  ///< empty: not wanted
};

/// Throws UsageError for an expression or a point that cannot be, WorkError for a file that cannot be written.
void run_grad(const GradOptions& options, const Streams& streams);

}  // namespace wengert::cli
