/// From a scene to a Drawing; see compose.hpp. Reading order: Composer::run, then frames, nodes, edges, notes.
#include "wengert/graph/drawing/compose.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <tuple>
#include <utility>

#include "wengert/graph/analysis.hpp"
#include "wengert/graph/drawing/fold.hpp"
#include "wengert/graph/drawing/formula.hpp"
#include "wengert/graph/drawing/reduce.hpp"
#include "wengert/graph/drawing/wording.hpp"
#include "wengert/graph/uses.hpp"

namespace wengert::graph {

namespace {

constexpr std::size_t longest_tooltip = 400;  // characters of a line of a tooltip

/// Makes the drawing of a scene.
class Composer {
 public:
  Composer(const Scene& scene, const DrawingOptions& options, const Annotations& annotations)
      : graph_(scene.graph), scene_(scene), order_(scene.order), options_(options), know_(annotations) {
    is_output_.resize(graph_.size());
    for (const NodeId output : graph_.outputs()) is_output_[output] = true;
    mark_inlined();
    if (know_.statement) find_statements();
  }

  Drawing run() && {
    FoldOptions fold_options{.limits = {.most_units = options_.most_nodes,
                                        .most_edges = options_.most_edges,
                                        .most_span = options_.most_span},
                             .statement = statement_,
                             .hidden = inlined_,
                             .repetitions = options_.repetitions};
    // Every label of an edge takes a rank of its own.
    if (know_.local_derivative || know_.edge_label) fold_options.limits.most_span /= 2;
    folding_ = fold(graph_, order_, fold_options);
    drawing_.direction = options_.direction;
    drawing_.title = shortened(options_.title, longest_tooltip);
    drawing_.legend = options_.legend;
    if (!statement_.empty()) name_units();
    for (std::uint32_t unit = 0; unit < folding_.units.size(); ++unit) add_node(unit);
    set_magnitudes();
    mark_sources();
    add_edges();
    if (options_.ties != Ties::none) add_ties();
    add_notes();
    return std::move(drawing_);
  }

 private:
  // ---- what is known of nodes

  /// A number of rank 0 without a name or a role of its own is written into the boxes of its users.
  void mark_inlined() {
    inlined_.assign(graph_.size(), false);
    for (NodeId id = 0; id < graph_.size(); ++id) {
      inlined_[id] = graph_.operation_id(id) == constant_operation && graph_.type(id).shape.rank() == 0 &&
                     graph_.name(id).empty() && !is_output_[id] && graph_.adjoint_links(id).empty();
    }
    std::vector<bool> used(graph_.size(), false);
    for (NodeId user = 0; user < graph_.size(); ++user) {
      const auto operands = graph_.operands(user);
      for (const NodeId operand : operands) {
        used[operand] = true;
        // Where all operands are constants a box would have nothing to point at it.
        if (operands.size() > most_inlined) inlined_[operand] = false;
      }
    }
    for (NodeId id = 0; id < graph_.size(); ++id) inlined_[id] = inlined_[id] && used[id];
  }

  /// A part of a statement that others use besides stands by itself: a box is read as its result.
  void find_statements() {
    statement_.resize(graph_.size());
    std::map<std::uint32_t, NodeId> result;
    for (NodeId id = 0; id < graph_.size(); ++id) {
      statement_[id] = know_.statement(id);
      if (statement_[id] != 0) result[statement_[id]] = id;
    }
    for (auto user = static_cast<NodeId>(graph_.size()); user-- > 0;) {
      for (const NodeId operand : graph_.operands(user)) {
        const bool of_another = statement_[operand] != 0 && statement_[operand] != statement_[user];
        if (of_another && order_[user] == order_[operand] && result[statement_[operand]] != operand)
          statement_[operand] = 0;
      }
    }
  }

  /// An output, but not one that a gradient only shares: of x·y the derivative by y is x.
  [[nodiscard]] bool is_output(NodeId id) const {
    return is_output_[id] && (id == graph_.outputs()[0] || order_[id] != 0 || graph_.adjoint_links(id).empty());
  }

