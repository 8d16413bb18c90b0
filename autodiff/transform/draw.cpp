#include "wengert/autodiff/transform/draw.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <vector>

#include "wengert/autodiff/record/log.hpp"
#include "wengert/autodiff/record/primitive.hpp"
#include "wengert/autodiff/record/recorded_sweep.hpp"
#include "wengert/autodiff/transform/draw_subject.hpp"
#include "wengert/autodiff/transform/simplify.hpp"
#include "wengert/graph/analysis.hpp"
#include "wengert/graph/error.hpp"
#include "wengert/graph/extract.hpp"

namespace wengert {

using detail::Subject;
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

namespace {

/// √Σx² of the elements; none for dtypes that have no derivatives.
std::optional<double> norm_of(const Array& array) {
  if (!is_real(array.dtype())) return std::nullopt;
  // Scaled by the largest, so that squares neither overflow nor vanish.
  double largest = 0;
  for (std::int64_t i = 0; i < array.size(); ++i) {
    const double magnitude = std::abs(array.element(i));
    if (std::isnan(magnitude)) return magnitude;
    largest = std::max(largest, magnitude);
  }
  if (largest == 0 || std::isinf(largest)) return largest;
  double sum = 0;
  for (std::int64_t i = 0; i < array.size(); ++i) {
    const double part = array.element(i) / largest;
    sum += part * part;
  }
  return largest * std::sqrt(sum);
}

}  // namespace

Subject detail::subject_of(const Expansion& expansion, std::span<const AnyHandle> x) {
  const Graph& graph = expansion.graph;
  const NodeId root = graph.outputs()[0];
  std::vector<double> values = expansion.values;
  for (const auto& [id, array] : expansion.arrays) {
    if (array.rank() == 0)
      values[id] = is_real(array.dtype()) ? array.element(0) : static_cast<double>(array.integer_element(0));
  }
  const detail::Phase phase("swept");
  std::vector<double> adjoints = node_adjoints(graph, values, root);
  phase.finished({{"nodes", graph.size()}});
  Subject subject{expansion,
                  graph,
                  root,
                  std::move(values),
                  std::vector<std::uint8_t>(graph.size(), 1),
                  graph::needed_by(graph, std::span(&root, 1)),
                  std::vector<NodeId>(graph.size(), graph::no_node),
                  std::move(adjoints),
                  std::vector<bool>(graph.size(), false)};
  for (NodeId id = 0; id < graph.size(); ++id) {
    if (subject.forward[id] || graph.operation_id(id) == graph::variable_operation) subject.order[id] = 0;
  }
  for (const graph::AdjointLink& link : graph.all_adjoint_links()) {
    // Of several gradients the one of y was recorded last.
    if (link.operand == graph::AdjointLink::itself) subject.adjoint_node[link.primal] = link.adjoint;
  }
  for (const detail::AnyHandle& each : x) {
    if (const NodeId node = expansion.find(each); node != graph::no_node) subject.parameter[node] = true;
  }
  return subject;
}

namespace {

/// By node, which named value of the forward graph it is part of: one that all of its users are part of. A number of
/// the group, not 0, or 0 outside the forward graph.
std::vector<std::uint32_t> named_groups(const Subject& s) {
  constexpr std::uint32_t none = 0, several = 0xFFFFFFFFU;
  std::vector<std::uint32_t> group(s.graph.size(), none), of_users(s.graph.size(), none);
  for (auto id = static_cast<NodeId>(s.graph.size()); id-- > 0;) {
    const graph::OperationId operation = s.graph.operation_id(id);
    if (!s.forward[id] || operation == graph::variable_operation || operation == graph::constant_operation) continue;
    const bool own = !s.graph.name(id).empty() || of_users[id] == none || of_users[id] == several;
    group[id] = own ? id + 1 : of_users[id];
    for (const NodeId operand : s.graph.operands(id)) {
      std::uint32_t& users = of_users[operand];
      users = users == none || users == group[id] ? group[id] : several;
    }
  }
  return group;
}

}  // namespace

graph::Annotations detail::annotations_of(const Subject& s, const DrawOptions& options) {
  graph::Annotations annotations;
  if (options.values) {
    annotations.value = [&](NodeId id) { return s.is_scalar(id) ? std::optional(s.values[id]) : std::nullopt; };
    annotations.norm = [&](NodeId id) -> std::optional<double> {
      const auto found = s.expansion.arrays.find(id);
      return found == s.expansion.arrays.end() || s.is_scalar(id) ? std::nullopt : norm_of(found->second);
    };
  }
  const auto has_adjoint = [&](NodeId id) {
    return s.forward[id] && is_real(s.graph.type(id).dtype) && s.graph.operation_id(id) != graph::constant_operation;
  };
  if (options.adjoints) {
    annotations.adjoint = [&, has_adjoint](NodeId id) -> std::optional<double> {
      if (!has_adjoint(id) || !s.is_scalar(id)) return std::nullopt;
      // Beyond a tensor the sweep over scalars knows nothing; the recorded gradient may.
      const NodeId recorded = s.adjoint_node[id];
      if (recorded != graph::no_node && s.is_scalar(recorded)) return s.values[recorded];
      return std::isnan(s.adjoint[id]) && !std::isnan(s.values[s.root]) ? std::nullopt : std::optional(s.adjoint[id]);
    };
    annotations.adjoint_norm = [&, has_adjoint](NodeId id) -> std::optional<double> {
      if (!has_adjoint(id) || s.adjoint_node[id] == graph::no_node || s.is_scalar(id)) return std::nullopt;
      const auto found = s.expansion.arrays.find(s.adjoint_node[id]);
      return found == s.expansion.arrays.end() ? std::nullopt : norm_of(found->second);
    };
  }
  if (options.local_derivatives) {
    annotations.local_derivative = [&](NodeId user, std::uint32_t position) -> std::optional<double> {
      const NodeId operand = s.graph.operands(user)[position];
      if (!s.forward[user] || s.graph.operation_id(operand) == graph::constant_operation) return std::nullopt;
      return local_derivative(s.graph, s.values, user, position);
    };
  }
  annotations.parameter = [&](NodeId id) { return bool{s.parameter[id]}; };
  annotations.order = [&](NodeId id) { return s.order[id]; };
  if (options.named_values) {
    annotations.statement = [groups = named_groups(s)](NodeId id) { return groups[id]; };
  } else if (options.statements)
    annotations.statement = [&](NodeId id) { return s.expansion.statements[id]; };
  return annotations;
}

namespace {

/// What of the graph is drawn; empty: all.
std::vector<bool> chosen(const Subject& s, std::span<const detail::AnyHandle> x, const DrawOptions& options,
                         std::source_location where) {
  const bool part = options.view != View::both || options.paths_only || options.around || options.select;
  if (!part) return {};
  std::vector<bool> only(s.graph.size(), true);
  const auto keep = [&](const std::vector<bool>& these) {
    for (NodeId id = 0; id < only.size(); ++id) only[id] = only[id] && these[id];
  };
  if (options.select) {
    if (const std::vector<bool> these = options.select(s.graph); !these.empty()) keep(these);
  }
  if (options.view != View::both) {
    for (NodeId id = 0; id < only.size(); ++id) {
      only[id] = only[id] && (s.order[id] == 0) == (options.view == View::forward);
    }
  }
  if (options.paths_only) {
    std::vector<NodeId> from;
    for (const detail::AnyHandle& each : x) {
      if (const NodeId node = s.expansion.find(each); node != graph::no_node) from.push_back(node);
    }
    std::vector<bool> on_path = graph::depending_on(s.graph, from);
    // Of the forward graph what leads from x to y; the gradient by x is there for nothing else.
    for (NodeId id = 0; id < on_path.size(); ++id) on_path[id] = s.order[id] != 0 || (on_path[id] && s.forward[id]);
    keep(on_path);
  }
  if (options.around) {
    const NodeId centre = s.expansion.find(*options.around);
    if (centre == graph::no_node || !only[centre]) {
      throw ArgumentError{{.operation = "draw",
                           .problem = "the value to draw the surroundings of is not in the drawing",
                           .expected = "a value that y depends on",
                           .where = where}};
    }
    keep(graph::with_adjoints(s.graph, graph::around(s.graph, centre, options.distance)));
  }
  return only;
}

}  // namespace

Expansion detail::expanded(const AnyHandle& y, std::span<const AnyHandle> x, const DrawOptions& options,
                           std::source_location where) {
  if (y.id() == 0) {
    throw ArgumentError{{.operation = "draw",
                         .problem = "the value to draw is a constant",
                         .expected = "a value of a recording",
                         .where = where}};
  }
  detail::StreamHead& head = detail::Stream::of(y.tag());
  if (&head == &detail::no_stream) detail::Stream::throw_bad_handle(y.tag(), "draw", where);
  detail::Stream& stream = static_cast<detail::Stream&>(head);
  stream.check(y.id(), y.tag(), "draw", where);

  const detail::Temporary temporary(stream);  // what is recorded for the drawing
  std::vector<detail::AnyGradient> gradients;
  if (options.view != View::forward && !x.empty()) gradients = detail::gradient_of(y, nullptr, x, where);
  std::vector<detail::AnyHandle> outputs{y};
  for (std::size_t k = 0; k < gradients.size(); ++k) {
    if (x[k].tensor == nullptr)
      outputs.emplace_back(gradients[k].scalar);
    else
      outputs.emplace_back(gradients[k].tensor);
  }
  Expansion expansion = detail::expand_stream(stream, outputs, {.statements = options.statements}, where);
  for (const passes::Pass* pass : options.passes) expansion = applied(*pass, expansion);
  if (options.simplified) return simplify(expansion);
  return expansion;
}

Expansion expansion_of(const detail::AnyHandle& y, std::span<const detail::AnyHandle> x, const DrawOptions& options,
                       std::source_location where) {
  return detail::expanded(y, x, options, where);
}

graph::Graph graph_of(const detail::AnyHandle& y, std::span<const detail::AnyHandle> x, const DrawOptions& options,
                      std::source_location where) {
  return detail::expanded(y, x, options, where).graph;
}

graph::Drawing draw(const detail::AnyHandle& y, std::span<const detail::AnyHandle> x, const DrawOptions& options,
                    std::source_location where) {
  const Expansion expansion = detail::expanded(y, x, options, where);
  const Subject subject = detail::subject_of(expansion, x);
  graph::DrawingOptions drawing_options = options.drawing;
  drawing_options.only = chosen(subject, x, options, where);

  const detail::Phase phase("drawn");
  graph::Drawing drawing = graph::draw(expansion.graph, drawing_options, detail::annotations_of(subject, options));
  phase.finished({{"nodes", expansion.graph.size()}, {"boxes", drawing.nodes.size()}});
  return drawing;
}

graph::Drawing draw_simplification(const detail::AnyHandle& y, std::span<const detail::AnyHandle> x,
                                   const DrawOptions& options, std::source_location where) {
  DrawOptions before = options, after = options;
  before.simplified = false;
  before.passes.clear();
  after.simplified = true;
  return graph::side_by_side({draw(y, x, before, where), draw(y, x, after, where)}, {"before", "after"});
}

}  // namespace wengert
