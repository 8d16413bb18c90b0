#include "wengert/autodiff/transform/sparse/functional.hpp"

#include "wengert/autodiff/record/stream.hpp"
#include "wengert/graph/types.hpp"

namespace wengert::detail {

ProgramShape shape_of(const Recording& recording, std::size_t inputs, std::size_t outputs) {
  Stream& s = recording.stream();
  s.settle();
  ProgramShape shape{inputs, outputs, s.next_id() - s.first_id(), 0};
  // Guards in a row may be one entry or several; the outcomes in a row are what counts.
  bool outcome = false;
  std::uint64_t run = 0;
  for (const Guard& guard : s.guards) {
    if (guard.outcome != outcome) {
      shape.branches = mix_hash(shape.branches, run);
      outcome = guard.outcome;
      run = 0;
    }
    run += guard.count;
  }
  shape.branches = mix_hash(shape.branches, run);
  return shape;
}

}  // namespace wengert::detail
