/// Board: equations, tables and matrices as a teacher writes them.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace wengert::cli::lecture {

/// A quantity with the name that the board gives it.
struct Quantity {
  std::string name;
  double value = 0;
};

/// A sum of products of quantities, written with names and again with numbers.
class Formula {
 public:
  /// Adds a product; its factors are joined by ·.
  Formula& add(std::vector<Quantity> factors);
  [[nodiscard]] std::string names() const;
  [[nodiscard]] std::string numbers() const;

 private:
  std::vector<std::vector<Quantity>> terms_;
};

/// Rows of cells.
using Cells = std::vector<std::vector<std::string>>;

/// Part of a line with matrices: text, or a matrix between brackets.
using Block = std::variant<std::string, Cells>;

/// The number with so many decimals (at most 17), right for columns; shortest() from 1e9 on.
[[nodiscard]] std::string fixed(double number, int decimals);
/// All digits of a loss that a double is sure of, without the noise behind them: 0.291027773694, 3.51018778e-05.
[[nodiscard]] std::string loss_text(double loss);
/// A number behind a minus or before a power: in parentheses when it is negative.
[[nodiscard]] std::string in_parentheses(double number);
/// "w3" for ("w", 2): names count from 1.
[[nodiscard]] std::string name(const char* letters, std::size_t k);

/// Collects lines of text.
class Board {
 public:
  /// A heading, underlined, with a blank line before it.
  void heading(std::string_view text);
  /// A line of text.
  void say(std::string_view text);
  /// left = parts[0] = parts[1] = …: on one line when it fits 100 columns, else one part a line below the first =, and
  /// the terms of a part that is too wide by itself below each other.
  void equation(std::string_view left, const std::vector<std::string>& parts);
  /// Columns two blanks apart: the first one begins on the left, the others end on the right.
  void table(const Cells& rows);
  /// Texts and matrices beside each other.
  void blocks(const std::vector<Block>& blocks);

  [[nodiscard]] const std::string& text() const noexcept { return text_; }

 private:
  std::string text_;
};

}  // namespace wengert::cli::lecture
