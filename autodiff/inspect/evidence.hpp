// What a birth was found in; for the files of this folder only.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "wengert/autodiff/inspect/birth.hpp"
#include "wengert/autodiff/inspect/node_values.hpp"

namespace wengert::inspect {

/// An edge along which something flowed that is not finite.
struct BadEdge {
  Edge edge{};
  double number = 0;         // the first such element
  std::int64_t element = 0;  // its place
  std::int64_t count = 0;    // how many there are
};

struct Evidence {
  graph::Graph graph{};
  NodeValues values{};
  std::vector<bool> parameter{};           // by node: the derivative is taken by it
  std::optional<NodeAdjoints> adjoints{};  // if the graph was swept
  std::vector<BadEdge> bad{};              // in the order of the sweep
};

/// Where it began, and the way from there.
struct Origin {
  graph::NodeId node = graph::no_node;
  std::optional<BadEdge> edge{};          // of an adjoint: the edge along which it was born
  bool in_sum = false;                    // of an adjoint: born when contributions were added up
  std::vector<graph::NodeId> forward{};   // values that it spoiled, the node first
  std::vector<graph::NodeId> backward{};  // nodes whose adjoints it spoiled
};

/// The first that reaches one of `outputs`.
[[nodiscard]] std::optional<Origin> origin_of_values(const Evidence& evidence, std::span<const graph::NodeId> outputs);
/// The first that reaches the adjoint of one of x. The graph has been swept.
[[nodiscard]] std::optional<Origin> origin_of_adjoints(const Evidence& evidence, std::span<const graph::NodeId> x);
/// The first of all, whatever it reaches.
[[nodiscard]] std::optional<Origin> origin_anywhere(const Evidence& evidence);

/// Sweeps the graph from `output`; fills in adjoints and bad.
void sweep(Evidence& evidence, graph::NodeId output);

}  // namespace wengert::inspect
