/// Look-ups of Graph and the work of GraphBuilder; see graph.hpp.
#include "wengert/graph/graph.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

#include "wengert/graph/error.hpp"

namespace wengert::graph {

const Attribute Graph::none_{};

namespace detail {

std::uint32_t StringPool::add(std::string_view text) {
  if (size() == no_value) {
    throw CapacityError{{.operation = "graph", .problem = std::to_string(no_value) + " strings are in use"}};
  }
  if (starts_.empty()) {
    starts_.push_back(0);
  }
  bytes_.insert(bytes_.end(), text.begin(), text.end());
  starts_.push_back(bytes_.size());
  return static_cast<std::uint32_t>(starts_.size() - 2);
}

}  // namespace detail

// ----------------------------------------------------------------------------------------------------------------
// Graph

std::optional<NodeId> Graph::find(std::string_view name) const noexcept {
  std::optional<NodeId> found;
  if (!name.empty()) {
    names_.for_each([&](std::uint32_t id, std::uint32_t index) {
      if (!found && strings_[index] == name) {
        found = id;
      }
    });
  }
  return found;
}

Scope Graph::scope_record(ScopeId scope) const noexcept {
  assert(scope < scope_count());
  if (scope == root_scope) {
    return {};
  }
  return {scopes_[scope].parent, strings_[scopes_[scope].name]};
}

Location Graph::location(NodeId id) const noexcept {
  const std::uint32_t index = node_locations_[id];
  if (index == detail::no_value) {
    return {};
  }
  const detail::StoredLocation& stored = locations_[index];
  return {strings_[stored.file], stored.line, strings_[stored.function]};
}

std::span<const AdjointLink> Graph::adjoint_links(NodeId id) const noexcept {
  struct ByAdjoint {
    bool operator()(const AdjointLink& link, NodeId node) const noexcept { return link.adjoint < node; }
    bool operator()(NodeId node, const AdjointLink& link) const noexcept { return node < link.adjoint; }
  };
  const auto [first, last] = std::equal_range(links_.begin(), links_.end(), id, ByAdjoint{});
  return {first, last};
}

std::optional<AdjointLink> Graph::adjoint_link(NodeId id) const noexcept {
  const auto links = adjoint_links(id);
  return links.empty() ? std::nullopt : std::optional(links.front());
}

std::size_t Graph::memory_use() const noexcept {
  return nodes_.capacity() * sizeof(Node) + pool_.capacity() * sizeof(std::uint32_t) +
         types_.capacity() * sizeof(Type) + attributes_.capacity() * sizeof(Attribute) +
         (outputs_.capacity() + variables_.capacity()) * sizeof(NodeId) + strings_.bytes() + names_.bytes() +
         node_scopes_.bytes() + node_locations_.bytes() + scopes_.capacity() * sizeof(detail::StoredScope) +
         locations_.capacity() * sizeof(detail::StoredLocation) + links_.capacity() * sizeof(AdjointLink);
}

bool identical(const Graph& a, const Graph& b) {
  if (a.size() != b.size() || a.scope_count() != b.scope_count() || !std::ranges::equal(a.outputs(), b.outputs()) ||
      !std::ranges::equal(a.all_adjoint_links(), b.all_adjoint_links())) {
    return false;
  }
  for (ScopeId scope = 0; scope < a.scope_count(); ++scope) {
    const Scope x = a.scope_record(scope);
    const Scope y = b.scope_record(scope);
    if (x.parent != y.parent || x.name != y.name) {
      return false;
    }
  }
  for (NodeId id = 0; id < a.size(); ++id) {
    if (a.operation_id(id) != b.operation_id(id) || a.type(id) != b.type(id) || a.name(id) != b.name(id) ||
        a.scope(id) != b.scope(id) || a.location(id) != b.location(id) ||
        !std::ranges::equal(a.operands(id), b.operands(id)) || !identical(a.attribute(id), b.attribute(id))) {
      return false;
    }
  }
  return true;
}

// ---------------------------------------------------------------------------------------------------------
// GraphBuilder

namespace {

/// Hash of what makes two nodes the same; blind to the order of the two operands of a commutative operation.
std::uint64_t hash_of(OperationId id, std::span<const NodeId> operands, bool commutative, const Attribute& attribute) {
  std::uint64_t hash = mix_hash(index_of(id), operands.size());
  if (commutative && operands.size() == 2) {
    hash = mix_hash(hash, std::min(operands[0], operands[1]));
    hash = mix_hash(hash, std::max(operands[0], operands[1]));
  } else {
    for (const NodeId operand : operands) {
      hash = mix_hash(hash, operand);
    }
  }
  return std::holds_alternative<std::monostate>(attribute) ? hash : mix_hash(hash, hash_value(attribute));
}

bool same_operands(std::span<const NodeId> a, std::span<const NodeId> b, bool commutative) noexcept {
  return std::ranges::equal(a, b) || (commutative && a.size() == 2 && b.size() == 2 && a[0] == b[1] && a[1] == b[0]);
}

[[noreturn]] void refuse_operand(OperationId id, std::size_t position, NodeId operand, std::size_t size,
                                 std::source_location where) {
  throw ArgumentError{{.operation = std::string(graph::operation(id).name),
                       .problem = "operand " + std::to_string(position) + " is node " + std::to_string(operand),
                       .expected = "a node below " + std::to_string(size),
                       .where = where}};
}

}  // namespace

void GraphBuilder::reserve(std::size_t nodes) {
  graph_.nodes_.reserve(std::min(nodes, options_.most_nodes));
  if (options_.merge_duplicates) near_.reserve(std::min(nodes, options_.most_nodes));
}

void GraphBuilder::check_room(std::source_location where) const {
  if (graph_.nodes_.size() >= std::min(options_.most_nodes, std::size_t{wide_node})) [[unlikely]] {
    throw CapacityError{{.operation = "graph",
                         .problem = std::to_string(graph_.nodes_.size()) + " nodes are in use, the most there can be",
                         .where = where}};
  }
}

void GraphBuilder::check_node(NodeId id, std::string_view function) const {
  if (id >= size()) [[unlikely]] {
    throw ArgumentError{{.operation = std::string(function),
                         .problem = "no node " + std::to_string(id),
                         .expected = "a node below " + std::to_string(size())}};
  }
}

TypeId GraphBuilder::intern(const Type& type, std::source_location where) {
  const auto [entry, inserted] = type_ids_.try_emplace(type, TypeId{0});
  if (inserted) {
    if (graph_.types_.size() > 0xFFFF) {
      type_ids_.erase(entry);
      throw CapacityError{{.operation = "graph",
                           .operands = {to_string(type)},
                           .problem = "65536 distinct types are in use, the most there can be",
                           .where = where}};
    }
    entry->second = static_cast<TypeId>(graph_.types_.size());
    graph_.types_.push_back(type);
  }
  return entry->second;
}

std::uint32_t GraphBuilder::intern_string(std::string_view text) {
  const auto found = string_ids_.find(text);
  if (found != string_ids_.end()) {
    return found->second;
  }
  const std::uint32_t id = graph_.strings_.add(text);
  string_ids_.emplace(text, id);
  return id;
}

NodeId GraphBuilder::variable(const Type& type, std::string_view name, std::source_location where) {
  check_room(where);
  const NodeId id = append(variable_operation, intern(type, where), {}, Attribute{}, where);
  graph_.variables_.push_back(id);
  if (!name.empty()) {
    set_name(id, name);
  }
  return id;
}

NodeId GraphBuilder::constant(double value, std::source_location where) {
  return add(constant_operation, std::span<const NodeId>{}, Attribute{value}, where);
}

NodeId GraphBuilder::constant(Array value, std::source_location where) {
  if (value.is_unknown())
    throw UnknownValue{{.operation = "constant",
                        .operands = {to_string(value.type())},
                        .problem = "the elements of " + to_string(value.type()) + " are not known",
                        .expected = "a value that is computed",
                        .where = where,
                        .hint = "make it an input, or trace with example values"}};
  return add(constant_operation, std::span<const NodeId>{}, Attribute{std::move(value)}, where);
}

NodeId GraphBuilder::integer_constant(std::int64_t value, std::source_location where) {
  return add(constant_operation, std::span<const NodeId>{}, Attribute{value}, where);
}

NodeId GraphBuilder::add(OperationId operation, std::initializer_list<NodeId> operands, Attribute attribute,
                         std::source_location where) {
  return add(operation, std::span<const NodeId>(operands.begin(), operands.size()), std::move(attribute), where);
}

NodeId GraphBuilder::add(OperationId operation, std::span<const NodeId> operands, Attribute attribute,
                         std::source_location where) {
  check_room(where);
  for (std::size_t position = 0; position < operands.size(); ++position) {
    if (operands[position] >= size()) [[unlikely]] {
      refuse_operand(operation, position, operands[position], size(), where);
    }
  }
  const TypeId type = type_of(operation, operands, attribute, where);
  if (options_.merge_duplicates) {
    return merged(operation, type, operands, std::move(attribute), where);
  }
  return append(operation, type, operands, std::move(attribute), where);
}

TypeId GraphBuilder::type_of(OperationId operation, std::span<const NodeId> operands, const Attribute& attribute,
                             std::source_location where) {
  RememberedType* remembered = nullptr;
  std::uint64_t key = 0;
  if (operands.size() <= 2 && std::holds_alternative<std::monostate>(attribute)) {
    key = (index_of(operation) << 48U) | operands.size();
    for (std::size_t i = 0; i < operands.size(); ++i) {
      key |= std::uint64_t{graph_.nodes_[operands[i]].type} << (32U - 16U * i);
    }
    remembered = &remembered_[mix_hash(0, key) % remembered_.size()];
    if (remembered->key == key) {
      return remembered->type;
    }
  }
  std::array<Type, 4> few;
  std::vector<Type> many;
  std::span<Type> types(few.data(), std::min(operands.size(), few.size()));
  if (operands.size() > few.size()) {
    many.resize(operands.size());
    types = many;
  }
  for (std::size_t i = 0; i < operands.size(); ++i) {
    types[i] = graph_.type(operands[i]);
  }
  const TypeId type = intern(result_type(graph::operation(operation), types, attribute, where), where);
  if (remembered != nullptr) {
    *remembered = {key, type};
  }
  return type;
}

NodeId GraphBuilder::append(OperationId operation, TypeId type, std::span<const NodeId> operands, Attribute&& attribute,
                            std::source_location where) {
  std::uint32_t attribute_index = no_attribute;
  if (!std::holds_alternative<std::monostate>(attribute)) {
    if (graph_.attributes_.size() >= no_attribute) {
      throw CapacityError{{.operation = "graph", .problem = "attributes run out", .where = where}};
    }
    attribute_index = static_cast<std::uint32_t>(graph_.attributes_.size());
    graph_.attributes_.push_back(std::move(attribute));
  }
  Node node{.operation = operation, .type = type, .operands = {no_node, no_node}, .word = attribute_index};
  if (operands.size() <= 2) {
    std::copy(operands.begin(), operands.end(), node.operands.begin());
  } else {
    if (operands.size() > 0xFFFFFFFDU - graph_.pool_.size()) {
      throw CapacityError{{.operation = "graph", .problem = "the operands of wide nodes run out", .where = where}};
    }
    node.operands[0] = wide_node;
    node.word = static_cast<std::uint32_t>(graph_.pool_.size());
    graph_.pool_.push_back(static_cast<std::uint32_t>(operands.size()));
    graph_.pool_.push_back(attribute_index);
    graph_.pool_.insert(graph_.pool_.end(), operands.begin(), operands.end());
  }
  graph_.nodes_.push_back(node);
  return static_cast<NodeId>(graph_.nodes_.size() - 1);
}

NodeId GraphBuilder::merged(OperationId operation, TypeId type, std::span<const NodeId> operands, Attribute&& attribute,
                            std::source_location where) {
  const Operation& record = graph::operation(operation);
  if (!record.pure) {
    return append(operation, type, operands, std::move(attribute), where);
  }
  const auto same = [&](NodeId there) {
    return graph_.operation_id(there) == operation &&
           same_operands(graph_.operands(there), operands, record.commutative) &&
           identical(graph_.attribute(there), attribute);
  };
  if (!operands.empty()) {
    const NodeId latest = *std::max_element(operands.begin(), operands.end());
    if (latest >= near_.size()) {
      std::array<NodeId, near_users> none{};
      none.fill(no_node);
      near_.resize(graph_.size(), none);
    }
    for (std::size_t k = 0; k < near_users; ++k) {
      const NodeId there = near_[latest][k];
      if (there == no_node) return near_[latest][k] = append(operation, type, operands, std::move(attribute), where);
      if (same(there)) return there;
    }
  }
  if (2 * (indexed_ + 1) > index_.size()) {
    grow_index();
  }
  const std::size_t mask = index_.size() - 1;
  std::size_t slot = hash_of(operation, operands, record.commutative, attribute) & mask;
  for (; index_[slot] != no_node; slot = (slot + 1) & mask) {
    if (same(index_[slot])) return index_[slot];
  }
  const NodeId id = append(operation, type, operands, std::move(attribute), where);
  index_[slot] = id;
  ++indexed_;
  return id;
}

void GraphBuilder::grow_index() {
  std::vector<NodeId> larger(std::max<std::size_t>(64, 2 * index_.size()), no_node);
  const std::size_t mask = larger.size() - 1;
  for (const NodeId id : index_) {
    if (id == no_node) {
      continue;
    }
    std::size_t slot =
        hash_of(graph_.operation_id(id), graph_.operands(id), graph_.operation(id).commutative, graph_.attribute(id)) &
        mask;
    while (larger[slot] != no_node) {
      slot = (slot + 1) & mask;
    }
    larger[slot] = id;
  }
  index_ = std::move(larger);
}

void GraphBuilder::output(NodeId id, std::source_location where) {
  if (id >= size()) {
    throw ArgumentError{{.operation = "output",
                         .problem = "no node " + std::to_string(id),
                         .expected = "a node below " + std::to_string(size()),
                         .where = where}};
  }
  graph_.outputs_.push_back(id);
}

void GraphBuilder::set_name(NodeId id, std::string_view name) {
  check_node(id, "set_name");
  names_.set(id, name.empty() ? detail::no_value : graph_.strings_.add(name));
}

ScopeId GraphBuilder::add_scope(ScopeId parent, std::string_view name) {
  if (parent >= graph_.scope_count()) {
    throw ArgumentError{{.operation = "add_scope",
                         .operands = {std::string(name)},
                         .problem = "no scope " + std::to_string(parent),
                         .expected = "a scope below " + std::to_string(graph_.scope_count())}};
  }
  if (graph_.scopes_.empty()) {
    graph_.scopes_.emplace_back();
  }
  if (graph_.scopes_.size() >= detail::no_value) {
    throw CapacityError{{.operation = "graph", .problem = "scopes run out"}};
  }
  graph_.scopes_.push_back({parent, graph_.strings_.add(name)});
  return static_cast<ScopeId>(graph_.scopes_.size() - 1);
}

void GraphBuilder::set_scope(NodeId id, ScopeId scope) {
  check_node(id, "set_scope");
  if (scope >= graph_.scope_count()) {
    throw ArgumentError{{.operation = "set_scope",
                         .problem = "no scope " + std::to_string(scope),
                         .expected = "a scope below " + std::to_string(graph_.scope_count())}};
  }
  scopes_.set(id, scope == root_scope ? detail::no_value : scope);
}

LocationId GraphBuilder::add_location(const Location& location) {
  if (location.empty()) {
    return no_location;
  }
  const detail::StoredLocation stored{intern_string(location.file), intern_string(location.function), location.line};
  const auto [entry, inserted] = location_ids_.try_emplace(stored, static_cast<LocationId>(graph_.locations_.size()));
  if (inserted) {
    graph_.locations_.push_back(stored);
  }
  return entry->second;
}

void GraphBuilder::set_location(NodeId id, LocationId location) {
  check_node(id, "set_location");
  if (location != no_location && location >= graph_.locations_.size()) {
    throw ArgumentError{{.operation = "set_location",
                         .problem = "no location " + std::to_string(location),
                         .expected = "what add_location returned"}};
  }
  locations_.set(id, location);
}

void GraphBuilder::add_adjoint_link(NodeId adjoint, NodeId primal, std::int32_t operand) {
  check_node(adjoint, "add_adjoint_link");
  check_node(primal, "add_adjoint_link");
  const std::size_t operands = graph_.operands(primal).size();
  if (operand != AdjointLink::itself && (operand < 0 || static_cast<std::size_t>(operand) >= operands)) {
    throw ArgumentError{{.operation = "add_adjoint_link",
                         .problem = "node " + std::to_string(primal) + " has no operand " + std::to_string(operand),
                         .expected = "an operand below " + std::to_string(operands) + ", or AdjointLink::itself"}};
  }
  graph_.links_.push_back({adjoint, primal, operand});
}

Graph GraphBuilder::build() && {
  Graph graph = std::move(graph_);
  graph.names_ = std::move(names_).freeze(graph.size());
  graph.node_scopes_ = std::move(scopes_).freeze(graph.size());
  graph.node_locations_ = std::move(locations_).freeze(graph.size());
  const auto before = [](const AdjointLink& a, const AdjointLink& b) {
    return std::tuple(a.adjoint, b.primal, a.operand) < std::tuple(b.adjoint, a.primal, b.operand);
  };
  if (!std::is_sorted(graph.links_.begin(), graph.links_.end(), before)) {
    std::sort(graph.links_.begin(), graph.links_.end(), before);
  }
  graph.links_.erase(std::unique(graph.links_.begin(), graph.links_.end()), graph.links_.end());
  *this = GraphBuilder{options_};
  return graph;
}

}  // namespace wengert::graph
