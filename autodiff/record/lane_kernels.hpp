// The inner loops of the sweeps with eight adjoints or tangents a value (vector_sweep.cpp), in the best instructions
// that the machine has. `lanes` is indexed by id: the numbers of id lie at lanes + 8·id.
//
// A cotangent or tangent of exactly 0 contributes 0 and a partial of exactly 0 lets nothing pass, lane by lane. No sum
// depends on the instructions: baseline and AVX2 give the same bits.
#pragma once

#include <cstddef>
#include <cstdint>

#include "wengert/autodiff/record/stream.hpp"

namespace wengert::detail {

inline constexpr std::size_t lane_count = 8;

/// Operand slot of a statement in a loop body, over a block of repetitions. Its operand in repetition i of the block is
/// first + i·step, or free[i·step].
struct LaneEdge {
  double* column = nullptr;  // partials of the block
  const Id* free = nullptr;
  std::int64_t first = 0;
  std::int64_t step = 0;
  std::uint32_t statement = 0;  // of the body

  [[nodiscard]] std::int64_t operand(std::int64_t i) const noexcept {
    return free != nullptr ? free[i * step] : first + i * step;
  }
};
/// Where the block lies: the id of the first statement of its first repetition.
struct LaneBlock {
  std::int64_t first = 0;
  std::int64_t body = 0;
  std::int64_t count = 0;  // repetitions
};

struct LaneKernels {
  /// Irregular statements: those of words[w - 1] and below, up to the first word that is something else; w, id and at
  /// move along, as in sweep.cpp.
  void (*statements)(const Stream& s, double* lanes, std::uint32_t& w, Id& id, std::uint64_t& at);
  /// The edges of one statement that lead to its own value one repetition before: repetition after repetition.
  void (*follow)(double* lanes, const LaneEdge* edges, std::size_t edge_count, const LaneBlock& block);
  /// Any edges, in the order of the statements: repetition after repetition.
  void (*walk)(double* lanes, const LaneEdge* edges, std::size_t edge_count, const LaneBlock& block);
  /// An edge whose repetitions do not wait for each other, all at once.
  void (*spread)(double* lanes, const LaneEdge& edge, const LaneBlock& block);
  /// Forward: the irregular statements of words[w] and above, up to the first word that is something else, or the last.
  void (*forward_statements)(const Stream& s, double* lanes, std::uint32_t& w, Id& id, std::uint64_t& at);
  /// Forward: any edges, in the order of the statements: repetition after repetition.
  void (*forward_walk)(double* lanes, const LaneEdge* edges, std::size_t edge_count, const LaneBlock& block);
};
[[nodiscard]] const LaneKernels& lane_kernels() noexcept;

}  // namespace wengert::detail
