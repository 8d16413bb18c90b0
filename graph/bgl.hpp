/// A Graph as a graph of the Boost Graph Library, for its algorithms and the reader's own.
///
///     const BoostGraph bgl(graph);                       // builds a use index; refers to `graph`
///     std::vector<NodeId> order;
///     boost::topological_sort(bgl, std::back_inserter(order));
///
/// Models VertexListGraph, EdgeListGraph, IncidenceGraph, BidirectionalGraph and AdjacencyGraph. An edge leads from an
/// operand to its user, the way values flow; parallel edges occur (x·x has two) and differ in the operand position,
/// which is an edge property (`operand_position`). Vertices are node ids, so `boost::vertex_index` is the identity, and
/// the ids are a topological order: every edge goes from a smaller id to a larger one.
///
/// Only who asks for this header pays for Boost.Graph's (Debian: libboost-graph-dev; link Boost::headers).
///
/// Depth. Boost's depth-first search, breadth-first search and topological_sort keep their own stacks. Its
/// lengauer_tarjan_dominator_tree does not: ancestor_with_lowest_semi_ recurses along uncompressed paths (Boost 1.74).
/// A single chain of 10^6 nodes is harmless, for no path of it is ever longer than one; but where a chain of 10^6
/// nodes rejoins a node that the search reached before it, the recursion is 10^6 deep and overflows an 8 MiB stack.
/// tests/graph/bgl.cpp shows both.
#pragma once

#include <boost/graph/graph_traits.hpp>
#include <boost/graph/properties.hpp>
#include <boost/iterator/counting_iterator.hpp>
#include <boost/iterator/iterator_facade.hpp>
#include <boost/property_map/property_map.hpp>
#include <cstddef>
#include <cstdint>
#include <tuple>
#include <utility>

#include "wengert/graph/graph.hpp"
#include "wengert/graph/uses.hpp"

namespace wengert::graph {

/// Edge from an operand to its user: the user's operand number `position`.
struct BoostEdge {
  NodeId operand = no_node;
  NodeId user = no_node;
  std::uint32_t position = 0;

