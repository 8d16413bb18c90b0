/// The rules, one function a group; see verify.hpp. Reads the storage itself: accessors trust what is checked here.
#include "wengert/graph/verify.hpp"

#include <array>
#include <tuple>
#include <unordered_set>

#include "wengert/graph/error.hpp"

namespace wengert::graph {

/// Walks one graph and collects what is wrong.
class Verifier {
 public:
  Verifier(const Graph& graph, std::size_t most) : graph_(graph), most_(most) {}

  std::vector<Violation> run() && {
    check_types();
    std::vector<NodeId> variables;
    for (NodeId id = 0; id < graph_.size() && !full(); ++id) {
      check_node(id);
      if (graph_.nodes_[id].operation == variable_operation) {
        variables.push_back(id);
      }
    }
    if (!full() && variables != graph_.variables_) {
      report("variables", no_node, "the list of variables is not the list of variable nodes");
    }
    for (const NodeId output : graph_.outputs_) {
      if (output >= graph_.size()) {
        report("outputs", no_node, "output " + std::to_string(output) + " is no node");
      }
    }
    check_scopes();
    check_column(graph_.names_, graph_.strings_.size(), "name");
    check_column(graph_.node_scopes_, graph_.scopes_.size(), "scope");
    check_column(graph_.node_locations_, graph_.locations_.size(), "location");
    for (const detail::StoredLocation& location : graph_.locations_) {
      if (location.file >= graph_.strings_.size() || location.function >= graph_.strings_.size()) {
        report("side tables", no_node, "a location names a string that is not there");
      }
    }
    check_links();
    return std::move(found_);
  }

 private:
  [[nodiscard]] bool full() const noexcept { return found_.size() >= most_; }

  void report(const char* rule, NodeId node, std::string text) {
    if (!full()) {
      found_.push_back({rule, node, std::move(text)});
    }
  }

  void check_types() {
    std::unordered_set<Type> seen;
    for (const Type& type : graph_.types_) {
      if (!seen.insert(type).second) {
        report("type index", no_node, "the type " + to_string(type) + " is in the table twice");
      }
    }
  }

  /// The encoding of the operand list; on success `operands` views it.
  bool decode(NodeId id, std::span<const NodeId>& operands, std::uint32_t& attribute) {
    const Node& node = graph_.nodes_[id];
    attribute = node.word;
    if (node.operands[0] != wide_node) {
      if (node.operands[0] == no_node && node.operands[1] != no_node) {
        report("encoding", id, "operand 1 without an operand 0");
        return false;
      }
      operands = std::span(node.operands)
                     .first((node.operands[0] != no_node ? 1U : 0U) + (node.operands[1] != no_node ? 1U : 0U));
      return true;
    }
    const std::size_t room = graph_.pool_.size();
    if (node.word >= room || room - node.word < 2 || room - node.word - 2 < graph_.pool_[node.word]) {
      report("encoding", id, "its operand list leaves the pool");
      return false;
    }
    if (graph_.pool_[node.word] < 3 || node.operands[1] != no_node) {
      report("encoding", id, "a list of fewer than three operands, or an inline one, lies in the pool");
      return false;
    }
    attribute = graph_.pool_[node.word + 1];
    operands = std::span(graph_.pool_).subspan(node.word + 2, graph_.pool_[node.word]);
    return true;
  }

  void check_node(NodeId id) {
    const Node& node = graph_.nodes_[id];
    if (index_of(node.operation) >= operation_count()) {
      report("operation", id, "no operation has the id " + std::to_string(index_of(node.operation)));
      return;
    }
    const Operation& record = graph::operation(node.operation);
    const bool typed = node.type < graph_.types_.size();
    if (!typed) {
      report("type index", id, "no type " + std::to_string(node.type));
    }
    std::span<const NodeId> operands;
    std::uint32_t index = no_attribute;
    if (!decode(id, operands, index)) {
      return;
    }
    bool sound = typed;
    for (std::size_t position = 0; position < operands.size(); ++position) {
      if (operands[position] >= id) {
        report("order", id,
               "operand " + std::to_string(position) + " is node " + std::to_string(operands[position]) +
                   ", not a smaller id");
        sound = false;
      } else if (graph_.nodes_[operands[position]].type >= graph_.types_.size()) {
        sound = false;  // reported where it stands
      }
    }
    if (record.arity != variadic && operands.size() != static_cast<std::size_t>(record.arity)) {
      report("arity", id, std::to_string(operands.size()) + " operands instead of " + std::to_string(record.arity));
      sound = false;
    }
    if (index != no_attribute && index >= graph_.attributes_.size()) {
      report("attribute", id, "no attribute " + std::to_string(index));
      return;
    }
    static const Attribute none{};
    const Attribute& attribute = index == no_attribute ? none : graph_.attributes_[index];
    if (!contains(record.attribute, kind_of(attribute))) {
      report("attribute", id, "kind " + to_string(kind_of(attribute)) + " instead of " + to_string(record.attribute));
      sound = false;
    }
    if (sound && node.operation != variable_operation) {
      check_type(id, record, operands, attribute);
    }
  }

