// The profile of a program's own runs; see profile.hpp.
#include <algorithm>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "wengert/autodiff/inspect/clock.hpp"
#include "wengert/autodiff/inspect/profile.hpp"
#include "wengert/autodiff/inspect/statistics.hpp"
#include "wengert/graph/analysis.hpp"
#include "wengert/graph/error.hpp"

namespace wengert {

using namespace inspect;
using graph::Graph;
using graph::NodeId;

namespace {

/// By node: of a gradient. Forward is what the nodes that derivatives are taken by need, unless they are derivatives
/// themselves; of the rest what is tied to those, what is computed from that, and what only that uses.
std::vector<std::uint8_t> gradient_nodes(const Graph& graph) {
  std::vector<bool> tied(graph.size(), false), used(graph.size(), false);
  for (const graph::AdjointLink& link : graph.all_adjoint_links()) tied[link.adjoint] = true;
  std::vector<NodeId> primals;
  for (const graph::AdjointLink& link : graph.all_adjoint_links())
    if (!tied[link.primal]) primals.push_back(link.primal);
  const std::vector<bool> forward = graph::needed_by(graph, primals);
  std::vector<std::uint8_t> result(graph.size(), 0);
  for (NodeId node = 0; node < graph.size(); ++node) {
    if (forward[node]) continue;
    const auto operands = graph.operands(node);
    if (tied[node] || std::ranges::any_of(operands, [&](NodeId o) { return result[o] != 0; })) result[node] = 1;
  }
  for (const NodeId output : graph.outputs()) used[output] = result[output] == 0;
  for (auto node = static_cast<NodeId>(graph.size()); node-- > 0;) {
    if (result[node] == 0 && !used[node] && !forward[node]) result[node] = 1;
    if (result[node] == 0)
      for (const NodeId operand : graph.operands(node)) used[operand] = true;
  }
  return result;
}

/// Elements that a node computes, or reduces.
double elements_of(const Graph& graph, NodeId node) {
  auto elements = static_cast<double>(graph.type(node).shape.size());
  for (const NodeId operand : graph.operands(node))
    elements = std::max(elements, static_cast<double>(graph.type(operand).shape.size()));
  return std::max(elements, 1.0);
}

}  // namespace

Profile profile(const Program& program, const Program::Workspace& workspace, std::source_location where) {
  const std::span<const StepTime> times = workspace.step_times();
  std::vector<ProgramStep> steps = program.steps();
  // Of a program of numbers the one step is the whole run.
  if (times.empty() || times.back().runs == 0 || (times.size() != steps.size() + 1 && !program.is_scalar())) {
    const bool foreign = !times.empty() && times.back().runs != 0;
    throw ArgumentError{{.operation = "profile",
                         .problem = foreign ? "the workspace is that of another program" : "no run was timed",
                         .expected = "a run of this program in this workspace, to its end",
                         .where = where,
                         .hint = "Workspace::time_steps before it runs"}};
  }
  Profile result;
  result.graph = std::make_shared<const Graph>(program.graph());
  const Graph& graph = *result.graph;
  result.recorded = std::make_shared<const Graph>(program.recorded());
  const std::vector<std::uint8_t> of_gradient = gradient_nodes(*result.recorded);
  const std::vector<NodeId> place = graph::places(*result.recorded, of_gradient);
  // What a pass has put between serves its first user.
  std::vector<std::uint8_t> backward(graph.size(), 0);
  const std::span<const NodeId> origins = program.origins();
  result.places.assign(graph.size(), graph::no_node);
  for (auto node = static_cast<NodeId>(graph.size()); node-- > 0;) {
    if (origins[node] != graph::no_node) {
      result.places[node] = place[origins[node]];
      backward[node] = of_gradient[origins[node]];
    }
    for (const NodeId operand : graph.operands(node)) {
      if (origins[operand] != graph::no_node) continue;
      result.places[operand] = result.places[node];
      backward[operand] = backward[node];
    }
  }
  result.nodes.resize(graph.size());
  result.rounds = static_cast<std::size_t>(times.back().runs);
  result.run = times.back().least;
  result.clock = clock_seconds();
  for (std::size_t k = 0; k < steps.size(); ++k) {
    const double seconds = std::max(0.0, times[k].least - result.clock);
    double all = 0;
    for (const NodeId node : steps[k].nodes) all += elements_of(graph, node);
    for (const NodeId node : steps[k].nodes) {
      NodeProfile& of_node = result.nodes[node];
      const double share = elements_of(graph, node) / all;
      const bool of_adjoint = backward[node] != 0;
      (of_adjoint ? of_node.backward : of_node.forward) += share * seconds;
      (of_adjoint ? of_node.adjoint_bytes : of_node.value_bytes) +=
          static_cast<std::size_t>(share * static_cast<double>(steps[k].bytes));
      of_node.flops = std::max(0.0, flops_of(graph, node));
    }
    result.steps.push_back({std::move(steps[k]), seconds});
  }
  return result;
}

}  // namespace wengert
