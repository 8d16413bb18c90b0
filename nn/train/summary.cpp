#include "wengert/nn/train/summary.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "wengert/autodiff/inspect/statistics.hpp"

namespace wengert::nn {

namespace {

using graph::Graph;
using graph::NodeId;
using graph::ScopeId;

constexpr std::size_t no_row = static_cast<std::size_t>(-1);

[[nodiscard]] bool computes_nothing(graph::OperationId id) {
  return id == graph::variable_operation || id == graph::constant_operation;
}
/// The rows of a graph, in the order in which their first nodes were recorded.
class Rows {
 public:
  explicit Rows(const Graph& g) : graph_(&g), of_scope_(g.scope_count(), no_row) {}

  /// The row of a node that computes something; made if there is none.
  std::size_t of(NodeId node) {
    const ScopeId scope = graph_->scope(node);
    if (scope != graph::root_scope) return of_scope(scope);
    if (open_ == no_row) {
      open_ = all.size();
      all.push_back({});
    }
    return open_;
  }
  std::vector<SummaryRow> all;

 private:
  std::size_t of_scope(ScopeId scope) {
    open_ = no_row;
    if (of_scope_[scope] != no_row) return of_scope_[scope];
    // The scopes around it that have no row yet; the outermost first.
    std::vector<ScopeId> chain{scope};
    while (graph_->scope_record(chain.back()).parent != graph::root_scope &&
           of_scope_[graph_->scope_record(chain.back()).parent] == no_row)
      chain.push_back(graph_->scope_record(chain.back()).parent);
    for (auto at = chain.rbegin(); at != chain.rend(); ++at) of_scope_[*at] = new_row(*at);
    return of_scope_[scope];
  }
  std::size_t new_row(ScopeId scope) {
    const graph::Scope record = graph_->scope_record(scope);
    const std::size_t parent = record.parent == graph::root_scope ? no_row : of_scope_[record.parent];
    const std::string_view title = record.name;
    const std::size_t colon = title.rfind(": ");
    if (colon != std::string_view::npos) {  // a layer with a name that is called again
      const auto [at, is_new] = named_.emplace(std::to_string(parent) + "/" + std::string(title), all.size());
      if (!is_new) {
        ++all[at->second].calls;
        return at->second;
      }
    }
    SummaryRow row;
    row.depth = parent == no_row ? 0 : all[parent].depth + 1;
    row.name = colon == std::string_view::npos ? "" : std::string(title.substr(0, colon));
    row.kind = std::string(colon == std::string_view::npos ? title : title.substr(colon + 2));
    all.push_back(std::move(row));
    return all.size() - 1;
  }

