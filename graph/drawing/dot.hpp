/// A drawing as Graphviz DOT text.
///
///     std::ofstream("net.dot") << to_dot(drawing);       // dot -Tsvg net.dot -o net.svg
///
/// | thing                         | drawn as                                                  |
/// | ---                           | ---                                                       |
/// | input                         | ellipse, blue                                             |
/// | parameter                     | octagon, green                                            |
/// | constant                      | without a border, grey                                    |
/// | operation                     | rounded box, white                                        |
/// | several nodes in one          | box with depth, grey                                      |
/// | from a part that is not drawn | dashed box                                                |
/// | output                        | double border, orange                                     |
/// | node of a gradient            | purple (of second order yellow), in a dashed frame        |
/// | not finite                    | thick red border                                          |
/// | adjoint and its primal node   | dashed line without an arrow                              |
/// | from one repetition to the next | dashed arrow                                            |
/// | operand order, where it matters | small numbers at the arrow heads                        |
///
/// Names are bold, adjoints in a colour of their own. Names are anybody's bytes: what stands in a label is escaped as
/// graph/escape.hpp says (so that every byte can be read back from a text that was not shortened), then as markup.
#pragma once

#include <string>

#include "wengert/graph/drawing/drawing.hpp"
#include "wengert/graph/drawing/theme.hpp"

namespace wengert::graph {

struct DotOptions {
  Theme theme = Theme::light;
  /// Where a click on a node leads: a URL in which {file} and {line} are replaced, e.g. "vscode://file{file}:{line}".
  /// Empty: nowhere. For a path that is not absolute "file://" is left out.
  std::string link = "file://{file}#L{line}";
};

[[nodiscard]] std::string to_dot(const Drawing& drawing, const DotOptions& options = {});

}  // namespace wengert::graph
