/// See model_explorer.hpp.
#include "wengert/graph/drawing/model_explorer.hpp"

#include <cerrno>
#include <cstring>
#include <fstream>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "wengert/graph/analysis.hpp"
#include "wengert/graph/drawing/formula.hpp"
#include "wengert/graph/drawing/json.hpp"
#include "wengert/graph/drawing/wording.hpp"
#include "wengert/graph/error.hpp"

namespace wengert::graph {

namespace {

/// A part of a namespace: a slash would open another group.
std::string part_of_namespace(std::string_view name) {
  std::string text;
  for (const char c : name) {
    if (c == '/')
      text += "∕";  // U+2215
    else
      text += c;
  }
  return text.empty() ? "(unnamed)" : text;
}

class Writer {
 public:
  Writer(const Graph& graph, const TextSink& sink, const ModelExplorerOptions& options)
      : graph_(graph), sink_(sink), options_(options), order_(gradient_orders(graph)), place_(places(graph, order_)) {
    // A parent has a smaller id than its children. Of scopes of one name, next to each other, the later ones are
    // numbered: they would be one group.
    namespaces_.resize(graph.scope_count());
    std::unordered_map<std::string, std::size_t> times;
    for (ScopeId scope = 1; scope < graph.scope_count(); ++scope) {
      const Scope record = graph.scope_record(scope);
      const std::string& outer = namespaces_[record.parent];
      std::string name = outer + (outer.empty() ? "" : "/") + part_of_namespace(record.name);
      const std::string first = name;
      for (std::size_t k = ++times[first]; k > 1 && times.contains(name); ++k)
        name = first + " (" + std::to_string(k) + ")";
      if (name != first) ++times[name];
      namespaces_[scope] = std::move(name);
    }
  }

  void write() {
    text_ = "{\"label\": " + json_string(options_.label) + ", \"graphs\": [{\"id\": " + json_string(options_.label) +
            ", \"nodes\": [";
    for (NodeId node = 0; node < graph_.size(); ++node) {
      text_ += node == 0 ? "\n" : ",\n";
      put_node(node);
      constexpr std::size_t piece = 1 << 16;
      if (text_.size() > piece) flush();
    }
    text_ += "\n]}]}\n";
    flush();
  }

 private:
  void flush() {
    sink_(text_);
    text_.clear();
  }

  void put_pair(std::string_view key, std::string_view value) {
    if (!text_.ends_with('[')) text_ += ", ";
    text_ += "{\"key\": " + json_string(key) + ", \"value\": " + json_string(value) + "}";
  }

  [[nodiscard]] std::string label_of(NodeId node) const {
    const Operation& operation = graph_.operation(node);
    const std::string name(graph_.name(node));
    if (graph_.operation_id(node) == variable_operation) return name.empty() ? "input" : name;
    if (graph_.operation_id(node) == constant_operation) return constant_text(graph_.attribute(node), 4);
    return (name.empty() ? "" : name + " = ") + std::string(operation.name);
  }

  [[nodiscard]] std::string namespace_of(NodeId node) const {
    const std::string& scopes = namespaces_[graph_.scope(place_[node])];
    if (order_[node] == 0) return scopes;
    std::string outer = order_[node] == 1 ? "gradient" : "gradient of order " + std::to_string(order_[node]);
    return outer + (scopes.empty() ? "" : "/") + scopes;
  }

  void put_node(NodeId node) {
    const auto operands = graph_.operands(node);
    text_ += "{\"id\": \"" + std::to_string(node) + "\", \"label\": " + json_string(label_of(node)) +
             ", \"namespace\": " + json_string(namespace_of(node)) + ", \"attrs\": [";
    put_pair("operation", graph_.operation(node).name);
    put_pair("type", to_string(graph_.type(node)));
    if (!graph_.name(node).empty()) put_pair("name", graph_.name(node));
    if (graph_.operation_id(node) != constant_operation && kind_of(graph_.attribute(node)) != AttributeKind::none)
      put_pair("attribute", shortened(to_string(graph_.attribute(node)), 200));
    if (const Location at = graph_.location(node); options_.locations && !at.empty())
      put_pair("line", std::string(at.file) + ":" + std::to_string(at.line));
    for (std::size_t k = 0; k < graph_.outputs().size(); ++k)
      if (graph_.outputs()[k] == node) put_pair("output", std::to_string(k));
    for (const AdjointLink& link : graph_.adjoint_links(node)) {
      std::string of = "adjoint of " + std::to_string(link.primal);
      if (link.operand != AdjointLink::itself)
        of = "part of the adjoint of operand " + std::to_string(link.operand) + " of " + std::to_string(link.primal);
      put_pair("tie", of);
    }
    if (options_.attributes)
      for (const auto& [key, value] : options_.attributes(node)) put_pair(key, value);
    text_ += "], \"incomingEdges\": [";
    for (std::size_t k = 0; k < operands.size(); ++k) {
      text_ += (k == 0 ? "{\"sourceNodeId\": \"" : ", {\"sourceNodeId\": \"") + std::to_string(operands[k]) +
               "\", \"sourceNodeOutputId\": \"0\", \"targetNodeInputId\": \"" + std::to_string(k) + "\"}";
    }
    text_ += "], \"outputsMetadata\": [{\"id\": \"0\", \"attrs\": [";
    put_pair("tensor_shape", to_string(graph_.type(node)));
    text_ += "]}]}";
  }

  const Graph& graph_;
  const TextSink& sink_;
  const ModelExplorerOptions& options_;
  std::vector<std::uint8_t> order_;
  std::vector<NodeId> place_;
  std::vector<std::string> namespaces_;  // by scope
  std::string text_;
};

}  // namespace

void write_model_explorer(const Graph& graph, const TextSink& sink, const ModelExplorerOptions& options) {
  Writer(graph, sink, options).write();
}

std::string to_model_explorer(const Graph& graph, const ModelExplorerOptions& options) {
  std::string text;
  write_model_explorer(
      graph, [&](std::string_view piece) { text += piece; }, options);
  return text;
}

void save_model_explorer(const Graph& graph, const std::string& path, const ModelExplorerOptions& options) {
  errno = 0;
  std::ofstream file(path, std::ios::binary);
  if (file)
    write_model_explorer(
        graph, [&](std::string_view piece) { file << piece; }, options);
  file.flush();
  if (file) return;
  throw EnvironmentError{
      {.operation = "save_model_explorer",
       .problem = "cannot write '" + path + "'" + (errno == 0 ? "" : ": " + std::string(std::strerror(errno)))}};
}

}  // namespace wengert::graph
