#include "wengert/autodiff/transform/simplify.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <type_traits>
#include <utility>
#include <variant>

#include "wengert/autodiff/ops/elementwise.hpp"
#include "wengert/autodiff/record/primitive.hpp"
#include "wengert/graph/analysis.hpp"
#include "wengert/graph/extract.hpp"

namespace wengert {

using graph::Graph;
using graph::no_node;
using graph::NodeId;
using graph::OperationId;

namespace {

template <class P>
OperationId id_of() {
  static const OperationId id = graph::register_operation(PrimitiveOf<P>::record);
  return id;
}

class Simplifier {
 public:
  explicit Simplifier(const Graph& graph) : old_(graph), builder_({.merge_duplicates = true}) {}

  Simplified run() && {
    register_primitives();
    out_.node_of.assign(old_.size(), no_node);
    for (graph::ScopeId scope = 1; scope < old_.scope_count(); ++scope) {
      const graph::Scope record = old_.scope_record(scope);
      builder_.add_scope(record.parent, record.name);
    }
    const std::vector<bool> needed = graph::needed_by_outputs(old_);
    for (NodeId id = 0; id < old_.size(); ++id) {
      const bool variable = old_.operation_id(id) == graph::variable_operation;
      if (!needed[id] && !variable && !old_.outputs().empty()) continue;
      const std::size_t before = builder_.size();
      const NodeId node = rebuilt(id);
      out_.node_of[id] = node;
      // What stands for several keeps the name and the place of the first that has one.
      const bool is_new = builder_.size() != before && node + 1 == builder_.size();
      if (is_new) {
        if (old_.scope(id) != graph::root_scope) builder_.set_scope(node, old_.scope(id));
        if (const graph::Location at = old_.location(id); !at.empty()) builder_.set_location(node, at);
        named_.resize(builder_.size(), false);
      }
      if (const auto name = old_.name(id); !name.empty() && !named_[node]) {
        builder_.set_name(node, name);
        named_[node] = true;
      }
    }
    for (const NodeId output : old_.outputs()) builder_.output(out_.node_of[output]);
    for (const graph::AdjointLink& link : old_.all_adjoint_links()) {
      const NodeId adjoint = out_.node_of[link.adjoint], primal = out_.node_of[link.primal];
      if (adjoint == no_node || primal == no_node || adjoint == primal) continue;
      // Of an edge that is no more the tie goes too.
      const bool whole = link.operand == graph::AdjointLink::itself;
      if (whole || same_edge(link, primal)) builder_.add_adjoint_link(adjoint, primal, link.operand);
    }
    out_.graph = drop_unused(std::move(builder_).build());
    return std::move(out_);
  }

 private:
  NodeId rebuilt(NodeId id) {
    const OperationId operation = old_.operation_id(id);
    if (operation == graph::variable_operation) return builder_.variable(old_.type(id));
    if (operation == graph::constant_operation) return constant(old_.attribute(id));
    Node node{operation, {}};
    for (const NodeId operand : old_.operands(id)) node.operands.push_back(out_.node_of[operand]);
    // A rule makes a node of fewer operations, so this ends.
    while (scalar(node)) {
      const Rewritten simpler = rewritten(node);
      if (const NodeId* const there = std::get_if<NodeId>(&simpler)) return *there;
      if (const Node* const other = std::get_if<Node>(&simpler))
        node = *other;
      else
        break;
    }
    return builder_.add(node.operation, node.operands,
                        node.operation == operation ? old_.attribute(id) : graph::Attribute{});
  }

  /// An operation and its operands, not in the graph yet.
  struct Node {
    OperationId operation;
    std::vector<NodeId> operands;
  };
  using Rewritten = std::variant<std::monostate, NodeId, Node>;

  [[nodiscard]] bool scalar(const Node& node) const {
    return graph::operation(node.operation).elementwise &&
           std::all_of(node.operands.begin(), node.operands.end(),
                       [&](NodeId x) { return builder_.type(x).shape.rank() == 0; });
  }

  NodeId constant(const graph::Attribute& value) {
    if (const auto* number = std::get_if<double>(&value)) return builder_.constant(*number);
    if (const auto* integer = std::get_if<std::int64_t>(&value)) return builder_.integer_constant(*integer);
    return builder_.constant(std::get<Array>(value));
  }

  [[nodiscard]] std::optional<double> number(NodeId node) const {
    if (builder_.operation_id(node) != graph::constant_operation || builder_.type(node) != Type{}) return std::nullopt;
    const auto* value = std::get_if<double>(&builder_.attribute(node));
    return value == nullptr ? std::nullopt : std::optional(*value);
  }
  [[nodiscard]] bool is(NodeId node, double value) const { return number(node) == value; }
  [[nodiscard]] bool is_zero(NodeId node, bool negative) const {
    const std::optional<double> value = number(node);
    return value && *value == 0 && std::signbit(*value) == negative;
  }
  /// x of −x.
  [[nodiscard]] std::optional<NodeId> negated(NodeId node) const {
    if (builder_.operation_id(node) != id_of<ops::Neg>()) return std::nullopt;
    return builder_.operands(node)[0];
  }

