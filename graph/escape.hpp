/// Bytes as printable text and back: what names look like in the text form and in drawings.
///
/// Valid UTF-8 stays as it is, less control characters (C0, DEL, C1) and the marks that make text run backwards
/// or break lines (U+2028 .. U+202E, U+2066 .. U+2069, U+FEFF), so that a name cannot disguise what stands beside it,
/// and U+FFFE and U+FFFF, which XML does not take. These and bytes that are not UTF-8 become \n, \r, \t or \xHH a byte;
/// a backslash is doubled.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace wengert::graph {

/// Length (1 to 4) of the valid UTF-8 sequence that `text` starts with; 0 when it starts with none (RFC 3629).
[[nodiscard]] std::size_t utf8_length(std::string_view text) noexcept;

/// The code point of one valid UTF-8 sequence; 0 of none.
[[nodiscard]] char32_t code_point(std::string_view sequence) noexcept;

/// Appends `bytes` as printable text. `quote`, if not 0, gets a backslash too.
void append_escaped(std::string& target, std::string_view bytes, char quote = 0);

/// `bytes` as printable text for XML and HTML, as content or between quotes: & < > " ' are entities.
[[nodiscard]] std::string xml_text(std::string_view bytes);

/// Undoes append_escaped (a backslash before any other character yields that character).
/// False when a backslash ends the text or \x lacks two hexadecimal digits.
[[nodiscard]] bool unescape(std::string_view text, std::string& bytes);

}  // namespace wengert::graph
