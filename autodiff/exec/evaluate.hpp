// evaluate: what a graph computes, node by node, by the primitives' own rules. The plainest way there is: what is
// planned, fused or rewritten is compared with it.
#pragma once

#include <source_location>
#include <span>
#include <vector>

#include "wengert/graph/array.hpp"
#include "wengert/graph/graph.hpp"

namespace wengert {

/// The outputs of a graph, in their order, for these values of its variables, in theirs. A number (rank 0, f64) is
/// computed as a Scalar is, anything else as a Tensor is. Values are given up as soon as nobody needs them.
///
/// Throws ArgumentError for a wrong number of inputs or one of another type than its variable, and what primitives
/// throw.
[[nodiscard]] std::vector<Array> evaluate(const graph::Graph& graph, std::span<const Array> inputs,
                                          std::source_location where = std::source_location::current());

/// The values of all nodes, by node.
[[nodiscard]] std::vector<Array> evaluate_all(const graph::Graph& graph, std::span<const Array> inputs,
                                              std::source_location where = std::source_location::current());

}  // namespace wengert
