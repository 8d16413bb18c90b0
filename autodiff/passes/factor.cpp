// factor: a·c + b·c becomes (a + b)·c.
#include <algorithm>
#include <unordered_map>
#include <utility>
#include <vector>

#include "wengert/autodiff/passes/known.hpp"
#include "wengert/autodiff/passes/passes.hpp"
#include "wengert/autodiff/passes/rebuild.hpp"

namespace wengert::passes {

using graph::Graph;
using graph::NodeId;

namespace {

/// One sweep over the graph: sums as it finds them. What it makes may have common factors again.
class Factoring {
 public:
  explicit Factoring(const Graph& graph) : old_(graph), new_of_(graph.size(), graph::no_node) {
    kind_.reserve(graph.size());
    for (NodeId id = 0; id < graph.size(); ++id) kind_.push_back(known(graph.operation_id(id)));
    uses_.assign(graph.size(), 0);
    only_in_sums_.assign(graph.size(), true);
    only_user_.assign(graph.size(), graph::no_node);
    for (const NodeId output : graph.outputs()) {
      uses_[output] += 2;
      only_in_sums_[output] = false;
    }
    for (NodeId id = static_cast<NodeId>(graph.size()); id-- > 0;) {
      const bool in_sum = is_sum(id) || is_sign(id);
      for (const NodeId operand : graph.operands(id)) {
        ++uses_[operand];
        only_user_[operand] = id;
        if (!in_sum) only_in_sums_[operand] = false;
      }
    }
  }

  Rewrite run(bool& changed) {
    Rebuild rebuild(old_);
    graph::GraphBuilder& builder = rebuild.builder();
    Rewrite result = std::move(rebuild).run([&](NodeId id, std::span<const NodeId> operands) {
      for (std::size_t k = 0; k < operands.size(); ++k) new_of_[old_.operands(id)[k]] = operands[k];
      if (is_root(id)) {
        collect(id);
        if (group()) {
          changed = true;
          return sum(builder, terms_);
        }
      }
      return builder.add(old_.operation_id(id), operands, old_.attribute(id));
    });
    return result;
  }

 private:
  struct Term {
    NodeId node = graph::no_node;    // old
    NodeId factor = graph::no_node;  // old; of a product in a group
    bool negative = false;           // it is subtracted
  };

  [[nodiscard]] bool is_sum(NodeId id) const { return kind_[id] == Known::add || kind_[id] == Known::sub; }
  /// A sum that is not part of another.
  [[nodiscard]] bool is_root(NodeId id) const { return is_sum(id) && (uses_[id] != 1 || !is_sum(only_user_[id])); }
  /// A negation that only sums use: the sign of a term.
  [[nodiscard]] bool is_sign(NodeId id) const { return kind_[id] == Known::neg && only_in_sums_[id]; }
  /// A product that nothing needs once it is taken apart.
  [[nodiscard]] bool is_product(NodeId id) const {
    return (kind_[id] == Known::mul || kind_[id] == Known::scale) && only_in_sums_[id];
  }

  /// The terms of a sum, from the left.
  void collect(NodeId root) {
    terms_.clear();
    stack_.assign(1, {root});
    while (!stack_.empty()) {
      const Term top = stack_.back();
      const NodeId id = top.node;
      stack_.pop_back();
      if (is_sum(id) && (id == root || uses_[id] == 1)) {
        const auto operands = old_.operands(id);
        stack_.push_back({.node = operands[1], .negative = top.negative != (kind_[id] == Known::sub)});
        stack_.push_back({.node = operands[0], .negative = top.negative});
      } else if (is_sign(id)) {
        stack_.push_back({.node = old_.operands(id)[0], .negative = !top.negative});
      } else {
        terms_.push_back(top);
      }
    }
  }

  /// Gives products with a factor in common this factor: the one that most of them have. False: there are none.
  bool group() {
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
      // A constant before anything else: it may meet another one.
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
  [[nodiscard]] std::uint64_t key(NodeId product, NodeId factor) const {
    return (std::uint64_t{factor} << 1) | (kind_[product] == Known::scale ? 1u : 0u);
  }
  [[nodiscard]] NodeId other(NodeId product, NodeId factor) const {
    const auto operands = old_.operands(product);
    return operands[0] == factor ? operands[1] : operands[0];
  }

  /// The terms added from the left, a group where its first product stood.
  NodeId sum(graph::GraphBuilder& builder, const std::vector<Term>& terms) {
    std::unordered_map<std::uint64_t, std::vector<Term>> groups;
    for (const Term& term : terms)
      if (term.factor != graph::no_node)
        groups[key(term.node, term.factor)].push_back(
            {.node = new_of_[other(term.node, term.factor)], .negative = term.negative});
    NodeId total = graph::no_node;
    const auto add = [&](NodeId to, NodeId node, bool negative) {
      if (to == graph::no_node) return negative ? builder.add(id_of(Known::neg), {node}) : node;
      return builder.add(id_of(negative ? Known::sub : Known::add), {to, node});
    };
    for (const Term& term : terms) {
      if (term.factor == graph::no_node) {
        total = add(total, new_of_[term.node], term.negative);
        continue;
      }
      const auto found = groups.find(key(term.node, term.factor));
      if (found == groups.end()) continue;  // done
      NodeId inner = graph::no_node;
      for (const Term& each : found->second) inner = add(inner, each.node, each.negative != term.negative);
      total = add(total, builder.add(old_.operation_id(term.node), {inner, new_of_[term.factor]}), term.negative);
      groups.erase(found);
    }
    return total;
  }

  const Graph& old_;
  std::vector<Known> kind_;
  std::vector<std::uint32_t> uses_;
  std::vector<NodeId> only_user_;
  std::vector<bool> only_in_sums_;
  std::vector<NodeId> new_of_;
  std::vector<Term> terms_;
  std::vector<Term> stack_;
  std::unordered_map<std::uint64_t, std::uint32_t> count_;
};

}  // namespace

Rewrite factor(const Graph& graph) {
  // Each round takes one factor out of a sum; sums of products of products have as many as the chain rule is deep.
  constexpr int most_rounds = 64;
  Rewrite result = remove_dead(graph);
  for (int round = 0; round < most_rounds; ++round) {
    bool changed = false;
    Rewrite next = Factoring(result.graph).run(changed);
    if (!changed) break;
    result = composed(std::move(result), std::move(next));
  }
  return result;
}

}  // namespace wengert::passes
