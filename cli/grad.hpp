/// `wengert grad`: value and derivatives of an expression at a point.
#pragma once

#include <string>

#include "wengert/cli/command.hpp"
#include "wengert/cli/point.hpp"

namespace wengert::cli {

struct GradOptions : PointOptions {
  int order = 1;
  bool json = false;
  bool steps = false;           ///< tell every node and the reverse sweep
  std::string dot_file;         ///< empty: not wanted
  std::string svg_file;         ///< likewise
  std::string png_file;         ///< likewise
  std::string html_file;        ///< the page that walks through value and gradient; likewise
  std::string theme = "light";  ///< of the picture, one of theme_names()
};

/// Throws UsageError for an expression or a point that cannot be, WorkError for an operation that cannot be done on its
/// operands and for a file that cannot be written.
void run_grad(const GradOptions& options, const Streams& streams);

}  // namespace wengert::cli
