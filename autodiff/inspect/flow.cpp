#include "wengert/autodiff/inspect/flow.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <utility>

#include "wengert/autodiff/inspect/node_values.hpp"
#include "wengert/autodiff/inspect/table.hpp"
#include "wengert/autodiff/inspect/wording.hpp"
#include "wengert/autodiff/ops/hook.hpp"
#include "wengert/autodiff/record/stream.hpp"
#include "wengert/graph/analysis.hpp"
#include "wengert/graph/drawing/writing.hpp"
#include "wengert/graph/error.hpp"

namespace wengert {

using namespace inspect;
using graph::Graph;
using graph::no_node;
using graph::NodeId;

namespace {

/// "relu(u), at model.cpp:12"
std::string told(const Graph& graph, NodeId node) {
  const std::string place = place_of(graph, node);
  return formula_of(graph, node, 2) + (place.empty() ? "" : ", " + place);
}

class Examination {
 public:
  /// `names`: of the values of the recording, for those that are not in the expansion.
  Examination(const Expansion& expansion, const std::map<detail::Id, std::string>& names, const FlowOptions& options)
      : names_(names),
        expansion_(expansion),
        graph_(expansion.graph),
        options_(options),
        values_(values_of(expansion)) {
    root_ = graph_.outputs()[0];
    adjoints_ = adjoints_of(graph_, values_, root_, [&](Edge edge, const Array* array, double number) {
      const bool zero = array == nullptr ? number == 0 : is_zero(*array);
      if (zero) zeros_.push_back(edge);
    });
    below_ = graph::needed_by(graph_, std::span(&root_, 1));
  }

  void variables(std::span<const detail::AnyHandle> x) {
    for (std::size_t k = 0; k < x.size(); ++k) {
      if (x[k].id() == 0) continue;
      const NodeId node = expansion_.find(x[k]);
      if (node == no_node || !below_[node])
        disconnected(x[k].id(), k);
      else if (!adjoints_.is_finite(node))
        add(FlowKind::non_finite, node, 0,
            "the gradient of " + name_of(graph_, node) + " is not finite; first_non_finite tells where that was born.");
      else if (!adjoints_.reached[node] || adjoints_.magnitude(node) == 0)
        stopped(node);
    }
  }

  void layers() {
    std::map<graph::ScopeId, std::size_t> place;
    struct Sum {
      double value = 0, adjoint = 0, elements = 0;
    };
    std::vector<Sum> sums;
    for (NodeId node = 0; node < graph_.size(); ++node) {
      const graph::ScopeId scope = graph_.scope(node);
      if (scope == graph::root_scope || graph_.operation_id(node) == graph::variable_operation ||
          !adjoints_.reached[node] || !is_real(graph_.type(node).dtype))
        continue;
      const auto [at, is_new] = place.try_emplace(scope, flow.layers.size());
      if (is_new) {
        flow.layers.push_back({.layer = scope_path(graph_, scope)});
        sums.emplace_back();
      }
      ++flow.layers[at->second].nodes;
      Sum& sum = sums[at->second];
      WENGERT_ADD("flow: values of a layer", sum.value, std::pow(values_.magnitude(node), 2));
      WENGERT_ADD("flow: adjoints of a layer", sum.adjoint, std::pow(adjoints_.magnitude(node), 2));
      sum.elements += static_cast<double>(graph_.type(node).shape.size());
    }
    for (std::size_t k = 0; k < sums.size(); ++k) {
      flow.layers[k].value = std::sqrt(sums[k].value / std::max(1.0, sums[k].elements));
      flow.layers[k].adjoint = std::sqrt(sums[k].adjoint / std::max(1.0, sums[k].elements));
    }
    if (flow.layers.size() < 2) return;
    double largest = 0;
    for (const LayerFlow& layer : flow.layers)
      if (std::isfinite(layer.adjoint)) largest = std::max(largest, layer.adjoint);
    const double last = flow.layers.back().adjoint;
    // Beside a layer where it explodes every other would seem to vanish.
    const bool explodes = last > 0 && largest > options_.exploding * last;
    for (const LayerFlow& layer : flow.layers) {
      if (!std::isfinite(layer.adjoint) || largest == 0) continue;
      if (last > 0 && layer.adjoint > options_.exploding * last) {
        const double ratio = layer.adjoint / last;
        flow.findings.push_back({FlowKind::exploding, layer.layer, ratio,
                                 "the gradient explodes: in " + layer.layer + " it is " + number_text(ratio, 3) +
                                     " times as large as in " + flow.layers.back().layer +
                                     ", nearest to the output. Smaller initial weights, normalisation or clipping "
                                     "hold it."});
      } else if (!explodes && layer.adjoint > 0 && layer.adjoint < options_.vanishing * largest) {
        const double ratio = layer.adjoint / largest;
        flow.findings.push_back({FlowKind::vanishing, layer.layer, ratio,
                                 "the gradient vanishes: in " + layer.layer + " it is " + number_text(ratio, 3) +
                                     " times that of the layer where it is largest. Other activations (relu), "
                                     "initialisation, normalisation or connections that skip layers let it through."});
      }
    }
  }

  Flow flow;

 private:
  static bool is_zero(const Array& array) {
    for (std::int64_t k = 0; k < array.size(); ++k)
      if (array.element(k) != 0) return false;
    return true;
  }

  void add(FlowKind kind, NodeId node, double value, std::string text) {
    flow.findings.push_back({kind, name_of(graph_, node), value, std::move(text)});
  }

