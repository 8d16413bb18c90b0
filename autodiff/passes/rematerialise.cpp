// rematerialise: values that wait long for their last readers are computed again there, where what they are made of
// lies in memory anyway.
//
// What waits is estimated as the planner of programs will have it (exec/plan.hpp): every node has a *stage*, one more
// than its operands' where a kernel or a change of shape lies between. Elementwise work of a stage is one pass over
// memory, so a value takes memory only if a later stage reads it, or a kernel; views take none unless a kernel reads
// them. A value lives from its stage to its last reader's.
//
// Then, again and again: of the values that live through the stage at which most bytes do, and are not read there, the
// one that saves most for its work is dropped before that stage; its later readers get copies of their own. A copy is
// elementwise work over what still lives when it is read; where a slice of a value is read, a copy is made of the slice
// alone. It ends when the most bytes are within the budget, or none of these values can be computed again.
//
// Reading order: Living (stages, lives), Choice (what is dropped where), Copies (the graph with copies).
#include <algorithm>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <span>
#include <tuple>
#include <utility>
#include <vector>

#include "wengert/autodiff/passes/known.hpp"
#include "wengert/autodiff/passes/passes.hpp"
#include "wengert/autodiff/passes/rebuild.hpp"

namespace wengert::passes {

using graph::Graph;
using graph::no_node;
using graph::NodeId;

namespace {

using Stage = std::uint32_t;
constexpr Stage end_of_run = std::numeric_limits<Stage>::max();

/// Values smaller than this are kept: they weigh less than the nodes of their copies.
constexpr std::size_t least_bytes = 4096;
/// What is so much smaller than the value dropped may be kept longer for it.
constexpr std::size_t small_part = 16;
/// Operations of a copy, and how deep they lie.
constexpr int most_operations = 12, deepest = 6;

enum class Kind : std::uint8_t { leaf, elementwise, view, kernel };

/// What values of a graph take memory, and from which stage to which.
struct Living {
  explicit Living(const Graph& graph) : g(graph) {
    classify();
    find_stages();
    find_lives();
  }

  struct Reader {
    NodeId node;     // who
    NodeId through;  // what it reads: the value, or a view of it
  };

  [[nodiscard]] bool same_space(NodeId a, NodeId b) const {
    const Type &x = g.type(a), &y = g.type(b);
    return x.shape == y.shape && (x.dtype == y.dtype || !is_real(x.dtype) || !is_real(y.dtype));
  }
  /// Computed in the group that computes or reads `of`, element for element.
  [[nodiscard]] bool together(NodeId node, NodeId of) const {
    return kind[node] == Kind::elementwise && same_space(node, of);
  }

  const Graph& g;
  std::vector<Kind> kind;
  std::vector<NodeId> base;  // what a view shows
  std::vector<Stage> stage;
  std::vector<bool> in_memory;
  std::vector<Stage> last;     // of what is in memory: the last stage that needs it
  std::vector<bool> in_parts;  // a concatenation: its operands are computed where they lie in it
  std::vector<bool> part;      // such an operand
  std::vector<bool> replaced;  // a product: what reads it last writes a result over it
  std::vector<std::vector<Reader>> readers;
  Stage stages = 0;

  /// Only slices of a value are read, each once at most: what of it lies there becomes less from slice to slice.
  [[nodiscard]] bool read_by_slices(NodeId value) const {
    std::int64_t read = 0;
    for (const Reader& reader : readers[value]) {
      if (known(g.operation_id(reader.through)) != Known::slice || g.operands(reader.through)[0] != value) return false;
      read += g.type(reader.through).shape.size();
    }
    return read > 0 && read <= g.type(value).shape.size();
  }

