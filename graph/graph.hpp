/// Graph: an immutable directed acyclic graph of operations; GraphBuilder makes one.
///
/// Nodes are numbered in creation order, and an operand always has a smaller id than its user: the ids are a
/// topological order, every traversal is an index loop, and a cycle cannot be written down.
///
///     GraphBuilder builder;
///     const NodeId x = builder.variable(Type{}, "x");
///     const NodeId y = builder.add(mul, {x, x});
///     builder.output(y);
///     const Graph graph = std::move(builder).build();
///
/// Storage is a handful of vectors. A node takes 16 bytes; what most nodes lack (a name, an attribute, a scope, a
/// source line, a tie to a primal node) lies in side tables.
///
/// Reading order: Node, Graph, GraphBuilder.
#pragma once

#include <array>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <optional>
#include <source_location>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "wengert/graph/column.hpp"
#include "wengert/graph/operation.hpp"
#include "wengert/graph/types.hpp"

namespace wengert::graph {

/// Position of a node in its graph.
using NodeId = std::uint32_t;
/// No node. Also ends the operand list of a node.
inline constexpr NodeId no_node = 0xFFFFFFFFU;

/// Position of a type in its graph's table of distinct types.
using TypeId = std::uint16_t;
/// Position of a scope in its graph; 0 is the root, which has no name.
using ScopeId = std::uint32_t;
inline constexpr ScopeId root_scope = 0;
/// Position of a source line in its graph's table of distinct ones.
using LocationId = std::uint32_t;
inline constexpr LocationId no_location = 0xFFFFFFFFU;

/// What a graph stores for each node.
///
/// Up to two operands lie inline, `no_node` after the last, and `word` is the index of the attribute or
/// `no_attribute`. A wider node has `operands[0] == wide_node`, and `word` is the offset of its block in the
/// graph's pool: count, attribute index, operand ids.
struct Node {
  OperationId operation{};
  TypeId type = 0;
  std::array<NodeId, 2> operands{no_node, no_node};
  std::uint32_t word = 0xFFFFFFFFU;
};
static_assert(sizeof(Node) == 16);

inline constexpr NodeId wide_node = 0xFFFFFFFEU;
inline constexpr std::uint32_t no_attribute = 0xFFFFFFFFU;

/// A line of source code. The views live as long as the graph (or, going in, as long as the call).
struct Location {
  std::string_view file{};
  std::uint32_t line = 0;
  std::string_view function{};

  friend bool operator==(const Location&, const Location&) = default;
  /// True when nothing is known.
  [[nodiscard]] bool empty() const noexcept { return file.empty() && line == 0 && function.empty(); }
};

/// A named group of nodes, e.g. a layer. Scopes form a tree; a parent has a smaller id than its children.
struct Scope {
  ScopeId parent = root_scope;  ///< the root is its own parent
  std::string_view name{};
};

/// Ties a node of a gradient to the forward node that it belongs to.
///
/// `operand == AdjointLink::itself`: `adjoint` is the adjoint of `primal` (the derivative of what was differentiated
/// with respect to it). Otherwise it is the part of an adjoint that flows along one edge, from `primal` back to its
/// operand number `operand`.
struct AdjointLink {
  static constexpr std::int32_t itself = -1;
  NodeId adjoint = no_node;
  NodeId primal = no_node;
  std::int32_t operand = itself;

  friend bool operator==(const AdjointLink&, const AdjointLink&) = default;
};

namespace detail {

/// Strings end to end in one allocation.
class StringPool {
 public:
  std::uint32_t add(std::string_view text);
  [[nodiscard]] std::string_view operator[](std::uint32_t index) const noexcept {
    return {bytes_.data() + starts_[index], starts_[index + 1] - starts_[index]};
  }
  [[nodiscard]] std::size_t size() const noexcept { return starts_.empty() ? 0 : starts_.size() - 1; }
  [[nodiscard]] std::size_t bytes() const noexcept {
    return bytes_.capacity() + starts_.capacity() * sizeof(std::size_t);
  }

 private:
  std::vector<char> bytes_;
  std::vector<std::size_t> starts_;  // one more than there are strings; none when there are none
};

struct StoredLocation {
  std::uint32_t file = 0;      // in strings
  std::uint32_t function = 0;  // in strings
  std::uint32_t line = 0;

  friend bool operator==(const StoredLocation&, const StoredLocation&) = default;
};

struct StoredScope {
  ScopeId parent = root_scope;
  std::uint32_t name = no_value;  // in strings; no_value for the root
};

}  // namespace detail

/// Immutable; moving is cheap, copying copies everything; const use from several threads is safe.
/// Ids given to member functions must be below size() (asserted in debug builds).
class Graph {
 public:
  /// The graph without nodes.
  Graph() = default;

