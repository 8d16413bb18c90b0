#include "wengert/autodiff/inspect/diff.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <optional>
#include <utility>

#include "wengert/autodiff/inspect/match.hpp"
#include "wengert/autodiff/inspect/node_values.hpp"
#include "wengert/autodiff/inspect/wording.hpp"
#include "wengert/autodiff/ops/hook.hpp"
#include "wengert/graph/drawing/wording.hpp"
#include "wengert/graph/extract.hpp"
#include "wengert/graph/uses.hpp"

namespace wengert {

using namespace inspect;
using graph::Graph;
using graph::no_node;
using graph::NodeId;

namespace inspect {

struct DiffSides {
  Graph before{}, after{};
  std::optional<NodeValues> values_before{}, values_after{};
};

}  // namespace inspect

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

double relative(double a, double b) {
  if (a == b || (std::isnan(a) && std::isnan(b))) return 0;
  if (!std::isfinite(a) || !std::isfinite(b)) return infinity;
  return std::abs(a - b) / std::max(std::abs(a), std::abs(b));
}

/// How far apart values are, relative to the larger; of arrays by norms, ∞ for other types.
double distance(const Graph& a, const NodeValues& of_a, NodeId node_a, const Graph& b, const NodeValues& of_b,
                NodeId node_b) {
  const Array *x = of_a.array(node_a), *y = of_b.array(node_b);
  if (x == nullptr && y == nullptr) return relative(of_a.numbers[node_a], of_b.numbers[node_b]);
  const Array first = of_a.elements(a, node_a), second = of_b.elements(b, node_b);
  if (first.type() != second.type()) return infinity;
  if (first == second || first.is_unknown() || second.is_unknown()) return 0;
  double difference = 0, size = 0;
  for (std::int64_t k = 0; k < first.size(); ++k) {
    const double p = first.element(k), q = second.element(k);
    if (p == q || (std::isnan(p) && std::isnan(q))) {
      if (std::isfinite(p)) size = std::hypot(size, p);
      continue;
    }
    if (!std::isfinite(p) || !std::isfinite(q)) return infinity;
    difference = std::hypot(difference, p - q);
    size = std::hypot(size, std::max(std::abs(p), std::abs(q)));
  }
  return difference == 0 ? 0 : difference / size;
}

GraphDiff compared(std::shared_ptr<const DiffSides> sides, const DiffOptions& options) {
  const Graph &a = sides->before, &b = sides->after;
  GraphDiff result;
  Matching matching = match(a, b);
  result.partner_of_before = std::move(matching.of_a);
  result.partner_of_after = std::move(matching.of_b);
  const bool values = sides->values_before && sides->values_after;
  std::vector<bool> differs(b.size(), false);  // in value
  const auto unknown = std::nan("");
  for (NodeId node = 0; node < b.size(); ++node) {
    const NodeId partner = result.partner_of_after[node];
    Difference d{.before = partner, .after = node, .value_before = unknown, .value_after = unknown};
    if (sides->values_after) d.value_after = sides->values_after->shown(node);
    if (partner == no_node) {
      d.change = Change::added;
      ++result.added;
    } else {
      if (sides->values_before) d.value_before = sides->values_before->shown(partner);
      d.attribute = a.operation_id(partner) != b.operation_id(node) || a.type(partner) != b.type(node) ||
                    !graph::identical(a.attribute(partner), b.attribute(node));
      const auto of_a = a.operands(partner);
      const auto of_b = b.operands(node);
      const auto partners = [&](NodeId x, NodeId y) { return result.partner_of_before[x] == y; };
      d.operands = !std::ranges::equal(of_a, of_b, partners);
      // Those of a sum or a product may change places.
      if (d.operands && b.operation(node).commutative && of_a.size() == 2 && of_b.size() == 2)
        d.operands = !WENGERT_HOLDS("diff: operands in the other order",
                                    partners(of_a[0], of_b[1]) && partners(of_a[1], of_b[0]));
      if (values) {
        d.relative = distance(a, *sides->values_before, partner, b, *sides->values_after, node);
        d.value = WENGERT_HOLDS("diff: value beyond the tolerance", d.relative > options.tolerance);
        differs[node] = d.value;
        d.begins = d.value && WENGERT_HOLDS("diff: begins",
                                            std::ranges::none_of(of_b, [&](NodeId o) { return bool{differs[o]}; }));
      }
      if (!d.value && !d.attribute && !d.operands) {
        ++result.same;
        continue;
      }
      ++result.changed;
    }
    d.name = name_of(b, node, 3);
    d.place = place_of(b, node);
    result.differences.push_back(std::move(d));
  }
  for (NodeId node = 0; node < a.size(); ++node) {
    if (result.partner_of_before[node] != no_node) continue;
    ++result.removed;
    Difference d{.change = Change::removed,
                 .before = node,
                 .name = name_of(a, node, 3),
                 .place = place_of(a, node),
                 .value_before = unknown,
                 .value_after = unknown};
    if (sides->values_before) d.value_before = sides->values_before->shown(node);
    result.differences.push_back(std::move(d));
  }
  result.sides = std::move(sides);
  return result;
}

/// "2 → 3 (50 %)"; empty where nothing is known.
std::string values_text(const Difference& d, bool tensor) {
  const std::string norm = tensor ? "‖·‖ " : "";
  const auto number = [&](double x) { return norm + number_text(x); };
  switch (d.change) {
    case Change::added:
      return std::isnan(d.value_after) ? "" : number(d.value_after);
    case Change::removed:
      return std::isnan(d.value_before) ? "" : number(d.value_before);
    default:
      if (!d.value) return "";
      return number(d.value_before) + " → " + number(d.value_after) +
             (std::isfinite(d.relative) ? ", by " + number_text(100 * d.relative, 3) + " %" : "");
  }
}

std::string line_of(const GraphDiff& diff, const Difference& d) {
  const bool after = d.after != no_node;
  const Graph& graph = after ? diff.after() : diff.before();
  const bool tensor = graph.type(after ? d.after : d.before).shape.size() != 1;
  std::string text = d.change == Change::added ? "+ " : d.change == Change::removed ? "- " : "~ ";
  text += d.name;
  if (d.change == Change::changed && diff.before().name(d.before).empty() && diff.after().name(d.after).empty()) {
    const std::string was = name_of(diff.before(), d.before, 3);
    if (was != d.name) text += " (was " + was + ")";
  }
  if (const std::string values = values_text(d, tensor); !values.empty()) text += ": " + values;
  if (d.operands && !d.value) text += ": other operands";
  if (d.attribute && !d.value && !d.operands) text += ": another operation, attribute or type";
  return text + (d.place.empty() ? "" : ", " + d.place) + "\n";
}

/// The nodes of one side that are drawn: what differs, and what is near.
std::vector<bool> near(const Graph& graph, std::vector<bool> chosen, std::size_t context) {
  const graph::UseIndex uses(graph);
  for (std::size_t round = 0; round < context; ++round) {
    const std::vector<bool> start = chosen;
    for (NodeId node = 0; node < graph.size(); ++node) {
      if (!start[node]) continue;
      for (const NodeId operand : graph.operands(node)) chosen[operand] = true;
      for (const graph::Use& use : uses[node]) chosen[use.user] = true;
    }
  }
  return chosen;
}

}  // namespace

