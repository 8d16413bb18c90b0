// Steps along rows, as a ColumnBuilder puts them together: the exponentials of a row are computed once for all that is
// made of them, and what one step can do together with the step before is one.
#include <array>
#include <utility>

#include "wengert/autodiff/exec/columns.hpp"
#include "wengert/autodiff/ops/elementwise.hpp"

namespace wengert::exec {

ColumnBuilder::Exponentials ColumnBuilder::exponentials_of(Value row) {
  if (const auto found = exponentials_.find(row); found != exponentials_.end()) return found->second;
  entries_.push_back({.kind = Kind::beside});
  const auto powers = static_cast<Value>(entries_.size() - 1);
  const Exponentials made{powers, add(row_exponentials(), std::array{row, powers})};
  return exponentials_.emplace(row, made).first->second;
}

/// Elementwise primitives that one step along a row does together with the step before.
std::optional<ColumnBuilder::Value> ColumnBuilder::along_row(const Primitive& primitive,
                                                             std::span<const Value> operands) {
  const auto row_of = [&](Value x) { return entries_[x].row; };
  const auto is = [&]<class P>(std::type_identity<P>) { return &primitive == &PrimitiveOf<P>::record; };
  if (!exact_ && is(std::type_identity<ops::Exp>{}) && row_of(operands[0]) == &row_log_softmax()) {
    // exp(log softmax) is softmax, and nearer to it than the exponential of a rounded logarithm.
    const auto [powers, sum] = exponentials_of(entries_[operands[0]].operand[0]);
    return add(row_softmax(), std::array{powers, sum});
  }
  if (operands.size() != 2) return std::nullopt;
  if (!exact_ && is(std::type_identity<ops::Scale>{})) {
    for (const std::size_t k : {0U, 1U}) {
      if (!is_uniform(operands[k]) || row_of(operands[1 - k]) != &row_softmax()) continue;
      const auto [powers, sum, nothing] = entries_[operands[1 - k]].operand;
      return add(row_scaled_softmax(), std::array{powers, sum, operands[k]});
    }
  }
  Value scatter = operands[0], row = operands[1];
  if (is(std::type_identity<ops::Add>{}) && row_scatter_onto(row_of(scatter), primitive) == nullptr)
    std::swap(scatter, row);
  const RowKernel* const onto = row_scatter_onto(row_of(scatter), primitive);
  if (onto == nullptr || is_uniform(row)) return std::nullopt;
  const auto [element, position, nothing] = entries_[scatter].operand;
  if (row_of(row) == &row_scaled_softmax()) {
    const auto [powers, sum, factor] = entries_[row].operand;
    const Value change = add(row_scattered(), std::array{element, position, factor});
    return add(row_scatter_onto_scaled_softmax(*onto), std::array{powers, sum, change});
  }
  return add(*onto, std::array{element, position, row});
}

ColumnBuilder::Value ColumnBuilder::apply(const RowKernel& kernel, std::span<const Value> operands) {
  const Value row = operands[0];
  switch (kernel.on) {
    case RowKernel::On::sum:
      return add(kernel, std::array{exponentials_of(row).sum});
    case RowKernel::On::row_and_sum:
      return add(kernel, std::array{row, exponentials_of(row).sum});
    case RowKernel::On::powers_and_sum: {
      const auto [powers, sum] = exponentials_of(row);
      return add(kernel, std::array{powers, sum});
    }
    case RowKernel::On::operands:
      break;
  }
  // One element of log softmax does not take the others.
  if (takes_along(kernel) && entries_[row].row == &row_log_softmax()) {
    const auto [of, sum, nothing] = entries_[row].operand;
    return add(row_log_softmax_at(), std::array{of, operands[1], sum});
  }
  return add(kernel, operands);
}

}  // namespace wengert::exec
