/// The page: a Theatre as one self-contained HTML file. It opens from file:// without a network and refuses one (its
/// Content-Security-Policy allows its own style and script, by their hashes, and nothing else).
///
/// Style and script are real files beside this one (theatre.html, theatre.css, theatre.js …), compiled into the
/// library. The theatre itself stands in the page as JSON; every text in it is anybody's bytes, shown as
/// graph/escape.hpp shows them, with "<" written as \u003c, and the script puts texts into the page as text only.
#pragma once

#include <string>

#include "wengert/graph/theatre/theatre.hpp"

namespace wengert::graph {

/// The page. Throws ArgumentError for a theatre without an act, and for an act whose columns are not one entry a node.
[[nodiscard]] std::string to_html(const Theatre& theatre);

/// The data of the page alone, JSON; docs/howto/theatre.md describes it.
[[nodiscard]] std::string to_json(const Theatre& theatre);

/// Writes the page. Throws as to_html does; EnvironmentError when the file cannot be written.
void write_html(const Theatre& theatre, const std::string& path);

}  // namespace wengert::graph