  friend auto operator<=>(const BoostEdge&, const BoostEdge&) = default;
};

/// Tag of the edge property map that gives the operand position.
struct OperandPosition {
  using kind = boost::edge_property_tag;
};
inline constexpr OperandPosition operand_position{};

/// The edges that leave a node, in the order of the use index.
class BoostOutEdgeIterator
    : public boost::iterator_facade<BoostOutEdgeIterator, BoostEdge, boost::random_access_traversal_tag, BoostEdge> {
 public:
  BoostOutEdgeIterator() = default;
  BoostOutEdgeIterator(NodeId operand, const Use* use) : operand_(operand), use_(use) {}

 private:
  friend class boost::iterator_core_access;
  [[nodiscard]] BoostEdge dereference() const noexcept { return {operand_, use_->user, use_->position}; }
  [[nodiscard]] bool equal(const BoostOutEdgeIterator& other) const noexcept { return use_ == other.use_; }
  void increment() noexcept { ++use_; }
  void decrement() noexcept { --use_; }
  void advance(std::ptrdiff_t steps) noexcept { use_ += steps; }
  [[nodiscard]] std::ptrdiff_t distance_to(const BoostOutEdgeIterator& other) const noexcept {
    return other.use_ - use_;
  }

  NodeId operand_ = no_node;
  const Use* use_ = nullptr;
};

/// The edges that enter a node, in operand order.
class BoostInEdgeIterator
    : public boost::iterator_facade<BoostInEdgeIterator, BoostEdge, boost::random_access_traversal_tag, BoostEdge> {
 public:
  BoostInEdgeIterator() = default;
  BoostInEdgeIterator(NodeId user, const NodeId* operands, std::uint32_t position)
      : user_(user), position_(position), operands_(operands) {}

 private:
  friend class boost::iterator_core_access;
  [[nodiscard]] BoostEdge dereference() const noexcept { return {operands_[position_], user_, position_}; }
  [[nodiscard]] bool equal(const BoostInEdgeIterator& other) const noexcept { return position_ == other.position_; }
  void increment() noexcept { ++position_; }
  void decrement() noexcept { --position_; }
  void advance(std::ptrdiff_t steps) noexcept { position_ = static_cast<std::uint32_t>(position_ + steps); }
  [[nodiscard]] std::ptrdiff_t distance_to(const BoostInEdgeIterator& other) const noexcept {
    return std::ptrdiff_t{other.position_} - std::ptrdiff_t{position_};
  }

  NodeId user_ = no_node;
  std::uint32_t position_ = 0;
  const NodeId* operands_ = nullptr;  // of user_
};

/// All edges, by user, then position.
class BoostEdgeIterator
    : public boost::iterator_facade<BoostEdgeIterator, BoostEdge, boost::forward_traversal_tag, BoostEdge> {
 public:
  BoostEdgeIterator() = default;
  BoostEdgeIterator(const Graph& graph, NodeId user) : graph_(&graph), user_(user) { skip_users_without_operands(); }

 private:
  friend class boost::iterator_core_access;
  [[nodiscard]] BoostEdge dereference() const noexcept {
    return {graph_->operands(user_)[position_], user_, position_};
  }
  [[nodiscard]] bool equal(const BoostEdgeIterator& other) const noexcept {
    return user_ == other.user_ && position_ == other.position_;
  }
  void increment() noexcept {
    if (++position_ == graph_->operands(user_).size()) {
      position_ = 0;
      ++user_;
      skip_users_without_operands();
    }
  }
  void skip_users_without_operands() noexcept {
    while (user_ < graph_->size() && graph_->operands(user_).empty()) ++user_;
  }

  const Graph* graph_ = nullptr;
  NodeId user_ = 0;
  std::uint32_t position_ = 0;
};

/// The users of a node; one that uses it twice comes twice.
class BoostAdjacencyIterator
    : public boost::iterator_facade<BoostAdjacencyIterator, NodeId, boost::random_access_traversal_tag, NodeId> {
 public:
  BoostAdjacencyIterator() = default;
  explicit BoostAdjacencyIterator(const Use* use) : use_(use) {}

 private:
  friend class boost::iterator_core_access;
  [[nodiscard]] NodeId dereference() const noexcept { return use_->user; }
  [[nodiscard]] bool equal(const BoostAdjacencyIterator& other) const noexcept { return use_ == other.use_; }
  void increment() noexcept { ++use_; }
  void decrement() noexcept { --use_; }
  void advance(std::ptrdiff_t steps) noexcept { use_ += steps; }
  [[nodiscard]] std::ptrdiff_t distance_to(const BoostAdjacencyIterator& other) const noexcept {
    return other.use_ - use_;
  }

  const Use* use_ = nullptr;
};

/// The view. Refers to the graph, which must live as long; owns the use index. The free functions that Boost asks for
/// are found by argument-dependent look-up.
class BoostGraph {
 public:
  explicit BoostGraph(const Graph& graph) : graph_(&graph), uses_(graph) {}
  explicit BoostGraph(Graph&&) = delete;

  [[nodiscard]] const Graph& graph() const noexcept { return *graph_; }
  [[nodiscard]] const UseIndex& uses() const noexcept { return uses_; }

  /// @name What boost::graph_traits reads. @{
  using vertex_descriptor = NodeId;
  using edge_descriptor = BoostEdge;
  using vertex_iterator = boost::counting_iterator<NodeId>;
  using edge_iterator = BoostEdgeIterator;
  using out_edge_iterator = BoostOutEdgeIterator;
  using in_edge_iterator = BoostInEdgeIterator;
  using adjacency_iterator = BoostAdjacencyIterator;
  using directed_category = boost::bidirectional_tag;
  using edge_parallel_category = boost::allow_parallel_edge_tag;
  struct traversal_category : boost::vertex_list_graph_tag,
                              boost::edge_list_graph_tag,
                              boost::bidirectional_graph_tag,
                              boost::adjacency_graph_tag {};
  using vertices_size_type = std::size_t;
  using edges_size_type = std::size_t;
  using degree_size_type = std::size_t;
  static constexpr NodeId null_vertex() noexcept { return no_node; }
  /// @}

