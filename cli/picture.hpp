/// Pictures: files of DOT text, and SVG or PNG made of it by Graphviz.
#pragma once

#include <string>
#include <string_view>

namespace wengert::cli {

/// Throws WorkError when the file cannot be written whole.
void write_file(const std::string& path, std::string_view text);

enum class Drawing { drawn, no_graphviz };

/// Has Graphviz lay out `dot` and write it to `path`; `format` is what `dot -T` knows, such as "svg". no_graphviz when
/// the program `dot` is not installed; WorkError when it fails.
[[nodiscard]] Drawing draw(std::string_view dot, std::string_view format, const std::string& path);

/// The same; WorkError that tells what to install when Graphviz is missing.
void draw_picture(std::string_view dot, std::string_view format, const std::string& path);
inline void draw_svg(std::string_view dot, const std::string& path) { draw_picture(dot, "svg", path); }

}  // namespace wengert::cli
