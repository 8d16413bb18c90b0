// Passes: plain functions from a graph to a graph that computes the same with less work.
//
//     passes::Rewrite r = passes::merge_duplicates(graph);
//     r = passes::composed(std::move(r), passes::simplify(r.graph));
//     for (const passes::Pass* pass : passes::all()) …
//
// What every pass keeps: variables stay all, in their order; outputs stay all, in their order; names, scopes, source
// lines and ties stay with what they belong to, where that is still there (of several nodes that become one, the name
// and the place of the first that has one). Every pass drops what neither an output needs nor is a variable; of a graph
// without outputs it keeps everything that it does not replace. Every pass is idempotent: a second time changes
// nothing, not even a number of a node. The time is linear in nodes and operands.
//
// docs/passes.md has the list of rewrites, each with its formula and domain.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

#include "wengert/graph/graph.hpp"

namespace wengert::passes {

/// A graph, and what became of the nodes of the graph before.
struct Rewrite {
  graph::Graph graph{};
  std::vector<graph::NodeId> node_of{};  ///< by node before: the node that computes it now; no_node: none does
};

struct Pass {
  std::string_view name;
  std::string_view doc;                       ///< one line
  Rewrite (*run)(const graph::Graph& graph);  ///< throws CapacityError only
  bool exact = true;                          ///< keeps every bit of every output (but see simplify)
};

/// The passes with which a program is compiled, in that order.
[[nodiscard]] std::span<const Pass* const> all();
/// Those that are not run again and again: `reroll`, when it is asked for; `rematerialise`, once after all others.
[[nodiscard]] std::span<const Pass* const> others();
/// Of all() and others(). Null when there is none of that name.
[[nodiscard]] const Pass* find(std::string_view name) noexcept;
/// `first`, then `second`, which was made of first.graph, as one rewrite.
[[nodiscard]] Rewrite composed(Rewrite first, Rewrite second);

/// Drops what neither an output needs nor is a variable.
[[nodiscard]] Rewrite remove_dead(const graph::Graph& graph);

/// One node for equal pure operations of equal operands (in either order where it does not matter) with equal
/// attributes, bit for bit; tensors as scalars. A number of rank 0 has one form afterwards, so that 2 as a number and 2
/// as an array merge.
[[nodiscard]] Rewrite merge_duplicates(const graph::Graph& graph);

/// Operations of constants become constants: scalars, and tensors as long as memory does not grow, that is where the
/// result is uniform (one stored element), takes no more bytes than its constant operands together, or at most
/// `small` bytes. What would be an error (a singular matrix, an integer that does not fit) stays to be one when it
/// runs.
[[nodiscard]] Rewrite fold_constants(const graph::Graph& graph, std::size_t small);
[[nodiscard]] Rewrite fold_constants(const graph::Graph& graph);

/// a·c + b·c → (a + b)·c, in sums of any length: what several uses of one value contribute to its adjoint is added
/// before it is multiplied by what they share. Not exact: sums are rounded in another order, and where a product
/// overflows or c is ∞, the sum may not.
[[nodiscard]] Rewrite factor(const graph::Graph& graph);

/// c·(a·b) → (c·a)·b, and (c·a)·b → c·(a·b), where the product in brackets is there anyway and the one before was there
/// for this alone; the outer product is a `scale`, c a cotangent: of x/b, those of x and b are c/b and (c/b)·(−x/b), of
/// x·eᵘ, those of x and u are c·eᵘ and c·(x·eᵘ). A cotangent of 0 stays 0. Not exact: two roundings in another order;
/// where one order leaves the range, or multiplies 0 by ∞, the other may not.
[[nodiscard]] Rewrite regroup(const graph::Graph& graph);

/// x/b and y/b → x·(1/b) and y·(1/b), of numbers: a quotient and its two partials divide by the same number. Not exact:
/// within 1.5 units in the last place of the quotient, instead of half a unit; where |b| < 2⁻¹⁰²², so that 1/b may be
/// infinite, or |b| > 2¹⁰²², so that 1/b has fewer digits, it may be further off. b = 0 and b = ±∞ are as before.
[[nodiscard]] Rewrite reciprocals(const graph::Graph& graph);

/// A product of matrices over one term → elementwise, so that it can be computed where it is used. Not exact: the sum
/// of one term began at 0, so that −0 became 0.
[[nodiscard]] Rewrite outer(const graph::Graph& graph);
/// The same, but for these nodes.
[[nodiscard]] Rewrite outer(const graph::Graph& graph, std::span<const graph::NodeId> but);

/// In sums: tensors in zeros that lie beside each other (gradients of slices) → one concatenation; Σ aᵀ·b of three
/// products or more (the gradient of a weight that is used at every time step) → one product of the a's and the b's,
/// one under the other. Not exact: sums are rounded in another order, and −0 + 0 is not computed.
[[nodiscard]] Rewrite join(const graph::Graph& graph);

/// Rewrites nodes until no rule applies. Each rule holds to the last bit for every number, ∞, NaN and zeros of either
/// sign included (so x + 0, which turns −0 into 0, stays). Only `scale`, the product by which gradients pass cotangents
/// on, may give a zero of another sign afterwards. Scalars and tensors alike:
///
///     x · 1, x / 1, x¹, x − 0, x + (−0), −(−x)  →  x          x · (−1), x / (−1)  →  −x
///     x + (−y) → x − y     x − (−y) → x + y     (−x) · (−y) → x · y
///     where(c, x, x), max(x, x), min(x, x) → x      where(true, x, y) → x      ¬¬x → x
///     0 · x → 0 where the product is `scale` (a zero cotangent contributes zero)
///     x > 0 → relu(x) > 0 where relu(x) is there
///     where(f(a), scatter_add_along(v, p), 0) → scatter_add_along(where(f(take_along(a, p)), v, 0), p), f elementwise,
///         also where a reshape lies between
///     primitives of numbers → their value           equal primitives of equal operands → one node
///
/// and of what moves elements: reshape of reshape, permute of permute and broadcast of broadcast are one; those that
/// change nothing are none; so are a slice of everything, a sum over no axes, a conversion to the dtype that is there;
/// element k of a stack of numbers is that number, and the stack of all elements of x is x.
[[nodiscard]] Rewrite simplify(const graph::Graph& graph);

/// Formulas that overflow, cancel or divide 0 by 0 become the primitives that do not: log Σ exp, log(1 + x),
/// 1/(1 + exp(−x)), cross-entropies, … Each rewrite is an identity of real numbers; results differ in their last
/// places, and where the formula failed. The table: stabilise.hpp, docs/passes.md.
[[nodiscard]] Rewrite stabilise(const graph::Graph& graph);

/// Rewrites that round sums in another order: a product of a transposed matrix reads it transposed; a transposed
/// product that is used so alone is (a·b)ᵀ = bᵀ·aᵀ; a sum of n equal parts, made by broadcast, is n times one of them;
/// a sum over axes of one element is a reshape (and keeps −0); a sum of what is scattered along an axis that it is over
/// is one of what was there before. A result differs by what a sum of n terms may differ in
/// any order: 2·n·u·Σ|terms| at most, u the unit roundoff.
[[nodiscard]] Rewrite reassociate(const graph::Graph& graph);

struct Rematerialisation {
  std::size_t budget = 0;  ///< bytes that values may take which wait for somebody; 0: as few as can be
  bool dear = false;       ///< functions such as exp and tanh, too, not only arithmetic
};
/// Tensors that wait long for a reader, while most memory is needed, are computed again there, if they are elementwise
/// work over what waits there anyway: the reader's operand is a copy of the node then. Of a slice that is read, a copy
/// is made of the slice alone. Most bytes for least work first, until what waits is within the budget or nothing helps.
/// Duplicates are merged before, so other passes take the copies away again: this one comes last. Tensors of less than
/// 4096 bytes are kept.
[[nodiscard]] Rewrite rematerialise(const graph::Graph& graph, const Rematerialisation& options);
[[nodiscard]] Rewrite rematerialise(const graph::Graph& graph);

/// Numbers that are computed alike become tensors: a sum of products becomes a dot product, dot products that share a
/// vector a matrix product, other sums of many terms a sum of a vector, and eight or more elementwise operations of a
/// kind that do not depend on each other one operation on vectors. Tensors in the graph stay as they are. What is left
/// of the numbers is what outputs and single operations need, as elements of the vectors.
///
/// Sums are rounded in another order (within 2·n·u·Σ|terms|) and functions computed by the kernels of tensors, with
/// their stated errors. A product `scale` becomes a product of matrices whose zeros mask as those of cotangents do: a
/// zero cotangent contributes 0; a zero partial that meets an infinite cotangent gives NaN, as on tensors.
///
/// A graph of numbers can be run for many samples side by side, each node a column; after this pass that takes tensors
/// with one more axis. So it is not one of all(): it is for graphs that run one sample at a time.
[[nodiscard]] Rewrite reroll(const graph::Graph& graph);

}  // namespace wengert::passes