 private:
  const Graph* graph_;
  UseIndex uses_;
};

[[nodiscard]] inline std::size_t num_vertices(const BoostGraph& g) noexcept { return g.graph().size(); }
[[nodiscard]] inline auto vertices(const BoostGraph& g) {
  using Iterator = BoostGraph::vertex_iterator;
  return std::pair(Iterator(0), Iterator(static_cast<NodeId>(g.graph().size())));
}

[[nodiscard]] inline std::size_t num_edges(const BoostGraph& g) noexcept { return g.uses().edge_count(); }
[[nodiscard]] inline auto edges(const BoostGraph& g) noexcept {
  return std::pair(BoostEdgeIterator(g.graph(), 0),
                   BoostEdgeIterator(g.graph(), static_cast<NodeId>(g.graph().size())));
}

[[nodiscard]] inline NodeId source(const BoostEdge& edge, const BoostGraph& /*g*/) noexcept { return edge.operand; }
[[nodiscard]] inline NodeId target(const BoostEdge& edge, const BoostGraph& /*g*/) noexcept { return edge.user; }

[[nodiscard]] inline std::size_t out_degree(NodeId id, const BoostGraph& g) noexcept { return g.uses()[id].size(); }
[[nodiscard]] inline auto out_edges(NodeId id, const BoostGraph& g) noexcept {
  const auto uses = g.uses()[id];
  return std::pair(BoostOutEdgeIterator(id, uses.data()), BoostOutEdgeIterator(id, uses.data() + uses.size()));
}

[[nodiscard]] inline std::size_t in_degree(NodeId id, const BoostGraph& g) noexcept {
  return g.graph().operands(id).size();
}
[[nodiscard]] inline auto in_edges(NodeId id, const BoostGraph& g) noexcept {
  const auto operands = g.graph().operands(id);
  return std::pair(BoostInEdgeIterator(id, operands.data(), 0),
                   BoostInEdgeIterator(id, operands.data(), static_cast<std::uint32_t>(operands.size())));
}
[[nodiscard]] inline std::size_t degree(NodeId id, const BoostGraph& g) noexcept {
  return in_degree(id, g) + out_degree(id, g);
}

[[nodiscard]] inline auto adjacent_vertices(NodeId id, const BoostGraph& g) noexcept {
  const auto uses = g.uses()[id];
  return std::pair(BoostAdjacencyIterator(uses.data()), BoostAdjacencyIterator(uses.data() + uses.size()));
}

/// Vertices are their own indices; as std::size_t, which some of Boost's algorithms take for granted.
struct NodeIndexMap {
  using key_type = NodeId;
  using value_type = std::size_t;
  using reference = std::size_t;
  using category = boost::readable_property_map_tag;

  std::size_t operator[](NodeId id) const noexcept { return id; }
  friend std::size_t get(const NodeIndexMap& /*map*/, NodeId id) noexcept { return id; }
};
[[nodiscard]] inline NodeIndexMap get(boost::vertex_index_t /*tag*/, const BoostGraph& /*g*/) noexcept { return {}; }
[[nodiscard]] inline std::size_t get(boost::vertex_index_t /*tag*/, const BoostGraph& /*g*/, NodeId id) noexcept {
  return id;
}

/// Readable property map from edges to operand positions.
struct OperandPositionMap {
  using key_type = BoostEdge;
  using value_type = std::uint32_t;
  using reference = std::uint32_t;
  using category = boost::readable_property_map_tag;

  friend std::uint32_t get(const OperandPositionMap& /*map*/, const BoostEdge& edge) noexcept { return edge.position; }
};
[[nodiscard]] inline OperandPositionMap get(OperandPosition /*tag*/, const BoostGraph& /*g*/) noexcept { return {}; }
[[nodiscard]] inline std::uint32_t get(OperandPosition /*tag*/, const BoostGraph& /*g*/,
                                       const BoostEdge& edge) noexcept {
  return edge.position;
}

}  // namespace wengert::graph

template <>
struct boost::property_map<wengert::graph::BoostGraph, boost::vertex_index_t> {
  using type = wengert::graph::NodeIndexMap;
  using const_type = type;
};
template <>
struct boost::property_map<wengert::graph::BoostGraph, wengert::graph::OperandPosition> {
  using type = wengert::graph::OperandPositionMap;
  using const_type = type;
};
