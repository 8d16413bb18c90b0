/// Theatre: what the page that walks through a gradient knows, before it is written (write_html.hpp).
///
/// Plain data. An act is one graph with all that is known of it: its picture with a layout, the value and the adjoint
/// of each node, the steps of the reverse sweep in their order, and the rules by which the page computes them again for
/// other inputs. Before and after a pass are two acts.
///
/// A rule is a graph too, recorded from the primitive's own rule. So the page knows how to evaluate operations and
/// nothing about derivatives.
///
/// Reading order: Figure, TheatreRule, TheatreStep, TheatreAct, Theatre.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "wengert/graph/array.hpp"
#include "wengert/graph/drawing/drawing.hpp"
#include "wengert/graph/drawing/layout.hpp"
#include "wengert/graph/graph.hpp"

namespace wengert::graph {

/// What the page tells of an array.
struct Figure {
  Type type{};
  std::vector<double> elements{};  ///< all of them, row-major; empty when there are too many
  // Of the finite elements of what has no `elements`.
  double norm = 0;  ///< √Σx²
  double least = 0;
  double most = 0;
  double mean = 0;
  std::size_t zeros = 0;
  std::size_t not_finite = 0;
  std::vector<std::uint32_t> histogram{};  ///< counts in equal intervals from `least` to `most`
  /// Of a tensor too large to carry: means of equal patches, row-major; all leading axes one below the other.
  std::size_t heat_rows = 0;
  std::size_t heat_columns = 0;
  std::vector<double> heat{};
};

/// Of known elements. More than `most_elements` are told by statistics.
[[nodiscard]] Figure figure_of(const Array& array, std::size_t most_elements);

/// How one edge passes an adjoint on: a graph of primitives with one output and variables named "c" (the cotangent of
/// the user), "y" (its value), "x0", "x1" … (its operands), those of them that it needs. Of an elementwise operation
/// the output is the local derivative, element by element, and what is passed on is c times it, 0 where c is 0.
struct TheatreRule {
  bool elementwise = false;
  Graph graph{};
};

inline constexpr std::uint32_t no_rule = 0xFFFFFFFFU;

/// One step of the reverse sweep: `user` passes a contribution to its operand number `position`.
struct TheatreStep {
  NodeId user = no_node;
  std::uint32_t position = 0;
  std::uint32_t rule = no_rule;   ///< in TheatreAct::rules; none where the rule cannot be written down
  std::optional<Figure> local{};  ///< the local derivative, of elementwise operations
  Figure contribution{};
  NodeId adjoint = no_node;  ///< the node of the gradient that is this contribution, or no_node
};

/// What stands several times in a row.
struct TheatreRepetition {
  std::size_t times = 0;
};

struct TheatreAct {
  std::string title{};  ///< "recorded", "after simplify"
  Graph graph{};
  NodeId output = no_node;  ///< what was differentiated
  bool walk = true;         ///< the page tells every node and walks through them; false: only what has a box of its own
  std::vector<std::uint8_t> order{};             ///< by node: 0 forward, 1 gradient
  std::vector<bool> parameter{};                 ///< by node: a variable that the gradient is taken by
  std::vector<NodeId> adjoint_node{};            ///< by node: the node of the gradient that is its adjoint, or no_node
  std::vector<std::optional<Figure>> value{};    ///< by node
  std::vector<std::optional<Figure>> adjoint{};  ///< by node: ∂output/∂node
  std::vector<TheatreStep> steps{};              ///< of the reverse sweep, in order
  std::vector<TheatreRule> rules{};
  Drawing drawing{};  ///< DrawnNode::first is the node where count is 1
  Layout layout{};
  bool curved = false;  ///< lines of the layout are control points of cubic Bézier curves
  /// By node, what repeats: position in `repetitions` or no_repetition, and the node that stands for it when the
  /// repetition is folded (itself, the first time).
  std::vector<std::uint32_t> repetition{};
  std::vector<NodeId> first_copy{};
  std::vector<TheatreRepetition> repetitions{};
  std::vector<std::string> notes{};  ///< what the page does not show, and why
};

struct Theatre {
  std::string title{};
  std::string link{};  ///< a URL with {file} and {line}; empty: none
  std::vector<TheatreAct> acts{};
};

}  // namespace wengert::graph
