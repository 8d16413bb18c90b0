// The reverse sweep with eight adjoints a value: sweep.cpp's reverse(), by the kernels of lane_kernels.hpp.
#include "wengert/autodiff/record/vector_sweep.hpp"

#include <algorithm>
#include <bit>
#include <string>

#include "wengert/autodiff/record/lane_kernels.hpp"
#include "wengert/autodiff/record/loop_sweep.hpp"
#include "wengert/graph/error.hpp"

namespace wengert {

using namespace detail;

namespace {

/// Adjoints of everything from `last` down, given those of the outputs; there are no tensor entries.
void reverse_lanes(const Stream& s, Id last, double* lanes, LoopSweep& loops) {
  const LaneKernels& kernels = lane_kernels();
  std::uint64_t at = s.partial_count;
  std::size_t loop = s.loops.size();
  Id id = s.next_id();
  for (std::uint32_t w = s.word_count; w > 0;) {
    const std::uint32_t word = s.words[w - 1];
    const std::uint32_t kind = word & 0xFFu;
    if (kind < loop_word) {
      if (WENGERT_HOLDS("lanes: a statement at or below the output", id - 1 <= last)) {
        kernels.statements(s, lanes, w, id, at);
      } else {
        --w;
        --id;
        at -= WENGERT_INDEX("lanes: operands of a statement after the output", kind);
      }
      continue;
    }
    --w;
    if (kind == variables_word) {
      id -= WENGERT_INDEX("lanes: variables", word >> 8);
      continue;
    }
    Loop entry = s.loops[--loop];
    id = entry.first_id;
    if (id > last) continue;
    // If the output lies inside, the rest of the loop is not needed.
    if (entry.first_id + entry.count * entry.body > last + 1)
      entry.count = WENGERT_INDEX("lanes: repetitions of a loop with the output inside",
                                  (last - entry.first_id) / entry.body + 1);
    loops.reverse_lanes(entry, kernels, lanes);
  }
}

}  // namespace

struct VectorSweepAccess {
  /// Room for the adjoints of `values` values, all 0.
  static double* clear(VectorAdjoints::Batch& batch, std::size_t values) {
    constexpr std::size_t line = 64;
    batch.values = static_cast<std::uint32_t>(values);
    batch.lanes.resize(lane_count * (values + 1));
    const std::size_t beyond = std::bit_cast<std::uintptr_t>(batch.lanes.data()) % line;
    batch.skip = beyond == 0 ? 0 : (line - beyond) / sizeof(double);
    batch.lanes.clear(batch.skip, batch.skip + lane_count * values);
    return batch.lanes.data() + batch.skip;
  }

  static void sweep(VectorAdjoints& into, Stream& s, std::span<const Scalar> y) {
    LoopSweep loops(s, into.work_);
    Adjoints alone;
    for (std::size_t first = 0; first < y.size(); first += lane_count) {
      const std::span<const Scalar> outputs = y.subspan(first, std::min(lane_count, y.size() - first));
      VectorAdjoints::Batch& batch = into.batches_[first / lane_count];
      Id last = 0;
      for (const Scalar& output : outputs) last = std::max(last, output.id());
      if (last == 0) {  // constants
        batch.values = 0;
        continue;
      }
      // A loop that is cut at `last` is reversed in whole repetitions: room for one body more.
      double* const start = clear(batch, std::size_t{last} - s.first_id() + 1 + s.largest_body());
      if (s.tensors != nullptr) {
        for (std::size_t k = 0; k < outputs.size(); ++k) {
          backward(outputs[k], alone);
          for (Id id = s.first_id(); id <= outputs[k].id(); ++id)
            start[lane_count * (id - s.first_id()) + k] = alone[Scalar::from_parts(0.0, id, s.tag())];
        }
        continue;
      }
      double* const lanes = std::bit_cast<double*>(std::bit_cast<std::uintptr_t>(start) -
                                                   std::uintptr_t{s.first_id()} * lane_count * sizeof(double));
      for (std::size_t k = 0; k < outputs.size(); ++k)
        if (!outputs[k].is_constant()) lanes[lane_count * outputs[k].id() + k] = WENGERT_NUMBER("lanes: seed", 1.0);
      reverse_lanes(s, last, lanes, loops);
    }
  }

  static void backward_each(std::span<const Scalar> y, VectorAdjoints& into, std::source_location where) {
    Tag tag = 0;
    for (const Scalar& output : y) tag = tag == 0 ? output.tag() : tag;
    into.outputs_ = 0;
    into.tag_ = 0;
    if (tag != 0) {
      StreamHead& head = Stream::of(tag);
      if (&head == &no_stream) Stream::throw_bad_handle(tag, "backward_each", where);
      Stream& s = static_cast<Stream&>(head);
      for (const Scalar& output : y) s.check(output.id(), output.tag(), "backward_each", where);
      s.settle();
      const std::size_t batches = (y.size() + lane_count - 1) / lane_count;
      if (into.batches_.size() < batches) into.batches_.resize(batches);
      into.first_id_ = s.first_id();
      sweep(into, s, y);
      into.tag_ = s.tag();
    }
    into.outputs_ = y.size();
  }
};

void VectorAdjoints::throw_no_output(std::size_t k) const {
  throw ArgumentError{{.operation = "adjoint",
                       .problem = "output " + std::to_string(k) + " of " + std::to_string(outputs_),
                       .expected = "an output that was swept, counted from 0"}};
}

void backward_each(std::span<const Scalar> y, VectorAdjoints& into, std::source_location where) {
  VectorSweepAccess::backward_each(y, into, where);
}

VectorAdjoints backward_each(std::span<const Scalar> y, std::source_location where) {
  VectorAdjoints result;
  backward_each(y, result, where);
  return result;
}

}  // namespace wengert
