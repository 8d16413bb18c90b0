// How findings name the nodes of a graph: formula, place, value. Names come from users; what is returned is printable.
#pragma once

#include <string>

#include "wengert/autodiff/inspect/node_values.hpp"

namespace wengert::inspect {

/// "log(x - 3)": the node's name, or its operation applied to what its operands are called, `depth` operations deep.
[[nodiscard]] std::string formula_of(const graph::Graph& graph, graph::NodeId node, int depth = 2);
/// The name, or the formula, of an input "input".
[[nodiscard]] std::string name_of(const graph::Graph& graph, graph::NodeId node, int depth = 2);
/// "encoder / 0"; empty outside of scopes.
[[nodiscard]] std::string scope_of(const graph::Graph& graph, graph::NodeId node);
/// The same of a scope itself.
[[nodiscard]] std::string scope_path(const graph::Graph& graph, graph::ScopeId scope);
/// "model.cpp:12", without folders; empty when unknown.
[[nodiscard]] std::string line_of(const graph::Graph& graph, graph::NodeId node);
/// "at model.cpp:12, in encoder / 0"; empty when neither is known.
[[nodiscard]] std::string place_of(const graph::Graph& graph, graph::NodeId node);

/// "[3,1]": the place of an element, row-major; empty for rank 0.
[[nodiscard]] std::string index_text(const Shape& shape, std::int64_t element);
/// A number, with 6 significant digits; of an array its extent: "f64[3,4], from -1 to 3", and how many are NaN or
/// infinite.
[[nodiscard]] std::string value_text(const graph::Graph& graph, const NodeValues& values, graph::NodeId node);
/// "1.234e-5", "nan", "inf".
[[nodiscard]] std::string number_text(double number, int digits = 6);
/// "1 value", "3 values".
[[nodiscard]] std::string counted(std::size_t count, const std::string& what);

}  // namespace wengert::inspect
