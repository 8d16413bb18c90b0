#include "wengert/autodiff/exec/plan.hpp"

#include <algorithm>
#include <bit>
#include <map>
#include <numeric>
#include <optional>
#include <set>
#include <tuple>
#include <unordered_map>
#include <utility>

#include "wengert/autodiff/exec/plan_graph.hpp"
#include "wengert/autodiff/exec/plan_places.hpp"
#include "wengert/autodiff/ops/elementwise.hpp"
#include "wengert/autodiff/ops/kernels_strided.hpp"
#include "wengert/autodiff/ops/kernels_sum.hpp"
#include "wengert/autodiff/ops/moving.hpp"
#include "wengert/autodiff/passes/node_value.hpp"
#include "wengert/graph/error.hpp"

namespace wengert::exec {

using graph::Graph;
using graph::no_node;
using graph::NodeId;
using kernels::View;

namespace {

enum class Kind : std::uint8_t {
  leaf,         // a variable or constant
  elementwise,  // goes into a group
  row,          // too: a row kernel
  view,         // a way of reading its operand
  reshape,      // the same elements
  kernel,
};

constexpr std::size_t alignment = 64;
/// Registers of a group take at most so much, so that they and what they meet stay in a first-level cache of 32 KiB.
constexpr std::size_t register_room = std::size_t{16} << 10;
constexpr std::int64_t longest_tile = 512, shortest_tile = 64;
constexpr std::size_t room_of_turns = std::size_t{16} << 10, most_turns = 8;
/// A sum of all elements is one of sums of tiles from so many on; tiles are whole runs of the sum's tree then.
constexpr std::int64_t least_total = 2048;
/// A last axis this short is not worth a loop of its own: what does not lie in a row is brought into a column.
constexpr std::int64_t short_axis = 64;

class Planner {
 public:
  Planner(const Graph& g, std::span<const ProgramOptions::State> states, const PlanOptions& options)
      : g_(g), states_(states), options_(options), again_(g.size(), false) {
    plan_.guarded = options.guarded;
    for (const NodeId node : options.again) again_[node] = true;
  }

  Plan run() && {
    classify();
    find_stages();
    find_groups();
    find_materialised();
    order();
    if (!options_.exact) find_updates();
    if (options_.guarded) put_state_writers_last();
    make_slots();
    find_last_readers();
    for (unit_ = 0; unit_ < units_.size(); ++unit_) {
      add_step(units_[unit_]);
      if (!units_[unit_].late) plan_.guards_known = plan_.steps.size();
    }
    add_state_copies();
    place(plan_);
    if (!options_.code) return std::move(plan_);
    choose_streams(plan_);
    for (const Built& built : built_) compile(built);
    return std::move(plan_);
  }

 private:
  /// A kernel or a group, before it is a step.
  struct Unit {
    std::uint32_t stage = 0;
    bool group = false;
    std::vector<NodeId> nodes{};
    std::optional<Update> update{};  // instead, of state `state`
    std::size_t state = 0;
    bool late = false;   // runs after the guards are known
    bool again = false;  // computes what a later stage reads, and was there before
  };

  [[nodiscard]] static bool has_number_type(Dtype dtype) { return is_real(dtype) || dtype == Dtype::boolean; }

  /// Elementwise, on numbers of one real dtype and truth values.
  [[nodiscard]] bool can_fuse(NodeId node) const {
    const graph::Operation& operation = g_.operation(node);
    if (!operation.elementwise || !has_number_type(g_.type(node).dtype)) return false;
    for (const NodeId operand : g_.operands(node))
      if (!has_number_type(g_.type(operand).dtype)) return false;
    return static_cast<const Primitive&>(operation).column_f64 != nullptr;
  }

  void classify() {
    kind_.assign(g_.size(), Kind::leaf);
    for (NodeId node = 0; node < g_.size(); ++node) {
      const graph::OperationId id = g_.operation_id(node);
      if (id == graph::variable_operation || id == graph::constant_operation) continue;
      const graph::Operation& operation = g_.operation(node);
      if (g_.type(node).shape.size() == 0)
        kind_[node] = Kind::kernel;
      else if (can_fuse(node))
        kind_[node] = Kind::elementwise;
      else if (const RowKernel* const row = row_kernel(g_, node);
               row != nullptr && (!row->has_position || kind_[g_.operands(node)[1]] != Kind::view))
        kind_[node] = Kind::row;
      else if (is<ops::Reshape>(operation))
        kind_[node] = Kind::reshape;
      else if (is<ops::Broadcast>(operation) || is<ops::Permute>(operation) || is<ops::Slice>(operation))
        kind_[node] = Kind::view;
      else
        kind_[node] = Kind::kernel;
    }
  }

