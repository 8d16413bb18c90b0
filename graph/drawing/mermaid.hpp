/// A drawing as a Mermaid flowchart, which GitHub, GitLab and many editors draw where it stands in a document:
///
///     ```mermaid
///     flowchart LR
///       n0(["x<br/>0.05"]):::input
///       …
///     ```
///
/// | thing | drawn as |
/// | --- | --- |
/// | input | stadium |
/// | parameter | hexagon |
/// | constant | box without a border |
/// | operation | rounded box |
/// | folded nodes | box with doubled sides |
/// | elsewhere | dashed box |
/// | output | thick border |
/// | operand, carried | arrow, dashed arrow; ① ② … is the number of the operand where it matters |
/// | tie | dotted line |
/// | frame | subgraph |
///
/// Texts are quoted strings in which everything that Mermaid, Markdown or HTML could read as theirs is an entity code
/// ("#60;"), so that they stay text; they appear as graph/escape.hpp shows them (with "<", ">" and "&" of titles,
/// line breaks, and what Mermaid itself uses, as \xHH). A line break is <br/>.
///
/// Needs Mermaid 10.5 or newer (looked at with 10.9 and 11.17). Mermaid makes its own layout; a gradient flows back
/// beside its forward graph as in the other formats, less exactly. As it is usually configured, Mermaid refuses more
/// than 500 edges or 50 000 characters. Tooltips, file and line are left out, and so is the legend.
#pragma once

#include <string>
#include <string_view>

#include "wengert/graph/drawing/drawing.hpp"
#include "wengert/graph/drawing/theme.hpp"

namespace wengert::graph {

/// The flowchart. Throws ArgumentError when an edge or a frame names what does not exist.
[[nodiscard]] std::string to_mermaid(const Drawing& drawing, Theme theme = Theme::light);

/// `bytes` as a quoted Mermaid string.
[[nodiscard]] std::string mermaid_string(std::string_view bytes);

}  // namespace wengert::graph