  [[nodiscard]] std::size_t size() const noexcept { return nodes_.size(); }
  [[nodiscard]] bool empty() const noexcept { return nodes_.empty(); }
  /// All nodes, in topological order.
  [[nodiscard]] std::span<const Node> nodes() const noexcept { return nodes_; }
  [[nodiscard]] const Node& node(NodeId id) const noexcept {
    assert(id < nodes_.size());
    return nodes_[id];
  }
  [[nodiscard]] OperationId operation_id(NodeId id) const noexcept { return node(id).operation; }
  [[nodiscard]] const Operation& operation(NodeId id) const { return graph::operation(node(id).operation); }
  [[nodiscard]] const Type& type(NodeId id) const noexcept { return types_[node(id).type]; }
  /// The distinct types; Node::type indexes it.
  [[nodiscard]] std::span<const Type> types() const noexcept { return types_; }
  /// The operands, each below `id`; one node may occur several times.
  [[nodiscard]] std::span<const NodeId> operands(NodeId id) const noexcept {
    const Node& n = node(id);
    if (n.operands[0] == wide_node) [[unlikely]] {
      return {pool_.data() + n.word + 2, pool_[n.word]};
    }
    return {n.operands.data(), n.operands[1] != no_node ? 2U : n.operands[0] != no_node ? 1U : 0U};
  }
  /// std::monostate when it has none.
  [[nodiscard]] const Attribute& attribute(NodeId id) const noexcept {
    const Node& n = node(id);
    const std::uint32_t index = n.operands[0] == wide_node ? pool_[n.word + 1] : n.word;
    return index == no_attribute ? none_ : attributes_[index];
  }

  /// In the order of GraphBuilder::output; a node may occur several times.
  [[nodiscard]] std::span<const NodeId> outputs() const noexcept { return outputs_; }
  /// The nodes made by GraphBuilder::variable, ascending.
  [[nodiscard]] std::span<const NodeId> variables() const noexcept { return variables_; }

  /// Empty when it has none. Any bytes.
  [[nodiscard]] std::string_view name(NodeId id) const noexcept {
    const std::uint32_t index = names_[id];
    return index == detail::no_value ? std::string_view{} : strings_[index];
  }
  /// The first node of that name.
  [[nodiscard]] std::optional<NodeId> find(std::string_view name) const noexcept;

  /// root_scope when it is in none.
  [[nodiscard]] ScopeId scope(NodeId id) const noexcept {
    const std::uint32_t index = node_scopes_[id];
    return index == detail::no_value ? root_scope : index;
  }
  /// Number of scopes, the root included; at least 1.
  [[nodiscard]] std::size_t scope_count() const noexcept { return scopes_.empty() ? 1 : scopes_.size(); }
  [[nodiscard]] Scope scope_record(ScopeId scope) const noexcept;

  /// empty() when unknown.
  [[nodiscard]] Location location(NodeId id) const noexcept;

  /// The forward nodes and edges that this node belongs to as (part of) an adjoint. One node may be several
  /// adjoints: after c = a + b, the adjoint of c is also that of a and of b.
  [[nodiscard]] std::span<const AdjointLink> adjoint_links(NodeId id) const noexcept;
  /// The first of adjoint_links: of the nodes that share this adjoint, the one that a reverse sweep meets first.
  [[nodiscard]] std::optional<AdjointLink> adjoint_link(NodeId id) const noexcept;
  /// All ties, by adjoint node ascending, then primal node descending, then operand ascending; no tie twice.
  [[nodiscard]] std::span<const AdjointLink> all_adjoint_links() const noexcept { return links_; }

  /// Bytes held, without the buffers of arrays.
  [[nodiscard]] std::size_t memory_use() const noexcept;

 private:
  friend class GraphBuilder;
  friend struct GraphTestAccess;  // tests plant violations for verify through it; defined there only
  friend class Verifier;

  static const Attribute none_;

  std::vector<Node> nodes_;
  std::vector<std::uint32_t> pool_;  // blocks of wide nodes: count, attribute index, operands
  std::vector<Type> types_;          // distinct
  std::vector<Attribute> attributes_;
  std::vector<NodeId> outputs_;
  std::vector<NodeId> variables_;
  detail::StringPool strings_;               // names of nodes and scopes, files and functions
  detail::Column names_;                     // to strings_
  detail::Column node_scopes_;               // to scopes_
  detail::Column node_locations_;            // to locations_
  std::vector<detail::StoredScope> scopes_;  // [0] is the root; may be empty
  std::vector<detail::StoredLocation> locations_;
  std::vector<AdjointLink> links_;  // sorted as all_adjoint_links says
};

/// True when both have the same nodes, types, attributes (by bits), outputs, names, scopes, locations and ties.
[[nodiscard]] bool identical(const Graph& a, const Graph& b);

/// How a GraphBuilder works.
struct GraphBuilderOptions {
  /// A pure operation applied to the same operands (in either order when it is commutative) with the same attribute,
  /// bit for bit, gives the node that is there already. Variables are never merged.
  bool merge_duplicates = false;
  /// CapacityError beyond it. The default is the largest number that ids allow.
  std::size_t most_nodes = wide_node;
};

/// Makes a Graph node by node. Not thread-safe; movable.
class GraphBuilder {
 public:
  explicit GraphBuilder(GraphBuilderOptions options = {}) : options_(options) {}

