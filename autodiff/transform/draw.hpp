// Drawing a value and its gradient: one call from a handle to a picture.
//
//     save(draw(loss, {w1, w2}), "loss.svg");             // or .png .dot .json .mmd .tex
//
// draw() decides what is shown and returns a graph::Drawing; save(), to_dot(), to_json(), to_mermaid(), to_tikz() write
// it.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <optional>
#include <source_location>
#include <span>
#include <string>
#include <vector>

#include "wengert/autodiff/record/expand.hpp"
#include "wengert/graph/drawing/draw.hpp"
#include "wengert/graph/drawing/save.hpp"

namespace wengert::passes {
struct Pass;
}  // namespace wengert::passes

namespace wengert {

/// Which graph is drawn.
enum class View : std::uint8_t {
  forward,   ///< y and what it is computed from
  gradient,  ///< the gradient alone; what it takes from the forward graph stands at the rim, dashed
  both,      ///< beside each other, tied: each adjoint next to its primal node
};

struct DrawOptions {
  graph::DrawingOptions drawing{};
  View view = View::both;
  bool values = true;             ///< the value at each node; of a tensor its norm
  bool adjoints = true;           ///< ∂y/∂node at each forward node; of a tensor its norm
  bool local_derivatives = true;  ///< ∂user/∂operand on each forward edge: the factors of the chain rule
  bool statements = false;        ///< one box for each statement of the program, instead of its primitives
  bool named_values = false;      ///< one box for each named value, with what only it is computed from
  bool simplified = false;        ///< after simplify(): 2 · x¹ · 1 is 2 · x
  /// After these passes, one after the other; then `simplified`.
  std::vector<const passes::Pass*> passes{};
  bool paths_only = false;  ///< only what lies on a path from one of x to y, with its gradient
  /// Only what is within `distance` edges of this value, and the adjoints of that.
  std::optional<detail::AnyHandle> around{};
  std::size_t distance = 2;
  /// Of the graph that is to be drawn, the nodes that are (graph/extract.hpp has choices to make); no answer: all.
  std::function<std::vector<bool>(const graph::Graph&)> select{};
};

/// The drawing of y: values, adjoints, local derivatives, and the graph of its gradient by x, tied to it. Variables
/// among x are drawn as parameters, others as inputs. Without x, the forward graph alone. The gradient is recorded for
/// the drawing and forgotten again: the recording stays as it is. Throws as gradient() and graph::draw do;
/// ArgumentError when y is a constant, or `around` is a value that is not drawn.
[[nodiscard]] graph::Drawing draw(const detail::AnyHandle& y, std::span<const detail::AnyHandle> x,
                                  const DrawOptions& options = {},
                                  std::source_location where = std::source_location::current());
[[nodiscard]] inline graph::Drawing draw(const detail::AnyHandle& y, std::initializer_list<detail::AnyHandle> x = {},
                                         const DrawOptions& options = {},
                                         std::source_location where = std::source_location::current()) {
  return draw(y, std::span(x.begin(), x.size()), options, where);
}

/// The graph that draw() draws all or a part of: of y and of its gradient by x, after the passes that the options name.
[[nodiscard]] graph::Graph graph_of(const detail::AnyHandle& y, std::span<const detail::AnyHandle> x,
                                    const DrawOptions& options = {},
                                    std::source_location where = std::source_location::current());

/// The same with the values that were computed.
[[nodiscard]] Expansion expansion_of(const detail::AnyHandle& y, std::span<const detail::AnyHandle> x,
                                     const DrawOptions& options = {},
                                     std::source_location where = std::source_location::current());

/// The same by a list of Scalars, or of Tensors.
template <class X>
  requires std::same_as<X, Scalar> || std::same_as<X, Tensor>
[[nodiscard]] graph::Drawing draw(const detail::AnyHandle& y, const std::vector<X>& x, const DrawOptions& options = {},
                                  std::source_location where = std::source_location::current()) {
  const std::vector<detail::AnyHandle> handles(x.begin(), x.end());
  return draw(y, std::span<const detail::AnyHandle>(handles), options, where);
}

/// Before and after simplify(), side by side.
[[nodiscard]] graph::Drawing draw_simplification(const detail::AnyHandle& y, std::span<const detail::AnyHandle> x,
                                                 const DrawOptions& options = {},
                                                 std::source_location where = std::source_location::current());
[[nodiscard]] inline graph::Drawing draw_simplification(const detail::AnyHandle& y,
                                                        std::initializer_list<detail::AnyHandle> x,
                                                        const DrawOptions& options = {},
                                                        std::source_location where = std::source_location::current()) {
  return draw_simplification(y, std::span(x.begin(), x.size()), options, where);
}

/// The drawing as DOT.
[[nodiscard]] inline std::string to_dot(const detail::AnyHandle& y, std::span<const detail::AnyHandle> x,
                                        const DrawOptions& options = {},
                                        std::source_location where = std::source_location::current()) {
  return graph::to_dot(draw(y, x, options, where));
}
[[nodiscard]] inline std::string to_dot(const detail::AnyHandle& y, std::initializer_list<detail::AnyHandle> x = {},
                                        const DrawOptions& options = {},
                                        std::source_location where = std::source_location::current()) {
  return graph::to_dot(draw(y, x, options, where));
}
using graph::save;

/// ∂output/∂node for every node that output depends on, by a numeric reverse sweep over the graph; NaN at nodes that
/// are not scalars, and 0 where nothing flows. `values`: of Expansion.
[[nodiscard]] std::vector<double> node_adjoints(const graph::Graph& graph, std::span<const double> values,
                                                graph::NodeId output);
/// ∂user/∂operand number `position`, if both are scalars and the user is an elementwise primitive.
[[nodiscard]] std::optional<double> local_derivative(const graph::Graph& graph, std::span<const double> values,
                                                     graph::NodeId user, std::uint32_t position);

}  // namespace wengert