  [[nodiscard]] bool is_elsewhere(NodeId id) const { return !scene_.elsewhere.empty() && scene_.elsewhere[id]; }

  // ---- frames

  struct FrameStep {
    FrameKind kind;
    std::uint32_t id;  // scope, repetition, or 0
  };

  /// The frame of a unit, made with those around it where they are not there yet.
  std::uint32_t frame_of(const FoldedUnit& unit) {
    std::vector<FrameStep> path;
    if (unit.part != 0) path.push_back({FrameKind::gradient, 0});
    std::vector<ScopeId> scopes;
    if (options_.scopes) {
      ScopeId scope = unit.kind == FoldKind::scope ? graph_.scope_record(unit.scope).parent : unit.scope;
      for (; scope != root_scope; scope = graph_.scope_record(scope).parent) scopes.push_back(scope);
      std::reverse(scopes.begin(), scopes.end());
      scopes.resize(std::min(scopes.size(), deepest_frame));
    }
    std::vector<std::uint32_t> repetitions;
    for (std::uint32_t r = unit.repetition; r != no_repetition; r = folding_.repetitions[r].parent)
      repetitions.push_back(r);
    std::reverse(repetitions.begin(), repetitions.end());
    std::size_t open = 0;
    for (const std::uint32_t repetition : repetitions) {
      // The scopes around the repetition come first.
      std::size_t around = 0;
      for (ScopeId s = folding_.repetitions[repetition].scope; s != root_scope; s = graph_.scope_record(s).parent)
        ++around;
      for (; open < std::min(around, scopes.size()); ++open) path.push_back({FrameKind::scope, scopes[open]});
      path.push_back({FrameKind::repetition, repetition});
    }
    for (; open < scopes.size(); ++open) path.push_back({FrameKind::scope, scopes[open]});
    std::uint32_t frame = no_frame;
    for (const FrameStep& step : path) frame = frame_in(frame, step, unit);
    return frame;
  }

  std::uint32_t frame_in(std::uint32_t parent, const FrameStep& step, const FoldedUnit& unit) {
    const auto [place, is_new] = frames_.try_emplace({parent, static_cast<std::uint8_t>(step.kind), step.id, unit.part},
                                                     static_cast<std::uint32_t>(drawing_.frames.size()));
    if (!is_new) return place->second;
    DrawnFrame frame{
        .id = "f" + std::to_string(place->second), .kind = step.kind, .parent = parent, .order = unit.part};
    switch (step.kind) {
      case FrameKind::gradient:
        frame.label = unit.part == 1 ? "gradient" : "gradient of order " + std::to_string(unit.part);
        break;
      case FrameKind::repetition:
        frame.times = folding_.repetitions[step.id].times;
        break;
      default:
        frame.label = shortened(scope_label(step.id, unit), options_.longest_text);
    }
    drawing_.frames.push_back(std::move(frame));
    return place->second;
  }

  /// The scope's name; of a scope that repeats, the first and the last of them.
  [[nodiscard]] std::string scope_label(ScopeId scope, const FoldedUnit& unit) const {
    const auto depth_of = [&](ScopeId s) {
      std::size_t depth = 0;
      for (; s != root_scope; s = graph_.scope_record(s).parent) ++depth;
      return depth;
    };
    const std::size_t depth = depth_of(scope);
    ScopeId last = graph_.scope(unit.last_copy);
    for (std::size_t d = depth_of(last); d > depth; --d) last = graph_.scope_record(last).parent;
    return range(std::string(graph_.scope_record(scope).name),
                 std::string(last == root_scope ? graph_.scope_record(scope).name : graph_.scope_record(last).name));
  }

  // ---- nodes

