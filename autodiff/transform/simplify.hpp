// Passes on expansions: the graph that a pass makes, with handles, values and arrays that lead to its nodes. What
// drawings of gradients want: 2 · x¹ · 1 is 2 · x. The passes: passes/passes.hpp.
#pragma once

#include "wengert/autodiff/passes/passes.hpp"
#include "wengert/autodiff/record/expand.hpp"

namespace wengert {

using Simplified = passes::Rewrite;
using passes::simplify;

/// What the pass makes of the expansion's graph. Handles of values that have no node any more lead nowhere; nodes that
/// only the new graph has get their values from those of their operands. Throws what primitives throw.
[[nodiscard]] Expansion applied(const passes::Pass& pass, const Expansion& expansion);
/// The same of passes::simplify.
[[nodiscard]] Expansion simplify(const Expansion& expansion);

}  // namespace wengert
