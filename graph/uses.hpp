/// UseIndex: who uses each node, as the graph itself only knows operands.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "wengert/graph/graph.hpp"

namespace wengert::graph {

/// One use of a node: operand number `position` of `user`.
struct Use {
  NodeId user = no_node;
  std::uint32_t position = 0;

  friend bool operator==(const Use&, const Use&) = default;
};

/// For each node its uses, ascending by user, then position. x·x uses x twice.
///
/// Compressed rows: 4 bytes a node and 8 bytes an edge. Does not refer to the graph once made.
/// Throws CapacityError beyond 2^32 - 1 edges.
class UseIndex {
 public:
  UseIndex() = default;
  explicit UseIndex(const Graph& graph);

  /// `id` below the size of the graph.
  [[nodiscard]] std::span<const Use> operator[](NodeId id) const noexcept {
    return {uses_.data() + starts_[id], starts_[id + 1] - starts_[id]};
  }
  /// Number of nodes.
  [[nodiscard]] std::size_t size() const noexcept { return starts_.size() - 1; }
  /// Number of operands of all nodes together.
  [[nodiscard]] std::size_t edge_count() const noexcept { return uses_.size(); }

 private:
  std::vector<std::uint32_t> starts_{0};  // uses of node i: [starts_[i], starts_[i+1])
  std::vector<Use> uses_;
};

}  // namespace wengert::graph
