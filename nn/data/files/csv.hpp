// Tables of numbers as text, and the column that is to be learned from the others.
#pragma once

#include <cstdint>
#include <source_location>
#include <string>
#include <string_view>
#include <vector>

#include "wengert/graph/array.hpp"

namespace wengert::nn {

/// A table: a row a line.
struct Csv {
  std::vector<std::string> names;  ///< of the columns, from the header; empty without one
  Array values;                    ///< f64[rows, columns]
};

/// A table with the column that is to be learned apart.
struct CsvWithTarget {
  std::vector<std::string> names;    ///< of the inputs
  Array inputs;                      ///< f64[rows, inputs]
  std::string target_name;           ///<
  Array target;                      ///< f64[rows], or i64[rows], positions in `classes`
  std::vector<std::string> classes;  ///< the different texts of the target, sorted; empty when all of it is numbers
};

/// Numbers between tabs, semicolons, commas or blanks: the first of these that the first line has, outside quotes.
/// Blanks around a field do not count, and separate where nothing else does. A field may stand in double quotes (a
/// quote in it is doubled). Lines that are empty or begin with # are skipped. The first of the others is the header if
/// nothing in it is a number.
///
/// Throws EnvironmentError when the file cannot be read, FormatError with line and column for a row of another length,
/// a field that is empty or no number (inf and nan are), a quote that is not closed, a file without numbers.
[[nodiscard]] Csv read_csv(const std::string& path, std::source_location where = std::source_location::current());
/// The same of a text in memory; `name` stands in errors.
[[nodiscard]] Csv parse_csv(std::string_view text, std::string_view name,
                            std::source_location where = std::source_location::current());

/// The same for a table with a header in which the column `target` may hold texts: classes. Throws ArgumentError when
/// there is no such column, and lists those that there are.
[[nodiscard]] CsvWithTarget read_csv_with_target(const std::string& path, const std::string& target,
                                                 std::source_location where = std::source_location::current());
[[nodiscard]] CsvWithTarget parse_csv_with_target(std::string_view text, std::string_view name,
                                                  const std::string& target,
                                                  std::source_location where = std::source_location::current());

}  // namespace wengert::nn
