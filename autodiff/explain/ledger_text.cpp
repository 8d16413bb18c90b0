// How a ledger is told and drawn.
#include <charconv>
#include <cmath>
#include <limits>
#include <map>
#include <utility>

#include "wengert/autodiff/explain/ledger.hpp"
#include "wengert/graph/drawing/draw.hpp"
#include "wengert/graph/drawing/wording.hpp"
#include "wengert/graph/drawing/writing.hpp"
#include "wengert/graph/error.hpp"

namespace wengert {

using graph::Graph;
using graph::NodeId;

namespace {

constexpr int digits = 6;
constexpr std::size_t most_stations = 12;

std::string number(double value) { return graph::short_number(value, digits); }
std::string guarded(double value) { return value < 0 ? "(" + number(value) + ")" : number(value); }

std::string decimals(double value, int count) {
  char text[400];
  return {text, std::to_chars(text, text + sizeof text, value, std::chars_format::fixed, count).ptr};
}

/// The shortest text that reads back to the same number.
std::string in_full(double value) {
  if (std::isnan(value)) return "nan";
  char text[32];
  return {text, std::to_chars(text, text + sizeof text, value).ptr};
}

std::string percent(double share) {
  if (!std::isfinite(share)) return number(share);
  if (share == 0) return "0 %";
  if (std::abs(share) < 1e-3 || std::abs(share) > 1e3) return graph::short_number(100 * share, 2) + " %";
  return decimals(100 * share, 1) + " %";
}

std::string plural(std::size_t count, const std::string& what) {
  return graph::grouped(count) + " " + what + (count == 1 ? "" : "s");
}

std::string count_text(const PathCount& count) {
  if (count.exact) return plural(*count.exact, "path");
  const double whole = std::floor(count.log10);
  if (whole > 1e15) return "10^" + number(count.log10) + " paths";
  return decimals(std::pow(10.0, count.log10 - whole), 2) + "·10^" + decimals(whole, 0) + " paths";
}

/// A stop of a path: where it comes to, and the factor since the stop before.
struct Station {
  std::string name;
  double factor = 1;
};

std::vector<Station> stations_of(const Ledger& ledger, const Path& path, bool every_edge) {
  bool any_name = false;
  for (std::size_t k = 0; k + 1 < path.steps.size(); ++k)
    any_name = any_name || !ledger.graph.name(path.steps[k].node).empty();
  std::vector<Station> stations{{ledger.output_name, 1.0}};
  double factor = 1;
  for (std::size_t k = 0; k < path.steps.size(); ++k) {
    const PathStep& step = path.steps[k];
    factor *= step.factor;
    const bool stop = every_edge || !any_name || k + 1 == path.steps.size();
    if (!stop && ledger.graph.name(step.node).empty()) continue;
    // Nobody reads a million of them.
    if (stations.size() > 100'000 && k + 1 < path.steps.size()) continue;
    stations.push_back({step.node == ledger.input ? ledger.input_name : node_label(ledger.graph, step.node), factor});
    factor = 1;
  }
  return stations;
}

/// "L → o1 → w5" and "0.74 · 0.19 · 0.59"; the middle of a long path is left out.
std::pair<std::string, std::string> texts_of(const Ledger& ledger, const Path& path, bool every_edge) {
  const std::vector<Station> stations = stations_of(ledger, path, every_edge);
  const std::size_t count = stations.size();
  const bool cut = count > most_stations && !every_edge;
  const std::size_t from = cut ? most_stations / 2 : count, to = cut ? count - most_stations / 2 : count;
  std::string names, factors;
  const auto add = [&](const std::string& name, const std::string& factor) {
    names += (names.empty() ? "" : " → ") + name;
    const bool apart = !factors.empty() && factor.starts_with('-');
    if (!factor.empty()) factors += (factors.empty() ? "" : " · ") + (apart ? "(" + factor + ")" : factor);
  };
  for (std::size_t k = 0; k < count; ++k) {
    if (k == from) {
      double product = 1;
      for (std::size_t n = from; n < to; ++n) product *= stations[n].factor;
      add("… " + plural(to - from, "stop") + " …", number(product));
      k = to;
    }
    add(stations[k].name, k == 0 ? "" : number(stations[k].factor));
  }
  return {names, factors.empty() ? "1" : factors};
}

/// ", 12.3 % of the gradient"; nothing where there is no such part.
std::string part_text(const Ledger& ledger, double share, const char* before) {
  const bool whole = ledger.gradient != 0 && std::isfinite(ledger.gradient);
  return whole ? before + percent(share) + " of the gradient" : "";
}

/// How the cotangent of a path grows and turns, where there are tensors.
std::string alignments(const Path& path) {
  std::string text;
  for (const PathStep& step : path.steps) {
    if (path.steps.size() > most_stations && &step - path.steps.data() == most_stations / 2) text += " …";
    if (path.steps.size() > most_stations &&
        static_cast<std::size_t>(
            std::abs(&step - path.steps.data() - static_cast<std::ptrdiff_t>(path.steps.size() / 2))) <
            path.steps.size() / 2 - most_stations / 2)
      continue;
    text += (text.empty() ? "" : " ") + graph::short_number(step.alignment, 3);
  }
  return text;
}

}  // namespace

std::string node_label(const Graph& graph, NodeId id) {
  if (!graph.name(id).empty()) return graph::detail::printable(graph.name(id));
  return std::string(graph.operation(id).name) + " #" + std::to_string(id);
}

std::string to_text(const Ledger& ledger, bool every_edge) {
  const std::string &y = ledger.output_name, &x = ledger.input_name;
  if (ledger.input == graph::no_node)
    return "no path leads from " + y + " to " + (x.empty() ? "it" : x) + ": the gradient is 0\n";
  const auto bracketed = [](const std::string& name) { return name.starts_with("∂") ? "(" + name + ")" : name; };
  const std::string of = "∂" + bracketed(y) + "/∂" + bracketed(x);
  std::string text = (ledger.tensors ? "‖" + of + "‖ = " : of + " = ") + in_full(ledger.gradient) + "\n";
  text += count_text(ledger.count) + " from " + y + " to " + x + "; a sweep visits " + plural(ledger.edges, "edge") +
          " between " + plural(ledger.nodes, "node") + ", the longest path has " + plural(ledger.longest, "edge") +
          "\n";
  if (!ledger.exact)
    text += "so many paths meet that some were dropped on the way: those shown need not be the largest\n";
  std::size_t rank = 0;
  for (const Path& path : ledger.paths) {
    const auto [names, factors] = texts_of(ledger, path, every_edge);
    const std::string head = std::to_string(++rank) + ".  ";
    text += "\n" + head + names + "\n";
    text += std::string(head.size(), ' ') + factors + " = " +
            (ledger.tensors ? "‖" + number(path.product) + "‖" : number(path.product)) +
            part_text(ledger, path.share, "   ") + "\n";
    if (ledger.tensors) {
      text += std::string(head.size(), ' ') + "alignment with the gradient " + graph::short_number(path.alignment, 3) +
              ", edge by edge " + (path.steps.empty() ? "1" : alignments(path)) + "\n";
    }
  }
  text += "\nremainder: " + count_text(ledger.remainder_count) + ", " + number(ledger.remainder) +
          part_text(ledger, ledger.remainder_share, ", ") + "\n";
  if (ledger.magnitude && ledger.cancellation) {
    text += "cancellation: the paths add up to " + guarded(ledger.gradient) + ", their magnitudes to " +
            number(*ledger.magnitude) + ": " + percent(*ledger.cancellation) + " of it cancels\n";
  }
  text += "paths shown and remainder " + std::string(ledger.reconciled() ? "are" : "ARE NOT") +
          " the gradient of the reverse sweep: ";
  if (!std::isfinite(ledger.gradient) && ledger.reconciled()) return text + "none of them is finite\n";
  text += "they differ by " + graph::short_number(ledger.difference, 2) + ", rounding allows " +
          graph::short_number(ledger.rounding, 2) + "\n";
  return text;
}

graph::Drawing draw(const Ledger& ledger) {
  if (ledger.input == graph::no_node || ledger.paths.empty()) {
    throw ArgumentError{{.operation = "draw",
                         .problem = "the ledger has no path to draw",
                         .expected = "a value that depends on the input, and top above 0"}};
  }
  std::vector<bool> on_path(ledger.graph.size(), false);
  on_path[ledger.output] = true;
  std::map<std::pair<NodeId, std::uint32_t>, std::pair<double, std::string>> edges;
  for (std::size_t rank = 0; rank < ledger.paths.size(); ++rank) {
    NodeId user = ledger.output;
    for (const PathStep& step : ledger.paths[rank].steps) {
      on_path[step.node] = true;
      auto& [factor, numbers] = edges[{user, step.position}];
      factor = step.factor;
      numbers += (numbers.empty() ? "" : ",") + std::to_string(rank + 1);
      user = step.node;
    }
  }
  graph::Annotations annotations;
  annotations.edge_label = [&](NodeId user, std::uint32_t position) -> std::string {
    const auto found = edges.find({user, position});
    if (found == edges.end()) return "";
    const auto& [factor, numbers] = found->second;
    return ledger.tensors ? "(" + numbers + ")" : graph::short_number(factor, 4) + " (" + numbers + ")";
  };
  annotations.parameter = [&](NodeId id) { return id == ledger.input; };
  annotations.order = [](NodeId) { return std::uint8_t{0}; };
  graph::DrawingOptions options;
  options.only = std::move(on_path);
  return graph::draw(ledger.graph, options, annotations);
}

}  // namespace wengert
