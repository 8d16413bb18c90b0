/// Colours of the terminal, for people only.
#pragma once

#include <string>

namespace wengert::cli {

/// Whether text for this file descriptor is coloured: it is a terminal that can, and NO_COLOR is not set
/// (no-color.org).
[[nodiscard]] bool wants_colour(int descriptor);

/// An error with its parts coloured: the word, the caret, the hint. Without colours it is `text`.
[[nodiscard]] std::string painted_error(const std::string& text, bool colour);

/// A result with headings bold and adjoints in their colour; numbers and alignment stay. Without colours it is `text`.
[[nodiscard]] std::string painted_result(const std::string& text, bool colour);

}  // namespace wengert::cli
