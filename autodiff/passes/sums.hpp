// Sums: a graph's sums of many terms, found in its trees of add, sub and neg. For passes that rewrite sums.
#pragma once

#include <cstdint>
#include <vector>

#include "wengert/autodiff/passes/known.hpp"
#include "wengert/graph/graph.hpp"

namespace wengert::passes {

class Sums {
 public:
  struct Term {
    graph::NodeId node = graph::no_node;
    bool negative = false;  ///< it is subtracted
  };

  explicit Sums(const graph::Graph& graph);

  [[nodiscard]] Known kind(graph::NodeId id) const { return kind_[id]; }
  /// A sum that is not part of another.
  [[nodiscard]] bool is_root(graph::NodeId id) const {
    return is_sum(id) && (uses_[id] != 1 || !is_sum(only_user_[id]));
  }
  /// Nothing but sums uses it: nothing needs it once they are taken apart.
  [[nodiscard]] bool only_in_sums(graph::NodeId id) const { return only_in_sums_[id]; }
  /// The terms of the sum at a root, from the left; valid until the next call.
  [[nodiscard]] const std::vector<Term>& terms(graph::NodeId root);

 private:
  [[nodiscard]] bool is_sum(graph::NodeId id) const { return kind_[id] == Known::add || kind_[id] == Known::sub; }
  /// A negation that only sums use: the sign of a term.
  [[nodiscard]] bool is_sign(graph::NodeId id) const { return kind_[id] == Known::neg && only_in_sums_[id]; }

  const graph::Graph& graph_;
  std::vector<Known> kind_;
  std::vector<std::uint32_t> uses_;
  std::vector<graph::NodeId> only_user_;
  std::vector<bool> only_in_sums_;
  std::vector<Term> terms_, stack_;
};

}  // namespace wengert::passes
