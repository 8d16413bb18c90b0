#include "wengert/autodiff/passes/sums.hpp"

namespace wengert::passes {

using graph::NodeId;

Sums::Sums(const graph::Graph& graph)
    : graph_(graph),
      uses_(graph.size(), 0),
      only_user_(graph.size(), graph::no_node),
      only_in_sums_(graph.size(), true) {
  kind_.reserve(graph.size());
  for (NodeId id = 0; id < graph.size(); ++id) kind_.push_back(known(graph.operation_id(id)));
  for (const NodeId output : graph.outputs()) {
    uses_[output] += 2;
    only_in_sums_[output] = false;
  }
  for (NodeId id = static_cast<NodeId>(graph.size()); id-- > 0;) {  // users before what they use
    const bool in_sum = is_sum(id) || is_sign(id);
    for (const NodeId operand : graph.operands(id)) {
      ++uses_[operand];
      only_user_[operand] = id;
      if (!in_sum) only_in_sums_[operand] = false;
    }
  }
}

const std::vector<Sums::Term>& Sums::terms(NodeId root) {
  terms_.clear();
  stack_.assign(1, {root});
  while (!stack_.empty()) {
    const Term top = stack_.back();
    const NodeId id = top.node;
    stack_.pop_back();
    const auto operands = graph_.operands(id);
    if (is_sum(id) && (id == root || uses_[id] == 1)) {
      stack_.push_back({operands[1], top.negative != (kind_[id] == Known::sub)});
      stack_.push_back({operands[0], top.negative});
    } else if (is_sign(id)) {
      stack_.push_back({operands[0], !top.negative});
    } else {
      terms_.push_back(top);
    }
  }
  return terms_;
}

}  // namespace wengert::passes
