/// The steps of folding, from none to coarse; see fold.hpp.
#include "wengert/graph/fold.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <set>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "wengert/graph/uses.hpp"

namespace wengert::graph {

namespace {

constexpr std::uint32_t unassigned = 0xFFFFFFFFU;
constexpr std::size_t shortest_chain = 4;

/// The unit of each node while it is being worked out: any distinct numbers, and a kind for each.
class Folder {
 public:
  Folder(const Graph& graph, std::span<const std::uint8_t> part, const FoldLimits& limits)
      : graph_(graph), part_(part), limits_(limits) {}

  Folding run() && {
    const std::size_t nodes = graph_.size();
    if (nodes <= limits_.most_units) {
      show_every_node();
      if (fits()) return finish();
    }
    mark_kept();
    fold_scopes();
    if (fits()) return finish();
    fold_chains();
    if (fits()) return finish();
    for (std::size_t stretches = std::max<std::size_t>(1, limits_.most_units / 10);; stretches /= 2) {
      fold_stretches(stretches);
      if (stretches == 1 || fits()) return finish();
    }
  }

 private:
  using Pair = std::pair<std::uint32_t, std::uint32_t>;

  // Units are named by their first node until finish() numbers them.

  void start(FoldKind kind) {
    unit_.assign(graph_.size(), unassigned);
    kind_.assign(graph_.size(), kind);
    folded_scope_.clear();
  }

  void show_every_node() {
    start(FoldKind::node);
    for (NodeId id = 0; id < graph_.size(); ++id) unit_[id] = id;
  }

  /// Outputs stay visible in chains and stretches, if they are few.
  void mark_kept() {
    kept_.assign(graph_.size(), false);
    if (graph_.outputs().size() > limits_.most_units / 4) return;
    for (const NodeId output : graph_.outputs()) kept_[output] = true;
  }

  [[nodiscard]] bool fits() const {
    std::vector<std::uint32_t> number(graph_.size());  // of a unit, at its first node
    std::vector<std::uint8_t> parts;                   // of the units
    for (NodeId id = 0; id < graph_.size(); ++id) {
      if (unit_[id] != id) continue;
      if (parts.size() == limits_.most_units) return false;
      number[id] = static_cast<std::uint32_t>(parts.size());
      parts.push_back(part_[id]);
    }
    // Distinct pairs of units that an edge or a tie joins, the lower number first.
    std::unordered_set<std::uint64_t> joined;
    std::vector<Pair> edges;
    std::vector<Pair> ties;
    const auto join = [&](NodeId from, NodeId to, std::vector<Pair>& pairs) {
      const auto [a, b] = std::minmax(number[unit_[from]], number[unit_[to]]);
      if (a != b && joined.insert(std::uint64_t{a} << 32U | b).second) pairs.emplace_back(a, b);
      return joined.size() <= limits_.most_edges;
    };
    for (NodeId id = 0; id < graph_.size(); ++id) {
      for (const NodeId operand : graph_.operands(id)) {
        if (!join(operand, id, edges)) return false;
      }
    }
    for (const AdjointLink& link : graph_.all_adjoint_links()) {
      if (link.operand == AdjointLink::itself && !join(link.primal, link.adjoint, ties)) return false;
    }
    // The lines of folded units carry counts, and every label takes a rank of its own.
    const std::size_t ranks = parts.size() < graph_.size() ? 2 : 1;
    return ranks * span_of(edges, ties, parts) <= limits_.most_span;
  }

  /// The ranks that edges and ties cross in all, for ranks as dot gives them: longest paths along the edges inside each
  /// part, odd parts running backwards, each part placed by its ties to the one before it (see DotDirection).
  static std::size_t span_of(std::vector<Pair>& edges, const std::vector<Pair>& ties,
                             const std::vector<std::uint8_t>& parts) {
    std::sort(edges.begin(), edges.end());
    std::vector<std::size_t> rank(parts.size(), 0);
    const auto raise = [&](std::uint32_t unit, std::size_t least) { rank[unit] = std::max(rank[unit], least); };
    for (const std::uint8_t part : std::set<std::uint8_t>(parts.begin(), parts.end())) {
      const auto inside = [&](const Pair& pair) { return parts[pair.first] == part && parts[pair.second] == part; };
      for (const auto& [a, b] : ties) {
        if (parts[b] == part && parts[a] < part) raise(b, rank[a]);
      }
      if (part % 2 == 0) {
        for (const Pair& pair : edges) {
          if (inside(pair)) raise(pair.second, rank[pair.first] + 1);
        }
      } else {
        for (auto pair = edges.rbegin(); pair != edges.rend(); ++pair) {
          if (inside(*pair)) raise(pair->first, rank[pair->second] + 1);
        }
      }
    }
    std::size_t span = 0;
    for (const auto* pairs : {&std::as_const(edges), &ties}) {
      for (const auto& [a, b] : *pairs) span += rank[a] < rank[b] ? rank[b] - rank[a] : rank[a] - rank[b];
    }
    return span;
  }