 private:
  void classify() {
    kind.assign(g.size(), Kind::leaf);
    base.resize(g.size());
    for (NodeId node = 0; node < g.size(); ++node) {
      base[node] = node;
      if (g.operands(node).empty()) continue;
      const graph::Operation& operation = g.operation(node);
      const Known what = known(g.operation_id(node));
      const Type& type = g.type(node);
      if (operation.elementwise && operation.pure && (is_real(type.dtype) || type.dtype == Dtype::boolean))
        kind[node] = Kind::elementwise;
      else if (what == Known::broadcast || what == Known::permute || what == Known::slice || what == Known::reshape)
        kind[node] = Kind::view;
      else
        kind[node] = Kind::kernel;
    }
    // Kernels read elements one after the other: views of them are written down, reshapes apart.
    std::vector<bool> written(g.size(), false);
    for (const NodeId output : g.outputs()) written[output] = true;
    for (NodeId node = static_cast<NodeId>(g.size()); node-- > 0;) {
      const bool reshape = known(g.operation_id(node)) == Known::reshape;
      if (kind[node] == Kind::view && written[node] && !reshape) kind[node] = Kind::kernel;
      if (kind[node] == Kind::kernel || (kind[node] == Kind::view && reshape))
        for (const NodeId operand : g.operands(node)) written[operand] = true;
    }
    for (NodeId node = 0; node < g.size(); ++node)
      if (kind[node] == Kind::view) base[node] = base[g.operands(node)[0]];
  }

  void find_stages() {
    stage.assign(g.size(), 0);
    for (NodeId node = 0; node < g.size(); ++node) {
      for (const NodeId operand : g.operands(node)) stage[node] = std::max(stage[node], after(operand, node));
    }
    // What only later stages want is computed there.
    std::vector<Stage> first(g.size(), end_of_run);
    for (const NodeId output : g.outputs()) first[output] = 0;
    for (NodeId node = static_cast<NodeId>(g.size()); node-- > 0;) {
      if (kind[node] == Kind::elementwise && first[node] != end_of_run)
        stage[node] = std::max(stage[node], first[node]);
      for (const NodeId operand : g.operands(node)) {
        const Stage step = after(operand, node) - stage[operand];
        first[operand] = std::min(first[operand], stage[node] - std::min(step, stage[node]));
      }
      stages = std::max(stages, stage[node] + 1);
    }
  }
  [[nodiscard]] Stage after(NodeId operand, NodeId node) const {
    const bool apart = kind[node] == Kind::kernel || (kind[operand] == Kind::elementwise && !together(node, operand));
    return stage[operand] + (apart ? 1 : 0);
  }

  /// A sum of all elements, which the group that computes them adds up tile by tile.
  [[nodiscard]] bool is_total(NodeId node) const {
    return known(g.operation_id(node)) == Known::sum && kind[g.operands(node)[0]] == Kind::elementwise &&
           g.type(node).shape.size() == 1 && g.type(g.operands(node)[0]).shape.size() > 1;
  }

