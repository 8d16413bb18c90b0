#include "wengert/autodiff/record/expand.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <unordered_map>
#include <utility>

#include "wengert/autodiff/record/log.hpp"
#include "wengert/autodiff/record/primitive.hpp"
#include "wengert/autodiff/record/sweep.hpp"
#include "wengert/autodiff/record/tensor_store.hpp"
#include "wengert/autodiff/record/walk.hpp"
#include "wengert/graph/error.hpp"

namespace wengert {

using namespace detail;
using graph::no_node;
using graph::NodeId;

/// Visits the recording forwards and adds to a graph what is needed.
class Expander {
 public:
  Expander(const Stream& s, Id last, const ExpandOptions& options)
      : s_(s), options_(options), builder_({.merge_duplicates = options.merge_duplicates}) {
    register_primitives();
    out_.tag_ = s.tag();
    out_.first_id_ = s.first_id();
    const std::size_t count = last + 1 > s.first_id() ? last + 1 - s.first_id() : 0;
    out_.node_of_.assign(count, no_node);
    needed_.assign(count, false);
    for (std::size_t k = 1; k < s.scopes.size(); ++k) {
      scope_nodes_.push_back(builder_.add_scope(
          k == 1 || s.scopes[k].parent == 0 ? graph::root_scope : scope_nodes_[s.scopes[k].parent - 1],
          s.scopes[k].name));
    }
    if (options.ties) {
      for (const AdjointTie& tie : s.ties) {
        if (tie.step != whole_value && tie.adjoint - s.first_id() < count) {
          steps_.emplace_back(key(tie.primal, tie.step), no_node);
        }
      }
      std::sort(steps_.begin(), steps_.end());
      steps_.erase(std::unique(steps_.begin(), steps_.end()), steps_.end());
    }
  }

  void need(Id id) { needed_[id - s_.first_id()] = true; }
  void need_everything() { needed_.assign(needed_.size(), true); }
  void find_needed(Id last) {
    struct Needs {
      Expander& e;
      void statement(const StatementView& view) {
        if (!e.needed_[view.id - e.s_.first_id()]) return;
        e.expected_ += view.type->step_count;
        for (std::size_t k = 0; k < view.type->leaves; ++k)
          if (view.operand[k] != 0) e.need(view.operand[k]);
      }
      void variables(Id, Id) {}
      void tensor(std::uint32_t index, Id id) {
        if (!e.needed_[id - e.s_.first_id()]) return;
        for (const TensorOperand& operand : e.s_.tensors->operands_of(e.s_.tensors->entries[index]))
          if (operand.id != 0) e.need(operand.id);
      }
    } needs{*this};
    walk_backward(s_, last, needs);
    // At most so many: a vector that grows is copied, and touches twice the memory.
    builder_.reserve(expected_);
    out_.values.reserve(expected_);
  }

  void variables(Id first, Id count) {
    for (Id id = first; id != first + count; ++id) {
      if (!needed_[id - s_.first_id()]) continue;
      const NodeId node = append(builder_.variable(Type{}, {}), s_.values[id]);
      set_scope(node, id);
      finish(id, node);
    }
  }

  void tensor(std::uint32_t index, Id id) {
    if (!needed_[id - s_.first_id()]) return;
    const TensorEntry& entry = s_.tensors->entries[index];
    const double number = entry.scalar ? s_.values[id] : std::numeric_limits<double>::quiet_NaN();
    NodeId node = no_node;
    const std::size_t before = builder_.size();
    if (entry.primitive == nullptr) {
      node = append(builder_.variable(entry.result.type(), {}), number);
    } else {
      std::vector<NodeId> operands;
      const auto entries = s_.tensors->operands_of(entry);
      const auto arrays = s_.tensors->arrays_of(entry);
      for (std::size_t k = 0; k < entries.size(); ++k) {
        if (entries[k].id != 0)
          operands.push_back(node_of(entries[k].id));
        else if (entries[k].scalar)
          operands.push_back(append(builder_.constant(entries[k].number), entries[k].number));
        else
          operands.push_back(append_array(builder_.constant(arrays[k]), arrays[k]));
      }
      node = append(builder_.add(graph::register_operation(*entry.primitive), operands, entry.attribute), number);
    }
    if (!entry.scalar) out_.arrays.emplace(node, entry.result);
    if (builder_.size() != before) {
      if (entry.location != nullptr) builder_.set_location(node, location_of(entry.location));
      set_scope(node, id);
    }
    finish(id, node);
  }

