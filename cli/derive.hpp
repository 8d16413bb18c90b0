/// `wengert derive`: the chain rule worked for an expression (autodiff/explain/derivation.hpp).
#pragma once

#include <string>
#include <vector>

#include "wengert/cli/command.hpp"
#include "wengert/cli/point.hpp"

namespace wengert::cli {

struct DeriveOptions : PointOptions {
  std::string format;  ///< one of derive_formats(); empty: what `out` ends with, else text
  std::string out;     ///< empty: standard output
  int digits = 6;
  bool every_primitive = false;
};

[[nodiscard]] const std::vector<std::string>& derive_formats();

/// Throws as run_grad does, and UsageError for a value that is not one number.
void run_derive(const DeriveOptions& options, const Streams& streams);

}  // namespace wengert::cli