  /// Room for that many nodes.
  void reserve(std::size_t nodes);

  /// An input.
  NodeId variable(const Type& type, std::string_view name = {},
                  std::source_location where = std::source_location::current());
  /// An f64 of rank 0.
  NodeId constant(double value, std::source_location where = std::source_location::current());
  /// An array; shares its buffer. Throws UnknownValue for an unknown one.
  NodeId constant(Array value, std::source_location where = std::source_location::current());
  /// An i64 of rank 0.
  NodeId integer_constant(std::int64_t value, std::source_location where = std::source_location::current());

  /// A node whose type comes from the operation's type rule.
  ///
  /// Throws ArgumentError (an operand that is no node, a wrong number of operands, an attribute of a wrong kind),
  /// what the type rule throws (ShapeError, DtypeError, ...), CapacityError (ids, types or operands run out).
  /// `where` is the line that the error names; it is not recorded (see set_location).
  NodeId add(OperationId operation, std::span<const NodeId> operands, Attribute attribute = {},
             std::source_location where = std::source_location::current());
  NodeId add(OperationId operation, std::initializer_list<NodeId> operands, Attribute attribute = {},
             std::source_location where = std::source_location::current());

  /// The next of the graph's outputs.
  void output(NodeId id, std::source_location where = std::source_location::current());

  /// Any bytes; empty takes the name away. The last call counts; so it does for set_scope and set_location.
  void set_name(NodeId id, std::string_view name);

  /// A new scope. Two scopes may have the same parent and name.
  ScopeId add_scope(ScopeId parent, std::string_view name);
  void set_scope(NodeId id, ScopeId scope);

  /// The entry of a source line; equal lines get one entry, and nothing known gets no_location.
  LocationId add_location(const Location& location);
  void set_location(NodeId id, LocationId location);
  void set_location(NodeId id, const Location& location) { set_location(id, add_location(location)); }
  void set_location(NodeId id, const std::source_location& where) {
    set_location(id, Location{where.file_name(), where.line(), where.function_name()});
  }

  /// States that `adjoint` is (part of) an adjoint of `primal`, see AdjointLink. A node may have several.
  void add_adjoint_link(NodeId adjoint, NodeId primal, std::int32_t operand = AdjointLink::itself);

  /// @name What is there so far. @{
  [[nodiscard]] std::size_t size() const noexcept { return graph_.size(); }
  [[nodiscard]] OperationId operation_id(NodeId id) const noexcept { return graph_.operation_id(id); }
  [[nodiscard]] const Operation& operation(NodeId id) const { return graph_.operation(id); }
  [[nodiscard]] const Type& type(NodeId id) const noexcept { return graph_.type(id); }
  [[nodiscard]] std::span<const NodeId> operands(NodeId id) const noexcept { return graph_.operands(id); }
  [[nodiscard]] const Attribute& attribute(NodeId id) const noexcept { return graph_.attribute(id); }
  /// @}

  /// The graph; the builder is used up.
  [[nodiscard]] Graph build() &&;

 private:
  /// Result types that the last type rules gave, for operations without attribute: a chain asks its rule once.
  struct RememberedType {
    std::uint64_t key = ~std::uint64_t{0};
    TypeId type = 0;
  };
  struct StringHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const noexcept { return std::hash<std::string_view>{}(text); }
  };
  struct LocationHash {
    std::size_t operator()(const detail::StoredLocation& location) const noexcept {
      return static_cast<std::size_t>(mix_hash(mix_hash(location.file, location.function), location.line));
    }
  };

  void check_room(std::source_location where) const;
  void check_node(NodeId id, std::string_view function) const;
  TypeId intern(const Type& type, std::source_location where);
  std::uint32_t intern_string(std::string_view text);
  TypeId type_of(OperationId operation, std::span<const NodeId> operands, const Attribute& attribute,
                 std::source_location where);
  NodeId append(OperationId operation, TypeId type, std::span<const NodeId> operands, Attribute&& attribute,
                std::source_location where);
  NodeId merged(OperationId operation, TypeId type, std::span<const NodeId> operands, Attribute&& attribute,
                std::source_location where);
  void grow_index();

  GraphBuilderOptions options_;
  Graph graph_;
  detail::ColumnBuilder names_;
  detail::ColumnBuilder scopes_;
  detail::ColumnBuilder locations_;
  std::array<RememberedType, 64> remembered_{};
  std::unordered_map<Type, TypeId> type_ids_;
  std::unordered_map<std::string, std::uint32_t, StringHash, std::equal_to<>> string_ids_;  // files, functions
  std::unordered_map<detail::StoredLocation, LocationId, LocationHash> location_ids_;
  // Only when merging. The first users of a node that need no later one: what is looked for lies near what was made
  // last, so this stays in the cache where a hash table would not. Then, for the rest, the table.
  static constexpr std::size_t near_users = 4;
  std::vector<std::array<NodeId, near_users>> near_;
  std::vector<NodeId> index_;  // pure nodes by hash, open addressing, no_node where free
  std::size_t indexed_ = 0;
};

}  // namespace wengert::graph