  [[nodiscard]] bool grouped(NodeId node) const { return kind_[node] == Kind::elementwise || kind_[node] == Kind::row; }
  /// A number for each row of its space, or a view of such.
  [[nodiscard]] bool once(NodeId node) const { return space_[node] != no_node && space_[node] != node; }
  [[nodiscard]] const Shape& space(NodeId node) const { return g_.type(space_[node]).shape; }
  /// The node whose shape is the space of this one; none for what no group computes.
  [[nodiscard]] NodeId find_space(NodeId node) const {
    const std::span<const NodeId> operands = g_.operands(node);
    if (kind_[node] == Kind::row) return row_kernel(g_, node)->reduces ? operands[0] : node;
    if (kind_[node] == Kind::elementwise) {
      NodeId rows = no_node;
      for (const NodeId operand : operands) {
        if (!once(operand) || !is_of_rows(g_.type(node).shape, space(operand))) continue;
        if (rows != no_node && !(space(operand) == g_.type(rows).shape)) return node;
        rows = space_[operand];
      }
      return rows != no_node ? rows : node;
    }
    if (kind_[node] != Kind::view && kind_[node] != Kind::reshape) return no_node;
    const NodeId of = operands[0];
    if (!once(of)) return no_node;
    const Shape &shape = g_.type(node).shape, &rows = space(of);
    const bool kept = kind_[node] == Kind::reshape ? is_of_rows(shape, rows) && is_of_rows(g_.type(of).shape, rows)
                                                   : is<ops::Broadcast>(g_.operation(node)) && shape == rows &&
                                                         g_.type(of).shape.rank() == rows.rank();
    return kept ? space_[of] : no_node;
  }
  /// The operand has to be computed in an earlier stage.
  [[nodiscard]] bool is_before(NodeId operand, NodeId node) const {
    if (kind_[node] == Kind::kernel) return true;
    if (space_[operand] == no_node) return false;  // a leaf, a kernel, a view of such
    return space_[node] == no_node || !(space(operand) == space(node)) || group_dtype_[operand] != group_dtype_[node];
  }
  /// The real dtype of a node's numbers; where all are truth values, that of an operand's group.
  [[nodiscard]] Dtype dtype_of(NodeId node) const {
    if (is_real(g_.type(node).dtype)) return g_.type(node).dtype;
    for (const NodeId operand : g_.operands(node))
      if (is_real(g_.type(operand).dtype)) return g_.type(operand).dtype;
    for (const NodeId operand : g_.operands(node))
      if (space_[operand] != no_node) return group_dtype_[operand];
    return Dtype::f64;
  }

