/// See save.hpp.
#include "wengert/graph/drawing/save.hpp"

#include <array>
#include <utility>

#include "wengert/graph/drawing/graphviz.hpp"
#include "wengert/graph/drawing/json.hpp"
#include "wengert/graph/drawing/mermaid.hpp"
#include "wengert/graph/drawing/tikz.hpp"
#include "wengert/graph/error.hpp"

namespace wengert::graph {

namespace {

constexpr std::array<std::pair<std::string_view, Format>, 7> endings{{{".dot", Format::dot},
                                                                      {".gv", Format::dot},
                                                                      {".svg", Format::svg},
                                                                      {".png", Format::png},
                                                                      {".json", Format::json},
                                                                      {".mmd", Format::mermaid},
                                                                      {".tex", Format::tikz}}};

}  // namespace

Format format_of(std::string_view path) {
  std::string known;
  for (const auto& [ending, format] : endings) {
    if (path.size() > ending.size() && path.ends_with(ending)) return format;
    known += (known.empty() ? "" : " ") + std::string(ending);
  }
  throw ArgumentError{{.operation = "save",
                       .problem = "the name '" + std::string(path) + "' does not say in which format to draw",
                       .expected = "a name that ends with one of " + known}};
}

std::string written(const Drawing& drawing, Format format, const SaveOptions& options) {
  const auto dot = [&] { return to_dot(drawing, {.theme = options.theme, .link = options.link}); };
  switch (format) {
    case Format::svg:
      return run_graphviz(dot(), "svg");
    case Format::png:
      return run_graphviz(dot(), "png");
    case Format::json:
      return to_json(drawing);
    case Format::mermaid:
      return to_mermaid(drawing, options.theme);
    case Format::tikz:
      return to_tikz(drawing, options.theme);
    default:
      return dot();
  }
}

void save(const Drawing& drawing, const std::string& path, const SaveOptions& options) {
  write_file(path, written(drawing, format_of(path), options));
}

}  // namespace wengert::graph
