/// `wengert diff`: what two expressions, two runs of one, or two graphs in files have in common, and where they part.
#pragma once

#include <string>
#include <vector>

#include "wengert/cli/command.hpp"
#include "wengert/cli/point.hpp"

namespace wengert::cli {

struct DiffCommandOptions : PointOptions {
  std::string other;              ///< the second expression or file; empty: the first again
  std::vector<std::string> then;  ///< its point; none: that of the first
  bool gradient = false;          ///< the graphs of the gradients too
  double tolerance = 0;
  bool json = false;
  std::string out;  ///< picture; empty: none
  std::string theme = "light";
};

/// `done` when nothing differs, `failed` when something does. Throws as run_graph does.
[[nodiscard]] Status run_diff(const DiffCommandOptions& options, const Streams& streams);

}  // namespace wengert::cli