  void statement(const StatementView& view) {
    if (!needed_[view.id - s_.first_id()]) return;
    // A stack of nodes and their values, in the postfix order of the statement.
    std::array<NodeId, max_leaves + 1> stack{};
    std::array<double, max_leaves + 1> value{};
    std::size_t depth = 0;
    const std::size_t steps = view.type->step_count;
    for (std::size_t n = 0; n < steps; ++n) {
      const Step& step = view.type->steps[n];
      if (step.primitive == nullptr) {
        const Id operand = view.operand[step.leaf];
        value[depth] = operand == 0 ? view.constant[step.leaf] : s_.values[operand];
        stack[depth++] = operand == 0 ? no_node : node_of(operand);
        continue;
      }
      const auto arity = static_cast<std::size_t>(step.primitive->arity);
      depth -= arity;
      for (std::size_t k = 0; k < arity; ++k) {
        if (stack[depth + k] == no_node) stack[depth + k] = constant(value[depth + k], *step.primitive, k);
      }
      const double result = n + 1 == steps ? s_.values[view.id] : step.primitive->value(value.data() + depth);
      const std::size_t before = builder_.size();
      const NodeId node = append(
          builder_.add(graph::register_operation(*step.primitive), std::span(stack.data() + depth, arity)), result);
      if (builder_.size() != before) {
        if (options_.statements) {
          out_.statements.resize(builder_.size(), 0);
          out_.statements[node] = view.id;
        }
        if (view.location != nullptr) builder_.set_location(node, location_of(view.location));
        set_scope(node, view.id);
      }
      const std::uint64_t here = key(view.id, static_cast<std::uint16_t>(n));
      while (step_at_ < steps_.size() && steps_[step_at_].first < here) ++step_at_;
      if (step_at_ < steps_.size() && steps_[step_at_].first == here) steps_[step_at_].second = node;
      stack[depth] = node;
      value[depth++] = result;
    }
    finish(view.id, stack[0]);
  }

  [[nodiscard]] NodeId output_constant(const AnyHandle& value) {
    if (value.tensor != nullptr)
      return append_array(builder_.constant(value.tensor->value(), {}), value.tensor->value());
    return append(builder_.constant(value.scalar.value()), value.scalar.value());
  }
  void output(NodeId node) { builder_.output(node); }
  [[nodiscard]] NodeId node_of(Id id) const { return out_.node_of_[id - s_.first_id()]; }

  Expansion finish() && {
    if (options_.ties) add_ties();
    if (options_.statements) out_.statements.resize(builder_.size(), 0);
    out_.graph = std::move(builder_).build();
    return std::move(out_);
  }

 private:
  static std::uint64_t key(Id id, std::uint16_t step) { return std::uint64_t{id} << 16 | step; }

  NodeId append(NodeId node, double value) {
    if (node == out_.values.size()) out_.values.push_back(value);
    return node;
  }
  NodeId append_array(NodeId node, const Array& elements) {
    out_.arrays.emplace(node, elements);
    return append(node, std::numeric_limits<double>::quiet_NaN());
  }
  NodeId constant(double value, const Primitive& user, std::size_t operand) {
    // A literal truth value, the condition of `where` for instance, was stored as a number.
    if (user.truth_operands >> operand & 1u)
      return append(builder_.constant(Array::uniform({Dtype::boolean, {}}, value)), value);
    return append(builder_.constant(value), value);
  }
  void finish(Id id, NodeId node) {
    out_.node_of_[id - s_.first_id()] = node;
    if (const auto at = s_.names.find(id); at != s_.names.end()) builder_.set_name(node, at->second);
  }
  void set_scope(NodeId node, Id id) {
    // The last change at or before the id; ids come in order, so the place is found by stepping on.
    while (scope_at_ < s_.scope_changes.size() && s_.scope_changes[scope_at_].first_id <= id) {
      scope_ = s_.scope_changes[scope_at_++].scope;
    }
    if (scope_ != 0) builder_.set_scope(node, scope_nodes_[scope_ - 1]);
  }
  [[nodiscard]] NodeId node_of_step(std::uint64_t step) const {
    const auto at = std::lower_bound(steps_.begin(), steps_.end(), std::pair(step, NodeId{0}));
    return at != steps_.end() && at->first == step ? at->second : no_node;
  }
  void add_ties() {
    for (const AdjointTie& tie : s_.ties) {
      if (tie.adjoint - s_.first_id() >= out_.node_of_.size()) continue;
      const NodeId adjoint = node_of(tie.adjoint);
      NodeId primal = no_node;
      if (tie.step == whole_value)
        primal = node_of(tie.primal);
      else
        primal = node_of_step(key(tie.primal, tie.step));
      if (adjoint != no_node && primal != no_node && adjoint != primal)
        builder_.add_adjoint_link(adjoint, primal, tie.operand);
    }
  }

