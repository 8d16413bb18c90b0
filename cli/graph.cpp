#include "wengert/cli/graph.hpp"

#include <algorithm>
#include <optional>
#include <ostream>
#include <utility>

#include "wengert/autodiff/inspect/node_values.hpp"
#include "wengert/autodiff/inspect/wording.hpp"
#include "wengert/autodiff/passes/passes.hpp"
#include "wengert/autodiff/record/expand.hpp"
#include "wengert/autodiff/record/log.hpp"
#include "wengert/autodiff/transform/show.hpp"
#include "wengert/cli/errors.hpp"
#include "wengert/cli/graph_file.hpp"
#include "wengert/cli/text.hpp"
#include "wengert/cli/train/step.hpp"
#include "wengert/graph/analysis.hpp"
#include "wengert/graph/drawing/graphviz.hpp"
#include "wengert/graph/drawing/json.hpp"
#include "wengert/graph/drawing/model_explorer.hpp"
#include "wengert/graph/extract.hpp"
#include "wengert/graph/text.hpp"

namespace wengert::cli {
namespace {

using graph::Graph;
using graph::NodeId;

/// The node of that name; UsageError with the nearest one.
NodeId node_named(const Graph& graph, const std::string& name, const std::string& option) {
  if (const auto node = graph.find(name)) return *node;
  std::vector<std::string_view> names;
  for (NodeId id = 0; id < graph.size(); ++id) {
    if (!graph.name(id).empty()) names.push_back(graph.name(id));
  }
  const std::string_view guess = nearest(name, names);
  std::string hint = "names are those of variables and of statements, as in u = x^2; sin(u)";
  if (!guess.empty()) hint = "did you mean '" + std::string(guess) + "'?";
  throw UsageError(option + ": nothing in the graph is named '" + name + "'\n  hint: " + hint);
}

/// What --around and --between leave of a graph; empty: everything.
std::vector<bool> chosen(const Graph& graph, const GraphOptions& options) {
  std::vector<bool> only;
  const auto keep = [&](std::vector<bool> these) {
    these = graph::with_adjoints(graph, std::move(these));
    if (only.empty()) only = std::vector<bool>(graph.size(), true);
    for (NodeId id = 0; id < graph.size(); ++id) only[id] = only[id] && these[id];
  };
  if (!options.around.empty()) {
    keep(graph::around(graph, node_named(graph, options.around, "--around"), options.distance));
  }
  if (!options.between.empty()) {
    if (options.between.size() != 2) throw UsageError("--between wants two names, as in --between x,f");
    NodeId from = node_named(graph, options.between[0], "--between");
    NodeId to = node_named(graph, options.between[1], "--between");
    if (from > to) std::swap(from, to);  // an operand has the smaller id
    std::vector<bool> these = graph::between(graph, from, to);
    if (std::find(these.begin(), these.end(), true) == these.end()) {
      throw UsageError("--between: '" + options.between[1] + "' does not depend on '" + options.between[0] +
                       "', nor the other way round");
    }
    keep(std::move(these));
  }
  return only;
}

graph::Format format_of(const GraphOptions& options) {
  if (options.format.empty()) return options.out.empty() ? graph::Format::dot : graph::format_of(options.out);
  const auto& names = graph_formats();
  return static_cast<graph::Format>(std::find(names.begin(), names.end(), options.format) - names.begin());
}

/// Whether `out` is the page.
bool wants_page(const GraphOptions& options) { return options.format.empty() && options.out.ends_with(".html"); }

/// Whether the text form of graph/text.hpp is wanted, which `--file` reads.
bool wants_text(const GraphOptions& options) {
  return options.format == "text" || (options.format.empty() && options.out.ends_with(".txt"));
}

/// Whether Model Explorer's JSON is wanted: a graph, too, and no drawing.
bool wants_model_explorer(const GraphOptions& options) {
  return options.format == "model-explorer" || (options.format.empty() && options.out.ends_with(".me.json"));
}

/// To a file as it is written: such graphs may be large.
void deliver_model_explorer(const Graph& graph, const inspect::NodeValues* values, const GraphOptions& options,
                            const Streams& streams) {
  // The lines of a recording are the command's own.
  graph::ModelExplorerOptions explorer{.locations = values == nullptr};
  if (values != nullptr) {
    explorer.attributes = [&](NodeId node) -> std::vector<std::pair<std::string, std::string>> {
      return {{"value", inspect::value_text(graph, *values, node)}};
    };
  }
  if (!options.out.empty()) return graph::save_model_explorer(graph, options.out, explorer);
  graph::write_model_explorer(
      graph, [&](std::string_view piece) { streams.out << piece; }, explorer);
}

void deliver(const std::string& bytes, const GraphOptions& options, const Streams& streams) {
  if (options.out.empty())
    streams.out << bytes;
  else
    graph::write_file(options.out, bytes);
}

void deliver(const graph::Drawing& drawing, const GraphOptions& options, const Streams& streams) {
  const wengert::detail::Phase phase("written");
  const std::string bytes =
      graph::written(drawing, format_of(options), {.theme = theme_of(options.theme), .link = options.link});
  phase.finished({{"boxes", drawing.nodes.size()}, {"lines", drawing.edges.size()}, {"bytes", bytes.size()}});
  deliver(bytes, options, streams);
}

/// What --around, --between and --view leave of a graph; empty: everything.
std::vector<bool> part_of(const Graph& graph, const GraphOptions& options) {
  std::vector<bool> only = chosen(graph, options);
  if (options.draw.view == View::both) return only;
  if (only.empty()) only.assign(graph.size(), true);
  const std::vector<std::uint8_t> order = graph::gradient_orders(graph);
  for (NodeId id = 0; id < graph.size(); ++id) {
    only[id] = only[id] && (order[id] == 0) == (options.draw.view == View::forward);
  }
  return only;
}

/// The text form of that part: what it takes from the rest becomes variables.
std::string text_of_part(const Graph& graph, const GraphOptions& options, bool locations) {
  const std::vector<bool> only = part_of(graph, options);
  return graph::to_text(only.empty() ? graph : graph::extract(graph, only).graph, {.locations = locations});
}

/// JSON gets the graph with it, so that it can be read again.
void deliver_json(const graph::Drawing& drawing, const Graph& graph, const inspect::NodeValues* values,
                  const GraphOptions& options, const Streams& streams) {
  constexpr std::size_t most_nodes = 100'000;  // of a text that is as long as the graph, beside a picture that is not
  if (graph.size() > most_nodes) return deliver(drawing, options, streams);
  std::vector<bool> only = part_of(graph, options);
  if (only.empty()) only.assign(graph.size(), true);
  const graph::Extract part = graph::extract(graph, only);
  graph::JsonSource source{.graph = &part.graph};
  if (values != nullptr)
    source.value = [&](NodeId node) -> std::optional<double> {
      const NodeId of = part.origin[node];
      const Array* const array = values->array(of);
      if (array != nullptr && array->is_unknown()) return std::nullopt;
      return values->shown(of);
    };
  deliver(graph::to_json(drawing, source), options, streams);
}

// ---- of a file

graph::Drawing draw_part(const Graph& graph, const GraphOptions& options) {
  graph::DrawingOptions drawing_options = options.draw.drawing;
  drawing_options.only = part_of(graph, options);
  const wengert::detail::Phase phase("drawn");
  graph::Drawing drawing = graph::draw(graph, drawing_options);
  phase.finished({{"nodes", graph.size()}, {"boxes", drawing.nodes.size()}});
  return drawing;
}

void graph_of_file(const GraphOptions& options, const Streams& streams) {
  const wengert::detail::Phase phase("read");
  Graph graph = read_graph(options.file);
  phase.finished({{"nodes", graph.size()}});
  std::vector<graph::Drawing> panels;
  if (options.compare) panels.push_back(draw_part(graph, options));
  for (const passes::Pass* pass : options.draw.passes) graph = pass->run(graph).graph;
  if (options.compare) {
    panels.push_back(draw_part(graph, options));
    return deliver(graph::side_by_side(panels, {"before", "after"}), options, streams);
  }
  if (wants_text(options)) return deliver(text_of_part(graph, options, true), options, streams);
  if (wants_model_explorer(options)) return deliver_model_explorer(graph, nullptr, options, streams);
  if (format_of(options) == graph::Format::json)
    return deliver_json(draw_part(graph, options), graph, nullptr, options, streams);
  deliver(draw_part(graph, options), options, streams);
}

// ---- of a recording

void deliver_recorded(const wengert::detail::AnyHandle& y, const std::vector<wengert::detail::AnyHandle>& x,
                      const GraphOptions& options, const Streams& streams) {
  for (const std::string& page : {options.html, wants_page(options) ? options.out : std::string()}) {
    if (page.empty()) continue;
    show(y, page, std::span(x),
         {.title = !options.draw.drawing.title.empty() ? options.draw.drawing.title
                   : options.model.empty()             ? options.expression
                                                       : "a step of training: " + options.model,
          .passes = options.draw.passes,
          .direction = options.draw.drawing.direction,
          .link = options.expression.empty() ? options.link : "",
          .digits = options.draw.drawing.digits});
  }
  if (wants_page(options) || (!options.html.empty() && options.out.empty() && options.format.empty())) return;
  DrawOptions draw_options = options.draw;
  draw_options.select = [&](const Graph& graph) { return chosen(graph, options); };
  if (wants_text(options)) {
    return deliver(text_of_part(graph_of(y, x, draw_options), options, false), options, streams);
  }
  if (wants_model_explorer(options)) {
    const Expansion expansion = expansion_of(y, x, draw_options);
    const inspect::NodeValues values = inspect::values_of(expansion);
    return deliver_model_explorer(expansion.graph, &values, options, streams);
  }
  const graph::Drawing after = draw(y, x, draw_options);
  if (!options.compare && format_of(options) == graph::Format::json) {
    const Expansion expansion = expansion_of(y, x, draw_options);
    const inspect::NodeValues values = inspect::values_of(expansion);
    return deliver_json(after, expansion.graph, &values, options, streams);
  }
  if (!options.compare) return deliver(after, options, streams);
  draw_options.passes.clear();
  deliver(graph::side_by_side({draw(y, x, draw_options), after}, {"before", "after"}), options, streams);
}

// ---- of a network

void graph_of_model(const GraphOptions& options, const Streams& streams) {
  const train::Step step =
      train::training_step(options.model, options.input, options.outputs, options.loss == "cross-entropy", 2);
  deliver_recorded(step.loss, {step.parameters.begin(), step.parameters.end()}, options, streams);
}

// ---- of an expression

void graph_of_expression(const GraphOptions& options, const Streams& streams) {
  const Problem problem = read_problem(options);
  RecordedExpression recorded = record(problem);
  if (recorded.value.id() == 0) throw WorkError("the expression is a constant; it has no graph to draw");
  // Of an array there is no gradient without a cotangent.
  std::vector<wengert::detail::AnyHandle> x;
  if (!recorded.value.is_array()) {
    for (const std::size_t k : problem.chosen) x.push_back(recorded.variables[k].handle());
  }
  if (x.empty() && options.draw.view == View::gradient) {
    throw UsageError("--view gradient: the value is " + recorded.value.description() +
                     "; there is a graph of the gradient of one number\n  hint: sum(…) or an element such as …[0]");
  }
  deliver_recorded(recorded.value.handle(), x, options, streams);
}

}  // namespace

const std::vector<std::string>& graph_formats() {
  // In the order of graph::Format.
  static const std::vector<std::string> names{"dot", "svg", "png", "json", "mermaid", "tikz", "text", "model-explorer"};
  return names;
}

std::vector<std::string> pass_names() {
  std::vector<std::string> names;
  for (const passes::Pass* pass : passes::all()) names.emplace_back(pass->name);
  for (const passes::Pass* pass : passes::others()) names.emplace_back(pass->name);
  return names;
}

const std::vector<std::string>& theme_names() {
  static const std::vector<std::string> names{"light", "dark", "print"};
  return names;
}

const std::vector<std::string>& view_names() {
  static const std::vector<std::string> names{"forward", "gradient", "both"};
  return names;
}

const std::vector<std::string>& tie_names() {
  // In the order of graph::Ties.
  static const std::vector<std::string> names{"none", "nodes", "all"};
  return names;
}

graph::Theme theme_of(const std::string& name) {
  const auto& names = theme_names();
  return static_cast<graph::Theme>(std::find(names.begin(), names.end(), name) - names.begin());
}

namespace {

/// Options that would be ignored are errors.
void check_together(const GraphOptions& options) {
  if (!options.model.empty() &&
      (!options.file.empty() || !options.expression.empty() || !options.at.empty() || !options.wrt.empty())) {
    throw UsageError("--model goes with --input and --outputs; not with an expression, its point, or --file");
  }
  if (options.model.empty() && options.file.empty() == options.expression.empty()) {
    throw UsageError(options.file.empty() ? "graph wants an expression, or --file with a graph in its text form"
                                          : "graph wants an expression or --file, not both");
  }
  const auto refuse = [](bool given, const std::string& option, const std::string& why) {
    if (given) throw UsageError(option + " " + why);
  };
  if (!options.file.empty()) {
    const std::string why = "goes with an expression; of --file the whole graph is known already";
    refuse(!options.at.empty(), "--at", why);
    refuse(!options.html.empty() || wants_page(options), "--html",
           "goes with an expression or --model: a page walks through values");
    refuse(!options.wrt.empty(), "--wrt", why);
    refuse(options.draw.statements, "--statements", why);
    refuse(options.draw.paths_only, "--paths", why + "\n  hint: --between x,f shows what lies between two names");
  }
  if (options.compare) refuse(options.before, "--before", "draws one graph, and --compare two");
  if (wants_text(options)) {
    const std::string why = "goes with drawings; --format text writes the graph itself";
    refuse(options.compare, "--compare", why + "\n  hint: --pass simplify gives the graph after it");
    refuse(options.draw.statements, "--statements", why);
    refuse(options.draw.paths_only, "--paths", why + "\n  hint: --between x,f chooses what lies between two names");
  }
  if (!options.html.empty() || wants_page(options)) {
    const std::string why =
        "does not go with --html: the page shows the whole graph, and hides or folds what is not wanted";
    refuse(!options.around.empty(), "--around", why);
    refuse(!options.between.empty(), "--between", why);
    refuse(options.draw.paths_only, "--paths", why);
    refuse(options.before || options.compare, options.before ? "--before" : "--compare",
           "does not go with --html: the page shows the graph before and after each --pass");
  }
  if (wants_model_explorer(options)) {
    const std::string why = "goes with drawings; Model Explorer gets the whole graph, and folds it itself";
    refuse(options.compare, "--compare", why);
    refuse(options.draw.statements, "--statements", why);
    refuse(options.draw.paths_only, "--paths", why);
    refuse(!options.around.empty(), "--around", why);
    refuse(!options.between.empty(), "--between", why);
  }
  if (options.format.empty() && !options.out.empty() && !wants_text(options) && !wants_model_explorer(options) &&
      !wants_page(options)) {
    try {
      static_cast<void>(graph::format_of(options.out));
    } catch (const ArgumentError& error) {
      throw UsageError("--out: " + error.detail().problem + "\n  hint: --format names it, or " +
                       error.detail().expected + " .txt .html");
    }
  }
}

}  // namespace

void run_graph(const GraphOptions& given, const Streams& streams) {
  check_together(given);
  GraphOptions options = given;
  const auto& ties = tie_names();
  options.draw.drawing.ties =
      static_cast<graph::Ties>(std::find(ties.begin(), ties.end(), options.ties) - ties.begin());
  const auto& views = view_names();
  options.draw.view = static_cast<View>(std::find(views.begin(), views.end(), options.view) - views.begin());
  for (const std::string& name : options.pass) options.draw.passes.push_back(passes::find(name));
  if (options.before) options.draw.passes.pop_back();
  if (options.compare && options.pass.empty()) options.draw.passes.push_back(passes::find("simplify"));
  // The statements of the expression are its named values; those of the recording are the command's own.
  options.draw.named_values = std::exchange(options.draw.statements, false);
  if (!options.model.empty())
    graph_of_model(options, streams);
  else if (options.file.empty())
    graph_of_expression(options, streams);
  else
    graph_of_file(options, streams);
}

}  // namespace wengert::cli
