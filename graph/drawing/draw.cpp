/// What is drawn, and what its nodes are called; see draw.hpp. The rest is compose.cpp.
#include "wengert/graph/drawing/draw.hpp"

#include <set>
#include <utility>

#include "wengert/graph/analysis.hpp"
#include "wengert/graph/drawing/compose.hpp"
#include "wengert/graph/drawing/formula.hpp"
#include "wengert/graph/error.hpp"
#include "wengert/graph/extract.hpp"

namespace wengert::graph {

namespace {

/// Whether `only` has an entry for each node.
void check(const Graph& graph, const DrawingOptions& options) {
  const auto refuse = [](std::string problem, std::string expected) {
    throw ArgumentError{{.operation = "draw", .problem = std::move(problem), .expected = std::move(expected)}};
  };
  if (options.digits < 1 || options.digits > 17) {
    refuse(std::to_string(options.digits) + " significant digits", "1 to 17");
  }
  if (options.most_nodes == 0 || options.most_edges == 0 || options.longest_text == 0)
    refuse("a limit of 0", "1 or more");
  if (!options.only.empty() && options.only.size() != graph.size()) {
    refuse(
        "'only' has " + std::to_string(options.only.size()) + " entries for " + std::to_string(graph.size()) + " nodes",
        "one per node");
  }
}

/// What nodes are called: their names, and those of adjoints by what they are the adjoints of.
class Names {
 public:
  Names(const Graph& graph, const std::vector<std::uint8_t>& order) : graph_(graph), order_(order) {
    std::set<std::string_view> names;
    for (const NodeId output : graph.outputs()) {
      if (order[output] == 0) names.insert(graph.name(output));
    }
    if (names.size() == 1) output_ = *names.begin();
    if (output_.empty()) output_ = "f";
  }

  /// "w", "∂L/∂w, ∂L/∂b"; empty when nobody named it.
  [[nodiscard]] std::string name(NodeId id) const {
    const std::string_view own = graph_.name(id);
    return own.empty() && order_[id] != 0 ? adjoint_name(id) : std::string(own);
  }

  /// By what it is the adjoint of.
  [[nodiscard]] std::string adjoint_name(NodeId id) const {
    std::string text;
    std::size_t named = 0;
    for (const AdjointLink& link : graph_.adjoint_links(id)) {
      if (link.operand != AdjointLink::itself || graph_.name(link.primal).empty()) continue;
      if (++named > 3) return text + ", …";
      text +=
          (named == 1 ? "∂" : ", ∂") + (order_[id] < 2 ? output_ : "") + "/∂" + std::string(graph_.name(link.primal));
    }
    return text;
  }

 private:
  const Graph& graph_;
  const std::vector<std::uint8_t>& order_;
  std::string output_;
};

/// The same knowledge of a part, whose nodes are others.
Annotations of_part(const Annotations& whole, const std::vector<NodeId>& origin) {
  Annotations part;
  const auto by_node = [&](auto& target, const auto& source) {
    if (source) target = [&source, &origin](NodeId id) { return source(origin[id]); };
  };
  const auto by_edge = [&](auto& target, const auto& source) {
    if (source) target = [&source, &origin](NodeId id, std::uint32_t k) { return source(origin[id], k); };
  };
  by_node(part.value, whole.value);
  by_node(part.adjoint, whole.adjoint);
  by_node(part.norm, whole.norm);
  by_node(part.adjoint_norm, whole.adjoint_norm);
  by_node(part.lines, whole.lines);
  by_node(part.parameter, whole.parameter);
  by_node(part.statement, whole.statement);
  by_edge(part.local_derivative, whole.local_derivative);
  by_edge(part.edge_label, whole.edge_label);
  return part;
}

}  // namespace

Drawing draw(const Graph& graph, const DrawingOptions& options, const Annotations& annotations) {
  check(graph, options);
  std::vector<std::uint8_t> order;
  if (annotations.order) {
    order.resize(graph.size());
    for (NodeId id = 0; id < graph.size(); ++id) order[id] = annotations.order(id);
  } else {
    order = gradient_orders(graph);
  }
  const Names names(graph, order);
  if (options.only.empty()) {
    const Scene scene{.graph = graph,
                      .order = order,
                      .elsewhere = {},
                      .name = [&](NodeId id) { return names.name(id); },
                      .adjoint_name = [&](NodeId id) { return names.adjoint_name(id); },
                      .symbol_elsewhere = {}};
    return compose(scene, options, annotations);
  }
  const Extract part = extract(graph, options.only);
  Scene scene{.graph = part.graph,
              .order = {},
              .elsewhere = part.elsewhere,
              .name = [&](NodeId id) { return names.name(part.origin[id]); },
              .adjoint_name = [&](NodeId id) { return names.adjoint_name(part.origin[id]); },
              .symbol_elsewhere =
                  [&](NodeId id) {
                    const NodeId was = part.origin[id];
                    return graph.operation_id(was) == variable_operation
                               ? std::string{}
                               : short_form(graph.operation(was), graph.attribute(was), {});
                  }};
  for (const NodeId id : part.origin) scene.order.push_back(order[id]);
  return compose(scene, options, of_part(annotations, part.origin));
}

}  // namespace wengert::graph