  const Stream& s_;
  ExpandOptions options_;
  graph::GraphBuilder builder_;
  Expansion out_;
  std::vector<bool> needed_;
  std::vector<graph::ScopeId> scope_nodes_;              // by scope of the recording - 1
  std::vector<std::pair<std::uint64_t, NodeId>> steps_;  // inner steps of statements that ties name, ascending
  std::size_t step_at_ = 0;                              // statements come in order, and so do their steps
  std::size_t expected_ = 0;                             // nodes of the statements that are needed, at most
  std::size_t scope_at_ = 0;
  std::uint32_t scope_ = 0;
};

graph::NodeId Expansion::node_of(Id id, bool constant, std::source_location where) const {
  const Id at = id - first_id_;
  if (constant || at >= node_of_.size() || node_of_[at] == no_node) {
    throw ArgumentError{{.operation = "Expansion::node",
                         .problem = constant ? "the value is a constant" : "the value is not in the graph",
                         .expected = "a value that an output of the expansion depends on",
                         .where = where}};
  }
  return node_of_[at];
}

graph::NodeId Expansion::node(const Scalar& value, std::source_location where) const {
  check_result(tag_, value, "Expansion::node");
  return node_of(value.id(), value.is_constant(), where);
}

graph::NodeId Expansion::node(const Tensor& value, std::source_location where) const {
  check_result(tag_, Scalar::from_parts(0.0, value.id(), value.tag()), "Expansion::node");
  return node_of(value.id(), value.is_constant(), where);
}

graph::NodeId Expansion::find(const AnyHandle& value) const noexcept {
  const Id at = value.id() - first_id_;
  if (value.id() == 0 || at >= node_of_.size()) return no_node;
  if (value.tag() == tag_) return node_of_[at];
  // A rewind gives what follows another tag; handles from before its mark stay good.
  const StreamHead& head = Stream::of(tag_);
  const bool good = head.tag() == tag_ && static_cast<const Stream&>(head).owns(value.id(), value.tag());
  return good ? node_of_[at] : no_node;
}

Expansion Expansion::renumbered(graph::Graph other, std::span<const NodeId> node_of) const {
  Expansion result;
  result.values.assign(other.size(), std::numeric_limits<double>::quiet_NaN());
  if (!statements.empty()) result.statements.assign(other.size(), 0);
  // A node that stands for several has the value of each of them, and belongs where the first did.
  for (auto id = static_cast<NodeId>(node_of.size()); id-- > 0;) {
    const NodeId node = node_of[id];
    if (node == no_node) continue;
    result.values[node] = values[id];
    if (!statements.empty()) result.statements[node] = statements[id];
    if (const auto found = arrays.find(id); found != arrays.end()) result.arrays.insert_or_assign(node, found->second);
  }
  // Numbers that only the other graph has.
  for (NodeId node = 0; node < other.size(); ++node) {
    if (const auto* number = std::get_if<double>(&other.attribute(node))) result.values[node] = *number;
  }
  result.node_of_ = node_of_;
  for (NodeId& node : result.node_of_) node = node == no_node ? no_node : node_of[node];
  result.tag_ = tag_;
  result.first_id_ = first_id_;
  result.graph = std::move(other);
  return result;
}

Expansion detail::expand_stream(Stream& s, std::span<const AnyHandle> outputs, const ExpandOptions& options,
                                std::source_location where) {
  const Phase phase("expanded");
  s.settle();
  Id last = 0;
  for (const AnyHandle& output : outputs) {
    s.check(output.id(), output.tag(), "expand", where);
    last = std::max(last, output.id());
  }
  Expander expander(s, last, options);
  for (const AnyHandle& output : outputs)
    if (output.id() != 0) expander.need(output.id());
  expander.find_needed(last);
  walk_forward(s, last, expander);
  for (const AnyHandle& output : outputs) {
    expander.output(output.id() == 0 ? expander.output_constant(output) : expander.node_of(output.id()));
  }
  Expansion expansion = std::move(expander).finish();
  phase.finished({{"values", last == 0 ? 0 : last - s.first_id() + 1}, {"nodes", expansion.graph.size()}});
  return expansion;
}

Expansion expand(const Recording& recording, std::span<const AnyHandle> outputs, const ExpandOptions& options,
                 std::source_location where) {
  return expand_stream(recording.stream(), outputs, options, where);
}

Expansion expand(const Recording& recording, const ExpandOptions& options) {
  Stream& s = recording.stream();
  s.settle();
  const Id last = s.next_id() - 1;
  Expander expander(s, last, options);
  expander.need_everything();
  walk_forward(s, last, expander);
  return std::move(expander).finish();
}

}  // namespace wengert
