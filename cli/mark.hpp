/// `wengert mark`: a student's derivatives judged (autodiff/explain/marking.hpp).
#pragma once

#include <string>

#include "wengert/cli/command.hpp"
#include "wengert/cli/point.hpp"

namespace wengert::cli {

struct MarkOptions : PointOptions {
  std::string answers;  ///< the file
  bool json = false;
};

/// `done` when nothing is wrong, else `failed`. Throws as run_grad does; WorkError for a file that cannot be read, or
/// that holds what is no answer, with its line.
[[nodiscard]] Status run_mark(const MarkOptions& options, const Streams& streams);

}  // namespace wengert::cli