  void find_lives() {
    in_memory.assign(g.size(), false);
    last.assign(g.size(), 0);
    readers.resize(g.size());
    for (NodeId node = 0; node < g.size(); ++node) {
      if (kind[node] == Kind::view || kind[node] == Kind::leaf) continue;
      last[node] = stage[node];
      if (kind[node] == Kind::kernel) in_memory[node] = true;
      for (const NodeId operand : g.operands(node)) {
        const NodeId of = base[operand];
        if (kind[of] == Kind::leaf) continue;
        if (readers[of].empty() || readers[of].back().node != node || readers[of].back().through != operand)
          readers[of].push_back({node, operand});
        if (stage[node] > stage[of] && !is_total(node)) in_memory[of] = true;
        last[of] = std::max(last[of], stage[node]);
      }
    }
    for (const NodeId output : g.outputs()) {
      in_memory[base[output]] = true;
      last[base[output]] = end_of_run;
    }
    in_parts.assign(g.size(), false);
    part.assign(g.size(), false);
    for (NodeId node = static_cast<NodeId>(g.size()); node-- > 0;) {
      if (known(g.operation_id(node)) != Known::concatenate) continue;
      const Shape& shape = g.type(node).shape;
      const auto axis = std::get<std::int64_t>(g.attribute(node));
      in_parts[node] =
          std::all_of(shape.begin(), shape.begin() + axis, [](std::int64_t extent) { return extent == 1; });
      if (!in_parts[node]) continue;
      for (const NodeId operand : g.operands(node)) {
        part[base[operand]] = true;
        last[base[operand]] = std::max(last[base[operand]], last[node]);
      }
    }
    replaced.assign(g.size(), false);
    for (NodeId node = 0; node < g.size(); ++node)
      if (kind[node] == Kind::elementwise && in_memory[node]) replace_one(node, node, 0);
  }
  /// Of the products that the group of `result` reads last, one of its size gives its place to it.
  bool replace_one(NodeId result, NodeId node, int depth) {
    constexpr int near = 4;
    for (const NodeId operand : g.operands(node)) {
      const NodeId of = base[operand];
      if (kind[of] == Kind::leaf || !same_space(of, result)) continue;
      if (kind[of] == Kind::kernel && !in_parts[of] && !replaced[of] && !part[of] && last[of] == stage[result])
        return replaced[of] = true;
      if (kind[of] == Kind::elementwise && !in_memory[of] && depth < near && replace_one(result, of, depth + 1))
        return true;
    }
    return false;
  }
};

/// Functions such as exp take ten times as long as arithmetic.
bool is_dear(const Graph& g, NodeId node) {
  switch (known(g.operation_id(node))) {
    case Known::abs:
    case Known::add:
    case Known::div:
    case Known::greater:
    case Known::logical_not:
    case Known::max:
    case Known::min:
    case Known::mul:
    case Known::neg:
    case Known::reciprocal:
    case Known::relu:
    case Known::scale:
    case Known::sqrt:
    case Known::square:
    case Known::sub:
    case Known::where:
      return false;
    default:
      return true;
  }
}

/// Which values are dropped before which stage.
class Choice {
 public:
  Choice(const Living& living, const Rematerialisation& options)
      : l_(living),
        options_(options),
        dropped_at_(living.g.size(), end_of_run),
        needed_until_(living.g.size(), 0),
        last_(living.last),
        alive_(living.stages + 1, 0) {
    for (NodeId node = 0; node < l_.g.size(); ++node) {
      if (l_.kind[node] == Kind::leaf || !l_.in_memory[node] || l_.in_parts[node]) continue;
      if (last_[node] != end_of_run && l_.read_by_slices(node)) {
        for (const Living::Reader& reader : l_.readers[node])
          live(bytes(reader.through), l_.stage[node], l_.stage[reader.node], 1);
        continue;
      }
      if (l_.replaced[node] && l_.stage[node] == last_[node]) continue;
      live(bytes(node), l_.stage[node], last_[node] - (l_.replaced[node] ? 1 : 0), 1);
      if (l_.kind[node] == Kind::elementwise && !l_.part[node] && bytes(node) >= least_bytes &&
          last_[node] != end_of_run)
        candidates_.push_back(node);
    }
  }

  void run() {
    if (candidates_.empty()) return;
    std::size_t looks = std::size_t{1} << 26;  // at stages and values: linear time in large graphs
    for (;;) {
      const std::size_t round = alive_.size() + candidates_.size();
      if (looks < round) return;
      looks -= round;
      const auto most = std::ranges::max_element(alive_);
      if (*most <= options_.budget) return;
      if (!drop_one(static_cast<Stage>(most - alive_.begin()))) return;
    }
  }

