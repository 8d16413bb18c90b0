/// What the library tells about its work, on standard error.
#pragma once

#include <string>
#include <vector>

namespace wengert::cli {

/// The levels, from silence to everything.
[[nodiscard]] const std::vector<std::string>& log_levels();
/// The same between commas.
[[nodiscard]] std::string log_level_names();

/// `level` is one of log_levels().
void set_log_level(const std::string& level);

}  // namespace wengert::cli