std::string_view to_string(Change change) noexcept {
  switch (change) {
    case Change::same:
      return "same";
    case Change::changed:
      return "changed";
    case Change::added:
      return "added";
    case Change::removed:
      return "removed";
  }
  return "";
}

const Graph& GraphDiff::before() const { return sides->before; }
const Graph& GraphDiff::after() const { return sides->after; }

const Difference* GraphDiff::first() const noexcept {
  const auto found = std::ranges::find_if(differences, &Difference::begins);
  return found == differences.end() ? nullptr : &*found;
}

std::string GraphDiff::text(std::size_t most) const {
  std::string text = std::to_string(added) + " added, " + std::to_string(removed) + " removed, " +
                     std::to_string(changed) + " changed, " + std::to_string(same) + " the same\n";
  if (const Difference* const begin = first(); begin != nullptr && changed > 1)
    text += "values begin to differ at " + line_of(*this, *begin).substr(2);
  for (std::size_t k = 0; k < std::min(most, differences.size()); ++k) text += line_of(*this, differences[k]);
  if (differences.size() > most) text += "… and " + graph::grouped(differences.size() - most) + " more\n";
  return text;
}

GraphDiff diff(const Graph& before, const Graph& after, const DiffOptions& options) {
  return compared(std::make_shared<DiffSides>(DiffSides{before, after}), options);
}