  void find_stages() {
    stage_.assign(g_.size(), 0);
    space_.assign(g_.size(), no_node);
    group_dtype_.assign(g_.size(), Dtype::f64);
    for (NodeId node = 0; node < g_.size(); ++node) {
      if (kind_[node] == Kind::leaf) continue;
      space_[node] = find_space(node);
      group_dtype_[node] = dtype_of(node);
      for (const NodeId operand : g_.operands(node))
        stage_[node] = std::max(stage_[node], stage_[operand] + (is_before(operand, node) ? 1 : 0));
    }
    align();
    delay();
  }
  /// Rows that a later stage reads again, and what is computed of these alone (the exponential of a logarithm of
  /// probabilities), would be written down in between. So they and all of their users wait for the last of the users,
  /// with what depends on those, where they can.
  void align() {
    std::size_t looks = std::size_t{1} << 23;  // at nodes: linear time in large graphs
    std::vector<std::vector<NodeId>> users(g_.size());
    std::vector<bool> of_rows(g_.size(), false), kept(g_.size(), false);
    for (const NodeId output : g_.outputs()) kept[output] = true;
    for (NodeId node = 0; node < g_.size(); ++node) {
      const std::span<const NodeId> operands = g_.operands(node);
      of_rows[node] = !once(node) && (kind_[node] == Kind::row || (kind_[node] == Kind::elementwise &&
                                                                   operands.size() == 1 && of_rows[operands[0]]));
      for (const NodeId operand : operands) {
        if (!of_rows[operand]) continue;
        if (!grouped(node) || is_before(operand, node)) kept[operand] = true;
        users[operand].push_back(node);
      }
    }
    for (NodeId node = static_cast<NodeId>(g_.size()); node-- > 0;) {
      if (users[node].empty() || kept[node] || g_.size() - node > looks) continue;
      std::uint32_t latest = 0;
      for (const NodeId user : users[node]) latest = std::max(latest, stage_[user]);
      const auto all_latest = [&](const std::vector<std::uint32_t>& stage) {
        return std::ranges::all_of(users[node], [&](NodeId user) { return stage[user] == latest; });
      };
      if (stage_[node] == latest && all_latest(stage_)) continue;
      looks -= g_.size() - node;
      std::vector<std::uint32_t> stage(stage_);
      stage[node] = latest;
      for (NodeId later = node + 1; later < g_.size(); ++later)
        for (const NodeId operand : g_.operands(later))
          if (operand >= node)
            stage[later] = std::max(stage[later], stage[operand] + (is_before(operand, later) ? 1 : 0));
      if (all_latest(stage)) stage_ = std::move(stage);
    }
  }
  /// A node that only later groups want is computed there, if that takes no memory: instead of its value, what it is
  /// made of is read, which lies there until then anyway. (Partials such as y·(1 - y) are recorded with the forward
  /// part, and wanted by the backward one.) Truth values always are: reading a number again costs less than writing
  /// them down. So is what a pass has put there for a second time, with the views of it that kernels read.
  void delay() {
    constexpr std::uint32_t nobody = 0xFFFFFFFFu;
    std::vector<std::uint32_t> first(g_.size(), nobody), last(g_.size(), 0);  // stages of the users
    for (const NodeId output : g_.outputs()) first[output] = 0;
    // Stages only rise from here on, so what is known now is the least.
    for (NodeId node = 0; node < g_.size(); ++node)
      for (const NodeId operand : g_.operands(node)) last[operand] = std::max(last[operand], stage_[node]);
    const auto stays = [&](NodeId node, std::uint32_t stage) {
      return kind_[node] == Kind::leaf || last[node] >= stage || one_number(g_, node).has_value();
    };
    for (NodeId node = static_cast<NodeId>(g_.size()); node-- > 0;) {  // users before what they use
      const std::uint32_t wanted = first[node];
      if (again_[node] && kind_[node] != Kind::kernel && wanted != nobody)
        stage_[node] = std::max(stage_[node], wanted);
      else if (kind_[node] == Kind::elementwise && !once(node) && wanted != nobody && wanted > stage_[node]) {
        const bool free =
            g_.type(node).dtype == Dtype::boolean ||
            (is_cheap(node) && std::ranges::all_of(g_.operands(node), [&](NodeId operand) {
               if (stays(operand, wanted)) return true;
               return is_cheap(operand) && first[operand] != 0 &&
                      std::ranges::all_of(g_.operands(operand), [&](NodeId x) { return stays(x, wanted); });
             }));
        if (free) stage_[node] = wanted;
      }
      for (const NodeId operand : g_.operands(node)) {
        const bool waits = grouped(node) || again_[operand];
        first[operand] = std::min(first[operand], waits ? stage_[node] - (is_before(operand, node) ? 1 : 0) : 0);
        last[operand] = std::max(last[operand], stage_[node]);
      }
    }
  }
  [[nodiscard]] bool is_cheap(NodeId node) const {
    return kind_[node] == Kind::elementwise && is_arithmetic(g_.operation(node));
  }

  NodeId root(NodeId node) {
    while (parent_[node] != node) node = parent_[node] = parent_[parent_[node]];
    return node;
  }
  void unite(NodeId a, NodeId b) {
    a = root(a), b = root(b);
    if (a != b) parent_[std::max(a, b)] = std::min(a, b);
  }
  [[nodiscard]] bool fits(NodeId a, NodeId b) const {
    return grouped(b) && stage_[a] == stage_[b] && space(a) == space(b) && group_dtype_[a] == group_dtype_[b];
  }
  /// What a view of a number for each row shows; else the node.
  [[nodiscard]] NodeId shown(NodeId node) const {
    while (once(node) && !grouped(node)) node = g_.operands(node)[0];
    return node;
  }
  /// The operand is computed by the node's own group.
  [[nodiscard]] bool inside(NodeId operand, NodeId node) {
    const NodeId of = shown(operand);
    return grouped(node) && grouped(of) && root(of) == root(node);
  }
  /// Nodes of a stage and space that depend on one another, or read the same, form a group.
  void find_groups() {
    parent_.resize(g_.size());
    std::iota(parent_.begin(), parent_.end(), NodeId{0});
    std::vector<NodeId> last_reader(g_.size(), no_node);
    for (NodeId node = 0; node < g_.size(); ++node) {
      if (!grouped(node)) continue;
      for (const NodeId operand : g_.operands(node)) {
        if (fits(node, shown(operand))) unite(node, shown(operand));
        if (one_number(g_, operand)) continue;
        if (last_reader[operand] != no_node && fits(node, last_reader[operand])) unite(node, last_reader[operand]);
        last_reader[operand] = node;
      }
    }
  }

