/// Graphviz: the program `dot`, which lays drawings out and makes SVG, PNG and other files of them.
#pragma once

#include <string>
#include <string_view>

namespace wengert::graph {

/// What Graphviz makes of the text: `format` is what its option -T knows, such as "svg" or "png" (then with 144 dots to
/// the inch, twice as many as the screens that its lengths are made for). Throws EnvironmentError when the program
/// `dot` is not installed or fails. Runs one child process and waits for it; prints nothing.
[[nodiscard]] std::string run_graphviz(std::string_view dot, std::string_view format);

/// Writes the file whole, or throws EnvironmentError.
void write_file(const std::string& path, std::string_view bytes);

}  // namespace wengert::graph
