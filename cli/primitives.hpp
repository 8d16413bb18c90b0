/// `wengert primitives`: what everything that is differentiated is made of, from the structs.
#pragma once

#include <string>

#include "wengert/cli/command.hpp"

namespace wengert::cli {

struct PrimitivesOptions {
  std::string name;   ///< empty: all, a line or two each
  bool json = false;  ///< one line
};

/// Throws UsageError for an unknown name.
void print_primitives(const PrimitivesOptions& options, const Streams& streams);

}  // namespace wengert::cli
