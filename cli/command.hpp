/// The command line: which words mean what, and with which status the command ends.
///
/// Reading order of cli/: this, grad.hpp (wengert grad), check.hpp (wengert check), lecture/lecture.hpp (wengert
/// lecture), bench/bench.hpp (wengert bench), parser.hpp.
#pragma once

#include <iosfwd>
#include <string>
#include <vector>

namespace wengert::cli {

/// Where a command writes: results, and what is said about them.
struct Streams {
  std::ostream& out;
  std::ostream& err;
  bool colour_out = false;  ///< text for people may be coloured (paint.hpp)
  bool colour_err = false;
};

/// Exit statuses.
enum Status : int {
  done = 0,
  failed = 1,  ///< the work could not be done: a file, Graphviz, an error of evaluation; a derivative that is not right
  misused = 2,  ///< the command line makes no sense: options, expression, point
};

/// Runs the command with these arguments, its own name not among them.
[[nodiscard]] int run(std::vector<std::string> arguments, const Streams& streams);

}  // namespace wengert::cli
