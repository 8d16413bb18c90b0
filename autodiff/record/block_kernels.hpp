// The inner loops of the sweeps over blocks of repetitions, in the best instructions that the machine has.
#pragma once

#include <cstddef>

namespace wengert::detail {

/// Columns of any length.
struct BlockKernels {
  /// to[i] = p[i] · a[i], and 0 where one of them is 0, whatever the other is.
  void (*multiply)(const double* p, const double* a, double* to, std::size_t count);
  /// to[i] += from[i].
  void (*add)(const double* from, double* to, std::size_t count);
  /// The sum, in an order that does not depend on the instructions: eight running sums, then a tree.
  double (*sum)(const double* from, std::size_t count);
};
[[nodiscard]] const BlockKernels& block_kernels() noexcept;

}  // namespace wengert::detail
