/// The steps of folding, from none to coarse; see fold.hpp.
#include "wengert/graph/drawing/fold.hpp"

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
constexpr ScopeId no_scope = 0xFFFFFFFFU;

std::uint64_t hash_of(std::string_view text) noexcept {
  std::uint64_t hash = 0x9E37;
  for (const char byte : text) hash = mix_hash(hash, static_cast<unsigned char>(byte));
  return hash;
}

/// Of a scope's name, with every number taken for the same: "layer.3" is the kind of "layer.11".
std::uint64_t kind_of_name(std::string_view name) {
  std::string kind;
  for (const char c : name) {
    const bool digit = c >= '0' && c <= '9';
    if (!digit) kind += c;
    if (digit && !kind.ends_with('\0')) kind += '\0';
  }
  return hash_of(kind);
}

/// The unit of each node while it is being worked out. Units are named by their first node until finish() numbers them.
class Folder {
 public:
  Folder(const Graph& graph, std::span<const std::uint8_t> part, const FoldOptions& options)
      : graph_(graph), part_(part), options_(options), limits_(options.limits) {
    if (options_.hidden.empty()) options_.hidden.assign(graph.size(), false);
  }

  Folding run() && {
    mark_kept();
    show_statements();
    if (!options_.repetitions && fits()) return finish();
    fold_repetitions();
    if (fits()) return finish();
    const ScopeDepths depths = scope_depths();
    for (std::uint32_t shown = depths.deepest; graph_.scope_count() > 1;) {
      fold_below(shown, depths.of);
      if (fits()) return finish();
      fold_repetitions();
      if (fits()) return finish();
      if (shown == 0) break;
      shown = depths.deepest <= most_depths ? shown - 1 : shown / 2;
    }
    fold_chains();
    if (fits()) return finish();
    for (std::size_t stretches = std::max<std::size_t>(1, limits_.most_units / 10);; stretches /= 2) {
      fold_stretches(stretches);
      if (stretches == 1 || fits()) return finish();
    }
  }

 private:
  using Pair = std::pair<std::uint32_t, std::uint32_t>;
  static constexpr std::uint32_t most_depths = 8;  // of scopes; in deeper trees every second half is tried

  void start(FoldKind kind) {
    unit_.assign(graph_.size(), unassigned);
    kind_.assign(graph_.size(), kind);
    folded_scope_.clear();
    repetitions_.clear();
    inside_.clear();
    copy_.clear();
  }

  [[nodiscard]] bool hidden(NodeId id) const { return options_.hidden[id]; }

