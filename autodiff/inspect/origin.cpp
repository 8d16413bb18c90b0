// The search for where a number that is not finite began; see evidence.hpp.
#include <algorithm>
#include <cmath>
#include <utility>

#include "wengert/autodiff/inspect/evidence.hpp"
#include "wengert/autodiff/inspect/finite.hpp"
#include "wengert/autodiff/ops/hook.hpp"

namespace wengert::inspect {

using graph::Graph;
using graph::no_node;
using graph::NodeId;

namespace {

/// A constant may be infinite by intention; what an operation makes of it is told.
bool is_spoiled(const Evidence& evidence, NodeId node) {
  return evidence.graph.operation_id(node) != graph::constant_operation && !evidence.values.is_finite(node);
}

bool has_spoiled_operand(const Evidence& evidence, NodeId node) {
  return std::ranges::any_of(evidence.graph.operands(node), [&](NodeId o) { return is_spoiled(evidence, o); });
}

}  // namespace

void sweep(Evidence& evidence, NodeId output) {
  evidence.bad.clear();
  evidence.adjoints =
      adjoints_of(evidence.graph, evidence.values, output, [&](Edge edge, const Array* array, double number) {
        if (array == nullptr) {
          if (!std::isfinite(number)) evidence.bad.push_back({edge, number, 0, 1});
        } else if (const auto first = first_not_finite(*array)) {
          evidence.bad.push_back({edge, array->element(*first), *first, count_not_finite(*array)});
        }
      });
}

std::optional<Origin> origin_of_values(const Evidence& evidence, std::span<const NodeId> outputs) {
  const Graph& graph = evidence.graph;
  NodeId last = 0;
  std::vector<bool> reached(graph.size(), false);
  std::vector<NodeId> toward(graph.size(), no_node);
  for (const NodeId output : outputs) {
    if (!is_spoiled(evidence, output)) continue;
    reached[output] = true;
    last = std::max(last, output);
  }
  NodeId first = no_node;
  for (NodeId node = graph.empty() ? 0 : last + 1; node-- > 0;) {
    if (!reached[node]) continue;
    bool born = true;
    for (const NodeId operand : graph.operands(node)) {
      if (!is_spoiled(evidence, operand)) continue;
      born = false;
      if (reached[operand]) continue;
      reached[operand] = true;
      toward[operand] = node;
    }
    if (WENGERT_HOLDS("birth: no operand was spoiled", born)) first = node;
  }
  if (first == no_node) return std::nullopt;
  Origin origin{.node = first};
  for (NodeId node = first; node != no_node; node = toward[node]) origin.forward.push_back(node);
  return origin;
}

std::optional<Origin> origin_of_adjoints(const Evidence& evidence, std::span<const NodeId> x) {
  const Graph& graph = evidence.graph;
  const NodeAdjoints& adjoints = *evidence.adjoints;
  std::vector<bool> leads(graph.size(), false);
  std::vector<NodeId> toward(graph.size(), no_node);
  for (const NodeId node : x) leads[node] = adjoints.reached[node] && !adjoints.is_finite(node);
  std::vector<bool> entered(graph.size(), false);  // an edge brought it
  for (auto bad = evidence.bad.rbegin(); bad != evidence.bad.rend(); ++bad) {
    const auto [user, position] = bad->edge;
    const NodeId operand = graph.operands(user)[position];
    entered[operand] = true;
    if (!WENGERT_HOLDS("birth: leads to a variable", leads[operand]) || leads[user]) continue;
    leads[user] = true;
    toward[user] = operand;
  }
  // The first in the order of the sweep: users come from the last to the first.
  std::optional<Origin> origin;
  for (const BadEdge& bad : evidence.bad) {
    const NodeId operand = graph.operands(bad.edge.user)[bad.edge.position];
    if (!leads[operand] || !WENGERT_HOLDS("birth: the cotangent was finite", adjoints.is_finite(bad.edge.user)))
      continue;
    origin = Origin{.node = bad.edge.user, .edge = bad};
    break;
  }
  for (auto node = static_cast<NodeId>(graph.size()); node-- > 0;) {
    if (origin && node <= origin->node) break;
    if (!leads[node] || WENGERT_HOLDS("birth: an edge brought it", entered[node]) || adjoints.is_finite(node)) continue;
    origin = Origin{.node = node, .in_sum = true};
    break;
  }
  if (!origin) return std::nullopt;
  const NodeId begin = origin->edge ? graph.operands(origin->node)[origin->edge->edge.position] : origin->node;
  for (NodeId node = begin; node != no_node; node = toward[node]) origin->backward.push_back(node);
  // A derivative of values that are not finite themselves: those came first.
  std::vector<NodeId> spoiled;
  if (origin->edge) {
    if (is_spoiled(evidence, origin->node)) spoiled.push_back(origin->node);
    for (const NodeId operand : graph.operands(origin->node))
      if (is_spoiled(evidence, operand)) spoiled.push_back(operand);
  }
  if (auto earlier = origin_of_values(evidence, spoiled)) {
    if (earlier->forward.back() != origin->node) earlier->forward.push_back(origin->node);
    earlier->backward = std::move(origin->backward);
    return earlier;
  }
  return origin;
}

std::optional<Origin> origin_anywhere(const Evidence& evidence) {
  for (NodeId node = 0; node < evidence.graph.size(); ++node) {
    if (!is_spoiled(evidence, node) || has_spoiled_operand(evidence, node)) continue;
    return Origin{.node = node, .forward = {node}};
  }
  if (evidence.adjoints) {
    for (const BadEdge& bad : evidence.bad) {
      if (!evidence.adjoints->is_finite(bad.edge.user)) continue;
      return Origin{
          .node = bad.edge.user, .edge = bad, .backward = {evidence.graph.operands(bad.edge.user)[bad.edge.position]}};
    }
  }
  return std::nullopt;
}

}  // namespace wengert::inspect
