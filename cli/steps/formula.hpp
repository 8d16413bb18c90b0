/// What a node is and what the reverse sweep does at it, in the language of expressions.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "wengert/graph/graph.hpp"

namespace wengert::cli {

/// "v1 * y", "sum(v2, 0)", "A[0,1]"; `operands` are the texts of the operands.
[[nodiscard]] std::string formula_of(const graph::Graph& graph, graph::NodeId id,
                                     std::span<const std::string> operands);

/// How a primitive that is not elementwise makes the contribution to operand number k of its adjoint, in a few words.
[[nodiscard]] std::string rule_of(const graph::Graph& graph, graph::NodeId id, std::uint32_t k,
                                  std::span<const std::string> operands);

}  // namespace wengert::cli
