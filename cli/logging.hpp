/// What the library tells about its work, on standard error.
#pragma once

#include <string>
#include <vector>

namespace wengert::cli {

/// The levels, from silence to everything.
[[nodiscard]] const std::vector<std::string>& log_levels();
/// The same between commas.
[[nodiscard]] std::string log_level_names();

/// `level` is one of log_levels(). The library's phases go the same way.
void set_log_level(const std::string& level);

/// A phase of the command's own.
void log_info(const std::string& text);

}  // namespace wengert::cli
