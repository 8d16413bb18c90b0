#include "wengert/autodiff/passes/passes.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "wengert/autodiff/passes/rebuild.hpp"
#include "wengert/graph/extract.hpp"

namespace wengert::passes {

using graph::Graph;
using graph::no_node;
using graph::NodeId;

Rewrite remove_dead(const Graph& graph) {
  const std::vector<bool> keep = live(graph);
  Rewrite out;
  out.node_of.resize(graph.size());
  for (NodeId id = 0; id < graph.size(); ++id) out.node_of[id] = id;
  if (std::find(keep.begin(), keep.end(), false) == keep.end()) {
    out.graph = graph;
    return out;
  }
  graph::Extract part = graph::extract(graph, keep);
  renumber(out.node_of, part.origin, graph.size());
  out.graph = std::move(part.graph);
  return out;
}

Rewrite merge_duplicates(const Graph& graph) {
  Rebuild rebuild(graph);
  graph::GraphBuilder& builder = rebuild.builder();
  return std::move(rebuild).run([&](NodeId id, std::span<const NodeId> operands) {
    return builder.add(graph.operation_id(id), operands, graph.attribute(id));
  });
}

Rewrite composed(Rewrite first, Rewrite second) {
  for (NodeId& node : first.node_of) {
    if (node != no_node) node = second.node_of[node];
  }
  return {std::move(second.graph), std::move(first.node_of)};
}

namespace {

constexpr Pass dead_pass{"remove_dead", "drops what neither an output needs nor is a variable", &remove_dead};
constexpr Pass merge_pass{"merge_duplicates", "one node for equal operations of equal operands", &merge_duplicates};
constexpr Pass fold_pass{"fold_constants", "operations of constants become constants, where memory does not grow",
                         &fold_constants};
constexpr Pass simplify_pass{"simplify", "algebra that holds to the last bit: x·1, −(−x), reshape of reshape",
                             &simplify};
constexpr Pass stabilise_pass{"stabilise", "formulas that overflow or cancel become primitives that do not: logsumexp",
                              &stabilise, false};
constexpr Pass reassociate_pass{"reassociate", "sums in another order: transposes into products, n·x for n times x",
                                &reassociate, false};
constexpr Pass factor_pass{"factor", "a·c + b·c becomes (a + b)·c", &factor, false};
constexpr Pass join_pass{"join", "sums of slices' gradients side by side, of products over time steps as one", &join,
                         false};
constexpr Pass reciprocals_pass{"reciprocals", "x/b and y/b become x·(1/b) and y·(1/b), of numbers", &reciprocals,
                                false};
constexpr Pass regroup_pass{"regroup", "cotangents are multiplied by what is there: c·(a·b), (c·a)·b", &regroup, false};
constexpr Pass outer_pass{"outer", "a matrix product over one term is elementwise", &outer, false};
constexpr Pass reroll_pass{"reroll", "numbers that are computed alike become tensors: a neuron becomes a dot product",
                           &reroll, false};
constexpr Pass rematerialise_pass{
    "rematerialise", "tensors that wait long are computed again where they are read, by arithmetic", &rematerialise};
constexpr std::array on_request{&reroll_pass, &rematerialise_pass};
constexpr std::array passes{&dead_pass,      &merge_pass,       &fold_pass, &simplify_pass,
                            &stabilise_pass, &reassociate_pass, &join_pass, &reciprocals_pass,
                            &factor_pass,    &regroup_pass,     &outer_pass};

}  // namespace

std::span<const Pass* const> all() { return passes; }
std::span<const Pass* const> others() { return on_request; }

const Pass* find(std::string_view name) noexcept {
  for (const std::span<const Pass* const> list : {all(), others()}) {
    for (const Pass* pass : list) {
      if (pass->name == name) return pass;
    }
  }
  return nullptr;
}

}  // namespace wengert::passes
