// simplify: a graph that computes the same with fewer nodes. What drawings of gradients want: 2 · x¹ · 1 is 2 · x.
#pragma once

#include <span>
#include <vector>

#include "wengert/autodiff/record/expand.hpp"
#include "wengert/graph/graph.hpp"

namespace wengert {

struct Simplified {
  graph::Graph graph{};
  std::vector<graph::NodeId>
      node_of{};  ///< by node of the graph before: the node that computes it now; no_node: none does
};

/// Rewrites scalar nodes until no rule applies, and drops what no output needs. Each rule holds to the last bit for
/// every number, ∞, NaN and zeros of either sign included (so x + 0, which turns −0 into 0, stays).
/// Only `scale`, the product by which gradients pass cotangents on, may give a zero of another sign afterwards:
///
///     x · 1, x / 1, x¹, x − 0, x + (−0), −(−x)  →  x          x · (−1), x / (−1)  →  −x
///     x + (−y) → x − y     x − (−y) → x + y     (−x) · (−y) → x · y
///     where(c, x, x) → x   0 · x → 0 where the product is `scale` (a zero cotangent contributes zero)
///     primitives of constants → their value          equal primitives of equal operands → one node
///
/// Names, scopes, lines and ties stay with what they belong to; variables and outputs stay all. Idempotent. One pass
/// over the nodes; operands are simplified before their users.
[[nodiscard]] Simplified simplify(const graph::Graph& graph);

/// The same of an expansion: values, arrays and handles lead to the nodes of the new graph.
[[nodiscard]] Expansion simplify(const Expansion& expansion);

}  // namespace wengert
