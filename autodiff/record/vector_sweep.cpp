// The sweeps with eight numbers a value: sweep.cpp's reverse() and forward_sweep(), by the kernels of lane_kernels.hpp.
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

/// Tangents of everything from `from` to the end, given those of the inputs; there are no tensor entries.
void forward_lanes(const Stream& s, Id from, double* lanes, LoopSweep& loops) {
  const LaneKernels& kernels = lane_kernels();
  std::uint64_t at = 0;
  std::size_t loop = 0;
  Id id = s.first_id();
  for (std::uint32_t w = 0; w < s.word_count;) {
    const std::uint32_t word = s.words[w];
    const std::uint32_t kind = word & 0xFFu;
    if (kind < loop_word) {
      if (WENGERT_HOLDS("lanes: a statement at or above the input", id >= from)) {
        kernels.forward_statements(s, lanes, w, id, at);
      } else {
        ++w;
        ++id;
        at += WENGERT_INDEX("lanes: operands of a statement before the input", kind);
      }
      continue;
    }
    ++w;
    if (kind == variables_word) {
      id += WENGERT_INDEX("lanes: variables, forward", word >> 8);
      continue;
    }
    const Loop& entry = s.loops[loop++];
    id = entry.first_id + entry.count * entry.body;
    if (WENGERT_HOLDS("lanes: a loop ends above the input", id > from)) loops.forward_lanes(entry, kernels, lanes);
  }
}

/// A number that a sweep begins with.
struct Seed {
  Id id = 0;
  std::uint32_t lane = 0;
  double number = 0.0;
};

/// The live stream of `handles`, all of which are checked; null if they are constants.
Stream* checked_stream(std::span<const Scalar> handles, const char* operation, std::source_location where) {
  Tag tag = 0;
  for (const Scalar& x : handles) tag = tag == 0 ? x.tag() : tag;
  if (tag == 0) return nullptr;
  StreamHead& head = Stream::of(tag);
  if (&head == &no_stream) Stream::throw_bad_handle(tag, operation, where);
  Stream& s = static_cast<Stream&>(head);
  for (const Scalar& x : handles) s.check(x.id(), x.tag(), operation, where);
  s.settle();
  return &s;
}

/// How many rows a matrix of `numbers` has whose columns belong to `values`.
std::size_t rows_of(std::span<const double> numbers, std::span<const Scalar> values, const char* operation,
                    const char* what, std::source_location where) {
  if (numbers.empty()) return 0;
  if (values.empty() || numbers.size() % values.size() != 0) {
    throw ArgumentError{{.operation = operation,
                         .problem = std::to_string(numbers.size()) + " numbers for rows of " +
                                    std::to_string(values.size()) + " " + what,
                         .expected = "whole rows, one number for each value",
                         .where = where}};
  }
  return numbers.size() / values.size();
}

}  // namespace

struct VectorSweepAccess {
  /// Room for eight numbers for each of `values` values, all 0.
  static double* clear(LaneResults::Batch& batch, std::size_t values) {
    constexpr std::size_t line = 64;
    batch.values = static_cast<std::uint32_t>(values);
    batch.lanes.resize(lane_count * (values + 1));
    const std::size_t beyond = std::bit_cast<std::uintptr_t>(batch.lanes.data()) % line;
    batch.skip = beyond == 0 ? 0 : (line - beyond) / sizeof(double);
    batch.lanes.clear(batch.skip, batch.skip + lane_count * values);
    return batch.lanes.data() + batch.skip;
  }
  /// The same memory, indexed by id.
  static double* by_id(const Stream& s, double* start) {
    return std::bit_cast<double*>(std::bit_cast<std::uintptr_t>(start) -
                                  std::uintptr_t{s.first_id()} * lane_count * sizeof(double));
  }

  /// Runs `sweeps` sweeps, `one(batch, first, count)` eight of them; nothing is left of an earlier result if it throws.
  template <class One>
  static void run(LaneResults& into, const Stream* s, std::size_t sweeps, const One& one) {
    into.sweeps_ = 0;
    into.tag_ = 0;
    if (s != nullptr) {
      const std::size_t batches = (sweeps + lane_count - 1) / lane_count;
      if (into.batches_.size() < batches) into.batches_.resize(batches);
      into.first_id_ = s->first_id();
      for (std::size_t first = 0; first < sweeps; first += lane_count)
        one(into.batches_[first / lane_count], first, std::min(lane_count, sweeps - first));
      into.tag_ = s->tag();
    }
    into.sweeps_ = sweeps;
  }

  /// In a recording with tensors: one ordinary sweep for each lane, copied.
  template <class Results>
  static void copy(const Stream& s, const Results& from, std::size_t lane, std::size_t values, double* start) {
    for (std::size_t v = 0; v < values; ++v)
      start[lane_count * v + lane] = from[Scalar::from_parts(0.0, s.first_id() + static_cast<Id>(v), s.tag())];
  }

