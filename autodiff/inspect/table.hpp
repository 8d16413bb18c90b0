// A table of text; for the reports of this folder.
#pragma once

#include <string>
#include <vector>

namespace wengert::inspect {

using TableRow = std::vector<std::string>;

/// Cells in columns two blanks apart, the first column to the left, the others to the right.
[[nodiscard]] std::string table_text(const std::vector<TableRow>& rows);

/// "1.5 KiB"
[[nodiscard]] std::string bytes_text(double bytes);
/// "1.5 µs"
[[nodiscard]] std::string seconds_text(double seconds);

}  // namespace wengert::inspect
