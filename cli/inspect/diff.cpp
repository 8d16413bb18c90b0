#include "wengert/cli/inspect/diff.hpp"

#include <optional>
#include <ostream>
#include <utility>

#include "wengert/autodiff/inspect/diff.hpp"
#include "wengert/autodiff/transform/draw.hpp"
#include "wengert/cli/errors.hpp"
#include "wengert/cli/graph.hpp"
#include "wengert/cli/graph_file.hpp"
#include "wengert/cli/json.hpp"
#include "wengert/graph/drawing/graphviz.hpp"

namespace wengert::cli {
namespace {

/// An expression at a point, recorded, and its graph.
Expansion expansion_of_expression(const PointOptions& options, bool gradient) {
  const Problem problem = read_problem(options);
  const RecordedExpression recorded = record(problem);
  if (recorded.value.id() == 0) throw WorkError("the expression is a constant; it has no graph to compare");
  std::vector<wengert::detail::AnyHandle> x;
  if (gradient) {
    if (recorded.value.is_array())
      throw UsageError("--gradient: the value is " + recorded.value.description() +
                       "; a gradient is that of one number");
    for (const std::size_t k : problem.chosen) x.push_back(recorded.variables[k].handle());
  }
  return expansion_of(recorded.value.handle(), x, {.view = gradient ? View::both : View::forward});
}

/// Of tensors there are norms, which stand for their elements here.
Expansion expansion_of_saved(SavedGraph saved) {
  Expansion expansion;
  expansion.graph = std::move(saved.graph);
  expansion.values = std::move(*saved.values);
  return expansion;
}

std::string json_of(const GraphDiff& diff) {
  nlohmann::ordered_json differences = nlohmann::ordered_json::array();
  const auto node = [](graph::NodeId id) -> nlohmann::ordered_json {
    if (id == graph::no_node) return nullptr;
    return id;
  };
  for (const Difference& d : diff.differences) {
    differences.push_back({{"change", std::string(to_string(d.change))},
                           {"name", d.name},
                           {"before", node(d.before)},
                           {"after", node(d.after)},
                           {"value_before", json_number(d.value_before)},
                           {"value_after", json_number(d.value_after)},
                           {"relative", json_number(d.relative)},
                           {"value", d.value},
                           {"attribute", d.attribute},
                           {"operands", d.operands},
                           {"begins", d.begins}});
  }
  return json_line({{"schema", 1},
                    {"identical", diff.identical()},
                    {"same", diff.same},
                    {"changed", diff.changed},
                    {"added", diff.added},
                    {"removed", diff.removed},
                    {"differences", differences}});
}

GraphDiff diff_of(const DiffCommandOptions& options) {
  const std::string other = options.other.empty() ? options.expression : options.other;
  if (is_graph_file(options.expression) != is_graph_file(other))
    throw UsageError("diff compares two expressions, or two files of graphs, not one with the other");
  if (is_graph_file(other)) {
    if (!options.at.empty() || !options.then.empty() || !options.wrt.empty() || options.gradient)
      throw UsageError("--at, --then, --wrt and --gradient go with expressions; in a file is what there is");
    SavedGraph before = read_saved_graph(options.expression), after = read_saved_graph(other);
    if (!before.values || !after.values) return diff(before.graph, after.graph, {.tolerance = options.tolerance});
    return diff(expansion_of_saved(std::move(before)), expansion_of_saved(std::move(after)),
                {.tolerance = options.tolerance});
  }
  PointOptions second = options;
  second.expression = other;
  if (!options.then.empty()) second.at = options.then;
  return diff(expansion_of_expression(options, options.gradient), expansion_of_expression(second, options.gradient),
              {.tolerance = options.tolerance});
}

}  // namespace

Status run_diff(const DiffCommandOptions& options, const Streams& streams) {
  const GraphDiff result = diff_of(options);
  if (!options.out.empty())
    graph::write_file(options.out, graph::written(draw(result), graph::format_of(options.out),
                                                  {.theme = theme_of(options.theme), .link = ""}));
  streams.out << (options.json ? json_of(result) : result.text());
  return result.identical() ? done : failed;
}

}  // namespace wengert::cli
