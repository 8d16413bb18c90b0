/// Tables for people: cells in columns, arrays in brackets. What is too large is shortened with "…".
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "wengert/graph/array.hpp"

namespace wengert::cli {

using Row = std::vector<std::string>;

/// Rows of cells in columns two blanks apart, without blanks at the ends of lines.
[[nodiscard]] std::string aligned(const std::vector<Row>& rows);

/// A number with a blank where a minus might stand, so that digits stand below digits. `digits`: at most so many that
/// count; 0 for as many as it takes to read the same double back. A negative 0 is 0.
[[nodiscard]] std::string cell(double number, int digits = 0);

/// An f64 array as lines: a number as cell() gives it, a vector on one line, a matrix on a line for each row, both in
/// brackets. Of more than about 100 columns, numbers get 6 digits, and long rows lose their middle; higher ranks are
/// told by shape and norm.
[[nodiscard]] std::vector<std::string> lines_of(const Array& array);
/// The same on one line: [1, 2; 3, 4] of at most `most` elements, else shape and norm.
[[nodiscard]] std::string line_of(const Array& array, std::size_t most = 9);

/// A row for each of `rows`, a column for each of `columns`, with their names; long tables lose their middle.
[[nodiscard]] std::string matrix_table(const std::vector<std::string>& rows, const std::vector<std::string>& columns,
                                       const std::vector<std::vector<double>>& numbers);

}  // namespace wengert::cli