  /// The sum of all elements of what a group computes: its tiles may be summed up where they are.
  [[nodiscard]] bool is_total(NodeId node) const {
    if (kind_[node] != Kind::kernel || !is<ops::Sum>(g_.operation(node))) return false;
    const NodeId of = g_.operands(node)[0];
    const Type& type = g_.type(of);
    return kind_[of] == Kind::elementwise && !once(of) && type.dtype == group_dtype_[of] &&
           type.shape.size() >= least_total && g_.type(node).shape.size() == 1 &&
           std::get<std::vector<std::int64_t>>(g_.attribute(node)).size() == type.shape.rank();
  }
  /// What has to lie in memory: for anybody but its own group, and but for views that groups read through.
  void find_materialised() {
    materialised_.assign(g_.size(), false);
    std::vector<bool> read(g_.size(), false);  // views of numbers of rows that another group reads through
    for (const NodeId output : g_.outputs()) materialised_[output] = true;
    for (NodeId node = static_cast<NodeId>(g_.size()); node-- > 0;) {  // users before what they use
      if (once(node) && !grouped(node) && !materialised_[node] && !read[node]) continue;
      for (const NodeId operand : g_.operands(node)) {
        if (inside(operand, node)) continue;
        if (is_total(node)) {
          totals_[operand].push_back(node);
          continue;
        }
        const bool through =
            kind_[operand] == Kind::view && (grouped(node) || (kind_[node] == Kind::view && !materialised_[node]));
        (through ? read : materialised_)[operand] = true;
      }
    }
  }

  void order() {
    std::map<NodeId, std::size_t> unit_of_group;
    for (NodeId node = 0; node < g_.size(); ++node) {
      if (grouped(node)) {
        const auto [at, fresh] = unit_of_group.try_emplace(root(node), units_.size());
        if (fresh) units_.push_back({.stage = stage_[node], .group = true});
        units_[at->second].nodes.push_back(node);
      } else if (kind_[node] == Kind::kernel || (kind_[node] != Kind::leaf && materialised_[node])) {
        // A view of a number for each row lies there after the group that computes these.
        units_.push_back({.stage = stage_[node] + (once(node) ? 1 : 0), .nodes = {node}});
      }
    }
    for (Unit& unit : units_)
      unit.again = unit.group && std::ranges::all_of(unit.nodes, [&](NodeId node) { return again_[node]; });
    std::stable_sort(units_.begin(), units_.end(), [](const Unit& a, const Unit& b) {
      return std::tuple(a.stage, a.group, a.again) < std::tuple(b.stage, b.group, b.again);
    });
  }
  /// What gives a state its next value comes after all that the guards depend on, with what depends on it: a run whose
  /// guard fails ends before, and leaves the states as they were.
  void put_state_writers_last() {
    constexpr std::size_t nowhere = static_cast<std::size_t>(-1);
    std::vector<std::size_t> unit_of(g_.size(), nowhere);
    for (std::size_t u = 0; u < units_.size(); ++u)
      for (const NodeId node : units_[u].nodes) unit_of[node] = u;
    const auto unit_of_operand = [&](NodeId node) {  // through what is only read in another way
      while (unit_of[node] == nowhere && kind_[node] != Kind::leaf) node = g_.operands(node)[0];
      return unit_of[node];
    };
    std::vector<bool> guards_need(units_.size(), false);
    if (const std::size_t u = unit_of_operand(g_.outputs().back()); u != nowhere) guards_need[u] = true;
    for (std::size_t u = units_.size(); u-- > 0;) {
      if (!guards_need[u]) continue;
      for (const NodeId node : units_[u].nodes)
        for (const NodeId operand : g_.operands(node))
          if (const std::size_t from = unit_of_operand(operand); from != nowhere) guards_need[from] = true;
    }
    for (const ProgramOptions::State& state : states_)
      if (const std::size_t u = unit_of_operand(g_.outputs()[state.output]); u != nowhere) units_[u].late = true;
    for (std::size_t u = 0; u < units_.size(); ++u) {
      for (const NodeId node : units_[u].nodes)
        for (const NodeId operand : g_.operands(node))
          if (const std::size_t from = unit_of_operand(operand); from != nowhere && units_[from].late)
            units_[u].late = true;
      if (guards_need[u]) units_[u].late = false;
    }
    std::stable_partition(units_.begin(), units_.end(), [](const Unit& unit) { return !unit.late; });
  }

  /// Steps that add a product to a state: units of their own, out of the groups, in place of the products'.
  void find_updates() {
    const std::vector<std::uint32_t> uses = uses_of(g_);
    std::set<NodeId> absorbed;
    std::map<NodeId, Unit> update_of;  // by the state's next value
    for (std::size_t k = 0; k < states_.size(); ++k) {
      const NodeId old = g_.variables()[states_[k].input], next = g_.outputs()[states_[k].output];
      if (kind_[next] != Kind::elementwise || uses[next] != 1) continue;
      const auto update = find_update(g_, uses, old, next);
      if (!update || kind_[update->product] != Kind::kernel) continue;
      Unit unit{.stage = stage_[next], .group = true, .nodes = {update->product}, .update = update, .state = k};
      if (update->scaled != no_node) {
        if (root(update->scaled) != root(next)) continue;
        unit.nodes.push_back(update->scaled);
      }
      unit.nodes.push_back(next);
      absorbed.insert(unit.nodes.begin(), unit.nodes.end());
      update_of.emplace(next, std::move(unit));
    }
    if (update_of.empty()) return;
    std::vector<Unit> units;
    for (Unit& unit : units_) {
      std::vector<Unit> updates;
      for (const NodeId node : unit.nodes)
        if (const auto found = update_of.find(node); found != update_of.end())
          updates.push_back(std::move(found->second));
      std::erase_if(unit.nodes, [&](NodeId node) { return absorbed.contains(node); });
      if (!unit.nodes.empty()) units.push_back(std::move(unit));
      for (Unit& update : updates) units.push_back(std::move(update));
    }
    units_ = std::move(units);
  }

