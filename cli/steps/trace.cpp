#include "wengert/cli/steps/trace.hpp"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "wengert/autodiff/record/expand.hpp"
#include "wengert/autodiff/record/primitive.hpp"
#include "wengert/autodiff/transform/draw.hpp"
#include "wengert/cli/steps/formula.hpp"
#include "wengert/cli/table.hpp"
#include "wengert/cli/text.hpp"

namespace wengert::cli {
namespace {

using graph::Graph;
using graph::NodeId;

Array real(const Array& array) {
  return array.dtype() == Dtype::f64 ? array.dense() : convert(Tensor(array), Dtype::f64, {}).value().dense();
}

Array sum_of(const Array& a, const Array& b) {
  Array sum = Array::zeros(a.type());
  const auto to = sum.mutable_data<double>();
  const auto x = a.data<double>(), y = b.data<double>();
  for (std::size_t k = 0; k < to.size(); ++k) to[k] = x[k] + y[k];
  return sum;
}

class Tracer {
 public:
  explicit Tracer(const RecordedExpression& recorded)
      : expansion_(expand(recorded.recording, {recorded.value.handle()}, {.merge_duplicates = false, .ties = false})),
        graph_(expansion_.graph),
        values_(expansion_.values),
        shown_as_(graph_.size(), graph::no_node),
        position_(graph_.size(), 0) {
    // Of tensors too, if they are numbers.
    for (const auto& [id, array] : expansion_.arrays)
      if (array.rank() == 0) values_[id] = array.element(0);
  }

  Trace run() {
    forward();
    reverse();
    return std::move(trace_);
  }

 private:
  [[nodiscard]] bool is_constant(NodeId id) const { return graph_.operation_id(id) == graph::constant_operation; }
  [[nodiscard]] bool is_variable(NodeId id) const { return graph_.operation_id(id) == graph::variable_operation; }

  /// The elements of a node, in its dtype.
  [[nodiscard]] Array elements(NodeId id) const {
    if (const auto at = expansion_.arrays.find(id); at != expansion_.arrays.end()) return at->second;
    return Array::uniform(graph_.type(id), values_[id]);
  }

  /// The elements of a constant; one number for all if they are one.
  [[nodiscard]] Array constant(NodeId id) const {
    const Array array = elements(id);
    return array.is_uniform() ? Array::scalar(array.element(0)) : real(array);
  }

  /// It holds the elements of its operand, every one and in their order: its node is not told.
  [[nodiscard]] bool is_alias(NodeId id) const {
    const std::string_view operation = graph_.operation(id).name;
    if (operation != "reshape" && operation != "to_scalar" && operation != "to_tensor") return false;
    const NodeId operand = graph_.operands(id)[0];
    return graph_.type(id).shape.size() == graph_.type(operand).shape.size() && !is_constant(operand);
  }

  static bool is_squeezed(const Shape& shape, const Shape& from) {
    std::size_t axis = 0;
    for (const std::int64_t extent : from) {
      if (axis < shape.rank() && shape[axis] == extent)
        ++axis;
      else if (extent != 1)
        return false;
    }
    return axis == shape.rank();
  }

  void forward() {
    const std::string letter = free_letter();
    for (NodeId id = 0; id < graph_.size(); ++id) {
      if (is_constant(id)) continue;
      const bool alias = is_alias(id);
      const NodeId shown = alias ? shown_as_[graph_.operands(id)[0]] : id;
      shown_as_[id] = shown;
      if (!alias) {
        position_[id] = trace_.nodes.size();
        TraceNode& node = trace_.nodes.emplace_back();
        node.name = letter + std::to_string(trace_.nodes.size());
        node.operation = graph_.operation(id).name;
      }
      TraceNode& node = trace_.nodes[position_[shown]];
      // A value that has a name keeps it and its shape; else one that lost axes of extent 1 is shown without them.
      if (!alias || (!is_variable(shown) && !named(shown) && is_squeezed(graph_.type(id).shape, node.value.shape())))
        node.value = real(elements(id));
      if (!graph_.name(id).empty() && (!alias || !named(shown))) {
        node.name = graph_.name(id);
        if (alias) named_by_alias_.push_back(shown);
      }
      if (alias || is_variable(id)) continue;
      for (const NodeId operand : graph_.operands(id)) {
        if (is_constant(operand))
          node.operands.push_back({0, constant(operand)});
        else
          node.operands.push_back({position_[shown_as_[operand]], std::nullopt});
      }
      node.formula = formula_of(graph_, id, texts_of(node));
    }
  }