GraphDiff diff(const Expansion& before, const Expansion& after, const DiffOptions& options) {
  return compared(
      std::make_shared<DiffSides>(DiffSides{before.graph, after.graph, values_of(before), values_of(after)}), options);
}

GraphDiff diff(const detail::AnyHandle& before, const detail::AnyHandle& after, const DiffOptions& options,
               std::source_location where) {
  const auto expanded = [&](const detail::AnyHandle& y) {
    detail::StreamHead& head = detail::Stream::of(y.tag());
    if (&head == &detail::no_stream) detail::Stream::throw_bad_handle(y.tag(), "diff", where);
    return detail::expand_stream(static_cast<detail::Stream&>(head), std::array{y}, {.ties = false}, where);
  };
  return diff(expanded(before), expanded(after), options);
}

graph::Drawing draw(const GraphDiff& diff, const graph::DrawingOptions& options, std::size_t context) {
  const auto side = [&](bool after) {
    const Graph& graph = after ? diff.after() : diff.before();
    const auto& values = after ? diff.sides->values_after : diff.sides->values_before;
    std::vector<const Difference*> of_node(graph.size(), nullptr);
    std::vector<bool> chosen(graph.size(), false);
    for (const Difference& d : diff.differences) {
      const NodeId node = after ? d.after : d.before;
      if (node == no_node) continue;
      chosen[node] = true;
      of_node[node] = &d;
    }
    graph::DrawingOptions part = options;
    part.title.clear();
    // Without a difference all of it, so that there is something to see.
    if (!diff.identical()) part.only = near(graph, std::move(chosen), context);
    graph::Annotations know;
    const auto is_number = [&](NodeId node) { return graph.type(node).shape.rank() == 0; };
    if (values) {
      know.value = [&](NodeId node) { return is_number(node) ? std::optional(values->shown(node)) : std::nullopt; };
      know.norm = [&](NodeId node) { return is_number(node) ? std::nullopt : std::optional(values->magnitude(node)); };
    }
    know.lines = [&](NodeId node) -> std::vector<std::string> {
      if (of_node[node] == nullptr) return {};
      std::string line(to_string(of_node[node]->change));
      if (of_node[node]->begins) line += ", begins here";
      return {std::move(line)};
    };
    graph::Drawing drawing = graph::draw(graph, part, know);
    for (graph::DrawnNode& node : drawing.nodes) {
      for (const graph::DrawnText& text : node.texts) {
        if (text.kind != graph::TextKind::note) continue;
        if (text.text.starts_with("added")) node.mark = graph::Mark::added;
        if (text.text.starts_with("removed")) node.mark = graph::Mark::removed;
        if (text.text.starts_with("changed")) node.mark = graph::Mark::changed;
      }
    }
    drawing.notes.clear();
    return drawing;
  };
  graph::Drawing both = graph::side_by_side({side(false), side(true)}, {"before", "after"});
  both.title = options.title;
  if (std::ranges::any_of(both.nodes, [](const auto& node) { return node.role == graph::NodeRole::elsewhere; }))
    both.notes.emplace_back("a dashed box comes from a part that is not drawn");
  return both;
}

}  // namespace wengert