  /// The last unit that reads each variable, through views or not.
  void find_last_readers() {
    last_reader_.assign(g_.size(), 0);
    for (std::size_t u = 0; u < units_.size(); ++u) {
      for (const NodeId node : units_[u].nodes) {
        for (NodeId operand : g_.operands(node)) {
          while (kind_[operand] == Kind::view || kind_[operand] == Kind::reshape) operand = g_.operands(operand)[0];
          last_reader_[operand] = u;
        }
      }
    }
  }

  // --- Slots ---

  SlotId new_slot(Slot slot) {
    plan_.slots.push_back(std::move(slot));
    return static_cast<SlotId>(plan_.slots.size() - 1);
  }
  void make_slots() {
    slot_.assign(g_.size(), no_slot);
    const auto variables = g_.variables();
    for (std::size_t k = 0; k < variables.size(); ++k) {
      const auto state =
          std::find_if(states_.begin(), states_.end(), [&](const ProgramOptions::State& s) { return s.input == k; });
      const bool kept = state != states_.end();
      slot_[variables[k]] = new_slot({.home = kept ? Slot::Home::state : Slot::Home::input,
                                      .type = g_.type(variables[k]),
                                      .index = kept ? static_cast<std::size_t>(state - states_.begin()) : k,
                                      .node = variables[k]});
      plan_.inputs.push_back(slot_[variables[k]]);
    }
    for (const ProgramOptions::State& state : states_) plan_.states.push_back(plan_.inputs[state.input]);
  }
  /// The slot of a leaf or of what was computed before.
  SlotId slot_of(NodeId node) {
    if (slot_[node] != no_slot) return slot_[node];
    if (g_.operation_id(node) != graph::constant_operation)
      throw InternalError{{.operation = "plan", .problem = "a value is read before it is there"}};
    const Array elements = passes::constant_elements(g_.attribute(node));
    slot_[node] =
        new_slot({.home = Slot::Home::constant,
                  .type = g_.type(node),
                  .constant = is_real(elements.dtype()) ? elements : elements.dense(),  // positions: one by one
                  .node = node});
    return slot_[node];
  }
  /// The state whose next value a node of this group is, if it may be written over the old one; else a new slot.
  Store group_result(NodeId node, const FusedStep& step) {
    for (std::size_t k = 0; k < states_.size(); ++k) {
      const NodeId variable = g_.variables()[states_[k].input];
      if (g_.outputs()[states_[k].output] != node || last_reader_[variable] > unit_) continue;
      if (plan_.guarded && !units_[unit_].late) continue;
      const SlotId state = plan_.states[k];
      if (taken_.contains(state) || !(plan_.slots[state].type == g_.type(node)) ||
          !overwritable(plan_, step, state, g_.type(node)))
        continue;
      taken_.insert(state);
      slot_[node] = state;
      return {state, true};
    }
    return {result_slot(node)};
  }
  SlotId result_slot(NodeId node) {
    slot_[node] = new_slot({.type = g_.type(node), .node = node});
    return slot_[node];
  }

  // --- Steps ---

  void add_update(const Unit& unit) {
    const Update& update = *unit.update;
    const NodeId next = unit.nodes.back();
    const SlotId state = plan_.states[unit.state];
    const NodeId old = g_.variables()[states_[unit.state].input];
    const std::span<const NodeId> operands = g_.operands(update.product);
    const bool reads_old = std::ranges::any_of(
        operands, [&](NodeId x) { return kind_[x] == Kind::leaf ? x == old : holder(plan_, slot_of(x)) == state; });
    if (reads_old || taken_.contains(state) || last_reader_[old] > unit_) {
      // Somebody needs the old value still.
      add_kernel(update.product);
      add_group({.stage = unit.stage, .group = true, .nodes = {unit.nodes.begin() + 1, unit.nodes.end()}});
      return;
    }
    UpdateStep step{.a = slot_of(operands[0]),
                    .b = slot_of(operands[1]),
                    .flags = std::get<std::int64_t>(g_.attribute(update.product)),
                    .state = state,
                    .factor = update.factor,
                    .node = update.product};
    if (update.scale != no_node) step.scale = slot_of(update.scale);
    taken_.insert(state);
    slot_[next] = state;
    plan_.steps.emplace_back(step);
  }

