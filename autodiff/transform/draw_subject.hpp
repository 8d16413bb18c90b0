// What draw() and show() have at hand: the graph of a value and its gradient, and what is known of its nodes. Not for
// users.
#pragma once

#include <cstdint>
#include <source_location>
#include <span>
#include <vector>

#include "wengert/autodiff/record/expand.hpp"
#include "wengert/autodiff/transform/draw.hpp"

namespace wengert::detail {

struct Subject {
  const Expansion& expansion;
  const graph::Graph& graph;
  graph::NodeId root;
  std::vector<double> values;       // by node; a tensor of rank 0 is as good as a scalar
  std::vector<std::uint8_t> order;  // 1: of the gradient of y. What y needs is 0, also if y is a gradient itself
  std::vector<bool> forward;        // what y needs
  std::vector<graph::NodeId> adjoint_node;  // by node: where its adjoint is in the graph of the gradient, or no_node
  std::vector<double> adjoint;              // by node, scalars
  std::vector<bool> parameter;

  [[nodiscard]] bool is_scalar(graph::NodeId id) const { return graph.type(id).shape.rank() == 0; }
};

/// Refers to the expansion, whose first output is what was differentiated.
Subject subject_of(const Expansion& expansion, std::span<const AnyHandle> x);

/// Refers to the subject.
graph::Annotations annotations_of(const Subject& subject, const DrawOptions& options);

/// y and its gradient by x as a graph of primitives. What was recorded for it is forgotten again.
Expansion expanded(const AnyHandle& y, std::span<const AnyHandle> x, const DrawOptions& options,
                   std::source_location where);

}  // namespace wengert::detail