  void add_node(std::uint32_t index) {
    const FoldedUnit& unit = folding_.units[index];
    const NodeId id = unit.kind == FoldKind::statement ? root_of(index) : unit.first;
    DrawnNode node{.frame = frame_of(unit), .first = unit.first, .last = unit.last, .count = unit.count};
    node.order = unit.part;
    if (unit.kind == FoldKind::node || unit.kind == FoldKind::statement) {
      node.id = (unit.copies == 1 ? "n" : "r") + std::to_string(id);
      node.role = role_of(id);
      node.copies = unit.copies;
      node.output = is_output(id) || is_output(last_like(unit, id));
      if (const Location location = graph_.location(id); !location.empty()) {
        node.file = location.file;
        node.line = location.line;
      }
      texts_of(node, index, id);
      node.tooltip = tooltip_of(id);
      if (unit.copies > 1) {
        node.tooltip.push_back("the first of " + grouped(unit.copies));
      }
    } else {
      node.id = "fold" + std::to_string(unit.first);
      node.role = NodeRole::folded;
      folded_texts(node, unit);
      node.tooltip.push_back("nodes %" + std::to_string(unit.first) + " to %" + std::to_string(unit.last));
    }
    for (DrawnText& text : node.texts) {
      std::string shown = shortened(text.text, options_.longest_text);
      if (unit.kind == FoldKind::statement && shown != text.text)
        node.tooltip.push_back(shortened(text.text, longest_tooltip));
      text.text = std::move(shown);
    }
    drawing_.nodes.push_back(std::move(node));
  }

  [[nodiscard]] NodeRole role_of(NodeId id) const {
    if (is_elsewhere(id)) return NodeRole::elsewhere;
    if (graph_.operation_id(id) == constant_operation) return NodeRole::constant;
    if (graph_.operation_id(id) != variable_operation) return NodeRole::operation;
    return know_.parameter && know_.parameter(id) ? NodeRole::parameter : NodeRole::input;
  }

  void folded_texts(DrawnNode& node, const FoldedUnit& unit) const {
    const std::size_t nodes = unit.count / unit.copies;
    const std::string count = grouped(nodes) + " nodes";
    if (unit.kind == FoldKind::scope) {
      const ScopeId last = scope_of_copy(unit);
      node.texts.push_back({TextKind::name, range(std::string(graph_.scope_record(unit.scope).name),
                                                  std::string(graph_.scope_record(last).name))});
    }
    node.texts.push_back({TextKind::note, unit.kind == FoldKind::chain ? "chain of " + count : count});
    std::string what;
    for (std::size_t i = 0; i < unit.operations.size() && i < 3; ++i) {
      const auto& [operation, times] = unit.operations[i];
      const Operation& record = graph::operation(operation);
      what += (i == 0 ? "" : ", ") + std::string(record.symbol.empty() ? record.name : record.symbol) + " " +
              grouped(times);
    }
    node.texts.push_back({TextKind::note, what + (unit.operations.size() > 3 ? ", …" : "")});
  }

  /// The scope that the last copy of a folded scope is.
  [[nodiscard]] ScopeId scope_of_copy(const FoldedUnit& unit) const {
    ScopeId last = graph_.scope(unit.last_copy);
    const ScopeId around = graph_.scope_record(unit.scope).parent;
    while (last != root_scope && graph_.scope_record(last).parent != around) last = graph_.scope_record(last).parent;
    return last == root_scope ? unit.scope : last;
  }

  /// The node of the last copy that corresponds to `id` of the first.
  [[nodiscard]] NodeId last_like(const FoldedUnit& unit, NodeId id) const {
    if (unit.copies == 1) return id;
    if (unit.kind == FoldKind::node) return unit.last_copy;
    const std::uint32_t index = folding_.unit_of[unit.first];
    const std::vector<NodeId> first = nodes_of(index, unit.first), last = nodes_of(index, unit.last_copy);
    const auto place = std::find(first.begin(), first.end(), id) - first.begin();
    return last[std::min(static_cast<std::size_t>(place), last.size() - 1)];
  }

