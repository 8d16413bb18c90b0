#include "wengert/cli/steps/steps_report.hpp"

#include <vector>

#include "wengert/cli/json.hpp"
#include "wengert/cli/table.hpp"

namespace wengert::cli {
namespace {

constexpr int digits = 6;

/// A number or an array on one line.
std::string shown(const Array& array) {
  if (array.rank() > 0) return line_of(array);
  const std::string text = cell(array.element(0), digits);
  return text.starts_with(' ') ? text.substr(1) : text;
}

/// With parentheses where a minus would stand behind a sign.
std::string guarded(const Array& array) {
  const std::string text = shown(array);
  return text.starts_with('-') ? "(" + text + ")" : text;
}

std::string numbered(std::size_t position, std::size_t count) {
  const std::string number = std::to_string(position + 1), widest = std::to_string(count);
  return std::string(2 + widest.size() - number.size(), ' ') + number;
}

std::string equation(const TraceNode& node) {
  return node.formula.empty() ? node.name : node.name + " = " + node.formula;
}

std::string derivative(const std::string& f, const std::string& name) { return "∂" + f + "/∂" + name; }

/// "3 · (-0.4) = -1.2"; for arrays element by element.
std::string product(const Visit& visit, const Passed& passed) {
  if (!passed.local) return shown(passed.contribution) + ", " + passed.rule;
  return shown(visit.adjoint) + " · " + guarded(*passed.local) + " = " + shown(passed.contribution);
}

std::string arrival(const Passed& passed) {
  if (!passed.before) return shown(passed.sum);
  return shown(*passed.before) + " + " + guarded(passed.contribution) + " = " + shown(passed.sum);
}

}  // namespace

std::string text_of(const Trace& trace, const std::string& f) {
  const std::size_t count = trace.nodes.size();
  std::string text = "forward: the value of every node, operands first\n";
  std::vector<Row> rows;
  for (std::size_t k = 0; k < count; ++k)
    rows.push_back({numbered(k, count), equation(trace.nodes[k]), shown(trace.nodes[k].value)});
  text += aligned(rows);

  text +=
      "\nreverse: every node, the last one first, passes on to its operands its adjoint times the local derivative;\n"
      "what arrives at a node is added up, and the sum is its adjoint\n";
  rows.clear();
  for (const Visit& visit : trace.visits) {
    const TraceNode& node = trace.nodes[visit.node];
    rows.push_back(
        {numbered(visit.node, count), equation(node), derivative(f, node.name) + " = " + shown(visit.adjoint)});
    for (const Passed& passed : visit.passed) {
      const std::string& to = trace.nodes[passed.to].name;
      rows.push_back({"", "   to " + to + ": " + product(visit, passed), derivative(f, to) + " = " + arrival(passed)});
    }
  }
  return text + aligned(rows);
}

nlohmann::ordered_json json_of(const Trace& trace) {
  using nlohmann::ordered_json;
  ordered_json forward = ordered_json::array(), reverse = ordered_json::array();
  for (std::size_t k = 0; k < trace.nodes.size(); ++k) {
    const TraceNode& node = trace.nodes[k];
    ordered_json operands = ordered_json::array();
    for (const Operand& operand : node.operands) {
      if (operand.constant)
        operands.push_back({{"constant", json_array(*operand.constant)}});
      else
        operands.push_back(operand.node + 1);
    }
    ordered_json row{{"node", k + 1}, {"name", node.name}, {"operation", node.operation}};
    if (!node.formula.empty()) row["formula"] = node.formula;
    row["operands"] = operands;
    row["value"] = json_array(node.value);
    forward.push_back(std::move(row));
  }
  for (const Visit& visit : trace.visits) {
    ordered_json passes = ordered_json::array();
    for (const Passed& passed : visit.passed) {
      ordered_json pass{{"to", passed.to + 1}};
      if (passed.local)
        pass["local"] = json_array(*passed.local);
      else
        pass["rule"] = passed.rule;
      pass["contribution"] = json_array(passed.contribution);
      pass["sum"] = json_array(passed.sum);
      passes.push_back(std::move(pass));
    }
    reverse.push_back({{"node", visit.node + 1},
                       {"name", trace.nodes[visit.node].name},
                       {"adjoint", json_array(visit.adjoint)},
                       {"passes", passes}});
  }
  return {{"forward", forward}, {"reverse", reverse}};
}

}  // namespace wengert::cli