  [[nodiscard]] std::vector<std::string> texts_of(const TraceNode& node) const {
    std::vector<std::string> texts;
    for (const Operand& operand : node.operands)
      texts.push_back(operand.constant ? line_of(*operand.constant) : trace_.nodes[operand.node].name);
    return texts;
  }
  [[nodiscard]] bool named(NodeId id) const {
    return !graph_.name(id).empty() ||
           std::find(named_by_alias_.begin(), named_by_alias_.end(), id) != named_by_alias_.end();
  }

  /// v, unless a name of the expression is v and a number.
  [[nodiscard]] std::string free_letter() const {
    for (const char* letter : {"v", "w", "t", "n"}) {
      bool taken = false;
      for (NodeId id = 0; id < graph_.size(); ++id) {
        const std::string_view name = graph_.name(id);
        taken = taken || (name.starts_with(letter) && name.size() > 1 && name[1] >= '0' && name[1] <= '9');
      }
      if (!taken) return letter;
    }
    return "node";
  }

  void reverse() {
    std::vector<std::optional<Array>> adjoints(graph_.size());  // of shown nodes, with the shape of the node
    const NodeId output = shown_as_[graph_.outputs()[0]];
    adjoints[output] = Array::uniform(graph_.type(output), 1.0).dense();
    for (NodeId id = output + 1; id-- > 0;) {
      if (is_constant(id) || shown_as_[id] != id || !adjoints[id]) continue;
      Visit visit{position_[id], adjoints[id]->reshaped(trace_.nodes[position_[id]].value.shape()), {}};
      const auto values = adjoints[id]->data<double>();
      const bool nothing = std::all_of(values.begin(), values.end(), [](double v) { return v == 0; });
      if (!is_variable(id) && !nothing) pass_on(id, *adjoints[id], adjoints, visit);
      trace_.visits.push_back(std::move(visit));
    }
  }

  void pass_on(NodeId id, const Array& adjoint, std::vector<std::optional<Array>>& adjoints, Visit& visit) {
    // Every operation but variables and constants is a Primitive: the graph layer defines no other.
    const auto& primitive = static_cast<const Primitive&>(graph_.operation(id));
    const auto operands = graph_.operands(id);
    for (std::uint32_t k = 0; k < operands.size(); ++k) {
      const NodeId operand = operands[k];
      const bool flows =
          primitive.elementwise ? (primitive.differentiable >> k & 1u) != 0 : primitive.differentiable != 0;
      if (is_constant(operand) || !flows || !is_real(graph_.type(operand).dtype)) continue;
      const NodeId to = shown_as_[operand];
      TraceNode& node = trace_.nodes[position_[to]];
      Passed passed;
      passed.to = position_[to];
      contribution(primitive, id, k, adjoint, passed);
      const Array arrived = passed.contribution.reshaped(graph_.type(to).shape);
      passed.contribution = arrived.reshaped(node.value.shape());
      if (adjoints[to]) {
        passed.before = adjoints[to]->reshaped(node.value.shape());
        adjoints[to] = sum_of(*adjoints[to], arrived);
      } else {
        adjoints[to] = arrived;
      }
      passed.sum = adjoints[to]->reshaped(node.value.shape());
      visit.passed.push_back(std::move(passed));
    }
  }

  /// Fills in the contribution, and the local derivative or what is done instead.
  void contribution(const Primitive& primitive, NodeId id, std::uint32_t k, const Array& adjoint, Passed& passed) {
    const auto operands = graph_.operands(id);
    if (const auto local = local_derivative(graph_, values_, id, k)) {
      std::array<double, 3> x{};
      for (std::size_t n = 0; n < operands.size(); ++n) x[n] = values_[operands[n]];
      passed.local = Array::scalar(*local);
      passed.contribution = Array::scalar(primitive.contribution(k, adjoint.element(0), values_[id], x.data()));
      return;
    }
    std::vector<Tensor> x;
    for (const NodeId operand : operands) x.emplace_back(elements(operand));
    const Tensor y(elements(id));
    const auto vjp = [&](const Array& cotangent) {
      return real(primitive.on_tensors.vjp(k, Tensor(cotangent), y, x, graph_.attribute(id)).value());
    };
    passed.contribution = vjp(adjoint);
    if (primitive.elementwise)
      passed.local = vjp(Array::uniform(adjoint.type(), 1.0).dense());
    else
      passed.rule = rule_of(graph_, id, k, texts_of(trace_.nodes[position_[id]]));
  }

  Expansion expansion_;
  const Graph& graph_;
  Trace trace_;
  std::vector<double> values_;         // by node; NaN for arrays
  std::vector<NodeId> shown_as_;       // the node itself, or what it is an alias of
  std::vector<std::size_t> position_;  // in trace_.nodes, of shown nodes
  std::vector<NodeId> named_by_alias_;
};

}  // namespace

Trace trace_of(const RecordedExpression& recorded) { return Tracer(recorded).run(); }

}  // namespace wengert::cli
