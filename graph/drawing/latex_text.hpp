/// Anybody's bytes as text in a LaTeX document.
#pragma once

#include <string>
#include <string_view>

namespace wengert::graph {

/// What LaTeX typesets as `bytes` look like by graph/escape.hpp, in text mode, with pdflatex as well as with lualatex
/// and xelatex. No character of `bytes` acts: not as a command, a comment, a ligature or an active character.
///
/// The symbols of operations (∂ σ × √ ≤ …), Greek, sub- and superscripts become mathematics; accented letters of
/// Latin-1 stay; any other character becomes \wengertunicode{hexadecimal number}, which the document defines
/// (latex_definitions).
[[nodiscard]] std::string latex_text(std::string_view bytes);

/// Defines \wengertunicode: the character with lualatex and xelatex, "U+4E2D" with pdflatex, which has no fonts for it.
[[nodiscard]] std::string_view latex_definitions();

}  // namespace wengert::graph