  void texts_of(DrawnNode& node, std::uint32_t index, NodeId id) const {
    const FoldedUnit& unit = folding_.units[index];
    const NodeId last = last_like(unit, id);
    const auto add = [&](TextKind kind, std::string text) {
      if (!text.empty()) node.texts.push_back({kind, std::move(text)});
    };
    std::string name = scene_.name(id);
    if (unit.copies > 1) name = name.empty() ? scene_.name(last) : range(name, scene_.name(last));
    if (name.empty() && !given_names_.empty()) name = given_names_[index];
    if (name.empty() && graph_.operation_id(id) == variable_operation && !is_elsewhere(id)) name = "input";
    add(TextKind::name, std::move(name));
    add(TextKind::operation, operation_text(unit, id));
    const Type& type = graph_.type(id);
    if (options_.types == ShowTypes::all || (options_.types == ShowTypes::tensors && type != Type{})) {
      add(TextKind::type, to_string(type));
    }
    const auto number = [&](const auto& of, TextKind kind, const std::string& before) {
      if (!of) return;
      const std::optional<double> value = of(id);
      if (!value) return;
      std::string text = short_number(*value, options_.digits);
      node.not_finite = node.not_finite || !std::isfinite(*value);
      if (unit.copies > 1) {
        if (const std::optional<double> end = of(last)) text = range(text, short_number(*end, options_.digits));
      }
      add(kind, before + text);
    };
    const bool has_value = graph_.operation_id(id) == constant_operation && type.shape.rank() == 0;
    if (!has_value) number(know_.value, TextKind::value, "");
    number(know_.norm, TextKind::value, "‖·‖ ");
    number(know_.adjoint, TextKind::adjoint, "∂ ");
    number(know_.adjoint_norm, TextKind::adjoint, "∂ ‖·‖ ");
    if (is_output_[id] && !is_output(id)) add(TextKind::adjoint, "= " + scene_.adjoint_name(id));
    if (know_.lines) {
      for (std::string& line : know_.lines(id)) add(TextKind::note, std::move(line));
    }
    if (options_.ids) add(TextKind::note, "%" + std::to_string(id));
    if (know_.norm) {
      if (const std::optional<double> norm = know_.norm(id); norm && std::isfinite(*norm)) node.magnitude = *norm;
    }
  }

  [[nodiscard]] std::string operation_text(const FoldedUnit& unit, NodeId id) const {
    if (is_elsewhere(id)) return scene_.symbol_elsewhere(id);
    const OperationId operation = graph_.operation_id(id);
    if (operation == variable_operation) return {};
    if (operation == constant_operation) return constant_text(graph_.attribute(id), options_.digits);
    if (!statement_.empty() && (unit.copies == 1 || unit.kind == FoldKind::statement)) {
      return formula_of(folding_.unit_of[id], id).text;
    }
    // Of a repeated one what all have alike: a constant of the first time alone is no part of it.
    const auto operands = graph_.operands(id), last = graph_.operands(last_like(unit, id));
    std::vector<std::string> constants;
    for (std::size_t k = 0; k < operands.size(); ++k) {
      const bool inlined = inlined_[operands[k]] && inlined_[last[k]];
      constants.push_back(inlined ? range(constant_text(graph_.attribute(operands[k]), options_.digits),
                                          constant_text(graph_.attribute(last[k]), options_.digits))
                                  : std::string{});
    }
    return short_form(graph_.operation(id), graph_.attribute(id), constants);
  }

  [[nodiscard]] std::vector<std::string> tooltip_of(NodeId id) const {
    const Operation& operation = graph_.operation(id);
    std::string first = "%" + std::to_string(id) + " = " + std::string(operation.name);
    for (const NodeId operand : graph_.operands(id)) {
      if (first.size() > 80) {
        first += " …";
        break;
      }
      first += " %" + std::to_string(operand);
    }
    std::vector<std::string> lines{first + " : " + to_string(graph_.type(id))};
    if (!operation.doc.empty()) lines.emplace_back(operation.doc);
    if (const auto name = graph_.name(id); !name.empty()) lines.push_back(shortened(name, longest_tooltip));
    if (const Location location = graph_.location(id); !location.empty()) {
      lines.push_back(shortened(location.file, longest_tooltip) + ":" + std::to_string(location.line) +
                      (location.function.empty() ? "" : " in " + shortened(location.function, longest_tooltip)));
    }
    return lines;
  }

