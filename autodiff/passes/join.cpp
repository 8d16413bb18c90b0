// join: sums of parts that lie beside each other become one part.
//
// The gradient of a slice is its cotangent in a tensor of zeros. Of n slices of one tensor the gradients add n tensors
// of its size; side by side they are one. Likewise the gradient of a weight that is used at every time step: the sum of
// products over the steps is one product over all of them.
#include <algorithm>
#include <array>
#include <map>
#include <numeric>
#include <optional>
#include <utility>
#include <vector>

#include "wengert/autodiff/ops/moving.hpp"
#include "wengert/autodiff/ops/products.hpp"
#include "wengert/autodiff/passes/known.hpp"
#include "wengert/autodiff/passes/passes.hpp"
#include "wengert/autodiff/passes/rebuild.hpp"
#include "wengert/autodiff/passes/sums.hpp"
#include "wengert/autodiff/record/primitive.hpp"

namespace wengert::passes {

using graph::Graph;
using graph::NodeId;

namespace {

class Joining {
 public:
  explicit Joining(const Graph& graph)
      : old_(graph),
        sums_(graph),
        new_of_(graph.size(), graph::no_node),
        embed_(graph::register_operation(PrimitiveOf<ops::Embed>::record)) {}

  Rewrite run() {
    Rebuild rebuild(old_);
    rebuild_ = &rebuild;
    return std::move(rebuild).run([&](NodeId id, std::span<const NodeId> operands) {
      for (std::size_t k = 0; k < operands.size(); ++k) new_of_[old_.operands(id)[k]] = operands[k];
      if (sums_.is_root(id)) {
        terms_ = sums_.terms(id);
        bool changed = join_parts();
        changed = join_products() || changed;
        if (changed) return sum();
      }
      return builder().add(old_.operation_id(id), operands, old_.attribute(id));
    });
  }

 private:
  struct Part {
    NodeId node = graph::no_node;  // old: the embed
    std::size_t axis = 0;
    std::int64_t begin = 0, end = 0;
    std::size_t term = 0;
  };

  graph::GraphBuilder& builder() { return rebuild_->builder(); }

  /// A tensor in zeros that fills all axes but one.
  [[nodiscard]] std::optional<Part> part_of(const Sums::Term& term, std::size_t index) const {
    if (term.negative || old_.operation_id(term.node) != embed_ || !sums_.only_in_sums(term.node)) return std::nullopt;
    const Shape& outer = old_.type(term.node).shape;
    const Shape& inner = old_.type(old_.operands(term.node)[0]).shape;
    const auto& numbers = std::get<std::vector<std::int64_t>>(old_.attribute(term.node));  // shape, starts, steps
    const std::size_t rank = outer.rank();
    std::optional<Part> part;
    for (std::size_t axis = 0; axis < rank; ++axis) {
      if (inner[axis] == outer[axis] && numbers[rank + axis] == 0) continue;
      if (part || (inner[axis] > 1 && numbers[2 * rank + axis] != 1)) return std::nullopt;
      const std::int64_t start = numbers[rank + axis];
      part = Part{term.node, axis, start, start + inner[axis], index};
    }
    return part;
  }

  /// Parts along one axis that do not overlap become a concatenation, with zeros in the gaps.
  bool join_parts() {
    std::map<std::size_t, std::vector<Part>> by_axis;
    for (std::size_t k = 0; k < terms_.size(); ++k)
      if (const auto part = part_of(terms_[k], k)) by_axis[part->axis].push_back(*part);
    made_.assign(terms_.size(), graph::no_node);
    gone_.assign(terms_.size(), false);
    bool any = false;
    for (auto& [axis, parts] : by_axis) {
      std::sort(parts.begin(), parts.end(), [](const Part& a, const Part& b) { return a.begin < b.begin; });
      bool apart = parts.size() >= 2;
      for (std::size_t k = 1; k < parts.size() && apart; ++k) apart = parts[k - 1].end <= parts[k].begin;
      if (!apart) continue;
      const std::size_t first = std::min_element(parts.begin(), parts.end(), [](const Part& a, const Part& b) {
                                  return a.term < b.term;
                                })->term;
      made_[first] = concatenated(parts, axis);
      for (const Part& part : parts) gone_[part.term] = part.term != first;
      any = true;
    }
    return any;
  }
  NodeId concatenated(const std::vector<Part>& parts, std::size_t axis) {
    const Type& whole = old_.type(parts.front().node);
    std::vector<NodeId> pieces;
    std::int64_t at = 0;
    const auto fill = [&](std::int64_t to) {
      if (to == at) return;
      std::array<std::int64_t, Shape::max_rank> extents{};
      for (std::size_t k = 0; k < whole.shape.rank(); ++k) extents[k] = k == axis ? to - at : whole.shape[k];
      pieces.push_back(
          rebuild_->constant(Type{whole.dtype, Shape(std::span(extents.data(), whole.shape.rank()), {})}, 0.0));
      at = to;
    };
    for (const Part& part : parts) {
      fill(part.begin);
      pieces.push_back(new_of_[old_.operands(part.node)[0]]);
      at = part.end;
    }
    fill(whole.shape[axis]);
    return builder().add(id_of(Known::concatenate), pieces, static_cast<std::int64_t>(axis));
  }