  void disconnected(detail::Id id, std::size_t position) {
    const auto known = names_.find(id);
    const std::string name =
        known != names_.end() ? graph::detail::printable(known->second) : "variable " + std::to_string(position + 1);
    flow.findings.push_back({FlowKind::disconnected, name, 0,
                             "the output does not depend on " + name +
                                 (known != names_.end() ? "" : " of those given") +
                                 ": nothing computed from it reaches the output."});
  }

  /// Why nothing comes to a node: the last edges, in the order of the calculation, between a node to which something
  /// comes and one from which every path to this node carries nothing. `zero`: 0 flowed; `wall`: nothing may flow.
  struct Blocks {
    Edge zero{no_node, 0}, wall{no_node, 0};
  };
  /// By node, where nothing comes: one pass over all edges, for all variables.
  void find_blocks() {
    blocks_.resize(graph_.size());
    std::vector<bool> comes(graph_.size(), false);
    for (NodeId node = 0; node <= root_; ++node)
      comes[node] = adjoints_.reached[node] && adjoints_.magnitude(node) != 0;
    const auto take = [](Edge& best, Edge edge) {
      if (edge.user != no_node && (best.user == no_node || edge.user > best.user)) best = edge;
    };
    for (NodeId user = root_ + 1; user-- > 0;) {
      if (!below_[user]) continue;
      const auto operands = graph_.operands(user);
      for (std::uint32_t k = 0; k < operands.size(); ++k) {
        if (comes[operands[k]]) continue;
        Blocks& of_operand = blocks_[operands[k]];
        const Edge edge{user, k};
        if (!comes[user]) {
          take(of_operand.zero, blocks_[user].zero);
          take(of_operand.wall, blocks_[user].wall);
        } else if (WENGERT_HOLDS("flow: an edge is a wall", !flows(graph_, edge))) {
          take(of_operand.wall, edge);
        } else if (WENGERT_HOLDS("flow: an edge carried zero", carried_zero(edge))) {
          take(of_operand.zero, edge);
        }
      }
    }
  }
  /// The sweep goes through users from the last to the first, and through the operands of each in their order.
  [[nodiscard]] bool carried_zero(Edge edge) const {
    return std::ranges::binary_search(
        zeros_, edge, [](Edge a, Edge b) { return a.user != b.user ? a.user > b.user : a.position < b.position; });
  }

  /// There is a path and nothing comes: blocked by an operation without a derivative, or by a 0.
  void stopped(NodeId node) {
    if (blocks_.empty()) find_blocks();
    const auto [zero, wall] = blocks_[node];
    const bool reached = adjoints_.reached[node];
    if (!reached && wall.user != no_node && (zero.user == no_node || wall.user > zero.user))
      return add(FlowKind::disconnected, node, 0,
                 "the gradient does not reach " + name_of(graph_, node) + ": " + told(graph_, wall.user) +
                     " lets no derivative pass.");
    if (zero.user != no_node) {
      const NodeId operand = graph_.operands(zero.user)[zero.position];
      return add(FlowKind::dead, node, 0,
                 "the gradient of " + name_of(graph_, node) + " is 0: " + told(graph_, zero.user) +
                     " passes nothing on to " + name_of(graph_, operand) + " = " +
                     value_text(graph_, values_, operand) +
                     ". Other first values, or an activation with a slope there (leaky_relu, softplus), revive it.");
    }
    add(reached ? FlowKind::dead : FlowKind::disconnected, node, 0,
        "the gradient of " + name_of(graph_, node) + " is 0: what flows to it adds up to nothing.");
  }

  const std::map<detail::Id, std::string>& names_;
  const Expansion& expansion_;
  const Graph& graph_;
  FlowOptions options_;
  NodeValues values_;
  NodeAdjoints adjoints_;
  std::vector<Edge> zeros_;     // edges along which 0 flowed
  std::vector<Blocks> blocks_;  // by node, once wanted
  std::vector<bool> below_;
  NodeId root_ = 0;
};

}  // namespace

std::string_view to_string(FlowKind kind) noexcept {
  switch (kind) {
    case FlowKind::disconnected:
      return "disconnected";
    case FlowKind::dead:
      return "dead";
    case FlowKind::vanishing:
      return "vanishing";
    case FlowKind::exploding:
      return "exploding";
    case FlowKind::non_finite:
      return "non_finite";
  }
  return "";
}

std::string Flow::text() const {
  std::string text;
  if (!layers.empty()) {
    std::vector<TableRow> rows{{"layer", "nodes", "value", "gradient"}};
    for (const LayerFlow& layer : layers)
      rows.push_back(
          {layer.layer, std::to_string(layer.nodes), number_text(layer.value, 3), number_text(layer.adjoint, 3)});
    text += table_text(rows);
  }
  for (const FlowFinding& finding : findings) text += finding.text + "\n";
  return text;
}

Flow gradient_flow(const detail::AnyHandle& y, const detail::HandleList& x, const FlowOptions& options,
                   std::source_location where) {
  detail::StreamHead& head = detail::Stream::of(y.tag());
  if (y.id() == 0) {
    throw ArgumentError{{.operation = "gradient_flow",
                         .problem = "the output is a constant",
                         .expected = "a value of a recording",
                         .where = where}};
  }
  if (&head == &detail::no_stream) detail::Stream::throw_bad_handle(y.tag(), "gradient_flow", where);
  auto& stream = static_cast<detail::Stream&>(head);
  const Expansion expansion =
      detail::expand_stream(stream, std::array{y}, {.merge_duplicates = false, .ties = false}, where);
  Examination examination(expansion, stream.names, options);
  examination.variables(x.span());
  examination.layers();
  std::ranges::stable_sort(examination.flow.findings, {}, &FlowFinding::kind);
  return std::move(examination.flow);
}

}  // namespace wengert