  /// The rules of the header, of scalars.
  [[nodiscard]] Rewritten rewritten(const Node& node) {
    const std::vector<NodeId>& x = node.operands;
    if (const auto value = folded(node)) return builder_.constant(*value);
    const auto of = [&]<class P>(std::type_identity<P>) { return node.operation == id_of<P>(); };
    const auto make = [](OperationId operation, std::vector<NodeId> operands) {
      return Node{operation, std::move(operands)};
    };
    const bool scale = of(std::type_identity<ops::Scale>{});
    if (of(std::type_identity<ops::Mul>{}) || scale) {
      for (std::size_t k = 0; k < 2; ++k) {
        if (is(x[k], 1)) return x[1 - k];
        if (is(x[k], -1)) return make(id_of<ops::Neg>(), {x[1 - k]});
        if (scale && is(x[k], 0)) return builder_.constant(0.0);
      }
      const auto a = negated(x[0]), b = negated(x[1]);
      if (a && b) return make(node.operation, {*a, *b});
    }
    if (of(std::type_identity<ops::Div>{})) {
      if (is(x[1], 1)) return x[0];
      if (is(x[1], -1)) return make(id_of<ops::Neg>(), {x[0]});
    }
    if ((of(std::type_identity<ops::IntegerPow>{}) || of(std::type_identity<ops::Pow>{})) && is(x[1], 1)) return x[0];
    if (of(std::type_identity<ops::Add>{})) {
      for (std::size_t k = 0; k < 2; ++k) {
        if (is_zero(x[k], true)) return x[1 - k];
        if (const auto other = negated(x[k])) return make(id_of<ops::Sub>(), {x[1 - k], *other});
      }
    }
    if (of(std::type_identity<ops::Sub>{})) {
      if (is_zero(x[1], false)) return x[0];
      if (const auto other = negated(x[1])) return make(id_of<ops::Add>(), {x[0], *other});
    }
    if (of(std::type_identity<ops::Neg>{})) {
      if (const auto other = negated(x[0])) return *other;
    }
    if (of(std::type_identity<ops::Where>{}) && x[1] == x[2]) return x[1];
    return {};
  }

  /// Its value, when all operands are numbers.
  [[nodiscard]] std::optional<double> folded(const Node& node) const {
    std::array<double, 3> values{};
    if (node.operands.empty() || node.operands.size() > values.size()) return std::nullopt;
    for (std::size_t k = 0; k < node.operands.size(); ++k) {
      const auto value = number(node.operands[k]);
      if (!value) return std::nullopt;
      values[k] = *value;
    }
    // Every elementwise operation in the table is a Primitive: the graph layer defines none.
    const auto* const primitive = static_cast<const Primitive*>(&graph::operation(node.operation));
    return primitive->value == nullptr || primitive->truth ? std::nullopt
                                                           : std::optional(primitive->value(values.data()));
  }

  /// Whether operand `link.operand` of the primal node is still what it was.
  [[nodiscard]] bool same_edge(const graph::AdjointLink& link, NodeId primal) const {
    const auto position = static_cast<std::size_t>(link.operand);
    const auto operands = builder_.operands(primal);
    return builder_.operation_id(primal) == old_.operation_id(link.primal) && position < operands.size() &&
           operands[position] == out_.node_of[old_.operands(link.primal)[position]];
  }

  /// Rules leave nodes behind that nobody uses any more.
  Graph drop_unused(const Graph& graph) {
    if (graph.outputs().empty()) return graph;
    std::vector<bool> keep = graph::needed_by_outputs(graph);
    for (const NodeId variable : graph.variables()) keep[variable] = true;
    graph::Extract part = graph::extract(graph, keep);
    std::vector<NodeId> place(graph.size(), no_node);
    for (NodeId id = 0; id < part.origin.size(); ++id) place[part.origin[id]] = id;
    for (NodeId& node : out_.node_of) {
      if (node != no_node) node = place[node];
    }
    return std::move(part.graph);
  }

  const Graph& old_;
  graph::GraphBuilder builder_;
  Simplified out_;
  std::vector<bool> named_;  // by new node
};

}  // namespace

Simplified simplify(const Graph& graph) { return Simplifier(graph).run(); }

Expansion simplify(const Expansion& expansion) {
  Simplified simplified = simplify(expansion.graph);
  return expansion.renumbered(std::move(simplified.graph), simplified.node_of);
}

}  // namespace wengert