  [[nodiscard]] bool any() const { return any_; }
  /// A reader at this stage computes the value itself.
  [[nodiscard]] bool dropped(NodeId value, Stage at) const { return at >= dropped_at_[value]; }
  /// In memory where a reader at this stage needs it.
  [[nodiscard]] bool lies_there(NodeId value, Stage at) const {
    return l_.kind[value] == Kind::leaf ||
           (l_.in_memory[value] && l_.stage[value] < at && last_[value] >= at && !dropped(value, at));
  }

 private:
  /// How a value is computed again for one reader, and what for.
  struct Copy {
    double work = 0;
    int operations = 0;
    std::vector<NodeId> read, kept;  // read where they lie; of these, kept longer
  };

  [[nodiscard]] std::size_t bytes(NodeId node) const { return byte_size(l_.g.type(node), {}); }
  void live(std::size_t count, Stage from, Stage to, int sign) {
    const auto end = std::min<std::size_t>(to, alive_.size() - 1);
    for (std::size_t s = from; s <= end; ++s) alive_[s] += static_cast<std::size_t>(sign) * count;
  }

  /// An operand may be kept until this stage for what is dropped at `peak`: it is small, or it lies there at the peak
  /// anyway, and makes no peak afterwards.
  [[nodiscard]] bool may_wait(NodeId node, Stage at, Stage peak, std::size_t dropped_bytes) const {
    if (bytes(node) * small_part <= dropped_bytes) return true;
    if (bytes(node) > dropped_bytes || last_[node] < peak || l_.part[node]) return false;
    for (Stage s = last_[node] + 1; s <= at; ++s)
      if (alive_[s] + bytes(node) >= alive_[peak]) return false;
    return true;
  }

  /// Adds to `copy` what computing `node` at this stage takes; false: that cannot be.
  bool add(NodeId node, Stage at, Stage peak, std::int64_t elements, std::size_t dropped_bytes, int depth,
           Copy& copy) const {
    const NodeId of = l_.base[node];
    if (lies_there(of, at)) {
      copy.read.push_back(of);
      copy.work += 0.5 * static_cast<double>(elements);
      return true;
    }
    if (l_.in_memory[of] && l_.stage[of] < at && !dropped(of, at) && may_wait(of, at, peak, dropped_bytes)) {
      copy.read.push_back(of);
      copy.kept.push_back(of);
      copy.work += 0.5 * static_cast<double>(elements);
      return true;
    }
    if (l_.kind[of] != Kind::elementwise || depth == deepest || copy.operations == most_operations) return false;
    const bool dear = is_dear(l_.g, of);
    if (dear && !options_.dear) return false;
    ++copy.operations;
    copy.work += (dear ? 10.0 : 1.0) * static_cast<double>(elements);
    return std::ranges::all_of(l_.g.operands(of), [&](NodeId operand) {
      return add(operand, at, peak, elements, dropped_bytes, depth + 1, copy);
    });
  }

