#include "wengert/autodiff/inspect/table.hpp"

#include <algorithm>
#include <array>
#include <cstddef>

#include "wengert/autodiff/inspect/wording.hpp"
#include "wengert/graph/drawing/writing.hpp"

namespace wengert::inspect {

std::string table_text(const std::vector<TableRow>& rows) {
  std::vector<std::size_t> width;
  for (const TableRow& row : rows) {
    width.resize(std::max(width.size(), row.size()), 0);
    for (std::size_t k = 0; k < row.size(); ++k) width[k] = std::max(width[k], graph::detail::character_count(row[k]));
  }
  std::string text;
  for (const TableRow& row : rows) {
    std::string line;
    for (std::size_t k = 0; k < row.size(); ++k) {
      const std::string blanks(width[k] - graph::detail::character_count(row[k]), ' ');
      line += k == 0 ? row[k] + blanks : "  " + blanks + row[k];
    }
    line.erase(line.find_last_not_of(' ') + 1);
    text += line + "\n";
  }
  return text;
}

std::string bytes_text(double bytes) {
  constexpr std::array units{"B", "KiB", "MiB", "GiB", "TiB"};
  std::size_t unit = 0;
  for (; bytes >= 1024 && unit + 1 < units.size(); ++unit) bytes /= 1024;
  return number_text(bytes, unit == 0 ? 6 : 3) + " " + units[unit];
}

std::string seconds_text(double seconds) {
  constexpr std::array units{"s", "ms", "µs", "ns"};
  std::size_t unit = 0;
  for (; seconds < 1 && unit + 1 < units.size(); ++unit) seconds *= 1000;
  return number_text(seconds, 3) + " " + units[unit];
}

}  // namespace wengert::inspect