  /// Norms become places between the smallest and the largest of their part, by the logarithm.
  void set_magnitudes() {
    std::map<std::uint8_t, std::pair<double, double>> bounds;
    const auto logarithm = [](double norm) { return std::log10(std::max(norm, 1e-300)); };
    for (const DrawnNode& node : drawing_.nodes) {
      if (!node.magnitude || *node.magnitude == 0) continue;
      const double at = logarithm(*node.magnitude);
      const auto [place, is_new] = bounds.try_emplace(node.order, at, at);
      place->second = {std::min(place->second.first, at), std::max(place->second.second, at)};
    }
    for (DrawnNode& node : drawing_.nodes) {
      if (!node.magnitude) continue;
      const auto found = bounds.find(node.order);
      const double width = found == bounds.end() ? 0 : found->second.second - found->second.first;
      if (width == 0)
        node.magnitude.reset();
      else
        node.magnitude = *node.magnitude == 0 ? 0 : (logarithm(*node.magnitude) - found->second.first) / width;
    }
  }

  /// Where values stop being finite, and where adjoints do on the way back.
  void mark_sources() {
    if (std::none_of(drawing_.nodes.begin(), drawing_.nodes.end(), [](const DrawnNode& n) { return n.not_finite; }))
      return;
    const UseIndex uses(graph_);
    const auto finite = [](const auto& number, NodeId id) {
      if (!number) return true;
      const std::optional<double> value = number(id);
      return !value || std::isfinite(*value);
    };
    const auto value_is_finite = [&](NodeId id) { return finite(know_.value, id) && finite(know_.norm, id); };
    const auto adjoint_is_finite = [&](NodeId id) {
      return finite(know_.adjoint, id) && finite(know_.adjoint_norm, id);
    };
    for (DrawnNode& node : drawing_.nodes) {
      if (!node.not_finite || node.role == NodeRole::folded || node.role == NodeRole::elsewhere || node.copies > 1)
        continue;
      const auto operands = graph_.operands(node.last);
      const auto users = uses[node.last];
      // A limit to compare with; whatever it does not spoil is as it should be.
      if (node.role == NodeRole::constant && !users.empty() &&
          std::all_of(users.begin(), users.end(), [&](const Use& use) { return value_is_finite(use.user); })) {
        node.not_finite = false;
        continue;
      }
      if (!value_is_finite(node.last) && std::all_of(operands.begin(), operands.end(), value_is_finite)) {
        node.texts.push_back({TextKind::note, "not finite from here"});
      } else if (!adjoint_is_finite(node.last) &&
                 std::all_of(users.begin(), users.end(), [&](const Use& use) { return adjoint_is_finite(use.user); })) {
        node.texts.push_back({TextKind::note, "∂ not finite from here"});
      }
    }
  }

  // ---- statements

  /// Boxes that others refer to in their formulas and that have no name are v1, v2, ….
  void name_units() {
    given_names_.resize(folding_.units.size());
    std::size_t number = 0;
    for (std::uint32_t index = 0; index < folding_.units.size(); ++index) {
      const FoldedUnit& unit = folding_.units[index];
      if (unit.kind != FoldKind::node && unit.kind != FoldKind::statement) continue;
      const NodeId id = unit.kind == FoldKind::statement ? root_of(index) : unit.first;
      if (graph_.operation_id(id) == constant_operation || !scene_.name(id).empty()) continue;
      given_names_[index] = (graph_.operation_id(id) == variable_operation ? "x" : "v") + std::to_string(++number);
    }
  }

