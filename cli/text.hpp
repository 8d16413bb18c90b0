/// Text for people: numbers, widths, the nearest of several names, a line with a caret under one column.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace wengert::cli {

/// The fewest digits that read back as the same double; inf, -inf, nan.
[[nodiscard]] std::string shortest(double number);

/// At most so many digits that count; shortest() where that is no longer.
[[nodiscard]] std::string rounded(double number, int digits);

/// The number as one writes it on a board: at most 16 decimals, no trailing zeros; shortest() where that would lose
/// more than it shows (below 1e-4, from 1e9 on, not finite).
[[nodiscard]] std::string on_board(double number);

/// Columns that `text` takes on a terminal: its UTF-8 characters, each taken to be one column wide.
[[nodiscard]] std::size_t display_width(std::string_view text);

/// `text` followed by blanks up to `width` columns.
[[nodiscard]] std::string padded(std::string_view text, std::size_t width);

/// `text` broken between words into lines of at most `width` columns where that is possible; all but the first begin
/// with `indent` blanks.
[[nodiscard]] std::string wrapped(std::string_view text, std::size_t width, std::size_t indent);

/// The candidate that `name` is probably meant to be: fewest edits, at most a third of its length (and one at least);
/// empty if there is none.
[[nodiscard]] std::string_view nearest(std::string_view name, std::span<const std::string_view> candidates);

/// Names between quotes and commas: 'x', 'y'.
[[nodiscard]] std::string quoted_list(std::span<const std::string> names);

/// Two lines, indented by two: the part of `text` around byte `offset`, and a caret under it. Bytes that would not
/// print are replaced, one for one.
[[nodiscard]] std::string excerpt(std::string_view text, std::size_t offset);

}  // namespace wengert::cli
