#include "wengert/autodiff/inspect/match.hpp"

#include <algorithm>
#include <cstdint>
#include <functional>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "wengert/autodiff/ops/hook.hpp"

namespace wengert::inspect {

using graph::Graph;
using graph::no_node;
using graph::NodeId;

namespace {

using Key = std::uint64_t;
constexpr Key no_key = 0;

Key hash_of(std::string_view text) { return std::hash<std::string_view>{}(text); }

/// By node a hash of how it is computed from variables and constants.
std::vector<Key> computed_keys(const Graph& graph, bool with_constants) {
  std::vector<Key> keys(graph.size());
  std::unordered_map<Key, Key> variables;  // of the same name and type so far
  for (NodeId node = 0; node < graph.size(); ++node) {
    const graph::OperationId operation = graph.operation_id(node);
    Key key = mix_hash(static_cast<Key>(graph::index_of(operation)), hash_value(graph.type(node)));
    if (operation == graph::variable_operation) {
      key = mix_hash(key, hash_of(graph.name(node)));
      key = mix_hash(key, variables[key]++);
    } else if (with_constants || operation != graph::constant_operation) {
      key = mix_hash(key, graph::hash_value(graph.attribute(node)));
    }
    const auto operands = graph.operands(node);
    if (operands.size() == 2 && graph.operation(node).commutative) {
      const auto [less, more] = std::minmax(keys[operands[0]], keys[operands[1]]);
      key = mix_hash(mix_hash(key, less), more);
    } else {
      for (const NodeId operand : operands) key = mix_hash(key, keys[operand]);
    }
    keys[node] = key == no_key ? 1 : key;
  }
  return keys;
}

/// By node a hash of its name and the names of its scopes; no_key without a name.
std::vector<Key> name_keys(const Graph& graph) {
  std::vector<Key> scopes(graph.scope_count(), 1);
  for (graph::ScopeId scope = 1; scope < graph.scope_count(); ++scope) {
    const graph::Scope record = graph.scope_record(scope);
    scopes[scope] = mix_hash(scopes[record.parent], hash_of(record.name));
  }
  std::vector<Key> keys(graph.size(), no_key);
  for (NodeId node = 0; node < graph.size(); ++node)
    if (!graph.name(node).empty()) keys[node] = mix_hash(scopes[graph.scope(node)], hash_of(graph.name(node))) | 1U;
  return keys;
}

class Matcher {
 public:
  Matcher(const Graph& a, const Graph& b) : a_(a), b_(b) {
    out_.of_a.assign(a.size(), no_node);
    out_.of_b.assign(b.size(), no_node);
  }

  Matching run() && {
    by_keys(computed_keys(a_, true), computed_keys(b_, true));
    by_keys(name_keys(a_), name_keys(b_));
    outputs();
    to_operands();
    to_users();
    // What only differs in a constant, and has neither a name nor a partner near it.
    by_keys(computed_keys(a_, false), computed_keys(b_, false));
    to_operands();
    to_users();
    return std::move(out_);
  }

 private:
  void pair(NodeId a, NodeId b) {
    out_.of_a[a] = b;
    out_.of_b[b] = a;
  }
  [[nodiscard]] bool alike(NodeId a, NodeId b) const {
    return WENGERT_HOLDS("diff: alike", a_.operation_id(a) == b_.operation_id(b) && a_.type(a) == b_.type(b));
  }

  /// Unmatched nodes of the same key, the first with the first, the second with the second, ….
  void by_keys(const std::vector<Key>& of_a, const std::vector<Key>& of_b) {
    std::vector<std::pair<Key, NodeId>> open;
    for (NodeId node = 0; node < a_.size(); ++node)
      if (out_.of_a[node] == no_node && of_a[node] != no_key) open.emplace_back(of_a[node], node);
    std::ranges::sort(open);
    std::unordered_map<Key, std::size_t> next;  // by key: where the first that is free lies
    next.reserve(open.size());
    for (std::size_t k = open.size(); k-- > 0;) next[open[k].first] = k;
    for (NodeId node = 0; node < b_.size(); ++node) {
      if (out_.of_b[node] != no_node || of_b[node] == no_key) continue;
      const auto found = next.find(of_b[node]);
      if (found == next.end() || found->second >= open.size() || open[found->second].first != of_b[node]) continue;
      const NodeId partner = open[found->second].second;
      // Named alike, but another operation: matched, and told as changed.
      ++found->second;
      pair(partner, node);
    }
  }

  void outputs() {
    for (std::size_t k = 0; k < std::min(a_.outputs().size(), b_.outputs().size()); ++k) {
      const NodeId a = a_.outputs()[k], b = b_.outputs()[k];
      if (out_.of_a[a] == no_node && out_.of_b[b] == no_node && alike(a, b)) pair(a, b);
    }
  }

  /// From the last node to the first, so that what is matched here is a start itself.
  void to_operands() {
    for (auto node = static_cast<NodeId>(a_.size()); node-- > 0;) {
      const NodeId partner = out_.of_a[node];
      if (partner == no_node) continue;
      const auto of_a = a_.operands(node);
      const auto of_b = b_.operands(partner);
      for (std::size_t k = 0; k < std::min(of_a.size(), of_b.size()); ++k)
        if (out_.of_a[of_a[k]] == no_node && out_.of_b[of_b[k]] == no_node && alike(of_a[k], of_b[k]))
          pair(of_a[k], of_b[k]);
    }
  }

  /// The same operation of operands that are partners.
  void to_users() {
    std::vector<Key> of_a(a_.size(), no_key), of_b(b_.size(), no_key);
    // Partners have the id that they have in `a`, in both graphs.
    const auto key = [&](const Graph& graph, NodeId node, const auto& id_of) {
      Key sum = mix_hash(static_cast<Key>(graph::index_of(graph.operation_id(node))), hash_value(graph.type(node)));
      if (graph.operands(node).empty()) return no_key;
      for (const NodeId operand : graph.operands(node)) {
        const NodeId id = id_of(operand);
        if (id == no_node) return no_key;
        sum = mix_hash(sum, id);
      }
      return sum | 1U;
    };
    for (NodeId node = 0; node < a_.size(); ++node)
      if (out_.of_a[node] == no_node)
        of_a[node] = key(a_, node, [&](NodeId o) { return out_.of_a[o] == no_node ? no_node : o; });
    for (NodeId node = 0; node < b_.size(); ++node)
      if (out_.of_b[node] == no_node) of_b[node] = key(b_, node, [&](NodeId o) { return out_.of_b[o]; });
    by_keys(of_a, of_b);
  }

  const Graph& a_;
  const Graph& b_;
  Matching out_;
};

}  // namespace

Matching match(const Graph& a, const Graph& b) { return Matcher(a, b).run(); }

}  // namespace wengert::inspect
