// The reader of CSV files: one pass over the lines, fields by position.

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <optional>
#include <vector>

#include "wengert/cli/data/read.hpp"
#include "wengert/cli/errors.hpp"
#include "wengert/graph/escape.hpp"

namespace wengert::cli {
namespace {

/// A field and where it begins in its line.
struct Field {
  std::string_view text;
  std::size_t column;  // from 1, in bytes
};

/// The fields of a line. Between commas, semicolons and tabs a field may be empty; blanks around one do not count, and
/// separate where nothing else does.
std::vector<Field> fields_of(std::string_view line) {
  std::vector<Field> fields;
  const bool separated = line.find_first_of(",;\t") != line.npos;
  const std::string_view separators = separated ? ",;\t" : " ";
  for (std::size_t begin = 0;;) {
    const std::size_t end = std::min(line.find_first_of(separators, begin), line.size());
    std::size_t first = begin, last = end;
    while (first < last && line[first] == ' ') ++first;
    while (last > first && line[last - 1] == ' ') --last;
    if (separated || first < last) fields.push_back({line.substr(first, last - first), first + 1});
    if (end == line.size()) return fields;
    begin = end + 1;
  }
}

std::optional<double> number(std::string_view text) {
  if (text.starts_with('+')) {
    text.remove_prefix(1);
    if (text.starts_with('+') || text.starts_with('-')) return std::nullopt;
  }
  double value = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || failure != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace

Array parse_csv(std::string_view text, const std::string& name) {
  std::vector<double> numbers;
  std::size_t rows = 0, columns = 0, line_number = 0, first_row = 0;
  const auto fail = [&](std::size_t column, const std::string& what) {
    throw WorkError("'" + name + "', line " + std::to_string(line_number) + ", column " + std::to_string(column) +
                    ": " + what);
  };
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);  // a byte order mark
  bool header_may_come = true;
  while (!text.empty()) {
    std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    ++line_number;
    if (line.ends_with('\r')) line.remove_suffix(1);
    const std::size_t begin = line.find_first_not_of(" \t");
    if (begin == line.npos || line[begin] == '#') continue;
    const std::vector<Field> fields = fields_of(line);
    const bool no_number = std::none_of(fields.begin(), fields.end(), [](const Field& f) { return number(f.text); });
    if (std::exchange(header_may_come, false) && no_number) continue;
    if (rows == 0) {
      columns = fields.size();
      first_row = line_number;
    }
    for (const Field& field : fields) {
      const auto value = number(field.text);
      if (field.text.empty()) fail(field.column, "a number is missing");
      if (!value) {
        std::string shown;
        graph::append_escaped(shown, field.text.substr(0, 40));
        fail(field.column, "'" + shown + "' is not a number");
      }
      numbers.push_back(*value);
    }
    if (fields.size() != columns) {
      fail(fields.size() > columns ? fields[columns].column : line.size() + 1,
           std::to_string(fields.size()) + (fields.size() == 1 ? " number" : " numbers") + ", but line " +
               std::to_string(first_row) + " has " + std::to_string(columns));
    }
    ++rows;
  }
  if (rows == 0) throw WorkError("'" + name + "' holds no numbers");
  if (rows == 1 && columns == 1) return Array::scalar(numbers.front());
  const auto extent = [](std::size_t n) { return static_cast<std::int64_t>(n); };
  if (rows == 1 || columns == 1) return Array::from(numbers, Shape{extent(numbers.size())});
  return Array::from(numbers, Shape{extent(rows), extent(columns)});
}

}  // namespace wengert::cli
