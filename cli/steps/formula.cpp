#include "wengert/cli/steps/formula.hpp"

#include <algorithm>
#include <array>
#include <string_view>
#include <variant>
#include <vector>

namespace wengert::cli {
namespace {

using graph::Graph;
using graph::NodeId;

struct Sign {
  std::string_view operation;
  std::string_view sign;
};
constexpr std::array infix{
    Sign{"add", "+"},    Sign{"sub", "-"},         Sign{"mul", "*"},         Sign{"div", "/"},
    Sign{"less", "<"},   Sign{"less_equal", "<="}, Sign{"greater", ">"},     Sign{"greater_equal", ">="},
    Sign{"equal", "=="}, Sign{"not_equal", "!="},  Sign{"logical_and", "&"}, Sign{"logical_or", "|"},
    Sign{"matmul", "@"}};
constexpr std::array powers{Sign{"pow", "^"}, Sign{"integer_pow", "^"}};
constexpr std::array prefixes{Sign{"neg", "-"}, Sign{"logical_not", "!"}};

template <std::size_t N>
std::string_view find(const std::array<Sign, N>& signs, std::string_view operation) {
  const auto at = std::find_if(signs.begin(), signs.end(), [&](const Sign& s) { return s.operation == operation; });
  return at == signs.end() ? std::string_view{} : at->sign;
}

std::vector<std::int64_t> integers_of(const Graph& graph, NodeId id) {
  const auto* const list = std::get_if<std::vector<std::int64_t>>(&graph.attribute(id));
  return list == nullptr ? std::vector<std::int64_t>{} : *list;
}

const Shape& operand_shape(const Graph& graph, NodeId id) { return graph.type(graph.operands(id)[0]).shape; }

/// "[0,1]" of element number `position`.
std::string element(const Shape& shape, std::int64_t position) {
  std::string text;
  for (std::size_t axis = shape.rank(); axis-- > 0; position /= shape[axis])
    text = std::to_string(position % shape[axis]) + (text.empty() ? "" : ",") + text;
  return "[" + text + "]";
}

/// "[0,:]" of a slice: positions, whole axes and ranges.
std::string ranges(const Shape& shape, const std::vector<std::int64_t>& bounds) {
  const std::size_t rank = shape.rank();
  std::string text;
  for (std::size_t axis = 0; axis < rank; ++axis) {
    const std::int64_t start = bounds[axis], stop = bounds[rank + axis], step = bounds[2 * rank + axis];
    text += axis > 0 ? "," : "";
    if (stop == start + 1)
      text += std::to_string(start);
    else if (step != 1)
      text += std::to_string(start) + ":" + std::to_string(stop) + ":" + std::to_string(step);
    else
      text += (start > 0 ? std::to_string(start) : "") + ":" + (stop < shape[axis] ? std::to_string(stop) : "");
  }
  return "[" + text + "]";
}

std::string call(std::string_view name, std::span<const std::string> operands, const std::string& last = {}) {
  std::string text = std::string(name) + "(";
  for (std::size_t k = 0; k < operands.size(); ++k) text += (k > 0 ? ", " : "") + operands[k];
  return text + last + ")";
}

/// What a product is by the extents of its operands, [rows, inner] and [inner, columns]: vectors are rows or columns.
enum class Product { general, inner, outer, left_vector, right_vector };

Product product_of(const Graph& graph, NodeId id) {
  const Shape &a = operand_shape(graph, id), &b = graph.type(graph.operands(id)[1]).shape;
  if (a.rank() != 2 || b.rank() != 2) return Product::general;
  const bool row = a[0] == 1, column = b[1] == 1;
  if (row && column) return Product::inner;
  if (a[1] == 1 && b[0] == 1) return Product::outer;
  return row ? Product::left_vector : column ? Product::right_vector : Product::general;
}

std::string rule_of_product(const Graph& graph, NodeId id, bool first, std::span<const std::string> x) {
  switch (product_of(graph, id)) {
    case Product::inner:
      return "adjoint * " + x[first ? 1 : 0];
    case Product::outer:
      return first ? "adjoint @ " + x[1] : "transpose(adjoint) @ " + x[0];
    case Product::left_vector:
      return first ? "adjoint @ transpose(" + x[1] + ")" : "outer(" + x[0] + ", adjoint)";
    case Product::right_vector:
      return first ? "outer(adjoint, " + x[1] + ")" : "transpose(" + x[0] + ") @ adjoint";
    case Product::general:
      break;
  }
  return first ? "adjoint @ transpose(" + x[1] + ")" : "transpose(" + x[0] + ") @ adjoint";
}

bool is_reduction(std::string_view operation) {
  constexpr std::array<std::string_view, 8> reductions{"sum",  "prod",      "amax",    "amin",
                                                       "norm", "logsumexp", "softmax", "log_softmax"};
  return std::find(reductions.begin(), reductions.end(), operation) != reductions.end();
}

}  // namespace

std::string formula_of(const Graph& graph, NodeId id, std::span<const std::string> operands) {
  const std::string_view operation = graph.operation(id).name;
  const auto guarded = [&](std::size_t k) {
    return operands[k].starts_with('-') ? "(" + operands[k] + ")" : operands[k];
  };
  if (operation == "matmul" && product_of(graph, id) == Product::outer) return call("outer", operands);
  if (const auto sign = find(infix, operation); !sign.empty())
    return guarded(0) + " " + std::string(sign) + " " + guarded(1);
  if (const auto sign = find(powers, operation); !sign.empty()) return guarded(0) + std::string(sign) + guarded(1);
  if (const auto sign = find(prefixes, operation); !sign.empty()) return std::string(sign) + guarded(0);
  if (operation == "stack") {
    const std::string list = call("", operands);
    return "[" + list.substr(1, list.size() - 2) + "]";
  }
  if (operation == "square") return guarded(0) + "^2";
  if (operation == "to_scalar")
    return operands[0] + element(operand_shape(graph, id), std::get<std::int64_t>(graph.attribute(id)));
  const std::vector<std::int64_t> numbers = integers_of(graph, id);
  if (operation == "slice") return operands[0] + ranges(operand_shape(graph, id), numbers);
  if (operation == "broadcast") return operands[0] + " repeated to " + to_string(graph.type(id).shape);
  if (operation == "convert") return operands[0] + " as numbers";
  const std::size_t rank = graph.operands(id).empty() ? 0 : operand_shape(graph, id).rank();
  if (operation == "permute" && rank == 2) return call("transpose", operands);
  if (is_reduction(operation) && numbers.size() == 1) {
    const bool rows = operation == "softmax" || operation == "log_softmax";
    if (rank > 1 && !(rows && numbers[0] + 1 == static_cast<std::int64_t>(rank)))
      return call(operation, operands, ", " + std::to_string(numbers[0]));
  }
  if (operation == "cumsum" && rank > 1) return call(operation, operands, ", " + std::to_string(numbers[0]));
  return call(operation, operands);
}

std::string rule_of(const Graph& graph, NodeId id, std::uint32_t k, std::span<const std::string> operands) {
  const std::string_view operation = graph.operation(id).name;
  if (operation == "sum") return "the same for every element";
  if (operation == "broadcast") return "summed over the repetitions";
  if (operation == "stack") return "element " + std::to_string(k) + " of it";
  if (operation == "to_scalar" || operation == "slice") return "at its place, 0 elsewhere";
  if (operation == "permute") return "turned back";
  if (operation == "matmul") return rule_of_product(graph, id, k == 0, operands);
  return "by the rule of " + std::string(operation);
}

}  // namespace wengert::cli
