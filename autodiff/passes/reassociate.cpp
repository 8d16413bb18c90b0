// Reading order: Reassociator: run, then a function for each kind of root.
#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

#include "wengert/autodiff/ops/kernels_matmul.hpp"
#include "wengert/autodiff/ops/structural_contract.hpp"
#include "wengert/autodiff/passes/known.hpp"
#include "wengert/autodiff/passes/passes.hpp"
#include "wengert/autodiff/passes/rebuild.hpp"

namespace wengert::passes {

using graph::Attribute;
using graph::NodeId;

namespace {

class Reassociator {
 public:
  explicit Reassociator(const graph::Graph& graph)
      : rebuild_(graph), builder_(rebuild_.builder()), old_(graph), uses_(graph.size(), 0) {
    for (NodeId node = 0; node < graph.size(); ++node)
      for (const NodeId operand : graph.operands(node)) ++uses_[operand];
    for (const NodeId output : graph.outputs()) ++uses_[output];
  }

  Rewrite run() && {
    return std::move(rebuild_).run([this](NodeId id, std::span<const NodeId> operands) {
      switch (known(old_.operation_id(id))) {
        case Known::matmul:
          return product(operands, std::get<std::int64_t>(old_.attribute(id)));
        case Known::sum:
          return sum(operands[0], ops::integers(old_.attribute(id)));
        case Known::permute:
          if (uses_[old_.operands(id)[0]] == 1 && is(operands[0], Known::matmul) &&
              is_transposition(ops::integers(old_.attribute(id))))
            return transposed_product(operands[0]);
          return builder_.add(old_.operation_id(id), operands, old_.attribute(id));
        default:
          return builder_.add(old_.operation_id(id), operands, old_.attribute(id));
      }
    });
  }

 private:
  [[nodiscard]] const Type& type(NodeId node) const { return builder_.type(node); }
  [[nodiscard]] bool is(NodeId node, Known what) const { return known(builder_.operation_id(node)) == what; }

  /// Transposed operands are read transposed.
  NodeId product(std::span<const NodeId> operands, std::int64_t flags) {
    std::vector<NodeId> x(operands.begin(), operands.end());
    for (std::size_t k = 0; k < 2; ++k) {
      while (transposes(x[k])) {
        x[k] = builder_.operands(x[k])[0];
        flags ^= k == 0 ? kernels::transpose_first : kernels::transpose_second;
      }
    }
    return builder_.add(id_of(Known::matmul), x, flags);
  }
  /// (a·b)ᵀ = bᵀ·aᵀ, where nobody wants a·b itself.
  NodeId transposed_product(NodeId node) {
    const std::vector<NodeId> exchanged{builder_.operands(node)[1], builder_.operands(node)[0]};
    const auto flags = std::get<std::int64_t>(builder_.attribute(node));
    std::int64_t result = kernels::plain;
    const auto set = [&](bool yes, kernels::Product flag) { result |= yes ? flag : kernels::plain; };
    set((flags & kernels::transpose_second) == 0, kernels::transpose_first);
    set((flags & kernels::transpose_first) == 0, kernels::transpose_second);
    set((flags & kernels::mask_second) != 0, kernels::mask_first);
    set((flags & kernels::mask_first) != 0, kernels::mask_second);
    return product(exchanged, result);
  }
  [[nodiscard]] bool transposes(NodeId node) const {
    return is(node, Known::permute) && is_transposition(ops::integers(builder_.attribute(node)));
  }
  /// The last two axes exchanged, and no others moved.
  [[nodiscard]] static bool is_transposition(std::span<const std::int64_t> axes) {
    const std::size_t rank = axes.size();
    return rank >= 2 && axes[rank - 1] + 2 == static_cast<std::int64_t>(rank) &&
           axes[rank - 2] + 1 == static_cast<std::int64_t>(rank) && std::is_sorted(axes.begin(), axes.end() - 2);
  }

  /// A sum of what is repeated n times is n times the sum of what is repeated; a sum of one element is that; one of
  /// what is scattered along an axis that is summed over is the sum of what was there before.
  NodeId sum(NodeId x, std::span<const std::int64_t> axes) {
    const Shape from = type(x).shape;
    const Shape result = ops::without(from, axes);
    const auto extent = [](const Shape& shape, std::int64_t axis) { return shape[static_cast<std::size_t>(axis)]; };
    const bool of_ones = std::all_of(axes.begin(), axes.end(), [&](auto axis) { return extent(from, axis) == 1; });
    if (of_ones) return reshaped(x, result);
    if (is(x, Known::scatter_add_along) &&
        std::ranges::find(axes, ops::integers(builder_.attribute(x))[0]) != axes.end())
      return sum(builder_.operands(x)[0], axes);
    if (!is(x, Known::broadcast) || from.size() == 0)
      return builder_.add(id_of(Known::sum), {x}, ops::attribute_of(axes));
    const NodeId inner = builder_.operands(x)[0];
    std::vector<std::int64_t> aligned(from.rank() - type(inner).shape.rank(), 1);
    aligned.insert(aligned.end(), type(inner).shape.begin(), type(inner).shape.end());
    const Shape narrow{std::span<const std::int64_t>(aligned)};
    double times = 1;
    std::vector<std::int64_t> summed;
    for (const std::int64_t axis : axes) {
      if (extent(narrow, axis) == extent(from, axis))
        summed.push_back(axis);
      else
        times *= static_cast<double>(extent(from, axis));
    }
    if (times == 1) return builder_.add(id_of(Known::sum), {x}, ops::attribute_of(axes));
    NodeId y = inner;
    if (!summed.empty()) y = builder_.add(id_of(Known::sum), {reshaped(y, narrow)}, summed);
    y = reshaped(y, ops::without(narrow, axes));
    y = builder_.add(id_of(Known::mul), {y, rebuild_.constant(type(y), times)});
    if (type(y).shape == result) return y;
    return builder_.add(id_of(Known::broadcast), {y}, ops::attribute_of(result.extents()));
  }
  NodeId reshaped(NodeId x, const Shape& shape) {
    if (type(x).shape == shape) return x;
    return builder_.add(id_of(Known::reshape), {x}, ops::attribute_of(shape.extents()));
  }

  Rebuild rebuild_;
  graph::GraphBuilder& builder_;
  const graph::Graph& old_;
  std::vector<std::uint32_t> uses_;
};

}  // namespace

Rewrite reassociate(const graph::Graph& graph) { return Reassociator(graph).run(); }

}  // namespace wengert::passes
