#include "wengert/autodiff/inspect/profile.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <limits>
#include <map>
#include <unordered_map>
#include <utility>

#include "wengert/autodiff/inspect/clock.hpp"
#include "wengert/autodiff/inspect/node_values.hpp"
#include "wengert/autodiff/inspect/statistics.hpp"
#include "wengert/autodiff/inspect/table.hpp"
#include "wengert/autodiff/inspect/wording.hpp"
#include "wengert/autodiff/passes/node_value.hpp"
#include "wengert/graph/error.hpp"

namespace wengert {

using namespace inspect;
using graph::Graph;
using graph::NodeId;

namespace {

/// One round forward: the least of what was and of what is measured now.
void measure_forward(const Graph& graph, const NodeValues& values, std::vector<NodeProfile>& nodes) {
  std::vector<Array> operands;
  for (NodeId node = 0; node < graph.size(); ++node) {
    const graph::OperationId id = graph.operation_id(node);
    if (id == graph::variable_operation || id == graph::constant_operation) {
      nodes[node].forward = 0;
      continue;
    }
    operands.clear();
    for (const NodeId operand : graph.operands(node)) operands.push_back(values.elements(graph, operand));
    const auto begin = Clock::now();
    const Array value = passes::value_of(graph.operation(node), operands, graph.attribute(node), graph.type(node));
    nodes[node].forward = std::min(nodes[node].forward, since(begin));
  }
}

ProfileRow row_of(const std::string& name) { return {.name = name}; }

void add(ProfileRow& row, const NodeProfile& node) {
  ++row.nodes;
  row.forward += node.forward;
  row.backward += node.backward;
  row.bytes += node.value_bytes + node.adjoint_bytes;
  row.flops += node.flops;
}

void sort_by_time(std::vector<ProfileRow>& rows) {
  std::ranges::stable_sort(rows, std::greater{}, [](const ProfileRow& row) { return row.forward + row.backward; });
}

std::string table_of(const std::string& title, const std::vector<ProfileRow>& rows, double all) {
  std::vector<TableRow> table{{title, "nodes", "forward", "backward", "share", "bytes", "operations"}};
  for (const ProfileRow& row : rows) {
    const double share = all > 0 ? 100 * (row.forward + row.backward) / all : 0;
    table.push_back({row.name, std::to_string(row.nodes), seconds_text(row.forward), seconds_text(row.backward),
                     number_text(share, 3) + " %", bytes_text(static_cast<double>(row.bytes)),
                     number_text(row.flops, 3)});
  }
  return table_text(table);
}

}  // namespace

double Profile::forward() const noexcept {
  double sum = 0;
  for (const NodeProfile& node : nodes) sum += node.forward;
  return sum;
}

double Profile::backward() const noexcept {
  double sum = 0;
  for (const NodeProfile& node : nodes) sum += node.backward;
  return sum;
}

graph::ScopeId Profile::scope(NodeId node) const {
  if (!recorded) return graph->scope(node);
  return places[node] == graph::no_node ? graph::root_scope : recorded->scope(places[node]);
}

std::string Profile::line(NodeId node) const {
  if (!recorded) return line_of(*graph, node);
  return places[node] == graph::no_node ? "" : line_of(*recorded, places[node]);
}

std::vector<ProfileRow> Profile::by_operation() const {
  std::vector<ProfileRow> rows;
  if (!steps.empty()) {
    std::unordered_map<std::string, std::size_t> row_of_operation;
    for (const ProfileStep& step : steps) {
      const auto [at, is_new] = row_of_operation.try_emplace(step.what.operation, rows.size());
      if (is_new) rows.push_back(row_of(step.what.operation));
      for (const NodeId node : step.what.nodes) add(rows[at->second], nodes[node]);
    }
    sort_by_time(rows);
    return rows;
  }
  std::unordered_map<std::size_t, std::size_t> place;
  for (NodeId node = 0; node < nodes.size(); ++node) {
    const graph::OperationId id = graph->operation_id(node);
    if (id == graph::constant_operation) continue;
    const auto [at, is_new] = place.try_emplace(graph::index_of(id), rows.size());
    if (is_new) rows.push_back(row_of(std::string(graph->operation(node).name)));
    add(rows[at->second], nodes[node]);
  }
  sort_by_time(rows);
  return rows;
}

std::vector<ProfileRow> Profile::by_scope() const {
  const Graph& named = source();
  std::vector<ProfileRow> of_scope(named.scope_count());
  for (NodeId node = 0; node < nodes.size(); ++node)
    if (graph->operation_id(node) != graph::constant_operation) add(of_scope[scope(node)], nodes[node]);
  // A parent has a smaller id than its children. What lies in the root alone is "(outside)".
  for (auto scope = static_cast<graph::ScopeId>(of_scope.size()); scope-- > 1;) {
    const graph::ScopeId parent = named.scope_record(scope).parent;
    if (parent == graph::root_scope) continue;
    of_scope[parent].nodes += of_scope[scope].nodes;
    of_scope[parent].forward += of_scope[scope].forward;
    of_scope[parent].backward += of_scope[scope].backward;
    of_scope[parent].bytes += of_scope[scope].bytes;
    of_scope[parent].flops += of_scope[scope].flops;
  }
  std::vector<ProfileRow> rows;
  std::unordered_map<std::string, std::size_t> row_of_scope;
  for (graph::ScopeId scope = 0; scope < of_scope.size(); ++scope) {
    if (of_scope[scope].nodes == 0) continue;
    std::string name = scope == graph::root_scope ? "(outside)" : scope_path(named, scope);
    const auto [at, is_new] = row_of_scope.try_emplace(name, rows.size());
    if (is_new) rows.push_back(row_of(name));
    ProfileRow& row = rows[at->second];
    row.nodes += of_scope[scope].nodes;
    row.forward += of_scope[scope].forward;
    row.backward += of_scope[scope].backward;
    row.bytes += of_scope[scope].bytes;
    row.flops += of_scope[scope].flops;
  }
  return rows;
}

std::vector<ProfileRow> Profile::by_line() const {
  std::vector<ProfileRow> rows;
  std::map<std::string, std::size_t> row_of_line;
  for (NodeId node = 0; node < nodes.size(); ++node) {
    const std::string line = this->line(node);
    if (line.empty()) continue;
    const auto [at, is_new] = row_of_line.try_emplace(line, rows.size());
    if (is_new) rows.push_back(row_of(line));
    add(rows[at->second], nodes[node]);
  }
  sort_by_time(rows);
  return rows;
}

std::vector<ProfileRow> Profile::dearest(std::size_t most) const {
  if (!steps.empty()) {
    std::vector<ProfileRow> rows;
    for (std::size_t k = 0; k < steps.size(); ++k) {
      if (steps[k].seconds == 0) continue;
      rows.push_back(row_of(std::to_string(k + 1) + ". " + steps[k].what.text));
      for (const NodeId node : steps[k].what.nodes) add(rows.back(), nodes[node]);
    }
    sort_by_time(rows);
    rows.resize(std::min(most, rows.size()));
    return rows;
  }
  std::vector<NodeId> order(nodes.size());
  for (NodeId node = 0; node < order.size(); ++node) order[node] = node;
  most = std::min(most, order.size());
  const auto time = [&](NodeId node) { return nodes[node].forward + nodes[node].backward; };
  std::partial_sort(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(most), order.end(),
                    [&](NodeId a, NodeId b) { return time(a) != time(b) ? time(a) > time(b) : a < b; });
  std::vector<ProfileRow> rows;
  for (std::size_t k = 0; k < most; ++k) {
    if (time(order[k]) == 0) break;
    rows.push_back(row_of(name_of(*graph, order[k], 2) + " : " + to_string(graph->type(order[k]))));
    add(rows.back(), nodes[order[k]]);
  }
  return rows;
}

std::string Profile::text(bool lines) const {
  const double all = forward() + backward();
  const bool of_program = !steps.empty();
  std::string text = counted(graph->size(), "node");
  if (of_program) text += " in " + counted(steps.size(), "step");
  text += ", forward " + seconds_text(forward()) + ", backward " + seconds_text(backward()) + "; ";
  if (of_program) text += "a run takes " + seconds_text(run) + ", ";
  text += "the least of " + counted(rounds, of_program ? "run" : "round") + "\n\n" +
          table_of("operation", by_operation(), all);
  constexpr std::size_t most = 30;
  const auto section = [&](const std::string& title, std::vector<ProfileRow> rows) {
    if (rows.empty()) return;
    const std::size_t left = rows.size() > most ? rows.size() - most : 0;
    rows.resize(std::min(most, rows.size()));
    text += "\n" + table_of(title, rows, all);
    if (left != 0) text += "… and " + std::to_string(left) + " more\n";
  };
  if (source().scope_count() > 1) section("scope", by_scope());
  if (lines) section("line", by_line());
  section(of_program ? "step" : "node", dearest());
  return text;
}

Profile profile(const detail::AnyHandle& y, const ProfileOptions& options, std::source_location where) {
  if (y.id() == 0) {
    throw ArgumentError{{.operation = "profile",
                         .problem = "the value is a constant",
                         .expected = "a value of a recording",
                         .where = where}};
  }
  detail::StreamHead& head = detail::Stream::of(y.tag());
  if (&head == &detail::no_stream) detail::Stream::throw_bad_handle(y.tag(), "profile", where);
  Expansion expansion = detail::expand_stream(static_cast<detail::Stream&>(head), std::array{y},
                                              {.merge_duplicates = false, .ties = false}, where);
  const NodeValues values{std::move(expansion.values), std::move(expansion.arrays)};
  Profile result;
  result.graph = std::make_shared<const Graph>(std::move(expansion.graph));
  const Graph& graph = *result.graph;
  const NodeId root = graph.outputs()[0];
  const bool sweeps = is_real(graph.type(root).dtype);
  constexpr double unknown = std::numeric_limits<double>::infinity();
  result.nodes.assign(graph.size(), {.forward = unknown, .backward = unknown});
  result.clock = clock_seconds();
  NodeAdjoints adjoints;
  std::vector<double> seconds(graph.size());
  const auto begin = Clock::now();
  do {
    measure_forward(graph, values, result.nodes);
    if (sweeps) {
      std::ranges::fill(seconds, 0.0);
      adjoints = adjoints_of(graph, values, root, {}, &seconds);
      for (NodeId node = 0; node < graph.size(); ++node)
        result.nodes[node].backward = std::min(result.nodes[node].backward, seconds[node]);
    }
    ++result.rounds;
  } while (since(begin) < options.seconds && result.rounds < options.most_rounds);
  for (NodeId node = 0; node < graph.size(); ++node) {
    NodeProfile& profile = result.nodes[node];
    profile.forward = std::max(0.0, profile.forward - result.clock);
    profile.backward = sweeps ? std::max(0.0, profile.backward - result.clock) : 0.0;
    profile.value_bytes = byte_size(graph.type(node));
    if (sweeps && adjoints.reached[node]) profile.adjoint_bytes = profile.value_bytes;
    profile.flops = std::max(0.0, flops_of(graph, node));
  }
  return result;
}

graph::Drawing draw(const Profile& profile, const graph::DrawingOptions& options) {
  const Graph& graph = *profile.graph;
  graph::Annotations know;
  const auto time = [&](NodeId node) { return profile.nodes[node].forward + profile.nodes[node].backward; };
  std::vector<std::size_t> step_of(graph.size(), 0);  // counted from 1
  for (std::size_t k = 0; k < profile.steps.size(); ++k)
    for (const NodeId node : profile.steps[k].what.nodes) step_of[node] = k + 1;
  know.lines = [&](NodeId node) -> std::vector<std::string> {
    if (time(node) == 0) return {};
    if (step_of[node] != 0) {
      const ProfileStep& step = profile.steps[step_of[node] - 1];
      std::string line = "step " + std::to_string(step_of[node]) + ": " + seconds_text(time(node));
      if (step.what.nodes.size() > 1) line += " of " + seconds_text(step.seconds);
      return {std::move(line)};
    }
    return {seconds_text(profile.nodes[node].forward) + " + " + seconds_text(profile.nodes[node].backward)};
  };
  graph::Drawing drawing = graph::draw(graph, options, know);
  double most = 0;
  std::vector<double> of_box;
  for (graph::DrawnNode& node : drawing.nodes) {
    double sum = 0;
    // A folded box stands for nodes between the first and the last; where others lie between them, it is their sum.
    if (options.only.empty() && node.first != graph::no_node)
      for (NodeId id = node.first; id <= node.last && node.count > 0; ++id)
        if (node.count == 1 ? id == node.first : true) sum += time(id);
    of_box.push_back(sum);
    most = std::max(most, sum);
    if (node.role == graph::NodeRole::folded) node.texts.push_back({graph::TextKind::note, seconds_text(sum)});
  }
  for (std::size_t k = 0; k < of_box.size(); ++k)
    if (most > 0 && of_box[k] > 0) drawing.nodes[k].magnitude = of_box[k] / most;
  if (most > 0)
    drawing.notes.emplace_back(profile.steps.empty()
                                   ? "times forward + backward; the darker, the more"
                                   : "a node's share of the time of its step, by its elements; the darker, the more");
  return drawing;
}

}  // namespace wengert