  void check_type(NodeId id, const Operation& record, std::span<const NodeId> operands, const Attribute& attribute) {
    types_.resize(operands.size());
    for (std::size_t i = 0; i < operands.size(); ++i) {
      types_[i] = graph_.types_[graph_.nodes_[operands[i]].type];
    }
    const Type& has = graph_.types_[graph_.nodes_[id].type];
    try {
      const Type rule = record.type_rule(types_, attribute);
      if (rule != has) {
        report("type", id, to_string(has) + " instead of " + to_string(rule));
      }
    } catch (const Error& error) {
      report("type", id, std::string("the type rule refuses: ") + error.what());
    }
  }

  void check_scopes() {
    const auto& scopes = graph_.scopes_;
    if (!scopes.empty() && (scopes[0].parent != root_scope || scopes[0].name != detail::no_value)) {
      report("scopes", no_node, "scope 0 is not the root");
    }
    for (std::size_t scope = 1; scope < scopes.size(); ++scope) {
      if (scopes[scope].parent >= scope) {
        report("scopes", no_node,
               "the parent of scope " + std::to_string(scope) + " is scope " + std::to_string(scopes[scope].parent) +
                   ", not a smaller id");
      }
      if (scopes[scope].name >= graph_.strings_.size()) {
        report("scopes", no_node, "the name of scope " + std::to_string(scope) + " is no string");
      }
    }
  }

  void check_column(const detail::Column& column, std::size_t values, const char* what) {
    if (!column.sparse_.empty() && !column.dense_.empty()) {
      report("side tables", no_node, std::string(what) + ": both sparse and dense");
    }
    std::uint64_t least = 0;
    column.for_each([&](std::uint32_t key, std::uint32_t value) {
      if (key >= graph_.size()) {
        report("side tables", no_node, std::string(what) + " of node " + std::to_string(key) + ", which is not there");
      } else if (key < least) {
        report("side tables", key, std::string(what) + " out of order");
      }
      if (value >= values) {
        report("side tables", key,
               std::string(what) + " has the index " + std::to_string(value) + " of " + std::to_string(values));
      }
      least = std::uint64_t{key} + 1;
    });
  }

  void check_links() {
    const AdjointLink* last = nullptr;
    for (const AdjointLink& link : graph_.links_) {
      const auto key = [](const AdjointLink& a) { return std::tuple(a.adjoint, ~a.primal, a.operand); };
      if (last != nullptr && !(key(*last) < key(link))) {
        report("ties", link.adjoint, "ties out of order, or one twice");
      }
      last = &link;
      if (link.adjoint >= graph_.size() || link.primal >= graph_.size()) {
        report("ties", no_node,
               "node " + std::to_string(link.adjoint) + " is tied to node " + std::to_string(link.primal) +
                   ", and one of them is not there");
        continue;
      }
      if (found_.empty() && link.operand != AdjointLink::itself &&
          (link.operand < 0 || static_cast<std::size_t>(link.operand) >= graph_.operands(link.primal).size())) {
        report("ties", link.adjoint,
               "tied to operand " + std::to_string(link.operand) + " of node " + std::to_string(link.primal) +
                   ", which has no such operand");
      }
    }
  }

  const Graph& graph_;
  std::size_t most_;
  std::vector<Violation> found_;
  std::vector<Type> types_;  // scratch of check_type
};

std::vector<Violation> violations(const Graph& graph, std::size_t most) { return Verifier(graph, most).run(); }

void verify(const Graph& graph) {
  const std::vector<Violation> found = violations(graph, 1);
  if (found.empty()) {
    return;
  }
  const Violation& first = found.front();
  std::string subject = "the graph";
  if (first.node != no_node) {
    subject = "node " + std::to_string(first.node);
    if (const OperationId id = graph.operation_id(first.node); index_of(id) < operation_count()) {
      subject += " (" + std::string(operation(id).name) + ")";
    }
  }
  throw InternalError{
      {.operation = "verify", .problem = subject + " breaks the rule '" + first.rule + "': " + first.text}};
}

}  // namespace wengert::graph
