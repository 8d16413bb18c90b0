#include "wengert/autodiff/transform/draw.hpp"

#include <array>
#include <cmath>
#include <limits>
#include <vector>

#include "wengert/autodiff/record/log.hpp"
#include "wengert/autodiff/record/primitive.hpp"
#include "wengert/graph/analysis.hpp"
#include "wengert/graph/error.hpp"

namespace wengert {

using graph::Graph;
using graph::NodeId;

namespace {

constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();

/// The elementwise primitive of a scalar node, with the values of its operands; null for anything else.
const Primitive* scalar_primitive(const Graph& graph, std::span<const double> values, NodeId id,
                                  std::array<double, 3>& x) {
  const graph::Operation& operation = graph.operation(id);
  if (!operation.elementwise || operation.arity < 1 || operation.arity > 3 || graph.type(id).shape.rank() != 0)
    return nullptr;
  const auto operands = graph.operands(id);
  for (std::size_t k = 0; k < operands.size(); ++k) {
    if (graph.type(operands[k]).shape.rank() != 0) return nullptr;
    x[k] = values[operands[k]];
  }
  // Every elementwise operation in the table is a Primitive: the graph layer defines none.
  const auto* const primitive = static_cast<const Primitive*>(&operation);
  return primitive->partial == nullptr ? nullptr : primitive;
}

/// What was recorded for a drawing is forgotten, also when something throws.
class Temporary {
 public:
  explicit Temporary(detail::Stream& stream) : stream_(stream), mark_(stream.mark()) {}
  Temporary(const Temporary&) = delete;
  Temporary& operator=(const Temporary&) = delete;
  ~Temporary() { stream_.discard(mark_); }

 private:
  detail::Stream& stream_;
  detail::Stream::Mark mark_;
};

}  // namespace

std::optional<double> local_derivative(const Graph& graph, std::span<const double> values, NodeId user,
                                       std::uint32_t position) {
  std::array<double, 3> x{};
  const Primitive* const primitive = scalar_primitive(graph, values, user, x);
  if (primitive == nullptr || !(primitive->differentiable >> position & 1u)) return std::nullopt;
  return primitive->partial(position, values[user], x.data());
}

std::vector<double> node_adjoints(const Graph& graph, std::span<const double> values, NodeId output) {
  std::vector<double> adjoint(graph.size(), 0.0);
  if (graph.empty()) return adjoint;
  adjoint[output] = 1.0;
  for (NodeId id = output + 1; id-- > 0;) {
    if (adjoint[id] == 0.0) continue;
    std::array<double, 3> x{};
    const Primitive* const primitive = scalar_primitive(graph, values, id, x);
    const auto operands = graph.operands(id);
    for (std::size_t k = 0; k < operands.size(); ++k) {
      if (primitive == nullptr)
        adjoint[operands[k]] = not_a_number;
      else if (primitive->differentiable >> k & 1u)
        adjoint[operands[k]] += primitive->contribution(k, adjoint[id], values[id], x.data());
    }
  }
  return adjoint;
}

std::string to_dot(const detail::AnyHandle& y, std::span<const detail::AnyHandle> x, const DrawOptions& options,
                   std::source_location where) {
  if (y.id() == 0) {
    throw ArgumentError{{.operation = "to_dot",
                         .problem = "the value to draw is a constant",
                         .expected = "a value of a recording",
                         .where = where}};
  }
  detail::StreamHead& head = detail::Stream::of(y.tag());
  if (&head == &detail::no_stream) detail::Stream::throw_bad_handle(y.tag(), "to_dot", where);
  detail::Stream& stream = static_cast<detail::Stream&>(head);
  stream.check(y.id(), y.tag(), "to_dot", where);

  const Temporary temporary(stream);
  std::vector<detail::AnyGradient> gradients;
  if (options.gradient && !x.empty()) gradients = detail::gradient_of(y, nullptr, x, where);
  std::vector<detail::AnyHandle> outputs{y};
  for (std::size_t k = 0; k < gradients.size(); ++k) {
    if (x[k].tensor == nullptr)
      outputs.emplace_back(gradients[k].scalar);
    else
      outputs.emplace_back(gradients[k].tensor);
  }
  const Expansion expansion = detail::expand_stream(stream, outputs, {}, where);
  const Graph& graph = expansion.graph;
  const NodeId root = graph.outputs()[0];
  const std::vector<double> adjoints = node_adjoints(graph, expansion.values, root);
  const std::vector<bool> forward = graph::needed_by(graph, std::span(&root, 1));

  const auto number = [](double v) { return std::isnan(v) ? std::nullopt : std::optional(v); };
  graph::DotAnnotations annotations;
  if (options.values) {
    annotations.value = [&](NodeId id) -> std::optional<double> {
      if (graph.type(id).shape.rank() != 0 || expansion.arrays.contains(id)) return std::nullopt;
      return expansion.values[id];
    };
  }
  if (options.adjoints) {
    annotations.adjoint = [&](NodeId id) -> std::optional<double> {
      const bool shown = forward[id] && graph.type(id).shape.rank() == 0 && graph.type(id).dtype == Dtype::f64 &&
                         graph.operation_id(id) != graph::constant_operation;
      return shown ? number(adjoints[id]) : std::nullopt;
    };
  }
  if (options.local_derivatives) {
    annotations.local_derivative = [&](NodeId user, std::uint32_t position) -> std::optional<double> {
      const NodeId operand = graph.operands(user)[position];
      if (!forward[user] || graph.operation_id(operand) == graph::constant_operation) return std::nullopt;
      return local_derivative(graph, expansion.values, user, position);
    };
  }
  const detail::Phase phase("drawn");
  std::string dot = graph::to_dot(graph, options.dot, annotations);
  phase.finished({{"nodes", graph.size()}, {"bytes of DOT", dot.size()}});
  return dot;
}

}  // namespace wengert