  /// The nodes of one copy of a unit, ascending; `start` is the first of them.
  [[nodiscard]] std::vector<NodeId> nodes_of(std::uint32_t index, NodeId start) const {
    const FoldedUnit& unit = folding_.units[index];
    std::vector<NodeId> nodes{start};
    if (unit.kind == FoldKind::node) return nodes;
    const std::size_t size = unit.count / unit.copies;
    for (NodeId id = start + 1; id <= unit.last && nodes.size() < size; ++id) {
      if (folding_.unit_of[id] == index && copy_of(id) == start) nodes.push_back(id);
    }
    return nodes;
  }
  [[nodiscard]] std::vector<NodeId> nodes_of(std::uint32_t index) const {
    return nodes_of(index, folding_.units[index].first);
  }
  /// The first node of the copy of its unit that a node belongs to.
  [[nodiscard]] NodeId copy_of(NodeId id) const {
    return folding_.copy_of.empty() ? folding_.units[folding_.unit_of[id]].first : folding_.copy_of[id];
  }
  [[nodiscard]] bool in_first_copy(NodeId id) const {
    return copy_of(id) == folding_.units[folding_.unit_of[id]].first;
  }
  /// The result of a statement: its last node.
  [[nodiscard]] NodeId root_of(std::uint32_t index) const { return nodes_of(index).back(); }

  /// Of a unit, the formula of the node `of` in it, from the names of what lies outside.
  [[nodiscard]] Formula formula_of(std::uint32_t index, NodeId of) const {
    std::map<NodeId, Formula> formulas;
    std::vector<Formula> operands;
    for (const NodeId id : nodes_of(index)) {
      operands.clear();
      for (const NodeId operand : graph_.operands(id)) {
        const auto inner = formulas.find(operand);
        operands.push_back(inner != formulas.end() ? inner->second : reference_to(operand));
      }
      formulas[id] = applied(graph_.operation(id), graph_.attribute(id), operands);
      if (id == of) break;
    }
    return formulas[of];
  }

  /// How a formula names what another box holds: by its name, or by a formula where it is only a part of what that
  /// shows.
  [[nodiscard]] Formula reference_to(NodeId id) const {
    if (inlined_[id]) return {constant_text(graph_.attribute(id), options_.digits)};
    // Of an adjoint of several the first.
    if (std::string name = scene_.name(id); !name.empty()) {
      return {graph_.name(id).empty() ? name.substr(0, name.find(", ")) : name};
    }
    const std::uint32_t index = folding_.unit_of[id];
    const FoldedUnit& unit = folding_.units[index];
    if (unit.kind == FoldKind::statement && unit.copies == 1 && id != root_of(index)) return formula_of(index, id);
    return {given_names_[index].empty() ? "·" : given_names_[index]};
  }

  /// The derivative of a statement's result by each node outside it that it uses.
  [[nodiscard]] std::map<NodeId, double> statement_derivatives(std::uint32_t index) const {
    std::map<NodeId, double> derivative, by_outside;
    const std::vector<NodeId> nodes = nodes_of(index);
    derivative[nodes.back()] = 1;
    for (auto node = nodes.rbegin(); node != nodes.rend(); ++node) {
      const auto operands = graph_.operands(*node);
      for (std::uint32_t k = 0; k < operands.size(); ++k) {
        const auto local = know_.local_derivative(*node, k);
        if (!local) continue;
        const bool inner = folding_.unit_of[operands[k]] == index;
        // A zero passes nothing, whatever it meets.
        const double above = derivative[*node];
        (inner ? derivative : by_outside)[operands[k]] += above == 0 || *local == 0 ? 0 : above * *local;
      }
    }
    return by_outside;
  }

  // ---- edges

  struct Line {
    std::size_t count = 0;
    std::string label{};
  };
  using LineKey = std::tuple<std::uint32_t, EdgeKind, std::uint32_t, std::uint32_t>;  // to, kind, position, from

  [[nodiscard]] bool simple(std::uint32_t unit) const { return folding_.units[unit].kind == FoldKind::node; }

  [[nodiscard]] bool share_a_repetition(std::uint32_t a, std::uint32_t b) const {
    for (std::uint32_t r = folding_.units[a].repetition; r != no_repetition; r = folding_.repetitions[r].parent) {
      for (std::uint32_t q = folding_.units[b].repetition; q != no_repetition; q = folding_.repetitions[q].parent) {
        if (q == r) return true;
      }
    }
    return false;
  }

