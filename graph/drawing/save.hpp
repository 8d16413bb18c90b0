/// save: a drawing into a file, in the format that the file's name ends with.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "wengert/graph/drawing/dot.hpp"
#include "wengert/graph/drawing/drawing.hpp"
#include "wengert/graph/drawing/theme.hpp"

namespace wengert::graph {

/// What a drawing can be written as. SVG and PNG are laid out by Graphviz, which must be installed; the others need
/// nothing.
enum class Format : std::uint8_t { dot, svg, png, json, mermaid, tikz };

struct SaveOptions {
  Theme theme = Theme::light;
  std::string link = DotOptions{}.link;  ///< see DotOptions
};

/// The drawing as bytes of this format; equal drawings give equal bytes (SVG and PNG: with the same Graphviz). Throws
/// EnvironmentError when Graphviz is needed and missing or fails.
[[nodiscard]] std::string written(const Drawing& drawing, Format format, const SaveOptions& options = {});

/// Writes the drawing to a file; .dot .gv .svg .png .json .mmd .tex name the format. Throws ArgumentError for another
/// ending, EnvironmentError when the file cannot be written.
void save(const Drawing& drawing, const std::string& path, const SaveOptions& options = {});

/// The format that a file's name ends with. Throws ArgumentError.
[[nodiscard]] Format format_of(std::string_view path);

}  // namespace wengert::graph
