/// A drawing as TikZ, for worksheets, lecture notes and papers.
///
///     std::ofstream("neuron.tex") << to_tikz(drawing);     // pdflatex neuron.tex
///
/// A whole document of the class `standalone`, or the `tikzpicture` alone, to be put into one's own, whose preamble
/// then has \usepackage{tikz} and \usetikzlibrary{arrows.meta}: nothing else is used. It works with pdflatex, lualatex
/// and xelatex; characters that plain LaTeX has no glyph for appear with the last two only (latex_text.hpp).
///
/// | thing | drawn as |
/// | --- | --- |
/// | input | ellipse |
/// | parameter | hexagon |
/// | constant | box without a border |
/// | operation | rounded box |
/// | folded nodes | stack of two boxes |
/// | elsewhere | dashed box |
/// | output | double border |
/// | what is not finite | thick border, in the palette's alarm colour |
/// | operand, carried | arrow, dashed arrow; the number of the operand near its head where it matters |
/// | tie | dotted line |
/// | frame | rectangle with its label; dashed around gradients, thick around repetitions |
///
/// The layout is our own (layout.hpp); a unit of the picture is a point of 1/72 inch. Tooltips, file and line are left
/// out.
#pragma once

#include <string>

#include "wengert/graph/drawing/drawing.hpp"
#include "wengert/graph/drawing/theme.hpp"

namespace wengert::graph {

struct TikzOptions {
  bool standalone = true;  ///< a whole document instead of the tikzpicture alone
};

/// The LaTeX source. Throws ArgumentError when an edge or a frame names what does not exist.
[[nodiscard]] std::string to_tikz(const Drawing& drawing, Theme theme = Theme::print, const TikzOptions& options = {});

}  // namespace wengert::graph
