// explain: where a gradient comes from. The chain rule says that ∂y/∂x is the sum, over all paths from y back to x, of
// the products of the local derivatives along them. The ledger shows the paths that matter, and accounts for the rest.
//
//     const Ledger ledger = explain(gradient(loss, w), {.top = 3});  // or explain(loss, w, {.top = 3})
//     std::cout << to_text(ledger);
//
// There may be more paths than atoms, so none is enumerated: one sweep over the edges keeps, at each node, how many
// paths lead there, their sum, the sum of their magnitudes and the k largest of them. That a sweep over 4 210 edges
// sums over 3 000 000 000 paths is what backpropagation is.
//
// Reading order: LedgerOptions, PathStep, Path, PathCount, Ledger, explain, to_text.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <source_location>
#include <string>
#include <vector>

#include "wengert/autodiff/record/gradient.hpp"
#include "wengert/graph/drawing/drawing.hpp"
#include "wengert/graph/graph.hpp"

namespace wengert {

struct LedgerOptions {
  std::size_t top = 5;  ///< paths to show, at most 1000
};

/// One edge of a path, from a node to its operand number `position`.
struct PathStep {
  graph::NodeId node = graph::no_node;  ///< the operand that it leads to
  std::uint32_t position = 0;
  double factor = 0;  ///< ∂user/∂operand; of tensors by how much the norm of the path's cotangent grew along the edge
  double product = 0;  ///< of the factors so far; of tensors the norm of the path's cotangent at `node`
  /// Cosine between the path's cotangent at `node` and the adjoint of `node`, which all paths together make: 1 pulls
  /// the same way, 0 is at a right angle, −1 against it. Of scalars ±1, 0 where either vanishes.
  double alignment = 0;
};

struct Path {
  std::vector<PathStep> steps;  ///< from y to x; none when they are the same value
  double product = 0;           ///< what it adds to the gradient; of a tensor the norm of that
  double share = 0;  ///< product / gradient; of a tensor ⟨product, gradient⟩ / ‖gradient‖². All shares sum to 1
  double alignment = 0;  ///< cosine between what it adds and the gradient; of scalars its sign relative to it
};

/// How many, exactly while that fits, and as a logarithm.
struct PathCount {
  std::optional<std::uint64_t> exact{};
  double log10 = 0;  ///< −∞ of none
};

struct Ledger {
  graph::Graph graph{};  ///< the primitives of y; what the ids of nodes mean
  graph::NodeId output = graph::no_node;
  graph::NodeId input = graph::no_node;  ///< no_node when y does not depend on x: there is no path then
  /// What y and x are called: their names; "∂L/∂w" of a gradient without one; else as node_label() says.
  std::string output_name{}, input_name{};
  bool tensors = false;  ///< some edge on a path has no number: norms stand for numbers

  double gradient = 0;        ///< ∂y/∂x as backward() computes it, or gradient() did; of a tensor its norm
  std::vector<Path> paths{};  ///< the largest, by |product|, largest first
  /// They are the largest of all. False for tensors where a node is met by so many paths that some were dropped before
  /// all that follows was known.
  bool exact = true;
  PathCount count{};        ///< of all paths
  std::size_t edges = 0;    ///< that a reverse sweep visits between y and x
  std::size_t nodes = 0;    ///< on the paths
  std::size_t longest = 0;  ///< edges of the longest path

  double remainder = 0;  ///< the sum of all paths that are not shown, from a sweep of its own; of a tensor its norm
  double remainder_share = 0;  ///< as Path::share
  PathCount remainder_count{};
  /// Σ|product| over all paths. Of tensors, where no sweep finds it, only if all paths are shown; else none.
  std::optional<double> magnitude{};
  /// 1 − |Σ product| / Σ|product|: 0 when all paths pull one way, near 1 when they cancel. None where that is not
  /// finite.
  std::optional<double> cancellation{};

  /// |gradient − (shown paths + remainder)|: of a tensor the norm of the difference. 0 where both are the same ∞ or
  /// NaN.
  double difference = 0;
  /// What rounding may make of it: 2·n·ε·Σ|product|, with n the most roundings that a path goes through (a product at
  /// each edge, a sum at each use beyond the first); of tensors with Σ‖contribution‖ at x in place of Σ|product|, an
  /// estimate and no bound.
  double rounding = 0;
  /// difference ≤ rounding; also when the gradient is not finite and the paths say so too.
  [[nodiscard]] bool reconciled() const noexcept;
};

/// The paths from y back to x. x is any value of the recording. Works in time and memory proportional to edges · top
/// and records nothing. Zeros as in every sweep: a partial of 0 lets nothing pass, whatever comes; a path whose product
/// is NaN counts as the largest.
///
/// Throws StaleHandle, ForeignRecording; ArgumentError when y or x is a constant or `top` is above 1000; ShapeError
/// unless y has one element; DtypeError unless y and x are f32 or f64.
[[nodiscard]] Ledger explain(const detail::AnyHandle& y, const detail::AnyHandle& x, const LedgerOptions& options = {},
                             std::source_location where = std::source_location::current());

/// The same for a gradient that was recorded, of a y of one element: explain(gradient(y, x)). `Ledger::gradient` is the
/// number that was recorded, so that `difference` holds the paths against it. Gradients of gradients are such, too.
///
/// Throws what the other does, and ArgumentError when the value is a constant, or not known to be a gradient: made with
/// a cotangent, computed from gradients, or recorded with RecordingOptions::ties off; also when it is several at once,
/// such as ∂y/∂a and ∂y/∂b of y = f(a + b), asked for together.
[[nodiscard]] Ledger explain(const detail::AnyHandle& gradient, const LedgerOptions& options = {},
                             std::source_location where = std::source_location::current());

/// The name of a node of the ledger: its own, or the operation with its number, "mul #7".
[[nodiscard]] std::string node_label(const graph::Graph& graph, graph::NodeId id);

/// For people. Factors between named values are multiplied up unless `every_edge`.
[[nodiscard]] std::string to_text(const Ledger& ledger, bool every_edge = false);

/// The graph with the paths of the ledger in it: each edge of a shown path with its factor and the numbers of
/// the paths that take it; what no shown path meets is left out. Throws ArgumentError when there is no path.
[[nodiscard]] graph::Drawing draw(const Ledger& ledger);

}  // namespace wengert