  void add_edges() {
    // What the first copies use. What other copies use and the first does not comes from the copy before.
    std::set<std::pair<std::uint32_t, std::uint32_t>> direct;
    if (!folding_.repetitions.empty()) {
      for (NodeId user = 0; user < graph_.size(); ++user) {
        const std::uint32_t to = folding_.unit_of[user];
        if (to == no_unit || !in_first_copy(user)) continue;
        for (const NodeId operand : graph_.operands(user)) {
          if (folding_.unit_of[operand] != no_unit) direct.emplace(folding_.unit_of[operand], to);
        }
      }
    }
    std::map<LineKey, Line> lines;
    std::map<NodeId, std::size_t> uses;  // of each operand by one user
    for (NodeId user = 0; user < graph_.size(); ++user) {
      const auto operands = graph_.operands(user);
      const std::uint32_t to = folding_.unit_of[user];
      if (to == no_unit) continue;
      uses.clear();
      if (operands.size() > most_parallel) {
        for (const NodeId operand : operands) ++uses[operand];
      }
      for (std::uint32_t k = 0; k < operands.size(); ++k) {
        const std::uint32_t from = folding_.unit_of[operands[k]];
        if (from == no_unit) continue;
        if (from == to && (folding_.copy_of.empty() || folding_.copy_of[user] == folding_.copy_of[operands[k]]))
          continue;
        const bool carried = !direct.empty() && !direct.contains({from, to}) && share_a_repetition(from, to);
        if (from == to && !carried) continue;
        const bool many = !uses.empty() && uses[operands[k]] > most_parallel;
        // Parallel edges between the same two stay apart while they are few: x·x has two.
        const bool apart = simple(to) && simple(from) && !many;
        Line& line = lines[{to, carried ? EdgeKind::carried : EdgeKind::operand, apart ? k + 1 : 0, from}];
        if (line.count++ == 0 && apart)
          line.label = label_of(user, k);
        else if (apart && folding_.units[to].copies > 1 && user == folding_.units[to].last_copy)
          line.label = range(line.label, label_of(user, k));
      }
    }
    label_statements(lines);
    for (const auto& [key, line] : lines) {
      const auto& [to, kind, position, from] = key;
      DrawnEdge edge{.from = from, .to = to, .kind = kind, .count = line.count, .label = line.label};
      // Copies are counted by their frame.
      const std::size_t copies = std::max(folding_.units[to].copies, folding_.units[from].copies);
      if (copies > 1 && (edge.count <= copies || simple(to))) edge.count = 1;
      if (position != 0) {
        const NodeId user = folding_.units[to].first;
        const auto operands = graph_.operands(user);
        const auto drawn = std::count_if(operands.begin(), operands.end(), [&](NodeId o) { return !inlined_[o]; });
        if (drawn > 1 && !graph_.operation(user).commutative) edge.position = position;
      }
      drawing_.edges.push_back(std::move(edge));
    }
    if (options_.reduce && folding_.units.size() < graph_.size()) left_out_ = reduce_edges(drawing_);
  }

  [[nodiscard]] std::string label_of(NodeId user, std::uint32_t position) const {
    std::string label;
    if (know_.edge_label) label = know_.edge_label(user, position);
    if (label.empty() && know_.local_derivative) {
      if (const auto value = know_.local_derivative(user, position)) label = short_number(*value, options_.digits);
    }
    return shortened(label, options_.longest_text);
  }

  /// Beside the arrows into a statement, its derivatives.
  void label_statements(std::map<LineKey, Line>& lines) const {
    if (statement_.empty() || !know_.local_derivative) return;
    for (std::uint32_t index = 0; index < folding_.units.size(); ++index) {
      if (folding_.units[index].kind != FoldKind::statement) continue;
      for (const auto& [operand, value] : statement_derivatives(index)) {
        const auto line = lines.find({index, EdgeKind::operand, 0, folding_.unit_of[operand]});
        if (line == lines.end() || !(simple(folding_.unit_of[operand]) ||
                                     folding_.units[folding_.unit_of[operand]].kind == FoldKind::statement))
          continue;
        line->second.label = short_number(value, options_.digits);
        line->second.count = 1;
      }
    }
  }

