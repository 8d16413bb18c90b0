// factor: a·c + b·c becomes (a + b)·c.
#include <algorithm>
#include <unordered_map>
#include <utility>
#include <vector>

#include "wengert/autodiff/passes/known.hpp"
#include "wengert/autodiff/passes/passes.hpp"
#include "wengert/autodiff/passes/rebuild.hpp"
#include "wengert/autodiff/passes/sums.hpp"

namespace wengert::passes {

using graph::Graph;
using graph::NodeId;

namespace {

/// One sweep over the graph: sums as it finds them. What it makes may have common factors again.
class Factoring {
 public:
  explicit Factoring(const Graph& graph) : old_(graph), sums_(graph), new_of_(graph.size(), graph::no_node) {}

  Rewrite run(bool& changed) {
    Rebuild rebuild(old_);
    graph::GraphBuilder& builder = rebuild.builder();
    return std::move(rebuild).run([&](NodeId id, std::span<const NodeId> operands) {
      for (std::size_t k = 0; k < operands.size(); ++k) new_of_[old_.operands(id)[k]] = operands[k];
      if (sums_.is_root(id) && group(sums_.terms(id))) {
        changed = true;
        return sum(builder);
      }
      return builder.add(old_.operation_id(id), operands, old_.attribute(id));
    });
  }

 private:
  struct Term {
    NodeId node = graph::no_node;    // old
    NodeId factor = graph::no_node;  // old; of a product in a group
    bool negative = false;           // it is subtracted
  };

  /// A product that nothing needs once it is taken apart.
  [[nodiscard]] bool is_product(NodeId id) const {
    return (sums_.kind(id) == Known::mul || sums_.kind(id) == Known::scale) && sums_.only_in_sums(id);
  }

  /// Gives products with a factor in common this factor: the one that most of them have. False: there are none.
  bool group(const std::vector<Sums::Term>& terms) {
    terms_.clear();
    for (const Sums::Term& term : terms) terms_.push_back({.node = term.node, .negative = term.negative});
    count_.clear();
    for (const Term& term : terms_) {
      if (!is_product(term.node)) continue;
      const auto operands = old_.operands(term.node);
      ++count_[key(term.node, operands[0])];
      if (operands[1] != operands[0]) ++count_[key(term.node, operands[1])];
    }
    std::unordered_map<std::uint64_t, std::uint32_t> chosen;
    for (Term& term : terms_) {
      if (!is_product(term.node)) continue;
      const auto operands = old_.operands(term.node);
      const std::uint32_t first = count_[key(term.node, operands[0])], second = count_[key(term.node, operands[1])];
      if (std::max(first, second) < 2) continue;
      term.factor = operands[second > first ? 1 : 0];
      ++chosen[key(term.node, term.factor)];
    }
    bool any = false;
    for (Term& term : terms_) {
      if (term.factor == graph::no_node) continue;
      if (chosen[key(term.node, term.factor)] < 2)
        term.factor = graph::no_node;
      else
        any = true;
    }
    return any;
  }
  /// Factor and operation: mul and scale do not mix.
  [[nodiscard]] std::uint64_t key(NodeId product, NodeId factor) const {
    return (std::uint64_t{factor} << 1) | (sums_.kind(product) == Known::scale ? 1u : 0u);
  }
  [[nodiscard]] NodeId other(NodeId product, NodeId factor) const {
    const auto operands = old_.operands(product);
    return operands[0] == factor ? operands[1] : operands[0];
  }

  /// The terms added from the left, a group where its last product stood: what is added before need not wait for it.
  NodeId sum(graph::GraphBuilder& builder) {
    struct Group {
      std::vector<Term> terms{};
      std::size_t passed = 0;
    };
    std::unordered_map<std::uint64_t, Group> groups;
    for (const Term& term : terms_)
      if (term.factor != graph::no_node)
        groups[key(term.node, term.factor)].terms.push_back(
            {.node = new_of_[other(term.node, term.factor)], .negative = term.negative});
    NodeId total = graph::no_node;
    const auto add = [&](NodeId to, NodeId node, bool negative) {
      if (to == graph::no_node) return negative ? builder.add(id_of(Known::neg), {node}) : node;
      return builder.add(id_of(negative ? Known::sub : Known::add), {to, node});
    };
    for (const Term& term : terms_) {
      if (term.factor == graph::no_node) {
        total = add(total, new_of_[term.node], term.negative);
        continue;
      }
      Group& group = groups[key(term.node, term.factor)];
      if (++group.passed < group.terms.size()) continue;
      NodeId inner = graph::no_node;
      for (const Term& each : group.terms) inner = add(inner, each.node, each.negative != term.negative);
      total = add(total, builder.add(old_.operation_id(term.node), {inner, new_of_[term.factor]}), term.negative);
    }
    return total;
  }

  const Graph& old_;
  Sums sums_;
  std::vector<NodeId> new_of_;
  std::vector<Term> terms_;
  std::unordered_map<std::uint64_t, std::uint32_t> count_;
};

}  // namespace

Rewrite factor(const Graph& graph) {
  // A round takes one factor out of a sum; sums of products of products have as many as the chain rule is deep.
  return repeated(graph, [](const Graph& of, bool& changed) { return Factoring(of).run(changed); });
}

}  // namespace wengert::passes
