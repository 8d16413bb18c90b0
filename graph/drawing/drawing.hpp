/// Drawing: what a picture of a graph shows, before it is written as DOT, SVG, PNG, JSON, Mermaid or TikZ.
///
///     const Drawing drawing = draw(graph, options, annotations);      // graph/drawing/draw.hpp
///     std::cout << to_mermaid(drawing);                               // or to_dot, to_json, to_tikz
///     save(drawing, "loss.svg", {.theme = Theme::dark});              // graph/drawing/save.hpp
///
/// It is plain data: boxes, arrows and frames with the texts that stand in them, each text with what it is (a name, a
/// value, an adjoint), and nothing about colours, which are the theme's. All decisions about *what* is drawn have been
/// taken when it is made: what is folded, which numbers stand where. So every format shows the same, and whoever wants
/// another format or another look reads this record and nothing else.
///
/// Texts are anybody's bytes (names come from users). Each writer escapes them for its format, by way of
/// graph/escape.hpp, so that what is shown is printable and can be read back.
///
/// Reading order: DrawnText, DrawnNode, DrawnEdge, DrawnFrame, Drawing.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "wengert/graph/graph.hpp"

namespace wengert::graph {

/// What a line of text in a box says.
enum class TextKind : std::uint8_t {
  name,       ///< of a node, or of what it is the adjoint of: "w1", "∂L/∂w1"
  operation,  ///< its symbol, with its attribute: "×", "sum [0]"; the number of a constant; the formula of a statement
  type,       ///< "f64[3,4]"
  value,      ///< "0.5933"; of a tensor its norm, "‖·‖ 2.36"
  adjoint,    ///< "∂ 0.1384": the derivative of the output by this node
  note,       ///< anything else: what was folded, the caller's own lines
};

struct DrawnText {
  TextKind kind = TextKind::note;
  std::string text{};
  friend bool operator==(const DrawnText&, const DrawnText&) = default;
};

/// What a box stands for. Each is drawn in a shape of its own, so that colours only say it again.
enum class NodeRole : std::uint8_t {
  input,      ///< a variable
  parameter,  ///< a variable that the derivative is taken by
  constant,
  operation,
  folded,     ///< several nodes in one box; its texts say what was folded
  elsewhere,  ///< not part of what is drawn, shown because an arrow comes from it
};
inline constexpr std::size_t node_role_count = 6;

/// What whoever made the drawing points at; said in the texts of the box too, for those who see no colours.
enum class Mark : std::uint8_t {
  none,
  culprit,  ///< where something went wrong
  added,    ///< of two graphs, only the second has it
  removed,  ///< only the first has it
  changed,  ///< both have it, with other values
};
inline constexpr std::size_t mark_count = 5;

/// Position of a frame in Drawing::frames.
inline constexpr std::uint32_t no_frame = 0xFFFFFFFFU;

struct DrawnNode {
  std::string id{};  ///< [a-z][a-z0-9_]*, unique in the drawing, stable for the same graph and options
  NodeRole role = NodeRole::operation;
  bool output = false;      ///< an output of the graph; of copies, the first or the last is one
  bool not_finite = false;  ///< its value or its adjoint is infinite or NaN: what a search for a bug looks for
  Mark mark = Mark::none;
  std::uint8_t order = 0;  ///< 0: forward graph, 1: gradient, 2: gradient of a gradient, ...
  std::uint32_t frame = no_frame;
  /// How large the values are among those of the drawing, 0 (smallest) to 1 (largest), by the logarithm; none where the
  /// picture does not show magnitudes.
  std::optional<double> magnitude{};
  std::vector<DrawnText> texts{};
  std::vector<std::string> tooltip{};
  std::string file{};      ///< the user's; empty when unknown
  std::uint32_t line = 0;  ///< in `file`
  /// The nodes of the graph that it stands for: smallest and largest id, and their number.
  NodeId first = no_node;
  NodeId last = no_node;
  std::size_t count = 1;
  std::size_t copies = 1;  ///< how often the graph has it: more than 1 only in a frame of kind repetition

  friend bool operator==(const DrawnNode&, const DrawnNode&) = default;
};

enum class EdgeKind : std::uint8_t {
  operand,  ///< from operand to user
  carried,  ///< the same from one repetition of a repeated frame into the next: drawn against the flow
  tie,      ///< between a node and its adjoint; no arrow
};

/// `from` and `to` are positions in Drawing::nodes. Operand edges lead from what is computed first to what uses it,
/// ties from the primal node to its adjoint.
struct DrawnEdge {
  std::uint32_t from = 0;
  std::uint32_t to = 0;
  EdgeKind kind = EdgeKind::operand;
  std::uint32_t position = 0;  ///< number of the operand from 1; 0 where it makes no difference
  std::size_t count = 1;       ///< edges of the graph that it stands for
  std::string label{};         ///< the local derivative; the caller's text

  friend bool operator==(const DrawnEdge&, const DrawnEdge&) = default;
};

enum class FrameKind : std::uint8_t {
  panel,       ///< one of several drawings side by side
  gradient,    ///< the nodes of a gradient
  scope,       ///< a scope of the user's
  repetition,  ///< drawn once, there `times` times
};

/// A frame around nodes and other frames; a parent has a smaller position than what is in it.
struct DrawnFrame {
  std::string id{};  ///< as of nodes
  FrameKind kind = FrameKind::scope;
  std::uint32_t parent = no_frame;
  std::uint8_t order = 0;  ///< of the nodes in it
  std::string label{};     ///< empty for a repetition, which says how often it is there
  std::size_t times = 1;   ///< of a repetition

  friend bool operator==(const DrawnFrame&, const DrawnFrame&) = default;
};

/// Where a drawing flows, from variables to outputs.
enum class Direction : std::uint8_t { left_to_right, top_down };

struct Drawing {
  Direction direction = Direction::left_to_right;
  std::string title{};               ///< above; may be empty
  std::vector<std::string> notes{};  ///< below, small: what was folded or left out
  bool legend = false;               ///< whether the picture has a key to shapes and colours
  std::vector<DrawnFrame> frames{};
  std::vector<DrawnNode> nodes{};
  std::vector<DrawnEdge> edges{};

  friend bool operator==(const Drawing&, const Drawing&) = default;
};

/// The drawings as panels of one, in this order, each in a frame with its label; ids get a prefix "p1_", "p2_", ….
/// Titles and notes of the parts go into their panels' labels and the common notes. Throws ArgumentError when there are
/// not as many labels as drawings.
[[nodiscard]] Drawing side_by_side(const std::vector<Drawing>& drawings, const std::vector<std::string>& labels);

}  // namespace wengert::graph
