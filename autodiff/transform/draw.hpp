// Drawing a value and its gradient: one call from a handle to Graphviz text.
//
//     std::ofstream("loss.dot") << to_dot(loss, {w1, w2});      // dot -Tsvg loss.dot -o loss.svg
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <source_location>
#include <span>
#include <string>
#include <vector>

#include "wengert/autodiff/record/expand.hpp"
#include "wengert/graph/dot.hpp"

namespace wengert {

struct DrawOptions {
  graph::DotOptions dot{};
  /// The gradient graph beside the forward one, tied to it. (The numbers of the adjoints and on the edges come without
  /// it.)
  bool gradient = true;
  bool values = true;             ///< the value at each node
  bool adjoints = true;           ///< ∂y/∂node at each forward node
  bool local_derivatives = true;  ///< ∂user/∂operand on each forward edge: the factors of the chain rule
};

/// The graph of y as DOT: values, adjoints, local derivatives, and the graph of its gradient by x, tied to it. Without
/// x, the forward graph alone. The gradient is recorded for the drawing and forgotten again: the recording stays as it
/// is. A value at which something is not scalar has no number. Throws as gradient() and graph::to_dot do; ArgumentError
/// when y is a constant.
[[nodiscard]] std::string to_dot(const detail::AnyHandle& y, std::span<const detail::AnyHandle> x,
                                 const DrawOptions& options = {},
                                 std::source_location where = std::source_location::current());
[[nodiscard]] inline std::string to_dot(const detail::AnyHandle& y, std::initializer_list<detail::AnyHandle> x = {},
                                        const DrawOptions& options = {},
                                        std::source_location where = std::source_location::current()) {
  return to_dot(y, std::span(x.begin(), x.size()), options, where);
}

/// ∂output/∂node for every node that output depends on, by a numeric reverse sweep over the graph; NaN at nodes that
/// are not scalars, and 0 where nothing flows. `values`: of Expansion.
[[nodiscard]] std::vector<double> node_adjoints(const graph::Graph& graph, std::span<const double> values,
                                                graph::NodeId output);
/// ∂user/∂operand number `position`, if both are scalars and the user is an elementwise primitive.
[[nodiscard]] std::optional<double> local_derivative(const graph::Graph& graph, std::span<const double> values,
                                                     graph::NodeId user, std::uint32_t position);

}  // namespace wengert
