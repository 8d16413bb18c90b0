#include "wengert/cli/lecture/board.hpp"

#include <cmath>

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

}  // namespace

Formula& Formula::add(std::vector<Quantity> factors) {
  terms_.push_back(std::move(factors));
  return *this;
}

std::string Formula::names() const {
  return sum_of_products(terms_, [](const Quantity& q) { return q.name; });
}

std::string Formula::numbers() const {
  return sum_of_products(terms_, [](const Quantity& q) {
    return std::signbit(q.value) ? "(" + on_board(q.value) + ")" : on_board(q.value);
  });
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

}  // namespace wengert::cli::lecture
