/// Board: equations as a teacher writes them, formula, numbers, result.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "wengert/autodiff/autodiff.hpp"

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

  [[nodiscard]] const std::string& text() const noexcept { return text_; }

 private:
  std::string text_;
};

}  // namespace wengert::cli::lecture
