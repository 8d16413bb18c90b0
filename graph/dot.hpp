/// A graph as Graphviz DOT text, made to be looked at.
///
///     std::ofstream("net.dot") << to_dot(graph, {.direction = DotDirection::top_down});
///     // dot -Tsvg net.dot -o net.svg
///
/// What the eye meets:
///
/// | thing                      | drawn as                                                          |
/// | ---                        | ---                                                               |
/// | variable                   | blue ellipse                                                      |
/// | constant                   | grey, without a border                                            |
/// | operation                  | white rounded box: name, symbol, value                            |
/// | output                     | orange, double border                                             |
/// | node of a gradient         | purple; rounded box, dashed frame around all of them              |
/// | adjoint and its forward node | dashed purple line, without an arrow                            |
/// | scope                      | frame with its name                                               |
/// | folded nodes               | grey box with depth, number of nodes, what they do                |
/// | operand order, where it matters | small numbers at the arrow heads                             |
///
/// The forward graph flows from left to right (or down) and its gradient flows back beside it, each adjoint next to
/// the node that it belongs to; a gradient of the gradient flows forward again. Besides being what textbooks draw, it
/// keeps lines short: dot needs 0.3 s for a chain of 80 nodes with its gradient, and over a minute when both flow the
/// same way.
///
/// Colours are light tints of the Okabe-Ito palette, with shapes and borders that say the same again.
///
/// Names are anybody's bytes: they are always quoted, escaped as graph/escape.hpp says (so every byte can be read back
/// from a label that was not shortened), and never become HTML or record labels. Long ones are shortened, with the
/// whole in the tooltip.
///
/// Large graphs fold (graph/fold.hpp): no picture has more than `most_nodes` nodes and `most_edges` edges (each
/// counted once for each pair it joins), nor more length than dot lays out in a few seconds.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "wengert/graph/graph.hpp"
#include "wengert/graph/text.hpp"

namespace wengert::graph {

/// Where the drawing flows, from variables to outputs.
enum class DotDirection : std::uint8_t { left_to_right, top_down };

/// Which ties between adjoints and forward nodes are drawn.
enum class DotTies : std::uint8_t {
  none,
  nodes,  ///< those of whole nodes: "this is the adjoint of that"
  all,    ///< those of single edges too
};

/// Which nodes say their type.
enum class DotTypes : std::uint8_t {
  none,
  tensors,  ///< all but f64 of rank 0
  all,
};

struct DotOptions {
  DotDirection direction = DotDirection::left_to_right;
  std::string title{};  ///< above the drawing; may be empty
  int digits = 4;       ///< significant digits of numbers, 1 to 17
  DotTypes types = DotTypes::tensors;
  DotTies ties = DotTies::nodes;
  bool scopes = true;             ///< frames around scopes
  bool ids = false;               ///< node ids, to compare with the text form
  bool legend = false;            ///< a key to colours and shapes
  std::size_t longest_text = 40;  ///< characters of a line of a label
  std::size_t most_nodes = 400;   ///< nodes in the drawing; beyond it, folding
  std::size_t most_edges = 1000;  ///< different edges in the drawing; beyond it, folding
};

/// What the caller knows and the graph does not. Each function may be empty, and is called for what is drawn only.
struct DotAnnotations {
  std::function<std::optional<double>(NodeId)> value{};    ///< a line "0.3775"
  std::function<std::optional<double>(NodeId)> adjoint{};  ///< a line "∂ 0.1384": derivative of the output by this node
  /// Beside the edge into operand `position` of `user`: the derivative of the user by that operand.
  std::function<std::optional<double>(NodeId user, std::uint32_t position)> local_derivative{};
  std::function<std::vector<std::string>(NodeId)> lines{};                       ///< more lines of the node's label
  std::function<std::string(NodeId user, std::uint32_t position)> edge_label{};  ///< instead of local_derivative
  /// 0 for forward nodes, 1 for those of a gradient, 2 for a gradient of a gradient; empty: gradient_orders.
  std::function<std::uint8_t(NodeId)> order{};
};

/// Writes the drawing piece by piece.
void write_dot(const Graph& graph, const TextSink& sink, const DotOptions& options = {},
               const DotAnnotations& annotations = {});

/// The drawing. Throws ArgumentError when `digits` is not 1 to 17 or a limit is 0.
[[nodiscard]] std::string to_dot(const Graph& graph, const DotOptions& options = {},
                                 const DotAnnotations& annotations = {});

/// The shortest text of `value` with at most `digits` significant digits, whole numbers below a million in full:
/// "0.3775", "1.2e-7", "20000", "-inf", "nan".
[[nodiscard]] std::string short_number(double value, int digits);

/// A double-quoted DOT string that shows `lines` below each other, whatever bytes they hold.
[[nodiscard]] std::string dot_label(const std::vector<std::string>& lines);

}  // namespace wengert::graph
