#include "wengert/cli/table.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "wengert/cli/text.hpp"

namespace wengert::cli {
namespace {

constexpr std::size_t widest = 100;     // columns of a terminal that a row may take
constexpr std::size_t most_shown = 10;  // rows or columns of a table
constexpr std::size_t at_the_end = 2;   // of those, behind the "…"
constexpr std::size_t cut = std::numeric_limits<std::size_t>::max();

std::string digits_of(double number, int digits) { return digits == 0 ? shortest(number) : rounded(number, digits); }

/// The positions that are shown of `count`; `cut` where some are left out.
std::vector<std::size_t> shown(std::size_t count, std::size_t most) {
  std::vector<std::size_t> positions;
  for (std::size_t k = 0; k < count; ++k) {
    if (count <= most || k + at_the_end >= count || k + at_the_end + 1 < most)
      positions.push_back(k);
    else if (positions.back() != cut)
      positions.push_back(cut);
  }
  return positions;
}

/// What is shown of a table of numbers.
struct Excerpt {
  std::vector<std::size_t> down, across;  // positions, or `cut`
  std::vector<Row> cells;
};

template <class F>
Excerpt excerpt_of(std::size_t rows, std::size_t columns, std::size_t most, int digits, const F& number) {
  Excerpt result{shown(rows, most_shown), shown(columns, most), {}};
  for (const std::size_t i : result.down) {
    Row& row = result.cells.emplace_back();
    for (const std::size_t j : result.across) row.push_back(i == cut || j == cut ? " …" : cell(number(i, j), digits));
  }
  return result;
}

std::vector<std::size_t> widths_of(const std::vector<Row>& rows) {
  std::vector<std::size_t> widths;
  for (const Row& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (std::size_t k = 0; k < row.size(); ++k) widths[k] = std::max(widths[k], display_width(row[k]));
  }
  return widths;
}

std::size_t width_of(const std::vector<Row>& rows) {
  const std::vector<std::size_t> widths = widths_of(rows);
  return std::accumulate(widths.begin(), widths.end(), 2 * widths.size());
}

/// With all digits if it is not too wide, else with fewer digits, else with fewer columns.
template <class F>
Excerpt fitting(std::size_t rows, std::size_t columns, const F& number) {
  Excerpt result = excerpt_of(rows, columns, most_shown, 0, number);
  if (width_of(result.cells) > widest) result = excerpt_of(rows, columns, most_shown, 6, number);
  if (width_of(result.cells) > widest) result = excerpt_of(rows, columns, most_shown - 4, 6, number);
  return result;
}

std::string summary(const Array& array) {
  double largest = 0, sum = 0;
  const Array dense = array.dense();
  for (const double x : dense.data<double>()) largest = std::max(largest, std::abs(x));
  for (const double x : dense.data<double>()) sum += largest > 0 ? (x / largest) * (x / largest) : std::abs(x);
  return to_string(array.shape()) + " of norm " + digits_of(largest > 0 ? largest * std::sqrt(sum) : sum, 6);
}

}  // namespace

std::string aligned(const std::vector<Row>& rows) {
  const std::vector<std::size_t> widths = widths_of(rows);
  std::string text;
  for (const Row& row : rows) {
    std::string line;
    for (std::size_t k = 0; k < row.size(); ++k) line += padded(row[k], widths[k] + 2);
    text += line.substr(0, line.find_last_not_of(' ') + 1) + "\n";
  }
  return text;
}

std::string cell(double number, int digits) {
  if (number == 0) return " 0";
  return (std::signbit(number) && !std::isnan(number) ? "" : " ") + digits_of(number, digits);
}

std::vector<std::string> lines_of(const Array& array) {
  if (array.rank() == 0) return {cell(array.element(0))};
  if (array.rank() > 2 || array.size() == 0) return {" " + summary(array)};
  const std::size_t rows = array.rank() == 1 ? 1 : static_cast<std::size_t>(array.shape()[0]);
  const std::size_t columns = static_cast<std::size_t>(array.size()) / rows;
  const Excerpt table = fitting(rows, columns, [&](std::size_t i, std::size_t j) {
    return array.element(static_cast<std::int64_t>(i * columns + j));
  });
  std::vector<std::string> lines;
  const std::vector<std::size_t> widths = widths_of(table.cells);
  for (const Row& row : table.cells) {
    std::string line = "[";
    for (std::size_t k = 0; k < row.size(); ++k) line += padded(row[k], widths[k] + (k + 1 < row.size() ? 2 : 1));
    lines.push_back(line + "]");
  }
  const bool whole = table.down.size() == rows && table.across.size() == columns;
  if (!whole) lines.back() += "  " + to_string(array.shape());
  return lines;
}

std::string line_of(const Array& array, std::size_t most) {
  if (array.rank() == 0) return shortest(array.element(0));
  if (array.rank() > 2 || array.size() == 0 || array.size() > static_cast<std::int64_t>(most)) return summary(array);
  std::string text = "[";
  const std::int64_t columns = array.shape()[array.rank() - 1];
  for (std::int64_t k = 0; k < array.size(); ++k)
    text += (k == 0 ? "" : k % columns == 0 ? "; " : ", ") + digits_of(array.element(k), 6);
  return text + "]";
}

std::string matrix_table(const std::vector<std::string>& rows, const std::vector<std::string>& columns,
                         const std::vector<std::vector<double>>& numbers) {
  Excerpt table = fitting(rows.size(), columns.size(), [&](std::size_t i, std::size_t j) { return numbers[i][j]; });
  Row head{""};
  for (const std::size_t j : table.across) head.push_back(j == cut ? " …" : " " + columns[j]);
  for (std::size_t i = 0; i < table.down.size(); ++i)
    table.cells[i].insert(table.cells[i].begin(), table.down[i] == cut ? "…" : rows[table.down[i]]);
  table.cells.insert(table.cells.begin(), head);
  return aligned(table.cells);
}

}  // namespace wengert::cli
