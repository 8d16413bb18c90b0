// tensor_sets: which columns each element of a tensor's result depends on, from those of the operands' elements.
#pragma once

#include <span>
#include <vector>

#include "wengert/autodiff/record/tensor_store.hpp"
#include "wengert/autodiff/transform/sparse/index_sets.hpp"

namespace wengert::detail {

/// `operand[k]`: by element of operand k (one of a Scalar); null if no derivative flows in. The result: by element.
[[nodiscard]] std::vector<SetId> propagate_sets(const TensorEntries& entries, const TensorEntry& entry,
                                                std::span<const std::vector<SetId>* const> operand, IndexSets& sets);

}  // namespace wengert::detail