  void add_step(const Unit& unit) {
    if (unit.update) return add_update(unit);
    if (unit.group) return add_group(unit);
    const NodeId node = unit.nodes.front();
    if (kind_[node] == Kind::reshape) {
      const SlotId of = slot_of(g_.operands(node)[0]);
      slot_[node] = new_slot({.home = Slot::Home::alias, .type = g_.type(node), .index = of, .node = node});
      return;
    }
    if (const auto total = tiles_of_.find(node); total != tiles_of_.end()) {
      total->second.result = result_slot(node);
      plan_.steps.emplace_back(total->second);
      return;
    }
    add_kernel(node);
  }
  /// A concatenation whose operands lie one after the other in the result: where one is computed, it is written there.
  /// The others are copied.
  void add_concatenation(NodeId node) {
    std::vector<SlotId> operands;
    for (const NodeId operand : g_.operands(node)) operands.push_back(slot_of(operand));
    const SlotId result = result_slot(node);
    std::size_t at = 0;
    for (const SlotId operand : operands) {
      const std::size_t bytes = byte_size(plan_.slots[operand].type);
      Slot& whole = plan_.slots[holder(plan_, operand)];
      if (whole.home == Slot::Home::arena && byte_size(whole.type) == bytes && at % alignment == 0) {
        whole.home = Slot::Home::part;
        whole.offset = at;
        whole.index = result;
      } else if (bytes != 0) {
        const SlotId part = new_slot(
            {.home = Slot::Home::part, .type = plan_.slots[operand].type, .offset = at, .index = result, .node = node});
        plan_.steps.emplace_back(CopyStep{operand, part});
      }
      at += bytes;
    }
  }
  void add_kernel(NodeId node) {
    if (is<ops::Concatenate>(g_.operation(node)) &&
        in_one_piece(g_.type(node).shape, std::get<std::int64_t>(g_.attribute(node))))
      return add_concatenation(node);
    // Every operation of a recording is a Primitive, but for variables and constants.
    const auto& primitive = static_cast<const Primitive&>(g_.operation(node));
    KernelStep step;
    step.primitive = &primitive;
    step.attribute = g_.attribute(node);
    step.node = node;
    for (const NodeId operand : g_.operands(node)) step.operands.push_back(slot_of(operand));
    step.result = result_slot(node);
    plan_.largest_operands = std::max(plan_.largest_operands, step.operands.size());
    plan_.steps.emplace_back(std::move(step));
  }

  /// Where a group reads a node that it does not compute.
  struct Source {
    SlotId slot = no_slot;
    View view{};
  };
  Source source_of(NodeId node) {
    if (kind_[node] == Kind::view && slot_[node] == no_slot) {
      Source from = source_of(g_.operands(node)[0]);
      from.view = composed(g_, node, from.view);
      return from;
    }
    return {slot_of(node), kernels::dense_view(g_.type(node).shape)};
  }

  /// A number for each row of a space, read as if it stood at every place of the row.
  static Source over_rows(Source from, const Shape& shape) {
    if (from.view.shape == shape) return from;
    from.view.stride[shape.rank() - 1] = 0;
    from.view.shape = shape;
    return from;
  }

