// regroup: cotangents are multiplied by what is there. c·(a·b) becomes (c·a)·b, or (c·a)·b becomes c·(a·b).
#include <algorithm>
#include <array>
#include <cstdint>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "wengert/autodiff/passes/known.hpp"
#include "wengert/autodiff/passes/passes.hpp"
#include "wengert/autodiff/passes/rebuild.hpp"

namespace wengert::passes {

using graph::Graph;
using graph::NodeId;

namespace {

/// One sweep over the graph. What it makes may be the inner product of others, or have none that is needed any more.
class Regrouping {
 public:
  explicit Regrouping(const Graph& graph) : old_(graph), uses_(graph.size(), 0) {
    const std::vector<bool> needed = live(graph);
    for (NodeId id = 0; id < graph.size(); ++id)
      if (needed[id])
        for (const NodeId operand : graph.operands(id)) ++uses_[operand];
    for (const NodeId output : graph.outputs()) ++uses_[output];
  }

  Rewrite run(bool& changed) {
    Rebuild rebuild(old_);
    graph::GraphBuilder& builder = rebuild.builder();
    return std::move(rebuild).run([&](NodeId id, std::span<const NodeId> operands) {
      const Known kind = known(old_.operation_id(id));
      is_cotangent_.resize(builder.size());  // leaves are made elsewhere
      if (!is_product(kind)) return add(builder, id, operands);
      Factors factors{operands[0], operands[1]};
      if (kind == Known::scale) changed = regroup(builder, id, factors) || changed;
      const NodeId made = add(builder, id, factors);
      products(kind).try_emplace(key(factors), made);
      return made;
    });
  }

 private:
  using Factors = std::array<NodeId, 2>;
  using Products = std::unordered_map<std::uint64_t, NodeId>;

  static bool is_product(Known kind) { return kind == Known::mul || kind == Known::scale; }
  static std::uint64_t key(const Factors& f) {
    return std::uint64_t{std::min(f[0], f[1])} << 32 | std::max(f[0], f[1]);
  }
  Products& products(Known kind) { return kind == Known::mul ? mul_ : scale_; }

  NodeId add(graph::GraphBuilder& builder, NodeId id, std::span<const NodeId> operands) {
    const bool cotangent = known(old_.operation_id(id)) == Known::scale ||
                           std::ranges::any_of(operands, [&](NodeId x) { return is_cotangent_[x]; });
    const NodeId made = builder.add(old_.operation_id(id), operands, old_.attribute(id));
    is_cotangent_.resize(builder.size());
    is_cotangent_[made] = is_cotangent_[made] || cotangent;
    return made;
  }

  /// Of a `scale` x: if one of its factors is a product that nobody else needs, and another product of two of the
  /// three factors is there, x becomes that and the third one.
  bool regroup(const graph::GraphBuilder& builder, NodeId id, Factors& x) {
    for (std::size_t k = 0; k < 2; ++k) {
      const NodeId product = x[k];
      const Known inner = known(builder.operation_id(product));
      if (!is_product(inner) || uses_[old_.operands(id)[k]] != 1 || shared_.contains(product)) continue;
      const Factors factor{builder.operands(product)[0], builder.operands(product)[1]};
      for (std::size_t j = 0; j < 2; ++j) {
        const NodeId there = existing(inner, {x[1 - k], factor[j]});
        if (there == graph::no_node || there == product) continue;
        shared_.insert(there);
        const auto gone = products(inner).find(key(factor));
        if (gone != products(inner).end() && gone->second == product) products(inner).erase(gone);
        x = {there, factor[1 - j]};
        return true;
      }
    }
    return false;
  }
  /// A product of these that can take the place of the `inner` one. A cotangent of 0 makes what it is multiplied by 0,
  /// NaN or not: it must not meet that in a `mul`. So a `mul` has to be one of primals, and the `scale` that it takes
  /// the place of had the cotangent.
  [[nodiscard]] NodeId existing(Known inner, const Factors& f) const {
    const auto find = [&](const Products& in) {
      const auto found = in.find(key(f));
      return found == in.end() ? graph::no_node : found->second;
    };
    const NodeId by_scale = find(scale_);
    if (by_scale != graph::no_node || inner == Known::mul || is_cotangent_[f[0]] || is_cotangent_[f[1]])
      return by_scale;
    return find(mul_);
  }

  const Graph& old_;
  std::vector<std::uint32_t> uses_;    // by old node
  Products mul_, scale_;               // new nodes, by their factors
  std::unordered_set<NodeId> shared_;  // new nodes that have got another user
  std::vector<bool> is_cotangent_;     // by new node: it is a `scale`, or made of one
};

}  // namespace

Rewrite regroup(const Graph& graph) {
  return repeated(graph, [](const Graph& of, bool& changed) { return Regrouping(of).run(changed); });
}

}  // namespace wengert::passes