  /// Σ aᵀ·b over several pairs of matrices becomes one product of the a's and the b's, one under the other.
  bool join_products() {
    constexpr std::size_t worth_while = 3;
    using Key = std::array<std::int64_t, 5>;
    std::map<Key, std::vector<std::size_t>> groups;
    for (std::size_t k = 0; k < terms_.size(); ++k) {
      const NodeId id = terms_[k].node;
      if (terms_[k].negative || gone_[k] || made_[k] != graph::no_node) continue;
      if (sums_.kind(id) != Known::matmul || !sums_.only_in_sums(id)) continue;
      const auto flags = std::get<std::int64_t>(old_.attribute(id));
      const Type& a = old_.type(old_.operands(id)[0]);
      const Type& b = old_.type(old_.operands(id)[1]);
      const bool first_only =
          (flags & kernels::Product::transpose_first) != 0 && (flags & kernels::Product::transpose_second) == 0;
      if (!first_only || a.shape.rank() != 2 || b.shape.rank() != 2) continue;
      groups[{flags, a.shape[1], b.shape[1], static_cast<std::int64_t>(a.dtype), 0}].push_back(k);
    }
    bool any = false;
    for (const auto& [key, members] : groups) {
      if (members.size() < worth_while) continue;
      std::vector<NodeId> first, second;
      // Sorted by the node, so that the same parts are one concatenation wherever they are needed.
      std::vector<std::size_t> sorted = members;
      std::sort(sorted.begin(), sorted.end(), [&](std::size_t x, std::size_t y) {
        return old_.operands(terms_[x].node)[0] < old_.operands(terms_[y].node)[0];
      });
      for (const std::size_t k : sorted) {
        first.push_back(new_of_[old_.operands(terms_[k].node)[0]]);
        second.push_back(new_of_[old_.operands(terms_[k].node)[1]]);
      }
      const NodeId a = builder().add(id_of(Known::concatenate), first, std::int64_t{0});
      const NodeId b = builder().add(id_of(Known::concatenate), second, std::int64_t{0});
      made_[members.front()] = builder().add(id_of(Known::matmul), {a, b}, key[0]);
      for (std::size_t k = 1; k < members.size(); ++k) gone_[members[k]] = true;
      any = true;
    }
    return any;
  }

  /// The terms that are left, added from the left.
  NodeId sum() {
    NodeId total = graph::no_node;
    for (std::size_t k = 0; k < terms_.size(); ++k) {
      if (gone_[k]) continue;
      const NodeId node = made_[k] != graph::no_node ? made_[k] : new_of_[terms_[k].node];
      if (total == graph::no_node)
        total = terms_[k].negative ? builder().add(id_of(Known::neg), {node}) : node;
      else
        total = builder().add(id_of(terms_[k].negative ? Known::sub : Known::add), {total, node});
    }
    return total;
  }

  const Graph& old_;
  Sums sums_;
  std::vector<NodeId> new_of_;
  graph::OperationId embed_;
  Rebuild* rebuild_ = nullptr;
  std::vector<Sums::Term> terms_;
  std::vector<NodeId> made_;  // by term: what stands in its place
  std::vector<bool> gone_;    // by term: it is part of another
};

}  // namespace

Rewrite join(const Graph& graph) { return Joining(graph).run(); }

}  // namespace wengert::passes