  // ---- scopes

  /// Folds every scope deeper than the greatest depth at which few enough units remain; depth 0 if none does.
  void fold_scopes() {
    const std::size_t scopes = graph_.scope_count();
    std::vector<std::uint32_t> depth(scopes, 0);
    std::uint32_t deepest = 0;
    for (ScopeId scope = 1; scope < scopes; ++scope) {
      depth[scope] = depth[graph_.scope_record(scope).parent] + 1;
      deepest = std::max(deepest, depth[scope]);
    }
    // Which parts occur in a scope or below it, as a set of bits; and how many nodes stand at each depth.
    std::vector<std::uint32_t> parts(scopes, 0);
    std::vector<std::size_t> nodes_at(deepest + 1, 0);
    for (NodeId id = 0; id < graph_.size(); ++id) {
      const ScopeId scope = graph_.scope(id);
      parts[scope] |= 1U << std::min<std::uint32_t>(part_[id], 31);
      ++nodes_at[depth[scope]];
    }
    for (auto scope = static_cast<ScopeId>(scopes); scope-- > 1;) {
      parts[graph_.scope_record(scope).parent] |= parts[scope];
    }
    std::vector<std::size_t> units_at(deepest + 2, 0);  // non-empty scopes of each depth, each part counted
    for (ScopeId scope = 1; scope < scopes; ++scope) {
      units_at[depth[scope]] += static_cast<std::size_t>(std::popcount(parts[scope]));
    }
    std::uint32_t shown = 0;  // scopes of this depth are shown open, deeper ones folded
    std::size_t open = 0;
    for (std::uint32_t d = 0; d <= deepest; ++d) {
      open += nodes_at[d];
      if (open + units_at[d + 1] <= limits_.most_units) shown = d;
    }
    for (;; --shown) {
      fold_below(shown, depth);
      if (shown == 0 || fits()) return;
    }
  }

  void fold_below(std::uint32_t shown, const std::vector<std::uint32_t>& depth) {
    start(FoldKind::node);
    std::vector<ScopeId> ancestor(graph_.scope_count(), root_scope);  // the one of depth shown + 1, if that deep
    for (ScopeId scope = 1; scope < graph_.scope_count(); ++scope) {
      if (depth[scope] == shown + 1) ancestor[scope] = scope;
      if (depth[scope] > shown + 1) ancestor[scope] = ancestor[graph_.scope_record(scope).parent];
    }
    std::unordered_map<std::uint64_t, NodeId> first;  // (scope, part) to the first node of its unit
    for (NodeId id = 0; id < graph_.size(); ++id) {
      const ScopeId folded = ancestor[graph_.scope(id)];
      if (folded == root_scope) {
        unit_[id] = id;
      } else {
        unit_[id] = first.try_emplace(std::uint64_t{folded} << 8U | part_[id], id).first->second;
        kind_[unit_[id]] = FoldKind::scope;
        folded_scope_[unit_[id]] = folded;
      }
    }
  }

  // ---- chains

  /// A node that stands alone joins its operand when that, leaves apart, is the only one and feeds nothing else.
  /// A constant joins the first chain that it feeds.
  void fold_chains() {
    const UseIndex uses(graph_);
    const auto alone = [&](NodeId id) { return kind_[unit_[id]] == FoldKind::node && !kept_[id]; };
    const auto together = [&](NodeId a, NodeId b) {
      return part_[a] == part_[b] && graph_.scope(a) == graph_.scope(b);
    };
    const auto sole_user = [&](NodeId id) {
      const auto of = uses[id];
      return std::all_of(of.begin(), of.end(), [&](const Use& use) { return use.user == of.front().user; });
    };
    std::vector<std::uint32_t> length(graph_.size(), 1);  // of the chain that starts here; meaningful at its start
    std::vector<NodeId> begin(graph_.size());             // where the chain of a node starts
    for (NodeId id = 0; id < graph_.size(); ++id) {
      begin[id] = id;
      if (!alone(id)) continue;
      NodeId inner = no_node;
      bool one = true;
      for (const NodeId operand : graph_.operands(id)) {
        if (graph_.operands(operand).empty()) continue;
        one = one && (inner == no_node || inner == operand);
        inner = operand;
      }
      if (inner != no_node && one && alone(inner) && together(inner, id) && sole_user(inner)) {
        begin[id] = begin[inner];
        ++length[begin[id]];
      }
    }
    for (NodeId id = 0; id < graph_.size(); ++id) {
      if (begin[id] != id && length[begin[id]] >= shortest_chain) unit_[id] = begin[id];
      if (length[begin[id]] >= shortest_chain) kind_[begin[id]] = FoldKind::chain;
    }
    for (NodeId id = 0; id < graph_.size(); ++id) {
      if (graph_.operation_id(id) != constant_operation || !alone(id)) continue;
      for (const Use& use : uses[id]) {
        if (kind_[unit_[use.user]] != FoldKind::chain || !together(id, use.user)) continue;
        unit_[id] = unit_[use.user];
        break;
      }
    }
    name_by_first_node();
  }