  const Graph* graph_;
  std::vector<std::size_t> of_scope_;
  std::size_t open_ = no_row;  // the row of what lies outside of layers, until a layer follows
  std::unordered_map<std::string, std::size_t> named_;
};

/// "(mul, add)", with each operation once, three at most.
[[nodiscard]] std::string kind_of(const std::vector<std::string_view>& operations) {
  constexpr std::size_t most = 3;
  std::string text = "(";
  for (std::size_t k = 0; k < std::min(most, operations.size()); ++k)
    text.append(k == 0 ? "" : ", ").append(operations[k]);
  return text + (operations.size() > most ? ", …)" : ")");
}

void add_once(auto& to, const auto& what) {
  if (std::ranges::find(to, what) == to.end()) to.emplace_back(what);
}

}  // namespace

double flops_of(const Graph& g, NodeId node) { return wengert::flops_of(g, node); }

Summary summarise(const Recording& recording, const Tensor& output, std::span<const Parameter> parameters,
                  std::span<const Parameter> buffers, std::source_location where) {
  Summary result;
  result.output = output.type();
  for (const Parameter& p : parameters) {
    result.parameter_count += p.value->size();
    result.parameter_bytes += static_cast<std::int64_t>(byte_size(p.value->type(), where));
    if (!p.value->is_constant()) result.trained_count += p.value->size();
  }
  for (const Parameter& b : buffers) result.buffer_count += b.value->size();
  if (output.is_constant()) return result;

  const Expansion expansion = expand(recording, {output}, {.merge_duplicates = false, .ties = false}, where);
  const Graph& g = expansion.graph;
  std::unordered_map<NodeId, const Parameter*> waiting;  // parameters that no row has yet
  for (const Parameter& p : parameters) {
    if (p.value->is_constant()) continue;
    const NodeId node = expansion.find(*p.value);
    if (node == graph::no_node)
      result.unused.push_back(p.name);
    else
      waiting.emplace(node, &p);
  }

  Rows rows(g);
  std::vector<std::vector<std::string_view>> outside;  // by row: operations of what lies outside of layers
  std::unordered_set<const std::byte*> counted_elements;
  const auto bytes_of = [&](NodeId node) -> std::int64_t {
    const auto at = expansion.arrays.find(node);
    if (at == expansion.arrays.end()) return static_cast<std::int64_t>(sizeof(double));  // a Scalar
    const auto bytes = at->second.bytes();
    return counted_elements.insert(bytes.data()).second ? static_cast<std::int64_t>(bytes.size()) : 0;
  };
  for (NodeId node = 0; node < g.size(); ++node)
    if (computes_nothing(g.operation_id(node))) (void)bytes_of(node);
  for (NodeId node = 0; node < g.size(); ++node) {
    if (computes_nothing(g.operation_id(node))) continue;
    const std::size_t at = rows.of(node);
    outside.resize(rows.all.size());
    SummaryRow& row = rows.all[at];
    row.output = g.type(node);
    if (g.scope(node) == graph::root_scope) add_once(outside[at], g.operation(node).name);
    for (const NodeId operand : g.operands(node)) {
      const auto parameter = waiting.find(operand);
      if (parameter == waiting.end()) continue;
      row.parameters.push_back(parameter->second->name);
      row.parameter_count += parameter->second->value->size();
      waiting.erase(parameter);
    }
    const std::int64_t bytes = bytes_of(node);
    const double flops = flops_of(g, node);
    row.activation_bytes += bytes;
    result.activation_bytes += bytes;
    if (flops < 0) {
      add_once(row.not_counted, g.operation(node).name);
    } else {
      row.flops += flops;
      result.flops += flops;
    }
  }
  for (std::size_t k = 0; k < outside.size(); ++k)
    if (!outside[k].empty()) rows.all[k].kind = kind_of(outside[k]);
  // A layer around others gives what the last of them gives.
  for (std::size_t k = rows.all.size(); k-- > 0;) {
    std::size_t last = k;
    while (last + 1 < rows.all.size() && rows.all[last + 1].depth > rows.all[k].depth) ++last;
    if (rows.all[k].output == Type{} && last != k) rows.all[k].output = rows.all[last].output;
  }
  result.rows = std::move(rows.all);
  return result;
}

// --- Text ------------------------------------------------------------------------------------------------------------

std::string counted(std::int64_t number) {
  std::string text = std::to_string(number);
  const std::size_t sign = number < 0 ? 1 : 0;
  for (std::size_t at = text.size(); at > sign + 3;) {
    at -= 3;
    text.insert(at, " ");
  }
  return text;
}

namespace {
[[nodiscard]] std::string scaled(double value, double base, std::span<const std::string_view> units) {
  std::size_t unit = 0;
  while (value >= base && unit + 1 < units.size()) {
    value /= base;
    ++unit;
  }
  std::array<char, 64> text{};
  const int length = std::snprintf(text.data(), text.size(), unit == 0 ? "%.0f" : "%.1f", value);
  std::string result(text.data(), static_cast<std::size_t>(length));
  if (!units[unit].empty()) result.append(" ").append(units[unit]);
  return result;
}

/// Columns on a screen, if every character takes one: the bytes that do not continue one.
[[nodiscard]] std::size_t columns(std::string_view text) {
  return static_cast<std::size_t>(
      std::ranges::count_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}
[[nodiscard]] std::string padded(std::string text, std::size_t width, bool to_the_right) {
  const std::size_t missing = width - std::min(width, columns(text));
  return to_the_right ? std::string(missing, ' ') + text : text + std::string(missing, ' ');
}
/// The end of a name says more than its beginning.
[[nodiscard]] std::string shortened(std::string text, std::size_t width) {
  if (columns(text) <= width || width < 2) return text;
  std::size_t drop = columns(text) - width + 1, at = 0;
  while (drop > 0 && at < text.size()) {
    ++at;
    while (at < text.size() && (static_cast<unsigned char>(text[at]) & 0xC0U) == 0x80U) ++at;
    --drop;
  }
  return "…" + text.substr(at);
}
}  // namespace

std::string as_bytes(std::int64_t bytes) {
  static constexpr std::array<std::string_view, 5> units{"B", "KiB", "MiB", "GiB", "TiB"};
  return scaled(static_cast<double>(bytes), 1024, units);
}
std::string as_flops(double flops) {
  static constexpr std::array<std::string_view, 6> units{"", "k", "M", "G", "T", "P"};
  return scaled(flops, 1000, units);
}

std::string to_string(const Summary& summary, std::size_t width) {
  constexpr std::size_t count = 6;
  using Line = std::array<std::string, count>;
  std::vector<Line> lines{{"layer", "kind", "output", "parameters", "activations", "FLOPs"}};
  std::vector<std::string> not_counted;
  for (const SummaryRow& row : summary.rows) {
    const std::string indent(2 * row.depth, ' ');
    lines.push_back(
        {indent + row.name,
         (row.name.empty() ? indent : "") + row.kind + (row.calls > 1 ? " ×" + std::to_string(row.calls) : ""),
         to_string(row.output.shape), row.parameter_count == 0 ? "" : counted(row.parameter_count),
         as_bytes(row.activation_bytes), as_flops(row.flops) + (row.not_counted.empty() ? "" : " +")});
    for (const std::string& name : row.not_counted) add_once(not_counted, name);
  }
  lines.push_back({"total", "", to_string(summary.output.shape), counted(summary.parameter_count),
                   as_bytes(summary.activation_bytes), as_flops(summary.flops) + (not_counted.empty() ? "" : " +")});
  std::array<std::size_t, count> widths{};
  for (const Line& line : lines)
    for (std::size_t k = 0; k < count; ++k) widths[k] = std::max(widths[k], columns(line[k]));
  std::size_t whole = 2 * (count - 1);
  for (const std::size_t w : widths) whole += w;
  if (whole > width) {  // names and kinds give way
    constexpr std::size_t least = 12;
    for (const std::size_t k : {std::size_t{0}, std::size_t{1}}) {
      const std::size_t cut = std::min(whole > width ? whole - width : 0, widths[k] - std::min(widths[k], least));
      widths[k] -= cut;
      whole -= cut;
    }
  }
  std::string text;
  const auto add = [&](const Line& line) {
    std::string row;
    for (std::size_t k = 0; k < count; ++k)
      row += padded(k < 2 ? shortened(line[k], widths[k]) : line[k], widths[k], k > 2) + (k + 1 < count ? "  " : "");
    while (row.ends_with(' ')) row.pop_back();
    text += row + "\n";
  };
  const std::string rule = std::string(std::min(whole, width), '-') + "\n";
  add(lines.front());
  text += rule;
  for (std::size_t k = 1; k + 1 < lines.size(); ++k) add(lines[k]);
  text += rule;
  add(lines.back());
  text += "parameters: " + as_bytes(summary.parameter_bytes);
  if (summary.trained_count != summary.parameter_count) text += ", trained: " + counted(summary.trained_count);
  if (summary.buffer_count != 0) text += ", in buffers: " + counted(summary.buffer_count);
  text += "\n";
  if (!not_counted.empty()) {
    text += "+ and FLOPs of";
    for (const std::string& name : not_counted) text += " " + name;
    text += ", which are not known\n";
  }
  if (!summary.unused.empty()) {
    text += "the output does not depend on";
    for (const std::string& name : summary.unused) text += " " + name;
    text += "\n";
  }
  return text;
}

}  // namespace wengert::nn
