/// What the library tells about its work, on standard error.
#pragma once

#include <string>
#include <vector>

namespace wengert::cli {

/// The levels, from silence to everything.
[[nodiscard]] const std::vector<std::string>& log_levels();

/// `level` is one of log_levels(). The library's phases go the same way (autodiff/record/log.hpp), the command's own
/// too.
void set_log_level(const std::string& level);

}  // namespace wengert::cli