  void add_group(const Unit& unit) {
    FusedStep step{.dtype = group_dtype_[unit.nodes.front()], .nodes = unit.nodes};
    const Shape& shape = space(unit.nodes.front());
    step.rows = std::ranges::any_of(unit.nodes, [&](NodeId node) { return kind_[node] == Kind::row || once(node); });
    // What it reads.
    std::vector<NodeId> read_nodes;
    std::map<NodeId, Source> reads;
    for (const NodeId node : unit.nodes) {
      for (const NodeId operand : g_.operands(node)) {
        if (inside(operand, node) || one_number(g_, operand) || reads.contains(operand)) continue;
        reads.emplace(operand, over_rows(source_of(operand), shape));
        read_nodes.push_back(operand);
      }
    }
    collapse(shape, read_nodes, reads, step);
    ColumnBuilder builder(options_.exact);
    std::unordered_map<NodeId, ColumnBuilder::Value> value;
    for (std::size_t k = 0; k < read_nodes.size(); ++k)
      value[read_nodes[k]] =
          builder.load(step.loads[k].mode == Load::Mode::uniform || step.loads[k].mode == Load::Mode::converted);
    std::vector<ColumnBuilder::Value> operands;
    for (const NodeId node : unit.nodes) {
      operands.clear();
      for (NodeId operand : g_.operands(node)) {
        if (inside(operand, node)) operand = shown(operand);
        if (!value.contains(operand)) value[operand] = builder.constant(*one_number(g_, operand));
        operands.push_back(value[operand]);
      }
      if (kind_[node] == Kind::row) {
        const RowKernel& row = *row_kernel(g_, node);
        value[node] = builder.apply(row, operands);
        if (row.has_position) note_positions(node, read_nodes, step);
      } else {
        value[node] = builder.apply(static_cast<const Primitive&>(g_.operation(node)), operands);
      }
    }
    std::vector<ColumnBuilder::Value> stored, loaded;
    for (const NodeId node : read_nodes) loaded.push_back(value[node]);
    for (const NodeId node : unit.nodes) {
      const auto totals = totals_.find(node);
      if (totals == totals_.end()) continue;
      if (!step.flat) {  // the tiles are no runs of the sum's tree
        materialised_[node] = true;
        continue;
      }
      const Type tiles{step.dtype, Shape{(shape.size() + kernels::sum_run - 1) / kernels::sum_run}};
      stored.push_back(builder.apply(row_sum(), std::span(&value[node], 1)));
      step.stores.push_back({.slot = new_slot({.type = tiles, .node = node}), .once = true});
      step.has_totals = true;
      for (const NodeId total : totals->second)
        tiles_of_[total] = {step.stores.back().slot, no_slot, plan_.steps.size(), total};
    }
    for (const NodeId node : unit.nodes) {
      if (!materialised_[node]) continue;
      stored.push_back(value[node]);
      step.stores.push_back(group_result(node, step));
      step.stores.back().once = !(g_.type(node).shape == shape);
    }
    if (step.stores.empty()) return;  // nobody wants it
    built_.push_back({plan_.steps.size(), std::move(builder), std::move(stored), std::move(loaded)});
    plan_.steps.emplace_back(std::move(step));
  }

  void note_positions(NodeId node, const std::vector<NodeId>& read_nodes, FusedStep& step) {
    const auto load = std::ranges::find(read_nodes, g_.operands(node)[1]) - read_nodes.begin();
    step.positions.push_back({.load = static_cast<std::size_t>(load),
                              .extent = step.axes[step.axes.rank() - 1],
                              .node = node,
                              .primitive = &static_cast<const Primitive&>(g_.operation(node)),
                              .attribute = g_.attribute(node),
                              .operand = g_.type(g_.operands(node)[0]),
                              .result = g_.type(node)});
  }

  /// Code, once it is known which stores write over loads.
  struct Built {
    std::size_t step;
    ColumnBuilder builder;
    std::vector<ColumnBuilder::Value> stored, loaded;
  };
  void compile(const Built& built) {
    auto& step = std::get<FusedStep>(plan_.steps[built.step]);
    ColumnBuilder builder = built.builder;
    for (std::size_t k = 0; k < built.stored.size(); ++k) {
      std::vector<ColumnBuilder::Value> over;
      if (step.stores[k].over)
        for (std::size_t l = 0; l < step.loads.size(); ++l)
          if (same_place(plan_, step.loads[l].slot, step.stores[k].slot)) over.push_back(built.loaded[l]);
      builder.store(built.stored[k], std::move(over), step.stores[k].once);
    }
    if (step.dtype == Dtype::f32)
      finish<float>(builder, step);
    else
      finish<double>(builder, step);
  }

  template <class T>
  void finish(const ColumnBuilder& builder, FusedStep& step) {
    std::size_t own = 0;  // columns that are no registers
    for (const Load& load : step.loads)
      if (load.mode == Load::Mode::moved || load.mode == Load::Mode::converted) ++own;
    for (const Store& store : step.stores)
      if (plan_.slots[store.slot].type.dtype == Dtype::boolean) ++own;
    const auto tile_of = [&](std::size_t registers) {
      if (step.rows) {
        const std::int64_t row = step.axes[step.axes.rank() - 1];
        constexpr auto whole = static_cast<std::int64_t>(alignment);
        return (row + whole - 1) / whole * whole;
      }
      const auto fits =
          static_cast<std::int64_t>(register_room / (sizeof(T) * std::max<std::size_t>(registers + own, 1)));
      const std::int64_t tile = std::clamp(fits / shortest_tile * shortest_tile, shortest_tile, longest_tile);
      if (!step.has_totals) return tile;
      return std::max(static_cast<std::int64_t>(std::bit_floor(static_cast<std::uint64_t>(tile))), kernels::sum_run);
    };
    ColumnCode<T> code = builder.columns<T>(tile_of, options_.native);
    step.tile = code.tile;
    const std::size_t bytes = rounded(sizeof(T) * (code.room() + own * static_cast<std::size_t>(step.tile)));
    if (step.rows) step.turns = std::clamp(room_of_turns / std::max<std::size_t>(bytes, 1), std::size_t{1}, most_turns);
    plan_.register_bytes = std::max(plan_.register_bytes, step.turns * bytes);
    step.code = std::move(code);
  }

