#include "wengert/autodiff/exec/capture.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "wengert/autodiff/record/expand.hpp"
#include "wengert/autodiff/record/primitive.hpp"
#include "wengert/autodiff/record/tensor_store.hpp"
#include "wengert/graph/error.hpp"

namespace wengert::exec {

using detail::AnyHandle;
using detail::Guard;
using detail::Stream;
using graph::no_node;
using graph::NodeId;

namespace {

class Capturer {
 public:
  Capturer(Stream& s, std::span<const AnyHandle> inputs, std::span<const AnyHandle> outputs, std::string_view operation,
           std::source_location where)
      : s_(s), operation_(operation), where_(where), output_count_(outputs.size()) {
    for (std::size_t k = 0; k < inputs.size(); ++k) {
      if (inputs[k].id() == 0) refuse_input(k, "is a constant");
      s.check(inputs[k].id(), inputs[k].tag(), operation_.c_str(), where);
    }
    s.settle();
    std::vector<AnyHandle> wanted(outputs.begin(), outputs.end());
    detail::append_guard_sides(s, wanted);
    wanted.insert(wanted.end(), inputs.begin(), inputs.end());
    old_ = detail::expand_stream(s, wanted, {}, where);
    node_of_.assign(old_.graph.size(), no_node);
    varies_.assign(old_.graph.size(), false);
    for (std::size_t k = 0; k < inputs.size(); ++k) add_input(k, inputs[k]);
  }

  Captured run() && {
    const graph::Graph& g = old_.graph;
    for (graph::ScopeId scope = 1; scope < g.scope_count(); ++scope)
      builder_.add_scope(g.scope_record(scope).parent, g.scope_record(scope).name);
    for (NodeId node = 0; node < g.size(); ++node) add(node);
    for (std::size_t k = 0; k < output_count_; ++k) builder_.output(there(g.outputs()[k]));
    out_.outputs = output_count_;
    add_guards();
    note_lines();
    for (const graph::AdjointLink& link : g.all_adjoint_links())
      if (node_of_[link.adjoint] != no_node && node_of_[link.primal] != no_node)
        builder_.add_adjoint_link(node_of_[link.adjoint], node_of_[link.primal], link.operand);
    out_.graph = std::move(builder_).build();
    return std::move(out_);
  }

 private:
  [[noreturn]] void refuse_input(std::size_t k, const std::string& problem, const std::string& hint = {}) const {
    throw ArgumentError{{.operation = operation_,
                         .problem = "input " + std::to_string(k) + " " + problem,
                         .expected = "variables of the recording, each once",
                         .where = where_,
                         .hint = hint}};
  }

  void add_input(std::size_t k, const AnyHandle& input) {
    const NodeId node = old_.find(input);
    if (old_.graph.operation_id(node) != graph::variable_operation)
      refuse_input(k, "was computed, it is no variable", "record what comes after it with variables of its own");
    if (varies_[node]) refuse_input(k, "is given twice");
    varies_[node] = true;
    node_of_[node] = builder_.variable(old_.graph.type(node), old_.graph.name(node));
  }

  /// The node in the new graph; what does not vary becomes a constant when it is first wanted.
  NodeId there(NodeId node) {
    if (node_of_[node] == no_node) {
      const auto array = old_.arrays.find(node);
      node_of_[node] =
          array != old_.arrays.end() ? builder_.constant(array->second, where_) : constant(node, old_.values[node]);
    }
    return node_of_[node];
  }
  NodeId constant(NodeId node, double value) {
    const Type& type = old_.graph.type(node);
    return type == Type{} ? builder_.constant(value) : builder_.constant(Array::uniform(type, value));
  }

  void add(NodeId node) {
    const graph::Graph& g = old_.graph;
    if (varies_[node]) return;  // an input
    const auto operands = g.operands(node);
    varies_[node] = std::any_of(operands.begin(), operands.end(), [&](NodeId n) { return varies_[n]; });
    if (!varies_[node]) return;
    operands_.clear();
    for (const NodeId operand : operands) operands_.push_back(there(operand));
    const NodeId made = builder_.add(g.operation_id(node), operands_, g.attribute(node));
    node_of_[node] = made;
    if (g.scope(node) != graph::root_scope) builder_.set_scope(made, g.scope(node));
    if (const graph::Location at = g.location(node); !at.empty()) builder_.set_location(made, at);
    if (!g.name(node).empty()) builder_.set_name(made, g.name(node));
  }

  void note_lines() {
    if (!s_.tensors) return;
    for (const detail::TensorEntry& entry : s_.tensors->entries) {
      const NodeId node = old_.find(Scalar::from_parts(0.0, entry.id, s_.tag()));
      if (node != no_node && node_of_[node] != no_node && entry.location != nullptr)
        out_.lines.emplace_back(node_of_[node], entry.location);
    }
  }

  void add_guards() {
    const auto id_of = [](const Primitive& p) { return graph::register_operation(p); };
    NodeId failed = no_node;
    for (const Guard& guard : s_.guards) {
      for (std::uint32_t place = 0; place < guard.count; ++place) {
        CapturedGuard captured{.info = detail::info_of(s_, guard, place), .compare = guard.comparison->value};
        bool varies = false;
        for (std::size_t k = 0; k < 2; ++k) {
          const Scalar value = detail::side_of(s_, guard, k, place);
          const NodeId node = value.is_constant() ? no_node : old_.find(value);
          captured.side[k] = node == no_node ? builder_.constant(value.value()) : there(node);
          varies = varies || (node != no_node && varies_[node]);
        }
        if (!varies) continue;
        NodeId otherwise = builder_.add(id_of(*guard.comparison), captured.side);
        if (guard.outcome) otherwise = builder_.add(id_of(PrimitiveOf<ops::LogicalNot>::record), {otherwise});
        if (guard.location != nullptr) builder_.set_location(otherwise, detail::location_of(guard.location));
        failed = failed == no_node ? otherwise
                                   : builder_.add(id_of(PrimitiveOf<ops::LogicalOr>::record), {failed, otherwise});
        out_.guards.push_back(std::move(captured));
      }
    }
    if (failed != no_node) builder_.output(failed);
  }

  Stream& s_;
  std::string operation_;
  std::source_location where_;
  std::size_t output_count_;
  Expansion old_;
  graph::GraphBuilder builder_{{.merge_duplicates = true}};
  std::vector<NodeId> node_of_;  // by node of the expansion
  std::vector<bool> varies_;     // likewise: depends on an input
  std::vector<NodeId> operands_;
  Captured out_;
};

}  // namespace

Captured capture(const Recording& recording, std::span<const AnyHandle> inputs, std::span<const AnyHandle> outputs,
                 std::string_view operation, std::source_location where) {
  Stream& s = recording.stream();
  for (const AnyHandle& output : outputs) s.check(output.id(), output.tag(), std::string(operation).c_str(), where);
  return Capturer(s, inputs, outputs, operation, where).run();
}

}  // namespace wengert::exec
