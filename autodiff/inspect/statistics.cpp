#include "wengert/autodiff/inspect/statistics.hpp"

#include <algorithm>
#include <cstdint>
#include <initializer_list>
#include <string_view>
#include <unordered_map>

#include "wengert/autodiff/inspect/table.hpp"
#include "wengert/autodiff/inspect/wording.hpp"
#include "wengert/autodiff/ops/hook.hpp"
#include "wengert/graph/drawing/wording.hpp"

namespace wengert {

using namespace inspect;
using graph::Graph;
using graph::NodeId;

namespace {

bool is_one_of(std::string_view name, std::initializer_list<std::string_view> names) {
  return std::ranges::find(names, name) != names.end();
}
bool computes_nothing(graph::OperationId id) {
  return id == graph::variable_operation || id == graph::constant_operation;
}
double size_of_node(const Graph& g, NodeId id) { return static_cast<double>(g.type(id).shape.size()); }

/// What is counted for one whose work is not known: an operation for each element that it reads or writes.
double work_of(const Graph& g, NodeId node) {
  if (const double flops = flops_of(g, node); flops >= 0) return flops;
  double work = size_of_node(g, node);
  for (const NodeId operand : g.operands(node)) work = std::max(work, size_of_node(g, operand));
  return work;
}

}  // namespace

double flops_of(const Graph& g, NodeId node) {
  if (computes_nothing(g.operation_id(node))) return 0;
  const graph::Operation& operation = g.operation(node);
  const auto operands = g.operands(node);
  const double size = size_of_node(g, node);
  const std::string_view name = operation.name;
  if (name == "matmul") {
    const Shape& a = g.type(operands[0]).shape;
    const auto* flags = std::get_if<std::int64_t>(&g.attribute(node));
    const bool first_is_transposed = flags != nullptr && (*flags & 1) != 0;
    return 2 * size * static_cast<double>(a[a.rank() - (first_is_transposed ? 2 : 1)]);
  }
  // Of the three tensors of a convolution each element of the largest pair meets: output × filter / its outputs.
  if (name == "conv2d")
    return 2 * size * size_of_node(g, operands[1]) / static_cast<double>(g.type(operands[1]).shape[0]);
  if (name == "conv2d_by_input")
    return 2 * size_of_node(g, operands[0]) * size_of_node(g, operands[1]) /
           static_cast<double>(g.type(operands[1]).shape[0]);
  if (name == "conv2d_by_weight")
    return 2 * size_of_node(g, operands[1]) * size / static_cast<double>(g.type(node).shape[0]);
  if (is_one_of(name, {"max_pool2d_positions", "avg_pool2d", "avg_pool2d_transposed"})) {
    // The attribute lists size, stride, padding, dilation and number for the rows, then for the columns.
    const auto* how = std::get_if<std::vector<std::int64_t>>(&g.attribute(node));
    if (how == nullptr || how->size() < 10) return -1;
    const double window = static_cast<double>((*how)[0] * (*how)[5]), other = size_of_node(g, operands[0]);
    if (window == 0) return std::max(size, other);  // adaptive: windows that tile the picture
    return (name == "avg_pool2d_transposed" ? other : size) * window;
  }
  if (is_one_of(name, {"sum", "prod", "amax", "amin", "cumsum", "argmax", "argmin", "norm", "logsumexp"}))
    return size_of_node(g, operands[0]);
  if (is_one_of(name, {"softmax", "log_softmax"})) return 3 * size;  // exp, sum, division (or log and difference)
  if (is_one_of(name, {"broadcast", "reshape", "permute", "slice", "embed", "stack", "concatenate", "convert",
                       "to_scalar", "to_tensor", "gather", "take_along", "triangle", "stop_gradient"}))
    return 0;
  if (is_one_of(name, {"scatter_add", "scatter_add_along", "tie_share"})) return size;
  if (operation.elementwise) return size;
  return -1;
}

GraphStatistics statistics(const Graph& graph) {
  GraphStatistics s;
  s.nodes = graph.size();
  s.outputs = graph.outputs().size();
  s.variables = graph.variables().size();
  s.scopes = graph.scope_count() - 1;
  std::vector<std::uint32_t> depth(graph.size(), 0), uses(graph.size(), 0);
  std::vector<double> span(graph.size(), 0);
  std::vector<std::size_t> at_depth;
  std::unordered_map<std::uint16_t, std::size_t> operations;
  for (NodeId node = 0; node < graph.size(); ++node) {
    const graph::OperationId id = graph.operation_id(node);
    ++operations[static_cast<std::uint16_t>(graph::index_of(id))];
    if (id == graph::constant_operation) ++s.constants;
    for (const NodeId operand : graph.operands(node)) {
      ++s.edges;
      ++uses[operand];
      depth[node] = std::max(depth[node], WENGERT_INDEX("statistics: depth", depth[operand] + 1));
      span[node] = std::max(span[node], span[operand]);
    }
    const double work = work_of(graph, node);
    WENGERT_ADD("statistics: work", s.work, work);
    WENGERT_ADD("statistics: span", span[node], work);
    s.span = std::max(s.span, span[node]);
    s.depth = std::max<std::size_t>(s.depth, depth[node]);
    at_depth.resize(std::max<std::size_t>(at_depth.size(), depth[node] + 1), 0);
    s.width = std::max(s.width, ++at_depth[depth[node]]);
  }
  for (const NodeId output : graph.outputs()) ++uses[output];
  for (const NodeId variable : graph.variables()) ++uses[variable];
  double live = 0;
  for (NodeId node = 0; node < graph.size(); ++node) {
    const auto bytes = static_cast<double>(byte_size(graph.type(node)));
    s.bytes += bytes;
    live += bytes;
    s.live_bytes = std::max(s.live_bytes, live);
    for (const NodeId operand : graph.operands(node))
      if (WENGERT_HOLDS("statistics: last use", --uses[operand] == 0))
        live -= static_cast<double>(byte_size(graph.type(operand)));
    if (uses[node] == 0) live -= bytes;
  }
  for (const auto& [id, count] : operations)
    s.operations.emplace_back(graph::operation(static_cast<graph::OperationId>(id)).name, count);
  std::ranges::sort(s.operations, [](const auto& a, const auto& b) {
    return a.second != b.second ? a.second > b.second : a.first < b.first;
  });
  return s;
}

std::string GraphStatistics::text() const {
  const auto count = [](std::size_t n) { return graph::grouped(n); };
  std::vector<TableRow> rows{{"nodes", count(nodes)},
                             {"edges", count(edges)},
                             {"variables", count(variables)},
                             {"constants", count(constants)},
                             {"outputs", count(outputs)},
                             {"scopes", count(scopes)},
                             {"depth", count(depth)},
                             {"width", count(width)},
                             {"work", number_text(work)},
                             {"span", number_text(span)},
                             {"work / span", number_text(parallelism(), 3)},
                             {"bytes of all values", bytes_text(bytes)},
                             {"bytes alive at once", bytes_text(live_bytes)}};
  std::string text = table_text(rows) + "\n";
  rows.clear();
  constexpr std::size_t most = 20;
  for (std::size_t k = 0; k < std::min(most, operations.size()); ++k)
    rows.push_back({operations[k].first, count(operations[k].second)});
  if (operations.size() > most) rows.push_back({"… and " + std::to_string(operations.size() - most) + " more", ""});
  return text + table_text(rows);
}

}  // namespace wengert