  /// Puts axes together that everything walks through alike, and decides how each load is read.
  void collapse(const Shape& shape, const std::vector<NodeId>& nodes, const std::map<NodeId, Source>& reads,
                FusedStep& step) {
    std::vector<const View*> views;
    for (const NodeId node : nodes) views.push_back(&reads.at(node).view);
    // From the last axis to the first: extents, and for each view the stride of the axis.
    std::vector<std::int64_t> extent;
    std::vector<std::vector<std::int64_t>> stride(views.size());
    for (std::size_t axis = shape.rank(); axis-- > 0;) {
      if (shape[axis] == 1) continue;
      bool together = !extent.empty() && !(step.rows && extent.size() == 1);
      for (std::size_t v = 0; v < views.size() && together; ++v)
        together = views[v]->stride[axis] == stride[v].back() * extent.back();
      if (together) {
        extent.back() *= shape[axis];
      } else {
        extent.push_back(shape[axis]);
        for (std::size_t v = 0; v < views.size(); ++v) stride[v].push_back(views[v]->stride[axis]);
      }
    }
    if (extent.empty()) {
      extent.push_back(1);
      for (auto& s : stride) s.push_back(1);
    }
    const std::size_t rank = extent.size();
    step.flat = !step.rows && (rank == 1 || extent.front() < short_axis);
    std::array<std::int64_t, Shape::max_rank> extents{};
    for (std::size_t k = 0; k < rank; ++k) extents[k] = extent[rank - 1 - k];
    step.axes = Shape(std::span(extents.data(), rank), {});
    for (std::size_t v = 0; v < views.size(); ++v) {
      const Source& source = reads.at(nodes[v]);
      Load load{.slot = source.slot, .start = source.view.start};
      for (std::size_t k = 0; k < rank; ++k) load.stride[k] = stride[v][rank - 1 - k];
      const bool truth = plan_.slots[source.slot].type.dtype == Dtype::boolean;
      const bool still = std::all_of(stride[v].begin(), stride[v].end(), [](std::int64_t s) { return s == 0; }) ||
                         (!step.flat && stride[v].front() == 0);
      bool dense = true;
      std::int64_t step_of = 1;
      for (std::size_t k = 0; k < rank; ++k) {
        dense = dense && stride[v][k] == step_of;
        step_of *= extent[k];
      }
      if (!is_real(plan_.slots[source.slot].type.dtype) && (still || !truth))
        load.mode = Load::Mode::converted;
      else if (still)
        load.mode = Load::Mode::uniform;
      else if (truth)
        load.mode = Load::Mode::moved;
      else if (dense || (!step.flat && stride[v].front() == 1))
        load.mode = Load::Mode::direct;
      else
        load.mode = Load::Mode::moved;
      step.loads.push_back(load);
    }
  }

  /// A state's next value comes to its place when nothing needs the old one any more.
  void add_state_copies() {
    for (const NodeId output : g_.outputs()) plan_.outputs.push_back(slot_of(output));
    for (std::size_t k = 0; k < states_.size(); ++k) {
      const SlotId from = plan_.outputs[states_[k].output];
      if (taken_.contains(plan_.states[k])) continue;
      if (plan_.slots[holder(plan_, from)].home == Slot::Home::state && from != plan_.states[k])
        throw ArgumentError{{.operation = "program",
                             .problem = "the next value of a state is another state",
                             .expected = "something computed, an input or a constant"}};
      if (from != plan_.states[k]) plan_.steps.emplace_back(CopyStep{from, plan_.states[k]});
    }
  }

  const Graph& g_;
  std::span<const ProgramOptions::State> states_;
  PlanOptions options_;
  std::vector<bool> again_;  // nodes of options_.again
  std::vector<Kind> kind_;
  std::vector<std::uint32_t> stage_;
  std::vector<NodeId> space_;  // by node: whose shape is its space, itself if that is its own; no_node: in no group
  std::vector<NodeId> parent_;
  std::vector<Dtype> group_dtype_;
  std::vector<bool> materialised_;
  std::unordered_map<NodeId, std::vector<NodeId>> totals_;  // by what is summed up: the sums
  std::unordered_map<NodeId, TotalStep> tiles_of_;          // by sum
  std::vector<Unit> units_;
  std::size_t unit_ = 0;                  // at hand
  std::vector<std::size_t> last_reader_;  // by variable: the last unit that reads it
  std::set<SlotId> taken_;                // states that have their next value
  std::vector<Built> built_;
  std::vector<SlotId> slot_;  // by node
  Plan plan_;
};

}  // namespace

Plan plan(const Graph& graph, std::span<const ProgramOptions::State> states, const PlanOptions& options) {
  return Planner(graph, states, options).run();
}

}  // namespace wengert::exec