  /// `cotangents`: a row for every sweep; null: one sweep for every output.
  static void backward_each(std::span<const Scalar> y, const double* cotangents, std::size_t sweeps,
                            VectorAdjoints& into, std::source_location where) {
    Stream* const s = checked_stream(y, "backward_each", where);
    LaneResults& results = into.results_;
    if (s == nullptr) return run(results, s, sweeps, [](LaneResults::Batch&, std::size_t, std::size_t) {});
    LoopSweep loops(*s, results.work_);
    Adjoints alone;
    std::vector<Seed> seeds;
    run(results, s, sweeps, [&](LaneResults::Batch& batch, std::size_t first, std::size_t count) {
      seeds.clear();
      Id last = 0;
      for (std::size_t k = 0; k < count; ++k) {
        const auto lane = static_cast<std::uint32_t>(k);
        const auto add = [&](const Scalar& output, double number) {
          if (output.is_constant() || number == 0.0) return;
          seeds.push_back({output.id(), lane, number});
          last = std::max(last, output.id());
        };
        if (cotangents == nullptr) {
          add(y[first + k], WENGERT_NUMBER("lanes: seed", 1.0));
        } else {
          const double* const row = cotangents + (first + k) * y.size();
          for (std::size_t i = 0; i < y.size(); ++i) add(y[i], row[WENGERT_INDEX("lanes: seed of a row", i)]);
        }
      }
      if (last == 0) {  // constants, or zeros
        batch.values = 0;
        return;
      }
      // A loop that is cut at `last` is reversed in whole repetitions: room for one body more.
      double* const start = clear(batch, std::size_t{last} - s->first_id() + 1 + s->largest_body());
      if (s->tensors != nullptr) {
        std::vector<double> one(1, 1.0);
        for (std::size_t k = 0; k < count; ++k) {
          if (cotangents == nullptr)
            backward(y.subspan(first + k, 1), one, alone);
          else
            backward(y, {cotangents + (first + k) * y.size(), y.size()}, alone);
          copy(*s, alone, k, std::size_t{last} - s->first_id() + 1, start);
        }
        return;
      }
      double* const lanes = by_id(*s, start);
      for (const Seed& seed : seeds)
        WENGERT_ADD("lanes: seeds add up", lanes[lane_count * seed.id + seed.lane], seed.number);
      reverse_lanes(*s, last, lanes, loops);
    });
  }

  static void forward_each(std::span<const Scalar> x, std::span<const double> directions, VectorTangents& into,
                           std::source_location where) {
    const std::size_t sweeps = rows_of(directions, x, "forward_each", "values", where);
    for (const Scalar& input : x) {
      if (input.is_constant()) {
        throw ArgumentError{{.operation = "forward_each",
                             .problem = "a value to differentiate along is a constant",
                             .expected = "a value of the recording",
                             .where = where,
                             .hint = "make it with Recording::variable"}};
      }
    }
    Stream* const s = checked_stream(x, "forward_each", where);
    LaneResults& results = into.results_;
    if (s == nullptr) return run(results, s, sweeps, [](LaneResults::Batch&, std::size_t, std::size_t) {});
    Id from = x.front().id();
    for (const Scalar& input : x) from = std::min(from, input.id());
    LoopSweep loops(*s, results.work_);
    const std::size_t values = std::size_t{s->next_id()} - s->first_id();
    run(results, s, sweeps, [&](LaneResults::Batch& batch, std::size_t first, std::size_t count) {
      double* const start = clear(batch, values);
      if (s->tensors != nullptr) {
        for (std::size_t k = 0; k < count; ++k)
          copy(*s, forward(x, directions.subspan((first + k) * x.size(), x.size())), k, values, start);
        return;
      }
      double* const lanes = by_id(*s, start);
      for (std::size_t k = 0; k < count; ++k)
        for (std::size_t i = 0; i < x.size(); ++i)
          WENGERT_ADD("lanes: seeds of directions", lanes[lane_count * x[i].id() + k],
                      directions[(first + k) * x.size() + i]);
      forward_lanes(*s, from, lanes, loops);
    });
  }
};

void LaneResults::throw_no_sweep(std::size_t k, const char* what, const char* of) const {
  const std::string name = of;
  throw ArgumentError{{.operation = what,
                       .problem = name + " " + std::to_string(k) + " of " + std::to_string(sweeps_),
                       .expected = (name == "output" ? "an " : "a ") + name + " that was swept, counted from 0"}};
}

void backward_each(std::span<const Scalar> y, VectorAdjoints& into, std::source_location where) {
  VectorSweepAccess::backward_each(y, nullptr, y.size(), into, where);
}
VectorAdjoints backward_each(std::span<const Scalar> y, std::source_location where) {
  VectorAdjoints result;
  backward_each(y, result, where);
  return result;
}
void backward_each(std::span<const Scalar> y, std::span<const double> cotangents, VectorAdjoints& into,
                   std::source_location where) {
  const std::size_t sweeps = rows_of(cotangents, y, "backward_each", "outputs", where);
  VectorSweepAccess::backward_each(y, cotangents.data(), sweeps, into, where);
}
VectorAdjoints backward_each(std::span<const Scalar> y, std::span<const double> cotangents,
                             std::source_location where) {
  VectorAdjoints result;
  backward_each(y, cotangents, result, where);
  return result;
}

void forward_each(std::span<const Scalar> x, std::span<const double> directions, VectorTangents& into,
                  std::source_location where) {
  VectorSweepAccess::forward_each(x, directions, into, where);
}
VectorTangents forward_each(std::span<const Scalar> x, std::span<const double> directions, std::source_location where) {
  VectorTangents result;
  forward_each(x, directions, result, where);
  return result;
}

}  // namespace wengert
