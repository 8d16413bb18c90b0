#include "wengert/autodiff/inspect/wording.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "wengert/autodiff/inspect/finite.hpp"
#include "wengert/autodiff/passes/node_value.hpp"
#include "wengert/graph/drawing/formula.hpp"
#include "wengert/graph/drawing/wording.hpp"
#include "wengert/graph/escape.hpp"

namespace wengert::inspect {

using graph::Formula;
using graph::Graph;
using graph::NodeId;

namespace {

constexpr int deepest = 4;           // operations in a formula, one inside the other
constexpr std::size_t longest = 60;  // characters of a formula

std::string printable(std::string_view bytes) {
  std::string text;
  graph::append_escaped(text, bytes);
  return text;
}

Formula formula(const Graph& graph, NodeId node, int depth, bool own_name) {
  if (own_name && !graph.name(node).empty()) return {printable(graph.name(node))};
  const graph::OperationId operation = graph.operation_id(node);
  if (operation == graph::variable_operation) return {"input"};
  if (operation == graph::constant_operation) {
    // Of equal elements one: x + 2, not x + {2, 2, …}.
    const auto uniform = passes::uniform_element(graph.attribute(node));
    return {uniform ? number_text(*uniform, 4) : graph::constant_text(graph.attribute(node), 4)};
  }
  if (depth == 0) return {"…"};
  std::vector<Formula> operands;
  constexpr std::size_t most = 4;
  for (const NodeId operand : graph.operands(node)) {
    if (operands.size() == most) {
      operands.push_back({"…"});
      break;
    }
    // The depth ends it, not the graph.
    operands.push_back(formula(graph, operand, depth - 1, true));
  }
  return graph::applied(graph.operation(node), graph.attribute(node), operands);
}

}  // namespace

std::string formula_of(const Graph& graph, NodeId node, int depth) {
  return graph::shortened(formula(graph, node, std::min(depth, deepest), false).text, longest);
}

std::string name_of(const Graph& graph, NodeId node, int depth) {
  return graph::shortened(formula(graph, node, std::min(depth, deepest), true).text, longest);
}

std::string scope_path(const Graph& graph, graph::ScopeId scope) {
  std::vector<std::string_view> path;
  for (; scope != graph::root_scope; scope = graph.scope_record(scope).parent)
    path.push_back(graph.scope_record(scope).name);
  std::string text;
  for (auto name = path.rbegin(); name != path.rend(); ++name) text += (text.empty() ? "" : " / ") + printable(*name);
  return text;
}

std::string scope_of(const Graph& graph, NodeId node) { return scope_path(graph, graph.scope(node)); }

std::string line_of(const Graph& graph, NodeId node) {
  const graph::Location location = graph.location(node);
  if (location.empty()) return "";
  return printable(location.file.substr(location.file.rfind('/') + 1)) + ":" + std::to_string(location.line);
}

std::string place_of(const Graph& graph, NodeId node) {
  const std::string line = line_of(graph, node), scope = scope_of(graph, node);
  std::string text;
  if (!line.empty()) text = "at " + line;
  if (!scope.empty()) text += (text.empty() ? "in " : ", in ") + scope;
  return text;
}

std::string index_text(const Shape& shape, std::int64_t element) {
  if (shape.rank() == 0) return "";
  std::vector<std::int64_t> index(shape.rank());
  for (std::size_t axis = shape.rank(); axis-- > 0;) {
    index[axis] = element % shape[axis];
    element /= shape[axis];
  }
  std::string text = "[";
  for (const std::int64_t i : index) text += (text.size() > 1 ? "," : "") + std::to_string(i);
  return text + "]";
}

std::string number_text(double number, int digits) {
  return std::isnan(number) ? "nan" : graph::short_number(number, digits);
}

std::string value_text(const Graph& graph, const NodeValues& values, NodeId node) {
  const Array* const array = values.array(node);
  if (array == nullptr) return number_text(values.numbers[node]);
  if (array->size() == 1 && array->rank() == 0 && !array->is_unknown()) return number_text(array->element(0));
  std::string text = to_string(graph.type(node));
  if (array->is_unknown() || array->size() == 0) return text;
  double least = HUGE_VAL, most = -HUGE_VAL;
  std::int64_t bad = 0;
  for (std::int64_t k = 0; k < array->size(); ++k) {
    const double element = array->element(k);
    if (!std::isfinite(element)) {
      ++bad;
      continue;
    }
    least = std::min(least, element);
    most = std::max(most, element);
  }
  if (least == most && bad == 0)
    text += ", all " + number_text(least);
  else if (least <= most)
    text += ", from " + number_text(least) + " to " + number_text(most);
  if (bad != 0) text += ", " + std::to_string(bad) + " of " + std::to_string(array->size()) + " not finite";
  return text;
}

std::string counted(std::size_t count, const std::string& what) {
  return graph::grouped(count) + " " + what + (count == 1 ? "" : "s");
}

}  // namespace wengert::inspect