  /// What follows if a value is dropped before stage `peak`; none if it can't be.
  struct Drop {
    NodeId value = no_node;
    double work = 0;
    std::size_t saved = 0;
    std::vector<std::pair<Stage, NodeId>> needed{};  // until then: what copies read
    std::vector<std::pair<Stage, NodeId>> kept{};
    bool waits = false;            // something as large is kept longer for it
    std::vector<Stage> written{};  // copies that are written down for a reader at this stage
    Stage last = 0;                // reader that is left
  };
  [[nodiscard]] std::optional<Drop> drop_of(NodeId value, Stage peak) const {
    if (l_.stage[value] > peak || last_[value] < peak || needed_until_[value] >= peak) return std::nullopt;
    Drop drop{.value = value, .saved = bytes(value), .last = l_.stage[value]};
    std::map<Stage, bool> done;  // stages for which there is a copy: written down?
    for (const Living::Reader& reader : l_.readers[value]) {
      const Stage at = l_.stage[reader.node];
      if (dropped(value, at) || at == l_.stage[value]) continue;
      if (at < peak) {
        drop.last = std::max(drop.last, at);
        continue;
      }
      const bool whole = reader.through == value && l_.together(reader.node, value);
      const bool part = !whole && known(l_.g.operation_id(reader.through)) == Known::slice &&
                        l_.g.operands(reader.through)[0] == value && l_.together(reader.node, reader.through);
      const bool written = !whole && !part;
      if (written && at < peak + 2) return std::nullopt;
      if (!part && done.contains(at) && done[at] >= written) continue;
      Copy copy;
      const Stage when = written ? at - 1 : at;
      const std::int64_t elements = l_.g.type(part ? reader.through : value).shape.size();
      copy.operations = 1;
      const bool dear = is_dear(l_.g, value);
      if (dear && !options_.dear) return std::nullopt;
      copy.work = (dear ? 10.0 : 1.0) * static_cast<double>(elements);
      for (const NodeId operand : l_.g.operands(value))
        if (!add(operand, when, peak, elements, drop.saved, 0, copy)) return std::nullopt;
      drop.work += copy.work;
      for (const NodeId read : copy.read) drop.needed.emplace_back(when, read);
      for (const NodeId kept : copy.kept) {
        drop.kept.emplace_back(when, kept);
        drop.waits = drop.waits || bytes(kept) * small_part > drop.saved;
      }
      if (written) drop.written.push_back(at);
      if (!part) done[at] = written;
    }
    return drop;
  }

  bool drop_one(Stage peak) {
    std::optional<Drop> best;
    for (const NodeId value : candidates_) {
      if (last_[value] < peak || l_.stage[value] > peak) continue;
      std::optional<Drop> drop = drop_of(value, peak);
      if (!drop) continue;
      const auto worth = [](const Drop& d) {
        return std::pair(!d.waits, static_cast<double>(d.saved) / (1.0 + d.work));
      };
      if (!best || worth(*drop) > worth(*best)) best = std::move(drop);
    }
    if (!best) return false;
    const NodeId value = best->value;
    live(bytes(value), l_.stage[value], last_[value], -1);
    dropped_at_[value] = std::max(peak, l_.stage[value] + 1);
    last_[value] = best->last;
    if (best->last > l_.stage[value]) live(bytes(value), l_.stage[value], last_[value], 1);
    for (const auto& [at, node] : best->needed) needed_until_[node] = std::max(needed_until_[node], at);
    for (const auto& [at, node] : best->kept) {
      if (last_[node] >= at) continue;
      live(bytes(node), last_[node] + 1, at, 1);
      last_[node] = at;
    }
    for (const Stage at : best->written) live(bytes(value), at - 1, at, 1);
    any_ = true;
    return true;
  }

  const Living& l_;
  const Rematerialisation& options_;
  std::vector<NodeId> candidates_;
  std::vector<Stage> dropped_at_, needed_until_, last_;
  std::vector<std::size_t> alive_;  // bytes by stage
  bool any_ = false;
};

/// The graph in which readers of what is dropped have copies.
class Copies {
 public:
  Copies(const Living& living, const Choice& choice)
      : l_(living),
        choice_(choice),
        rebuild_(living.g, Rebuild::Duplicates::stay),
        node_of_(living.g.size(), no_node) {}

  Rewrite run() && {
    return std::move(rebuild_).run([this](NodeId id, std::span<const NodeId> operands) {
      const std::span<const NodeId> old = l_.g.operands(id);
      std::vector<NodeId> made(operands.begin(), operands.end());
      for (std::size_t k = 0; k < old.size(); ++k) node_of_[old[k]] = operands[k];
      if (l_.kind[id] != Kind::view) {
        for (std::size_t k = 0; k < old.size(); ++k) {
          const NodeId value = l_.base[old[k]];
          if (l_.kind[value] == Kind::leaf || l_.stage[id] == l_.stage[value] || !choice_.dropped(value, l_.stage[id]))
            continue;
          made[k] = for_reader(id, old[k], value);
        }
      }
      return builder().add(l_.g.operation_id(id), made, l_.g.attribute(id));
    });
  }

