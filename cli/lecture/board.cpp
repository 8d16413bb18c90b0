#include "wengert/cli/lecture/board.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

#include "wengert/cli/text.hpp"

namespace wengert::cli::lecture {
namespace {

template <class Write>
std::string sum_of_products(const std::vector<std::vector<Quantity>>& terms, const Write& write) {
  std::string text;
  for (const auto& factors : terms) {
    if (!text.empty()) text += " + ";
    for (std::size_t k = 0; k < factors.size(); ++k) text += (k == 0 ? "" : " · ") + write(factors[k]);
  }
  return text;
}

constexpr std::size_t line_width = 100;

/// A sum that is too wide, with a line for each of its terms.
std::string fitted(std::string part, const std::string& indent) {
  if (display_width(indent) + 3 + display_width(part) <= line_width) return part;
  for (std::size_t at = 0; (at = part.find(" + ", at)) != part.npos; at += indent.size() + 4)
    part.insert(at, "\n" + indent);
  return part;
}

/// A matrix as lines of equal width.
std::vector<std::string> matrix_lines(const Cells& rows) {
  std::vector<std::size_t> widths;
  for (const auto& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (std::size_t k = 0; k < row.size(); ++k) widths[k] = std::max(widths[k], display_width(row[k]));
  }
  std::vector<std::string> lines;
  for (std::size_t r = 0; r < rows.size(); ++r) {
    const std::size_t shape = rows.size() == 1 ? 3 : r == 0 ? 0 : r + 1 == rows.size() ? 2 : 1;
    constexpr std::array<std::string_view, 4> left{"⎡", "⎢", "⎣", "["}, right{"⎤", "⎥", "⎦", "]"};
    std::string line(left[shape]);
    for (std::size_t k = 0; k < widths.size(); ++k) line += " " + padded(rows[r][k], widths[k]) + " ";
    lines.push_back(line + std::string(right[shape]));
  }
  return lines;
}

}  // namespace

std::string fixed(double number, int decimals) {
  if (!(std::abs(number) < 1e9)) return shortest(number);  // more digits than a double has
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%.*f", decimals, number);
  return text.data();
}

std::string loss_text(double loss) {
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), loss >= 1e-3 ? "%.12f" : "%.8e", loss);
  return text.data();
}

std::string in_parentheses(double number) {
  return std::signbit(number) ? "(" + on_board(number) + ")" : on_board(number);
}

std::string name(const char* letters, std::size_t k) { return letters + std::to_string(k + 1); }

Formula& Formula::add(std::vector<Quantity> factors) {
  terms_.push_back(std::move(factors));
  return *this;
}

std::string Formula::names() const {
  return sum_of_products(terms_, [](const Quantity& q) { return q.name; });
}

std::string Formula::numbers() const {
  return sum_of_products(terms_, [](const Quantity& q) { return in_parentheses(q.value); });
}

void Board::heading(std::string_view text) {
  if (!text_.empty()) text_ += "\n";
  text_ += std::string(text) + "\n";
  for (std::size_t k = 0; k < display_width(text); ++k) text_ += "─";
  text_ += "\n";
}

void Board::say(std::string_view text) { text_ += std::string(text) + "\n"; }

void Board::equation(std::string_view left, const std::vector<std::string>& parts) {
  std::string line(left);
  for (const std::string& part : parts) line += " = " + part;
  if (display_width(line) <= line_width) {
    text_ += line + "\n";
    return;
  }
  const std::string indent(display_width(left), ' ');
  for (const std::string& part : parts) {
    const std::string begin = (&part == &parts.front() ? std::string(left) : indent) + " = ";
    text_ += begin + fitted(part, indent) + "\n";
  }
}

void Board::table(const Cells& rows) {
  std::vector<std::size_t> widths;
  for (const auto& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (std::size_t k = 0; k < row.size(); ++k) widths[k] = std::max(widths[k], display_width(row[k]));
  }
  for (const auto& row : rows) {
    std::string line;
    for (std::size_t k = 0; k < row.size(); ++k) {
      const std::string blanks(widths[k] - display_width(row[k]), ' ');
      line += k == 0 ? row[k] + blanks : "  " + blanks + row[k];
    }
    text_ += line.substr(0, line.find_last_not_of(' ') + 1) + "\n";
  }
}

void Board::blocks(const std::vector<Block>& blocks) {
  std::size_t height = 1;
  for (const Block& block : blocks)
    if (const Cells* rows = std::get_if<Cells>(&block)) height = std::max(height, rows->size());
  std::vector<std::string> lines(height);
  for (const Block& block : blocks) {
    std::vector<std::string> part;
    if (const Cells* rows = std::get_if<Cells>(&block))
      part = matrix_lines(*rows);
    else
      part = {std::get<std::string>(block)};
    const std::size_t first = (height - part.size()) / 2;
    const std::string blanks(display_width(part.front()), ' ');
    for (std::size_t k = 0; k < height; ++k)
      lines[k] += k >= first && k < first + part.size() ? part[k - first] : blanks;
  }
  for (const std::string& line : lines) text_ += line.substr(0, line.find_last_not_of(' ') + 1) + "\n";
}

}  // namespace wengert::cli::lecture
