// simplify of an expansion: a graph that computes the same with fewer nodes, and handles that lead to them. What drawings
// of gradients want: 2 · x¹ · 1 is 2 · x. The rules: passes/passes.hpp.
#pragma once

#include "wengert/autodiff/passes/passes.hpp"
#include "wengert/autodiff/record/expand.hpp"

namespace wengert {

using Simplified = passes::Rewrite;
using passes::simplify;

/// Values, arrays and handles lead to the nodes of the new graph.
[[nodiscard]] Expansion simplify(const Expansion& expansion);

}  // namespace wengert
