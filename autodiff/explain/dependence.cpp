#include "wengert/autodiff/explain/dependence.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "wengert/autodiff/ops/hook.hpp"
#include "wengert/autodiff/passes/node_value.hpp"
#include "wengert/autodiff/record/stream.hpp"
#include "wengert/graph/error.hpp"

namespace wengert::detail {

using graph::Graph;
using graph::NodeId;

namespace {

Expansion expansion_of(const AnyHandle& y, const char* operation, std::source_location where) {
  if (y.id() == 0) {
    throw ArgumentError{{.operation = operation,
                         .problem = "the value to explain is a constant",
                         .expected = "a value of a recording",
                         .where = where}};
  }
  StreamHead& head = Stream::of(y.tag());
  if (&head == &no_stream) Stream::throw_bad_handle(y.tag(), operation, where);
  Stream& stream = static_cast<Stream&>(head);
  stream.check(y.id(), y.tag(), operation, where);
  if (y.tensor != nullptr && y.tensor->shape().size() != 1) {
    throw ShapeError{{.operation = operation,
                      .problem = "the value has the shape " + to_string(y.tensor->shape()),
                      .expected = "a value of one element, whose derivative is a gradient",
                      .where = where}};
  }
  return expand_stream(stream, std::span(&y, 1), {.merge_duplicates = false, .ties = false}, where);
}

/// The operation on each pair of elements, in double, stored in the dtype of a.
template <class F>
Array combined(const Array& a, const Array& b, F&& f) {
  Array result = Array::zeros(a.type());
  const auto each = [&]<class T>(std::span<T> to) {
    for (std::size_t i = 0; i < to.size(); ++i) {
      const auto at = static_cast<std::int64_t>(i);
      to[i] = static_cast<T>(f(a.element(at), b.element(at)));
    }
  };
  if (a.dtype() == Dtype::f32)
    each(result.mutable_data<float>());
  else
    each(result.mutable_data<double>());
  return result;
}

}  // namespace

Array sum_of(const Array& a, const Array& b) {
  return combined(a, b, [](double x, double y) { return x + WENGERT_NUMBER("dependence: term of a sum", y); });
}
Array difference_of(const Array& a, const Array& b) {
  return combined(a, b, [](double x, double y) { return x - WENGERT_NUMBER("dependence: term of a difference", y); });
}
double dot(const Array& a, const Array& b) {
  double sum = 0;
  for (std::int64_t i = 0; i < a.size(); ++i) WENGERT_ADD("dependence: dot", sum, a.element(i) * b.element(i));
  return sum;
}
double norm(const Array& a) {
  double sum = 0;
  for (std::int64_t i = 0; i < a.size(); ++i) sum = WENGERT_NUMBER("dependence: norm", std::hypot(sum, a.element(i)));
  return sum;
}

Dependence::Dependence(const AnyHandle& y, const char* operation, std::source_location where)
    : expansion_(expansion_of(y, operation, where)), values_(expansion_.values) {
  for (const auto& [id, array] : expansion_.arrays)
    if (array.rank() == 0 && is_real(array.dtype())) values_[id] = array.element(0);
}

void Dependence::set(NodeId id, const Array& elements) {
  if (expansion_.arrays.count(id) != 0 || elements.rank() != 0) expansion_.arrays.insert_or_assign(id, elements);
  if (elements.rank() != 0) return;
  values_[id] = is_real(elements.dtype()) ? elements.element(0) : static_cast<double>(elements.integer_element(0));
}

Dependence Dependence::with(const std::map<NodeId, Array>& values) const {
  Dependence other = *this;
  std::vector<bool> changed(graph().size(), false);
  for (NodeId id = 0; id < graph().size(); ++id) {
    const auto operands = graph().operands(id);
    if (const auto at = values.find(id); at != values.end()) {
      other.set(id, at->second);
      changed[id] = true;
    } else if (std::any_of(operands.begin(), operands.end(), [&](NodeId operand) { return changed[operand]; })) {
      other.set(id, other.evaluated(id, {}));
      changed[id] = true;
    }
  }
  return other;
}

Array Dependence::evaluated(NodeId id, const std::map<NodeId, Array>& values) const {
  std::vector<Array> x;
  for (const NodeId operand : graph().operands(id)) {
    const auto at = values.find(operand);
    x.push_back(at == values.end() ? elements(operand) : at->second);
  }
  return passes::value_of(graph().operation(id), x, graph().attribute(id), graph().type(id));
}

Array Dependence::elements(NodeId id) const {
  if (const auto at = expansion_.arrays.find(id); at != expansion_.arrays.end()) return at->second;
  return Array::uniform(graph().type(id), values_[id]);
}

const Primitive& Dependence::primitive(NodeId id) const {
  // Every operation but variables and constants is a Primitive: the graph layer defines no other.
  return static_cast<const Primitive&>(graph().operation(id));
}

bool Dependence::flows(NodeId id, std::uint32_t k) const {
  const graph::OperationId operation = graph().operation_id(id);
  if (operation == graph::variable_operation || operation == graph::constant_operation) return false;
  if (WENGERT_HOLDS("dependence: operand is no number", !is_real(graph().type(graph().operands(id)[k]).dtype)))
    return false;
  const Primitive& p = primitive(id);
  if (p.elementwise) return WENGERT_HOLDS("dependence: primitive is differentiable", (p.differentiable >> k & 1u) != 0);
  if (p.on_tensors.differentiable_in != nullptr)
    return WENGERT_HOLDS("dependence: rule is differentiable",
                         p.on_tensors.differentiable_in(k, graph().attribute(id)));
  return p.differentiable != 0;
}

std::vector<bool> Dependence::between(std::span<const NodeId> x) const {
  std::vector<bool> depends(graph().size(), false), active(graph().size(), false);
  for (const NodeId id : x) depends[id] = true;
  for (NodeId id = 0; id <= root(); ++id) {
    const auto operands = graph().operands(id);
    for (std::uint32_t k = 0; k < operands.size() && !depends[id]; ++k)
      depends[id] = WENGERT_HOLDS("dependence: depends", depends[operands[k]] && flows(id, k));
  }
  active[root()] = depends[root()];
  for (NodeId id = root() + 1; id-- > 0;) {
    if (!active[id]) continue;
    const auto operands = graph().operands(id);
    for (std::uint32_t k = 0; k < operands.size(); ++k)
      if (WENGERT_HOLDS("dependence: lies between", depends[operands[k]] && flows(id, k))) active[operands[k]] = true;
  }
  return active;
}

bool Dependence::has_local(NodeId id) const {
  const auto operands = graph().operands(id);
  if (operands.empty() || operands.size() > 3 || !is_scalar(id)) return false;
  for (const NodeId operand : operands)
    if (!is_scalar(operand)) return false;
  return graph().operation(id).elementwise && primitive(id).partial != nullptr;
}

double Dependence::local(NodeId id, std::uint32_t k) const {
  std::array<double, 3> x{};
  const auto operands = graph().operands(id);
  for (std::size_t n = 0; n < operands.size(); ++n) x[n] = values_[operands[n]];
  return WENGERT_NUMBER(
      "dependence: local derivative",
      primitive(id).partial(WENGERT_INDEX("dependence: operand of a local derivative", k), values_[id], x.data()));
}

double Dependence::contribution(NodeId id, std::uint32_t k, double cotangent) const {
  std::array<double, 3> x{};
  const auto operands = graph().operands(id);
  for (std::size_t n = 0; n < operands.size(); ++n) x[n] = values_[operands[n]];
  return WENGERT_NUMBER("dependence: contribution", primitive(id).contribution(k, cotangent, values_[id], x.data()));
}

Array Dependence::contribution(NodeId id, std::uint32_t k, const Array& cotangent) const {
  std::vector<Tensor> x;
  for (const NodeId operand : graph().operands(id)) x.emplace_back(elements(operand));
  return primitive(id)
      .on_tensors.vjp(k, Tensor(cotangent), Tensor(elements(id)), x, graph().attribute(id))
      .value()
      .dense();
}

std::optional<Array> Dependence::local_array(NodeId id, std::uint32_t k) const {
  if (!graph().operation(id).elementwise) return std::nullopt;
  return contribution(id, k, Array::uniform(graph().type(id), 1.0).dense());
}

}  // namespace wengert::detail
