#include "wengert/autodiff/transform/sweep_steps.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <variant>

#include "wengert/autodiff/record/primitive.hpp"
#include "wengert/autodiff/record/recording.hpp"
#include "wengert/graph/types.hpp"

namespace wengert::detail {

using graph::Graph;
using graph::NodeId;
using graph::TheatreRule;
using graph::TheatreStep;

namespace {

/// A graph of one constant.
Graph constant_graph(Array value) {
  graph::GraphBuilder builder;
  builder.output(builder.constant(std::move(value)));
  return std::move(builder).build();
}

constexpr const char* operand_names[]{"x0", "x1", "x2"};

/// The partial derivative by one operand, recorded from the primitive's own rule. Where the primitive takes a truth
/// value the rule's variable, a number as all are, is compared with 0.
TheatreRule elementwise_rule(const Primitive& primitive, std::uint32_t operand, double y, std::span<const double> x) {
  Recording recording(RecordingOptions{.locations = false});
  const Scalar value = recording.variable(y, "y");
  std::vector<Eager> operands;
  for (std::size_t k = 0; k < x.size(); ++k) {
    operands.emplace_back(recording.variable(x[k], operand_names[k]));
    if ((primitive.truth_operands >> k & 1u) == 0) continue;
    const std::array<Eager, 2> compared{operands.back(), Eager(0.0)};
    operands.back() = PrimitiveOf<ops::NotEqual>::record.record(compared.data());
  }
  const Scalar partial = primitive.recorded_contribution(operand, Eager(1.0), Eager(value), operands.data()).scalar();
  if (partial.is_constant()) return {true, constant_graph(Array::scalar(partial.value()))};
  return {true, expand(recording, {partial}, {.ties = false}).graph};
}

/// The cotangent of one operand, recorded from the primitive's own rule; and its elements.
std::pair<TheatreRule, Array> tensor_rule(const Primitive& primitive, std::uint32_t operand, const Array& cotangent,
                                          const Array& y, std::span<const Array> x, const graph::Attribute& attribute) {
  Recording recording(RecordingOptions{.locations = false});
  const Tensor c = recording.variable(cotangent, "c"), value = recording.variable(y, "y");
  std::vector<Tensor> operands;
  for (std::size_t k = 0; k < x.size(); ++k) operands.push_back(recording.variable(x[k], "x" + std::to_string(k)));
  const Tensor passed = primitive.on_tensors.vjp(operand, c, value, operands, attribute);
  if (passed.is_constant()) return {{false, constant_graph(passed.value())}, passed.value()};
  return {{false, expand(recording, {passed}, {.ties = false}).graph}, passed.value()};
}

bool all_zero(const Array& array) {
  for (std::int64_t i = 0; i < array.size(); ++i)
    if (array.element(i) != 0) return false;
  return true;
}

class Sweep {
 public:
  Sweep(const Subject& subject, std::size_t most_elements)
      : subject_(subject), graph_(subject.graph), most_elements_(most_elements) {
    result_.adjoints.resize(graph_.size());
    for (const graph::AdjointLink& link : graph_.all_adjoint_links())
      if (link.operand != graph::AdjointLink::itself)
        parts_[{link.primal, static_cast<std::uint32_t>(link.operand)}] = link.adjoint;
  }

  SweepSteps run() && {
    const NodeId root = subject_.root;
    result_.adjoints[root] = Array::uniform(graph_.type(root), 1.0).dense();
    for (NodeId id = root + 1; id-- > 0;) {
      if (!result_.adjoints[id] || graph_.operands(id).empty()) continue;
      // Every operation but variables and constants is a Primitive: the graph layer defines no other.
      const auto& primitive = static_cast<const Primitive&>(graph_.operation(id));
      const auto operands = graph_.operands(id);
      for (std::uint32_t k = 0; k < operands.size(); ++k)
        if (flows(primitive, id, k)) pass(primitive, id, k);
    }
    return std::move(result_);
  }

 private:
  [[nodiscard]] bool flows(const Primitive& primitive, NodeId id, std::uint32_t k) const {
    const NodeId operand = graph_.operands(id)[k];
    if (graph_.operation_id(operand) == graph::constant_operation || !is_real(graph_.type(operand).dtype)) return false;
    if (primitive.elementwise) return (primitive.differentiable >> k & 1u) != 0;
    if (primitive.on_tensors.vjp == nullptr && primitive.on_tensors.vjp_of_all == nullptr) return false;
    if (primitive.on_tensors.differentiable_in != nullptr)
      return primitive.on_tensors.differentiable_in(k, graph_.attribute(id));
    return primitive.differentiable != 0;
  }

  [[nodiscard]] std::vector<Array> operands_of(NodeId id) const {
    std::vector<Array> x;
    for (const NodeId operand : graph_.operands(id)) x.push_back(elements_of(subject_, operand).value());
    return x;
  }