  /// Constants that join a chain may have smaller ids than its start.
  void name_by_first_node() {
    std::vector<NodeId> first(graph_.size(), no_node);
    for (NodeId id = 0; id < graph_.size(); ++id) first[unit_[id]] = std::min(first[unit_[id]], id);
    std::vector<FoldKind> kinds(graph_.size(), FoldKind::node);
    std::unordered_map<NodeId, ScopeId> scopes;
    for (NodeId id = 0; id < graph_.size(); ++id) {
      const NodeId named = first[unit_[id]];
      kinds[named] = kind_[unit_[id]];
      if (kinds[named] == FoldKind::scope) scopes[named] = folded_scope_.at(unit_[id]);
      unit_[id] = named;
    }
    kind_ = std::move(kinds);
    folded_scope_ = std::move(scopes);
  }

  // ---- stretches

  void fold_stretches(std::size_t stretches) {
    start(FoldKind::node);
    const std::size_t length = (graph_.size() + stretches - 1) / stretches;
    std::array<NodeId, 256> open{};  // first node of the present stretch of each part
    open.fill(no_node);
    for (NodeId id = 0; id < graph_.size(); ++id) {
      if (id % length == 0) open.fill(no_node);
      if (kept_[id] && stretches > 1) {
        unit_[id] = id;
        continue;
      }
      NodeId& first = open[part_[id]];
      if (first == no_node) first = id;
      unit_[id] = first;
      kind_[first] = FoldKind::stretch;
    }
  }

  // ---- the result

  Folding finish() {
    Folding folding;
    folding.unit_of.resize(graph_.size());
    for (NodeId id = 0; id < graph_.size(); ++id) {
      const NodeId name = unit_[id];
      if (name == id) {
        // From here on the name of a unit is its number. A first node comes before the rest of its unit.
        folding.unit_of[id] = static_cast<std::uint32_t>(folding.units.size());
        FoldedUnit unit;
        unit.kind = kind_[id];
        unit.part = part_[id];
        unit.scope = unit.kind == FoldKind::scope     ? folded_scope_.at(id)
                     : unit.kind == FoldKind::stretch ? root_scope
                                                      : graph_.scope(id);
        unit.first = id;
        folding.units.push_back(std::move(unit));
      } else {
        folding.unit_of[id] = folding.unit_of[name];
      }
      FoldedUnit& unit = folding.units[folding.unit_of[id]];
      unit.last = id;
      ++unit.count;
      if (unit.kind != FoldKind::node) count_operation(unit, graph_.operation_id(id));
    }
    for (FoldedUnit& unit : folding.units) {
      if (unit.count == 1) {
        unit.scope = graph_.scope(unit.first);
        unit.kind = FoldKind::node;
        unit.operations.clear();
      }
      std::stable_sort(unit.operations.begin(), unit.operations.end(),
                       [](const auto& a, const auto& b) { return a.second > b.second; });
    }
    return folding;
  }

  static void count_operation(FoldedUnit& unit, OperationId operation) {
    const auto found = std::find_if(unit.operations.begin(), unit.operations.end(),
                                    [&](const auto& entry) { return entry.first == operation; });
    if (found == unit.operations.end()) {
      unit.operations.emplace_back(operation, 1);
    } else {
      ++found->second;
    }
  }

  const Graph& graph_;
  std::span<const std::uint8_t> part_;
  FoldLimits limits_;
  std::vector<std::uint32_t> unit_;                   // first node of the unit of each node
  std::vector<FoldKind> kind_;                        // of the unit, at its first node
  std::unordered_map<NodeId, ScopeId> folded_scope_;  // of units of kind scope
  std::vector<bool> kept_;
};

}  // namespace

Folding fold(const Graph& graph, std::span<const std::uint8_t> part, const FoldLimits& limits) {
  return Folder(graph, part, limits).run();
}

}  // namespace wengert::graph