  /// One unit a node, and one for what each statement has in one part and one scope.
  void show_statements() {
    start(FoldKind::node);
    std::unordered_map<std::uint64_t, NodeId> first;  // of a statement's part
    for (NodeId id = 0; id < graph_.size(); ++id) {
      unit_[id] = id;
      if (options_.statement.empty() || options_.statement[id] == 0 || hidden(id)) continue;
      const NodeId begin = first.try_emplace(std::uint64_t{options_.statement[id]} << 8U | part_[id], id).first->second;
      if (begin == id || graph_.scope(begin) != graph_.scope(id)) continue;
      unit_[id] = begin;
      kind_[begin] = FoldKind::statement;
    }
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
      if (unit_[id] != id || hidden(id)) continue;
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
        if (!hidden(operand) && !join(operand, id, edges)) return false;
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

  // ---- repetitions

  /// Looks for repetitions among the units that there are: among variables, constants and operations of each part
  /// apart.
  void fold_repetitions() {
    copy_ = unit_;
    inside_.assign(graph_.size(), no_repetition);
    std::vector<std::uint32_t> starts, nodes;  // of units, at their first node; only when some have several nodes
    if (std::any_of(kind_.begin(), kind_.end(), [](FoldKind kind) { return kind != FoldKind::node; })) {
      group_nodes(starts, nodes);
    }
    std::vector<std::uint64_t> scope_kind(graph_.scope_count(), 0);  // names from the root
    for (ScopeId scope = 1; scope < graph_.scope_count(); ++scope) {
      const Scope record = graph_.scope_record(scope);
      scope_kind[scope] = mix_hash(scope_kind[record.parent], kind_of_name(record.name));
    }
    std::vector<std::uint32_t> place(graph_.size(), Sequence::outside);  // of units in the present sequence
    std::array<bool, 256> parts{};
    for (const std::uint8_t part : part_) parts[part] = true;
    for (std::size_t part = 0; part < parts.size(); ++part) {
      for (int family = 0; parts[part] && family < 3; ++family) {
        fold_repetitions_of(static_cast<std::uint8_t>(part), family, scope_kind, starts, nodes, place);
      }
    }
    for (NodeId id = 0; id < graph_.size(); ++id) unit_[id] = unit_[copy_[id]];
  }

  [[nodiscard]] int family_of(NodeId unit) const {
    if (kind_[unit] != FoldKind::node) return 2;
    return graph_.operation_id(unit) == variable_operation   ? 0
           : graph_.operation_id(unit) == constant_operation ? 1
                                                             : 2;
  }

  void fold_repetitions_of(std::uint8_t part, int family, const std::vector<std::uint64_t>& scope_kind,
                           const std::vector<std::uint32_t>& starts, const std::vector<std::uint32_t>& nodes,
                           std::vector<std::uint32_t>& place) {
    std::vector<NodeId> items;  // first nodes of units
    for (NodeId id = 0; id < graph_.size(); ++id) {
      if (copy_[id] != id || part_[id] != part || hidden(id) || family_of(id) != family) continue;
      place[id] = static_cast<std::uint32_t>(items.size());
      items.push_back(id);
    }
    Sequence sequence;
    std::size_t operands = 0;
    for (const NodeId unit : items) operands += graph_.operands(unit).size();
    sequence.operands.reserve(operands);
    sequence.kinds.reserve(items.size());
    sequence.scopes.reserve(items.size());
    sequence.starts.reserve(items.size() + 1);
    for (const NodeId unit : items) {
      const std::span<const std::uint32_t> of_unit =
          starts.empty() ? std::span<const std::uint32_t>(&unit, 1)
                         : std::span(nodes).subspan(starts[unit], starts[unit + 1] - starts[unit]);
      const ScopeId scope = kind_[unit] == FoldKind::scope ? folded_scope_.at(unit) : graph_.scope(unit);
      sequence.kinds.push_back(mix_hash(scope_kind[scope], kind_of_unit(unit, of_unit)));
      sequence.scopes.push_back(scope);
      for (const NodeId node : of_unit) {
        for (const NodeId operand : graph_.operands(node)) {
          if (copy_[operand] != unit) sequence.operands.push_back(place[copy_[operand]]);
        }
      }
      sequence.starts.push_back(static_cast<std::uint32_t>(sequence.operands.size()));
    }
    for (const NodeId unit : items) place[unit] = Sequence::outside;
    const Repetitions found = find_repetitions(sequence);
    const auto base = static_cast<std::uint32_t>(repetitions_.size());
    for (const Repetition& repetition : found.all) {
      FoldedRepetition folded{.parent = repetition.parent == no_repetition ? no_repetition : repetition.parent + base,
                              .times = repetition.times,
                              .part = part,
                              .scope = no_scope};
      for (std::uint32_t i = 0; i < 2 * repetition.period; ++i) {
        const NodeId unit = items[repetition.first + i];
        folded.scope =
            common(folded.scope, kind_[unit] == FoldKind::scope ? graph_.scope_record(folded_scope_.at(unit)).parent
                                                                : graph_.scope(unit));
      }
      repetitions_.push_back(folded);
    }
    for (std::size_t i = 0; i < items.size(); ++i) {
      unit_[items[i]] = items[found.same_as[i]];
      if (found.inside[i] != no_repetition) inside_[items[i]] = found.inside[i] + base;
    }
  }

  [[nodiscard]] std::uint64_t kind_of_unit(NodeId unit, std::span<const std::uint32_t> nodes) const {
    std::uint64_t kind = static_cast<std::uint64_t>(kind_[unit]);
    if (kind_[unit] == FoldKind::scope) {
      std::uint64_t sum = 0;  // the order inside does not matter
      for (const NodeId node : nodes) sum += mix_hash(1, index_of(graph_.operation_id(node)));
      return mix_hash(mix_hash(kind, sum), nodes.size());
    }
    for (const NodeId node : nodes) {
      kind = mix_hash(mix_hash(kind, index_of(graph_.operation_id(node))), graph_.node(node).type);
      if (graph_.operation_id(node) == variable_operation) kind = mix_hash(kind, kind_of_name(graph_.name(node)));
    }
    return kind;
  }

  /// Nodes of the unit that starts at `id`: nodes[starts[id]] .. nodes[starts[id + 1] - 1].
  void group_nodes(std::vector<std::uint32_t>& starts, std::vector<std::uint32_t>& nodes) const {
    starts.assign(graph_.size() + 1, 0);
    for (NodeId id = 0; id < graph_.size(); ++id) ++starts[copy_[id] + 1];
    for (std::size_t i = 1; i < starts.size(); ++i) starts[i] += starts[i - 1];
    nodes.resize(graph_.size());
    std::vector<std::uint32_t> next(starts.begin(), starts.end() - 1);
    for (NodeId id = 0; id < graph_.size(); ++id) nodes[next[copy_[id]]++] = id;
  }

  /// The innermost scope around both; no_scope is inside everything.
  [[nodiscard]] ScopeId common(ScopeId a, ScopeId b) const {
    if (a == no_scope) return b;
    while (a != b) {
      // A parent has the smaller id.
      ScopeId& deeper = a > b ? a : b;
      deeper = graph_.scope_record(deeper).parent;
    }
    return a;
  }

  // ---- scopes

  struct ScopeDepths {
    std::vector<std::uint32_t> of;
    std::uint32_t deepest = 0;
  };
  [[nodiscard]] ScopeDepths scope_depths() const {
    ScopeDepths depths{std::vector<std::uint32_t>(graph_.scope_count(), 0)};
    for (ScopeId scope = 1; scope < graph_.scope_count(); ++scope) {
      depths.of[scope] = depths.of[graph_.scope_record(scope).parent] + 1;
      depths.deepest = std::max(depths.deepest, depths.of[scope]);
    }
    return depths;
  }

  /// Folds every scope deeper than `shown`.
  void fold_below(std::uint32_t shown, const std::vector<std::uint32_t>& depth) {
    show_statements();
    std::vector<ScopeId> ancestor(graph_.scope_count(), root_scope);  // the one of depth shown + 1, if that deep
    for (ScopeId scope = 1; scope < graph_.scope_count(); ++scope) {
      if (depth[scope] == shown + 1) ancestor[scope] = scope;
      if (depth[scope] > shown + 1) ancestor[scope] = ancestor[graph_.scope_record(scope).parent];
    }
    std::unordered_map<std::uint64_t, NodeId> first;  // (scope, part) to the first node of its unit
    for (NodeId id = 0; id < graph_.size(); ++id) {
      const ScopeId folded = ancestor[graph_.scope(id)];
      if (folded == root_scope || hidden(id)) continue;
      unit_[id] = first.try_emplace(std::uint64_t{folded} << 8U | part_[id], id).first->second;
      kind_[unit_[id]] = FoldKind::scope;
      folded_scope_[unit_[id]] = folded;
    }
  }

  // ---- chains

  /// A node that stands alone joins its operand when that, leaves apart, is the only one and feeds nothing else.
  /// A constant joins the first chain that it feeds.
  void fold_chains() {
    const UseIndex uses(graph_);
    const auto alone = [&](NodeId id) {
      return kind_[unit_[id]] == FoldKind::node && !kept_[id] && !hidden(id) && inside_[unit_[id]] == no_repetition;
    };
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
      if (begin[id] != id && length[begin[id]] >= shortest_chain) unit_[id] = copy_[id] = begin[id];
      if (length[begin[id]] >= shortest_chain) kind_[begin[id]] = FoldKind::chain;
    }
    for (NodeId id = 0; id < graph_.size(); ++id) {
      if (graph_.operation_id(id) != constant_operation || !alone(id)) continue;
      for (const Use& use : uses[id]) {
        if (kind_[unit_[use.user]] != FoldKind::chain || !together(id, use.user)) continue;
        unit_[id] = copy_[id] = unit_[use.user];
        break;
      }
    }
    name_by_first_node();
  }