  /// Lines between nodes and their adjoints, which a layout draws beside each other. A folded box has one to each
  /// adjoint at most, and each adjoint one to a folded box: where most of them lead.
  void add_ties() {
    using Ends = std::pair<std::uint32_t, std::uint32_t>;
    std::map<Ends, std::size_t> ties;
    for (const AdjointLink& link : graph_.all_adjoint_links()) {
      if (order_[link.adjoint] == 0) continue;
      if (link.operand != AdjointLink::itself && options_.ties != Ties::all) continue;
      const std::uint32_t from = folding_.unit_of[link.primal];
      const std::uint32_t to = folding_.unit_of[link.adjoint];
      if (from != to && from != no_unit && to != no_unit) ++ties[{from, to}];
    }
    const auto several = [&](std::uint32_t unit) { return folding_.units[unit].count > 1 && statement_.empty(); };
    std::map<std::uint32_t, Ends> most;  // by adjoint
    for (const auto& [ends, count] : ties) {
      if (!several(ends.first) && !several(ends.second)) continue;
      const auto [place, is_new] = most.try_emplace(ends.second, ends);
      if (!is_new && ties[place->second] < count) place->second = ends;
    }
    for (const auto& [ends, count] : ties) {
      const auto chosen = most.find(ends.second);
      if (chosen != most.end() && chosen->second != ends) continue;
      drawing_.edges.push_back({.from = ends.first, .to = ends.second, .kind = EdgeKind::tie});
    }
  }

  // ---- what is said below

  void add_notes() {
    const auto hidden = static_cast<std::size_t>(std::count(inlined_.begin(), inlined_.end(), true));
    const bool folded = std::any_of(folding_.units.begin(), folding_.units.end(), [](const FoldedUnit& unit) {
      return unit.count > 1 && unit.kind != FoldKind::statement;
    });
    if (folded) {
      drawing_.notes.push_back(grouped(graph_.size() - hidden) + " nodes, drawn as " + grouped(folding_.units.size()));
    }
    if (!folding_.repetitions.empty()) {
      drawing_.notes.emplace_back(
          "a frame × n is there n times and drawn once, with the numbers of the first … the last time");
    }
    if (std::any_of(drawing_.nodes.begin(), drawing_.nodes.end(),
                    [](const DrawnNode& node) { return node.magnitude.has_value(); })) {
      drawing_.notes.emplace_back("the darker, the larger the norm");
    }
    if (left_out_ != 0) {
      drawing_.notes.push_back(grouped(left_out_) + (left_out_ == 1 ? " arrow is" : " arrows are") +
                               " left out where a longer way says the same");
    }
    if (std::any_of(drawing_.nodes.begin(), drawing_.nodes.end(),
                    [](const DrawnNode& node) { return node.role == NodeRole::elsewhere; })) {
      drawing_.notes.emplace_back("a dashed box comes from a part that is not drawn");
    }
  }

  static constexpr std::size_t deepest_frame = 16;  // scopes inside it are drawn without frames of their own
  static constexpr std::size_t most_parallel = 3;   // edges between the same two nodes, beyond which they are one line
  static constexpr std::size_t most_inlined = 3;    // operands of an operation whose constants are written into it

  const Graph& graph_;
  const Scene& scene_;
  const std::vector<std::uint8_t>& order_;
  const DrawingOptions& options_;
  const Annotations& know_;
  std::vector<bool> is_output_;
  std::vector<bool> inlined_;             // constants that are written into the boxes of their users
  std::vector<std::uint32_t> statement_;  // by node; empty without statements
  std::vector<std::string> given_names_;  // by unit; empty without statements
  Folding folding_;
  std::map<std::tuple<std::uint32_t, std::uint8_t, std::uint32_t, std::uint8_t>, std::uint32_t> frames_;
  std::size_t left_out_ = 0;
  Drawing drawing_;
};

}  // namespace

Drawing compose(const Scene& scene, const DrawingOptions& options, const Annotations& annotations) {
  return Composer(scene, options, annotations).run();
}

}  // namespace wengert::graph
