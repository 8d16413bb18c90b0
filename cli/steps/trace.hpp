/// Trace: a recorded expression step by step, as `wengert grad --steps` tells it: every node with its value, and what
/// the reverse sweep does at each.
///
/// The sweep here runs the primitives' own rules over the graph of primitives, one node after the other, and keeps what
/// it sees; backward() runs the same rules and keeps the sums only.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "wengert/cli/derivatives.hpp"

namespace wengert::cli {

/// An operand of a node: another node, or a constant.
struct Operand {
  std::size_t node = 0;           ///< position in Trace::nodes, if it is no constant
  std::optional<Array> constant;  ///< its elements, if it is one
};

struct TraceNode {
  std::string name;       ///< that of the expression, or v3 for the third node
  std::string formula;    ///< in terms of other names: "sin(x)"; empty for a variable
  std::string operation;  ///< the primitive, or "variable"
  std::vector<Operand> operands;
  Array value;  ///< f64; truth values are 0 and 1
};

/// What the reverse sweep passes from a node to one of its operands.
struct Passed {
  std::size_t to = 0;          ///< position in Trace::nodes
  std::optional<Array> local;  ///< the local derivative, element by element; none where the rule is not a product
  std::string rule;            ///< what is done instead: "spread over [3]"
  Array contribution;
  std::optional<Array> before;  ///< what had arrived at the operand before; none if nothing had
  Array sum;                    ///< and what has arrived now
};

/// The visit of the reverse sweep to a node.
struct Visit {
  std::size_t node = 0;
  Array adjoint;  ///< all that has arrived; of the shape of the value
  std::vector<Passed> passed;
};

struct Trace {
  std::vector<TraceNode> nodes;  ///< in the order of the forward calculation
  std::vector<Visit> visits;     ///< in the order of the sweep; without nodes that no derivative reaches
};

/// The value is a number and no constant. Changes of shape that keep every element are not told.
[[nodiscard]] Trace trace_of(const RecordedExpression& recorded);

}  // namespace wengert::cli
