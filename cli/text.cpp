#include "wengert/cli/text.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <numeric>
#include <vector>

#include "wengert/graph/escape.hpp"

namespace wengert::cli {
namespace {

/// Edits (insert, delete, replace, exchange neighbours) that turn a into b. Damerau 1964, in the restricted form.
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before_last(b.size() + 1), last(b.size() + 1), row(b.size() + 1);
  std::iota(last.begin(), last.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replaced = last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, replaced});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        row[j] = std::min(row[j], before_last[j - 2] + 1);
    }
    std::swap(before_last, last);
    std::swap(last, row);
  }
  return last[b.size()];
}

/// One character a column: UTF-8 stays, anything that does not print becomes a question mark, white space a blank.
void append_printable(std::string& to, std::string_view character) {
  std::string escaped;
  graph::append_escaped(escaped, character);
  if (escaped == character || character == "\\")
    to += character;
  else
    to += character == "\t" || character == "\n" || character == "\r" ? ' ' : '?';
}

}  // namespace

std::string shortest(double number) {
  std::array<char, 32> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
  std::string text(digits.data(), end);
  return text == "-nan" ? "nan" : text;
}

std::string rounded(double number, int digits) {
  const std::string whole = shortest(number);
  if (!std::isfinite(number)) return whole;
  std::array<char, 64> text;
  const auto end =
      std::to_chars(text.data(), text.data() + text.size(), number, std::chars_format::general, digits).ptr;
  std::string shown(text.data(), end);
  return whole.size() <= shown.size() ? whole : shown;
}

std::string on_board(double number) {
  const double magnitude = std::abs(number);
  if (magnitude != 0 && !(magnitude >= 1e-4 && magnitude < 1e9)) return shortest(number);
  std::array<char, 64> digits;
  const auto end =
      std::to_chars(digits.data(), digits.data() + digits.size(), number, std::chars_format::fixed, 16).ptr;
  std::string_view text(digits.data(), static_cast<std::size_t>(end - digits.data()));
  text = text.substr(0, text.find_last_not_of('0') + 1);
  if (text.ends_with('.')) text.remove_suffix(1);
  return std::string(text);
}

std::size_t display_width(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(
      text.begin(), text.end(), [](char byte) { return (static_cast<unsigned char>(byte) & 0xC0) != 0x80; }));
}

std::string padded(std::string_view text, std::size_t width) {
  const std::size_t taken = display_width(text);
  return std::string(text) + std::string(width > taken ? width - taken : 0, ' ');
}

std::string wrapped(std::string_view text, std::size_t width, std::size_t indent) {
  std::string lines;
  std::size_t column = 0;
  while (!text.empty()) {
    const std::string_view word = text.substr(0, text.find(' '));
    text.remove_prefix(std::min(word.size() + 1, text.size()));
    if (column > 0 && column + 1 + display_width(word) > width) {
      lines += "\n" + std::string(indent, ' ');
      column = indent;
    } else if (column > 0) {
      lines += ' ';
      ++column;
    }
    lines += word;
    column += display_width(word);
  }
  return lines;
}

std::string_view nearest(std::string_view name, std::span<const std::string_view> candidates) {
  std::string_view best;
  if (name.size() > 64) return best;
  std::size_t fewest = std::max<std::size_t>(1, name.size() / 3) + 1;
  for (const std::string_view candidate : candidates) {
    // One edit makes anything of a single letter.
    if (candidate.size() < 2 && name.size() < 2) continue;
    if (const std::size_t edits = edit_distance(name, candidate); edits < fewest) {
      fewest = edits;
      best = candidate;
    }
  }
  return best;
}

std::string quoted_list(std::span<const std::string> names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "'" : ", '") + name + "'";
  return text;
}

std::string excerpt(std::string_view text, std::size_t offset) {
  constexpr std::size_t around = 36;  // columns on either side of the caret
  std::string line;
  std::size_t caret = 0;
  std::size_t begin = offset > around ? offset - around : 0;
  // Not in the middle of a character.
  while (begin > 0 && begin < text.size() && (static_cast<unsigned char>(text[begin]) & 0xC0) == 0x80) --begin;
  const std::size_t end = std::min(text.size(), offset + around);
  if (begin > 0) line = "…";
  for (std::size_t at = begin; at < end;) {
    if (at <= offset) caret = display_width(line);
    const std::size_t length = std::max<std::size_t>(1, graph::utf8_length(text.substr(at)));
    append_printable(line, text.substr(at, length));
    at += length;
  }
  if (offset >= text.size()) caret = display_width(line);
  if (end < text.size()) line += "…";
  return "  " + line + "\n  " + std::string(caret, ' ') + "^\n";
}

}  // namespace wengert::cli
