// What a planner reads off a graph.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "wengert/autodiff/ops/kernels_strided.hpp"
#include "wengert/autodiff/record/primitive.hpp"
#include "wengert/graph/graph.hpp"

namespace wengert::exec {

template <class P>
[[nodiscard]] bool is(const graph::Operation& operation) {
  return &operation == &PrimitiveOf<P>::record;
}

/// The element of a constant, or of what repeats one, that is the same everywhere.
[[nodiscard]] std::optional<double> one_number(const graph::Graph& g, graph::NodeId node);

/// The places in the elements of `from` that a view node (broadcast, permute, slice) reads.
[[nodiscard]] kernels::View composed(const graph::Graph& g, graph::NodeId node, const kernels::View& from);

/// A few instructions of arithmetic.
[[nodiscard]] bool is_arithmetic(const graph::Operation& operation);
/// `shape` is that of `rows` without the last axis, or with 1 for it.
[[nodiscard]] bool is_of_rows(const Shape& shape, const Shape& rows);
/// What is put together along the axis lies one after the other.
[[nodiscard]] bool in_one_piece(const Shape& shape, std::int64_t axis);

/// `next` = `old` + factor · product: a step of gradient descent, as one product that adds to what it changes.
struct Update {
  graph::NodeId product = graph::no_node;  // a matmul that is used for nothing else
  graph::NodeId scaled = graph::no_node;   // factor · product, where that is a node
  double factor = 1.0;
  graph::NodeId scale = graph::no_node;  // a leaf of one element, another factor
};
/// How often each node is an operand or an output.
[[nodiscard]] std::vector<std::uint32_t> uses_of(const graph::Graph& g);
[[nodiscard]] std::optional<Update> find_update(const graph::Graph& g, const std::vector<std::uint32_t>& uses,
                                                graph::NodeId old, graph::NodeId next);

}  // namespace wengert::exec
