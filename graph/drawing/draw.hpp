/// draw: from a graph to a Drawing. Here it is decided what a picture shows.
///
/// The forward graph flows from left to right (or down) and its gradient flows back beside it, each adjoint next to the
/// node that it belongs to; a gradient of the gradient flows forward again. That is what textbooks draw, and it keeps
/// lines short.
///
/// Large graphs fold (drawing/fold.hpp): no drawing has more than `most_nodes` boxes and `most_edges` lines, nor more
/// length than a layout takes seconds for. What was folded is said in the boxes and in Drawing::notes.
///
/// Reading order: DrawingOptions, Annotations, draw.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "wengert/graph/drawing/drawing.hpp"
#include "wengert/graph/graph.hpp"

namespace wengert::graph {

/// Which ties between adjoints and forward nodes are drawn.
enum class Ties : std::uint8_t {
  none,
  nodes,  ///< those of whole nodes: "this is the adjoint of that"
  all,    ///< those of single edges too
};

/// Which nodes say their type.
enum class ShowTypes : std::uint8_t {
  none,
  tensors,  ///< all but f64 of rank 0
  all,
};

struct DrawingOptions {
  Direction direction = Direction::left_to_right;
  std::string title{};  ///< above the drawing; may be empty
  int digits = 4;       ///< significant digits of numbers, 1 to 17
  ShowTypes types = ShowTypes::tensors;
  Ties ties = Ties::nodes;
  bool scopes = true;        ///< frames around scopes
  bool ids = false;          ///< node ids, to compare with the text form
  bool legend = false;       ///< a key to colours and shapes
  bool repetitions = false;  ///< what repeats is drawn once, in small graphs too
  /// Leaves out arrows that say nothing new because a longer way says it (transitive reduction), where boxes are
  /// folded.
  bool reduce = true;
  std::size_t longest_text = 40;  ///< characters of a line of a label
  std::size_t most_nodes = 150;   ///< boxes in the drawing; beyond it, folding
  std::size_t most_edges = 400;   ///< lines in the drawing; beyond it, folding
  std::size_t most_span = 2500;   ///< ranks that lines cross in all; beyond it, folding. Graphviz's time grows with it
  /// By node: whether it is drawn. What a drawn node needs of the others is shown at the rim, role `elsewhere`. Empty:
  /// all.
  std::vector<bool> only{};
};

/// What the caller knows and the graph does not. Each function may be empty, and is called for what is drawn only.
struct Annotations {
  std::function<std::optional<double>(NodeId)> value{};    ///< a line "0.3775"
  std::function<std::optional<double>(NodeId)> adjoint{};  ///< a line "∂ 0.1384": derivative of the output by this node
  std::function<std::optional<double>(NodeId)> norm{};     ///< of a tensor: a line "‖·‖ 2.36", and how dark it is
  std::function<std::optional<double>(NodeId)> adjoint_norm{};  ///< a line "∂ ‖·‖ 0.51"
  /// Beside the edge into operand `position` of `user`: the derivative of the user by that operand.
  std::function<std::optional<double>(NodeId user, std::uint32_t position)> local_derivative{};
  std::function<std::string(NodeId user, std::uint32_t position)> edge_label{};  ///< instead of local_derivative
  std::function<std::vector<std::string>(NodeId)> lines{};                       ///< more lines of the node's label
  std::function<bool(NodeId)> parameter{};  ///< whether a variable is one that the derivative is taken by
  /// 0 for forward nodes, 1 for those of a gradient, 2 for a gradient of a gradient; empty: gradient_orders.
  std::function<std::uint8_t(NodeId)> order{};
  /// Nodes with the same number other than 0 are a statement: one box with its formula. The derivative beside its edges
  /// is that of the whole statement. Empty: primitives.
  std::function<std::uint32_t(NodeId)> statement{};
};

/// The drawing. Throws ArgumentError when `digits` is not 1 to 17, a limit is 0, or `only` has not one entry per node.
[[nodiscard]] Drawing draw(const Graph& graph, const DrawingOptions& options = {}, const Annotations& annotations = {});

}  // namespace wengert::graph