  /// Constants that join a chain may have smaller ids than its start. (Nothing else is renamed by this.)
  void name_by_first_node() {
    std::unordered_map<NodeId, NodeId> renamed;
    for (NodeId id = 0; id < graph_.size(); ++id) {
      if (kind_[unit_[id]] == FoldKind::chain && id < unit_[id]) renamed.try_emplace(unit_[id], id);
    }
    for (const auto& [from, to] : renamed) {
      kind_[to] = FoldKind::chain;
      inside_[to] = no_repetition;
    }
    for (NodeId id = 0; id < graph_.size(); ++id) {
      if (const auto found = renamed.find(unit_[id]); found != renamed.end()) unit_[id] = copy_[id] = found->second;
    }
  }

  // ---- stretches

  void fold_stretches(std::size_t stretches) {
    start(FoldKind::node);
    const std::size_t length = (graph_.size() + stretches - 1) / stretches;
    std::array<NodeId, 256> open{};  // first node of the present stretch of each part
    open.fill(no_node);
    for (NodeId id = 0; id < graph_.size(); ++id) {
      if (id % length == 0) open.fill(no_node);
      if ((kept_[id] && stretches > 1) || hidden(id)) {
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
    folding.repetitions = std::move(repetitions_);
    folding.copy_of = std::move(copy_);
    folding.unit_of.assign(graph_.size(), no_unit);
    for (NodeId id = 0; id < graph_.size(); ++id) {
      if (hidden(id)) continue;
      const NodeId name = unit_[id];
      const NodeId copy = folding.copy_of.empty() ? name : folding.copy_of[id];  // first node of the copy
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
        unit.copies = 0;
        if (!inside_.empty()) unit.repetition = inside_[id];
        folding.units.push_back(std::move(unit));
      } else {
        folding.unit_of[id] = folding.unit_of[name];
      }
      FoldedUnit& unit = folding.units[folding.unit_of[id]];
      unit.last = id;
      ++unit.count;
      if (copy == id) {
        ++unit.copies;
        unit.last_copy = id;
      }
      if (copy == name && unit.kind != FoldKind::node) count_operation(unit, graph_.operation_id(id));
    }
    for (FoldedUnit& unit : folding.units) {
      if (unit.count == unit.copies) {
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
  FoldOptions options_;
  FoldLimits limits_;
  std::vector<std::uint32_t> unit_;                   // first node of the unit of each node
  std::vector<FoldKind> kind_;                        // of the unit, at its first node
  std::unordered_map<NodeId, ScopeId> folded_scope_;  // of units of kind scope
  std::vector<bool> kept_;
  // Once repetitions have been sought:
  std::vector<std::uint32_t> copy_;    // first node of the copy of the unit that each node is in
  std::vector<std::uint32_t> inside_;  // repetition of the unit, at its first node
  std::vector<FoldedRepetition> repetitions_;
};

}  // namespace

Folding fold(const Graph& graph, std::span<const std::uint8_t> part, const FoldOptions& options) {
  return Folder(graph, part, options).run();
}

}  // namespace wengert::graph