 private:
  graph::GraphBuilder& builder() { return rebuild_.builder(); }

  NodeId for_reader(NodeId reader, NodeId through, NodeId value) {
    const Stage at = l_.stage[reader];
    const bool whole = through == value && l_.together(reader, value);
    if (!whole && known(l_.g.operation_id(through)) == Known::slice && l_.g.operands(through)[0] == value &&
        l_.together(reader, through))
      return slice_of(value, through, at);
    return copy(through, whole ? at : at - 1);
  }

  /// The node as it is computed at this stage.
  NodeId copy(NodeId node, Stage at) {
    const bool view = l_.kind[node] == Kind::view;
    if (view ? !computed_again(l_.base[node], at) : !computed_again(node, at)) return node_of_[node];
    const auto key = std::tuple(node, no_node, at);
    if (const auto there = made_.find(key); there != made_.end()) return there->second;
    std::vector<NodeId> operands;
    for (const NodeId operand : l_.g.operands(node)) operands.push_back(copy(operand, at));
    const NodeId made = builder().add(l_.g.operation_id(node), operands, l_.g.attribute(node));
    made_.emplace(key, made);
    return made;
  }
  [[nodiscard]] bool computed_again(NodeId value, Stage at) const {
    return l_.kind[value] == Kind::elementwise && !(choice_.lies_there(value, at));
  }

  /// Slice `slice` of a node, of what is computed at this stage.
  NodeId slice_of(NodeId node, NodeId slice, Stage at) {
    const auto key = std::tuple(node, slice, at);
    if (const auto there = made_.find(key); there != made_.end()) return there->second;
    NodeId made = no_node;
    if (l_.kind[node] == Kind::elementwise && computed_again(node, at)) {
      std::vector<NodeId> operands;
      for (const NodeId operand : l_.g.operands(node)) operands.push_back(slice_of(operand, slice, at));
      made = builder().add(l_.g.operation_id(node), operands, l_.g.attribute(node));
    } else {
      const NodeId of = copy(node, at);
      if (const auto number = rebuild_.number(of))
        made = rebuild_.constant(Type{l_.g.type(node).dtype, l_.g.type(slice).shape}, *number);
      else
        made = builder().add(l_.g.operation_id(slice), {of}, l_.g.attribute(slice));
    }
    made_.emplace(key, made);
    return made;
  }

  const Living& l_;
  const Choice& choice_;
  Rebuild rebuild_;
  std::vector<NodeId> node_of_;
  std::map<std::tuple<NodeId, NodeId, Stage>, NodeId> made_;  // by node, slice of it, stage
};

/// None: nothing is to be computed again.
std::optional<Rewrite> with_copies(const Graph& graph, const Rematerialisation& options) {
  const Living living(graph);
  Choice choice(living, options);
  choice.run();
  if (!choice.any()) return std::nullopt;
  return Copies(living, choice).run();
}

}  // namespace

Rewrite rematerialise(const Graph& graph, const Rematerialisation& options) {
  // What one round has made is, merged again, what the next begins with; slices apart, which stay. So a few rounds come
  // to where another would make the same.
  constexpr int most_rounds = 4;
  Rewrite merged = merge_duplicates(graph);
  Rewrite result = merged;
  for (int round = 0; round < most_rounds; ++round) {
    const std::optional<Rewrite> more = with_copies(merged.graph, options);
    if (!more) return merged;
    Rewrite next = composed(merged, *more);
    if (round > 0 && identical(next.graph, result.graph)) break;
    merged = composed(std::move(merged), composed(*more, merge_duplicates(more->graph)));
    result = std::move(next);
  }
  return result;
}
Rewrite rematerialise(const Graph& graph) { return rematerialise(graph, Rematerialisation{}); }

}  // namespace wengert::passes