  void pass(const Primitive& primitive, NodeId id, std::uint32_t k) {
    TheatreStep step{.user = id, .position = k};
    if (const auto part = parts_.find({id, k}); part != parts_.end()) step.adjoint = part->second;
    const Array contribution = contribution_of(primitive, id, k, step);
    step.contribution = graph::figure_of(contribution, most_elements_);
    std::optional<Array>& adjoint = result_.adjoints[graph_.operands(id)[k]];
    adjoint = adjoint ? (Tensor(*adjoint) + Tensor(contribution)).value() : contribution;
    result_.steps.push_back(std::move(step));
  }

  /// Also fills in the rule, and the local derivative of an elementwise operation.
  Array contribution_of(const Primitive& primitive, NodeId id, std::uint32_t k, TheatreStep& step) {
    const Array& cotangent = *result_.adjoints[id];
    const Type& type = graph_.type(graph_.operands(id)[k]);
    const std::vector<Array> x = operands_of(id);
    const Array y = elements_of(subject_, id).value();
    if (primitive.elementwise && primitive.partial != nullptr) {
      const auto count = static_cast<std::size_t>(cotangent.size());
      std::array<double, 3> at{};
      Array local = Array::zeros(type), contribution = Array::zeros(type);
      const auto fill = [&]<class T>(std::type_identity<T>) {
        if constexpr (std::floating_point<T>) {
          const auto locals = local.mutable_data<T>(), contributions = contribution.mutable_data<T>();
          for (std::size_t i = 0; i < count; ++i) {
            const auto element = static_cast<std::int64_t>(i);
            for (std::size_t n = 0; n < x.size(); ++n) at[n] = x[n].element(element);
            locals[i] = static_cast<T>(primitive.partial(k, y.element(element), at.data()));
            contributions[i] =
                static_cast<T>(primitive.contribution(k, cotangent.element(element), y.element(element), at.data()));
          }
        }
      };
      with_element_type(type.dtype, fill);
      step.local = graph::figure_of(local, most_elements_);
      for (std::size_t n = 0; n < x.size(); ++n) at[n] = count == 0 ? 1 : x[n].element(0);
      step.rule = rule_for(key_of(primitive, id, k), [&] {
        return elementwise_rule(primitive, k, count == 0 ? 1 : y.element(0), std::span(at.data(), x.size()));
      });
      return contribution;
    }
    if (primitive.on_tensors.vjp == nullptr) {
      std::vector<char> wanted(x.size(), 0);
      wanted[k] = 1;
      const std::vector<Tensor> operands(x.begin(), x.end());
      return primitive.on_tensors.vjp_of_all(Tensor(cotangent), Tensor(y), operands, graph_.attribute(id), wanted)[k]
          .value();
    }
    if (std::holds_alternative<std::shared_ptr<const graph::Function>>(graph_.attribute(id))) {
      const std::vector<Tensor> operands(x.begin(), x.end());
      return primitive.on_tensors.vjp(k, Tensor(cotangent), Tensor(y), operands, graph_.attribute(id)).value();
    }
    std::optional<Array> passed;
    step.rule = rule_for(key_of(primitive, id, k), [&] {
      auto [rule, array] = tensor_rule(primitive, k, cotangent, y, x, graph_.attribute(id));
      passed = std::move(array);
      return std::move(rule);
    });
    if (all_zero(cotangent)) return Array::zeros(type);
    if (passed) return *passed;
    const std::vector<Tensor> operands(x.begin(), x.end());
    return primitive.on_tensors.vjp(k, Tensor(cotangent), Tensor(y), operands, graph_.attribute(id)).value();
  }

  /// What a rule depends on: not on values, and of an elementwise operation not on shapes.
  [[nodiscard]] std::string key_of(const Primitive& primitive, NodeId id, std::uint32_t k) const {
    std::string key = std::string(primitive.name) + " " + std::to_string(k);
    if (primitive.elementwise) return key;
    key += " " + graph::to_string(graph_.attribute(id));
    for (const NodeId operand : graph_.operands(id)) key += " " + to_string(graph_.type(operand));
    return key;
  }

  template <class Make>
  std::uint32_t rule_for(const std::string& key, Make&& make) {
    const auto [place, is_new] = rule_of_.try_emplace(key, static_cast<std::uint32_t>(result_.rules.size()));
    if (is_new) result_.rules.push_back(make());
    return place->second;
  }

  const Subject& subject_;
  const Graph& graph_;
  std::size_t most_elements_;
  SweepSteps result_;
  std::map<std::pair<NodeId, std::uint32_t>, NodeId> parts_;  // by edge: the node of the gradient that flows along it
  std::map<std::string, std::uint32_t> rule_of_;
};

}  // namespace

std::optional<Array> elements_of(const Subject& subject, NodeId id) {
  const auto& arrays = subject.expansion.arrays;
  if (const auto found = arrays.find(id); found != arrays.end()) {
    return found->second.is_unknown() ? std::nullopt : std::optional(found->second);
  }
  if (!subject.is_scalar(id)) return std::nullopt;
  return Array::uniform(subject.graph.type(id), subject.values[id]);
}

SweepSteps sweep_steps(const Subject& subject, std::size_t most_elements) {
  return Sweep(subject, most_elements).run();
}

}  // namespace wengert::detail
