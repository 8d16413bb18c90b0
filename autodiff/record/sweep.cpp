// The numeric sweeps over a stream.
//
// Irregular statements: one uniform loop over words, ids and partials. Rolled-up entries: loop_sweep.hpp. Tensor
// entries: tensor_sweep.hpp.
#include "wengert/autodiff/record/sweep.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <mutex>

#include "wengert/autodiff/record/loop_sweep.hpp"
#include "wengert/autodiff/record/tensor.hpp"
#include "wengert/autodiff/record/tensor_sweep.hpp"
#include "wengert/graph/error.hpp"

namespace wengert {

using namespace detail;

namespace {

/// Neither 0 nor ∞ nor NaN: one comparison of what is left of the bits without the sign.
WENGERT_INLINE bool is_ordinary(double a) {
  constexpr std::uint64_t infinity = 0xFFE0000000000000u;
  return (std::bit_cast<std::uint64_t>(a) << 1) - 1 < infinity - 1;
}

/// The statements of words[w - 1] and below, up to the first word that is something else; w, at and id move along.
/// Chains run through a register: the adjoint of the value before is the only one that the next step waits for.
void reverse_statements(const Stream& s, double* adjoint, std::uint32_t& w, Id& id, std::uint64_t& at) {
  const std::uint32_t* word = s.words + w;
  const Id* const to = s.ids;
  const double* const p = s.partials;
  std::uint64_t first = at;      // operand of the statement at hand
  std::uint64_t below = id - 1;  // the value at hand
  double a = adjoint[below];
  for (; word != s.words; --word) {
    const std::uint64_t kind = word[-1] & 0xFFu;
    if (kind >= loop_word) break;
    first -= kind;
    adjoint[below] = a;
    --below;  // the value before: a statement has operands, so there is one
    double next = adjoint[below];
    if (WENGERT_HOLDS("reverse: statement, adjoint is a number but 0", is_ordinary(a))) [[likely]] {
      const auto add = [&](std::uint64_t k) WENGERT_INLINE_LAMBDA {
        const double product = p[k] * a;
        if (to[k] == below)
          WENGERT_ADD("reverse: statement, to the value before", next, product);
        else
          WENGERT_ADD("reverse: statement, to another value", adjoint[to[k]], product);
      };
      switch (kind) {
        default:
          for (std::uint64_t k = WENGERT_INDEX("reverse: statement, operands of five or more", first + kind);
               k-- > first + 4;)
            add(k);
          [[fallthrough]];
        case 4:
          add(first + 3);
          [[fallthrough]];
        case 3:
          add(first + 2);
          [[fallthrough]];
        case 2:
          add(first + 1);
          [[fallthrough]];
        case 1:
          add(first);
          [[fallthrough]];
        case 0:
          break;
      }
    } else if (WENGERT_HOLDS("reverse: statement, adjoint is not 0", a != 0.0)) {
      for (std::uint64_t k = first; k < first + kind; ++k) {
        if (WENGERT_HOLDS("reverse: statement, partial is 0 and adjoint is not finite", p[k] == 0.0)) continue;
        if (to[k] == below)
          WENGERT_ADD("reverse: statement, not finite, to the value before", next, p[k] * a);
        else
          WENGERT_ADD("reverse: statement, not finite, to another value", adjoint[to[k]], p[k] * a);
      }
    }
    a = next;
  }
  adjoint[below] = a;
  w = static_cast<std::uint32_t>(word - s.words);
  id = static_cast<Id>(below + 1);
  at = first;
}

/// Loops of at least so many repetitions may keep their adjoints out of memory; of so many such loops at most is it
/// found out whether others reach into them.
constexpr std::uint32_t worth_a_look = 256;
constexpr std::size_t most_local = 4;

/// The lowest of `ids` in [first, end), or end.
Id lowest_within(const Id* ids, std::uint64_t count, Id first, Id end) {
  const Id size = end - first;
  Id lowest = size;
  for (std::uint64_t k = 0; k < count; ++k) {
    const Id at = WENGERT_INDEX("reverse: local loop, place of an id", ids[k] - first);  // huge below `first`
    lowest = at < lowest ? at : lowest;
  }
  return first + lowest;
}

/// The loops below `last` whose adjoints need not be in memory, and from which id on they do: what later entries, or
/// the seeds, contribute to.
void find_local_loops(const Stream& s, Id last, std::span<const std::pair<Id, double>> seeds, LoopSweep& sweep,
                      std::vector<LocalLoop>& local) {
  local.clear();
  if (s.tensors != nullptr) return;  // tensor entries have operands of their own
  for (std::size_t k = 0; k < s.loops.size() && s.loops[k].first_id <= last && local.size() < most_local; ++k) {
    const Loop& loop = s.loops[k];
    const Id end = loop.first_id + loop.count * loop.body;
    if (loop.count >= worth_a_look && sweep.local(loop)) local.push_back({loop.first_id, end, end, k});
  }
  for (LocalLoop& one : local) {
    one.touched = lowest_within(s.ids, s.partial_count, one.first, one.end);
    for (const auto& [id, seed] : seeds)
      if (WENGERT_HOLDS("reverse: local loop, a seed lies in it", id >= one.first))
        one.touched = std::min(one.touched, id);
    for (std::size_t k = one.loop + 1; k < s.loops.size(); ++k) {
      const Loop& loop = s.loops[k];
      one.touched =
          std::min(one.touched, lowest_within(s.free_ids.data() + loop.free,
                                              std::uint64_t{loop.count} * loop.free_of_each, one.first, one.end));
      for (std::uint32_t j = 0; j < loop.body; ++j) {
        const LoopSlot& slot = s.loop_slots[loop.first_slot + j];
        const std::size_t leaves = s.sites[slot.site].type->leaves;
        for (std::size_t leaf = 0; leaf < leaves; ++leaf) {
          if (slot.free >> leaf & 1u) continue;
          const Id from = s.loop_operands[slot.operands + 2 * leaf];
          const Id to = from + WENGERT_INDEX("reverse: local loop, repetitions of a later loop", loop.count - 1) *
                                   s.loop_operands[slot.operands + 2 * leaf + 1];
          if (WENGERT_HOLDS("reverse: local loop, a later loop reaches in",
                            from != 0 && std::min(from, to) < one.end && std::max(from, to) >= one.first))
            one.touched = std::max(one.first, std::min({one.touched, from, to}));
        }
      }
    }
    if (one.touched < one.end && sweep.local(s.loops[one.loop]))
      one.touched = sweep.first_of_block(s.loops[one.loop], one.touched);
  }
}

/// Adjoints of everything from `last` down, given those of the outputs. `adjoint` is indexed by id. `store`: also those
/// of the values of loops.
void reverse(const Stream& s, Id last, bool store, double* adjoint, std::vector<Array>& arrays, LoopSweep& loops,
             std::span<const LocalLoop> local) {
  TensorSweep tensors(s, adjoint, arrays);
  std::uint64_t at = s.partial_count;
  std::size_t loop = s.loops.size();
  Id id = s.next_id();
  for (std::uint32_t w = s.word_count; w > 0;) {
    const std::uint32_t word = s.words[w - 1];
    const std::uint32_t kind = word & 0xFFu;
    if (kind < loop_word) [[likely]] {
      if (WENGERT_HOLDS("reverse: a statement at or below the output", id - 1 <= last)) {
        reverse_statements(s, adjoint, w, id, at);
      } else {
        --w;
        --id;
        at -= WENGERT_INDEX("reverse: operands of a statement after the output", kind);
      }
      continue;
    }
    --w;
    if (kind == loop_word) {
      Loop entry = s.loops[--loop];
      id = entry.first_id;
      if (id > last) continue;
      // If the output lies inside, the rest of the loop is not needed.
      if (entry.first_id + entry.count * entry.body > last + 1)
        entry.count = WENGERT_INDEX("reverse: repetitions of a loop with the output inside",
                                    (last - entry.first_id) / entry.body + 1);
      Id touched = entry.first_id;
      for (const LocalLoop& one : local)
        if (WENGERT_HOLDS("reverse: this loop is local", one.loop == loop)) touched = one.touched;
      loops.reverse(entry, touched, store, adjoint);
    } else if (kind == variables_word) {
      id -= WENGERT_INDEX("reverse: variables", word >> 8);
    } else {
      --id;
      if (WENGERT_HOLDS("reverse: a tensor at or below the output", id <= last)) tensors.reverse(word >> 8, id);
    }
  }
}

/// Tangents of everything from `from` to the end, given those of the inputs. `tangent` is indexed by id.
void forward_sweep(const Stream& s, Id from, double* tangent, std::vector<Array>& arrays) {
  Zeros work;
  LoopSweep loops(s, work);
  TensorSweep tensors(s, tangent, arrays);
  std::uint64_t at = 0;
  std::size_t loop = 0;
  Id id = s.first_id();
  for (std::uint32_t w = 0; w < s.word_count; ++w) {
    const std::uint32_t word = s.words[w];
    const std::uint32_t kind = word & 0xFFu;
    if (kind < loop_word) [[likely]] {
      const Id* const operand = s.ids + at;
      const double* const p = s.partials + at;
      double sum = 0;
      for (std::uint32_t k = 0; k < kind; ++k) {
        const double t = tangent[operand[k]];
        if (WENGERT_HOLDS("forward: statement, neither is 0", t != 0.0 && p[k] != 0.0))
          WENGERT_ADD("forward: statement, operands", sum, p[k] * t);
      }
      if (WENGERT_HOLDS("forward: a statement at or above the input", id >= from))
        WENGERT_ADD("forward: statement, to its value", tangent[id], sum);
      ++id;
      at += WENGERT_INDEX("forward: operands of a statement", kind);
    } else if (kind == loop_word) {
      const Loop& entry = s.loops[loop++];
      loops.forward(entry, tangent);
      id = entry.first_id + entry.count * entry.body;
    } else if (kind == variables_word) {
      id += WENGERT_INDEX("forward: variables", word >> 8);
    } else {
      if (WENGERT_HOLDS("forward: a tensor at or above the input", id >= from)) tensors.forward(word >> 8, id);
      ++id;
    }
  }
}

}  // namespace

struct SweepAccess {
  /// A sweep from the seeds: adjoints of s up to id `last`, the seeds' own among them.
  template <class Seed>
  static void sweep(Adjoints& adjoints, Stream& s, Id last, bool store, const Seed& seed) {
    adjoints.tag_ = s.tag();
    adjoints.arrays_.clear();
    adjoints.first_id_ = s.first_id();
    adjoints.last_ = last;
    adjoints.whole_.reset();
    LoopSweep loops(s, adjoints.work_);
    if (store)
      adjoints.local_.clear();
    else
      find_local_loops(s, last, adjoints.seeds_, loops, adjoints.local_);
    // A loop that is cut at `last` is reversed in whole repetitions: room for one body more.
    const std::size_t size = std::size_t{last} - s.first_id() + 1 + s.largest_body();
    adjoints.values_.resize(size);
    std::size_t from = 0;
    adjoints.touched_ = size;
    adjoints.work_.resize(0);
    for (const LocalLoop& one : adjoints.local_) {
      const std::size_t first = one.first - s.first_id(), touched = one.touched - s.first_id();
      adjoints.values_.clear(from, std::min(first, size));
      from = std::min(touched, size);
      adjoints.touched_ -= from - std::min(first, size);
    }
    adjoints.values_.clear(from, size);
    const bool all_kept = store || s.loops.empty() || s.loops[0].first_id > last;
    adjoints.plain_ = all_kept ? static_cast<std::uint32_t>(size) : s.loops[0].first_id - s.first_id();
    double* const adjoint = std::bit_cast<double*>(std::bit_cast<std::uintptr_t>(adjoints.values_.data()) -
                                                   std::uintptr_t{s.first_id()} * sizeof(double));
    seed(adjoint);
    reverse(s, last, store, adjoint, adjoints.arrays_, loops, adjoints.local_);
  }
  static void sweep(Adjoints& adjoints, Stream& s, Id last, bool store) {
    sweep(adjoints, s, last, store, [&](double* adjoint) {
      if (!adjoints.tensor_seed_.empty())
        TensorSweep(s, adjoint, adjoints.arrays_).add(last, adjoints.tensor_seed_[0], "backward");
      for (const auto& [id, cotangent] : adjoints.seeds_) WENGERT_ADD("reverse: seeds", adjoint[id], cotangent);
    });
  }
  static void from_scalars(Adjoints& adjoints, Stream& s, Id last, std::span<const Scalar> y,
                           std::span<const double> cotangents) {
    adjoints.tensor_seed_.clear();
    adjoints.seeds_.clear();
    for (std::size_t k = 0; k < y.size(); ++k)
      if (!y[k].is_constant()) adjoints.seeds_.emplace_back(y[k].id(), cotangents[k]);
    sweep(adjoints, s, last, false);
  }
  static void from_tensor(Adjoints& adjoints, Stream& s, Id y, const Array& cotangent) {
    adjoints.seeds_.clear();
    adjoints.tensor_seed_.assign(1, cotangent);
    sweep(adjoints, s, y, false);
  }
  /// Of what lies at `at`, beyond the first loop.
  static double beyond(const Adjoints& adjoints, std::uint32_t at) {
    if (at >= adjoints.values_.size()) return 0.0;
    static std::mutex one_at_a_time;
    const std::lock_guard lock(one_at_a_time);
    if (adjoints.whole_ == nullptr) {
      StreamHead& head = Stream::of(adjoints.tag_);
      if (&head == &no_stream || head.tag() != adjoints.tag_) Stream::throw_bad_handle(adjoints.tag_, "adjoint", {});
      Stream& s = static_cast<Stream&>(head);
      s.settle();
      const Id id = s.first_id() + at;
      const auto after = std::upper_bound(s.loops.begin(), s.loops.end(), id,
                                          [](Id x, const Loop& loop) { return x < loop.first_id; });
      if (after == s.loops.begin() || id - after[-1].first_id >= after[-1].count * after[-1].body)
        return adjoints.values_[at];
      auto whole = std::make_shared<Adjoints>();
      whole->seeds_ = adjoints.seeds_;
      whole->tensor_seed_ = adjoints.tensor_seed_;
      sweep(*whole, s, adjoints.last_, true);
      adjoints.whole_ = std::move(whole);
    }
    return adjoints.whole_->values_[at];
  }
  static void none(Adjoints& adjoints) { adjoints = Adjoints{}; }
  static std::vector<Array>& arrays(Tangents& tangents) { return tangents.arrays_; }
  static double* start(Tangents& tangents, Stream& s) {
    tangents.tag_ = s.tag();
    tangents.arrays_.clear();
    tangents.first_id_ = s.first_id();
    tangents.values_.assign(std::size_t{s.next_id()} - s.first_id());
    return std::bit_cast<double*>(std::bit_cast<std::uintptr_t>(tangents.values_.data()) -
                                  std::uintptr_t{s.first_id()} * sizeof(double));
  }
};

void detail::check_result(Tag swept, const Scalar& x, const char* what) {
  if (x.is_constant() || swept == 0) return;
  StreamHead& head = Stream::of(swept);
  if (head.tag() != swept) Stream::throw_bad_handle(swept, what, {});
  static_cast<const Stream&>(head).check(x.id(), x.tag(), what, {});
}

void backward(const Scalar& y, Adjoints& into, std::source_location where) {
  const double one = 1.0;
  backward(std::span(&y, 1), std::span(&one, 1), into, where);
}

Adjoints backward(const Scalar& y, std::source_location where) {
  Adjoints result;
  backward(y, result, where);
  return result;
}

void backward(std::span<const Scalar> y, std::span<const double> cotangents, Adjoints& into,
              std::source_location where) {
  if (y.size() != cotangents.size()) {
    throw ArgumentError{
        {.operation = "backward",
         .problem = std::to_string(cotangents.size()) + " cotangents for " + std::to_string(y.size()) + " outputs",
         .expected = "one cotangent for each output",
         .where = where}};
  }
  Tag tag = 0;
  Id last = 0;
  for (const Scalar& output : y) {
    tag = tag == 0 ? output.tag() : tag;
    last = std::max(last, output.id());
  }
  if (tag == 0) return SweepAccess::none(into);
  StreamHead& head = Stream::of(tag);
  if (&head == &no_stream) Stream::throw_bad_handle(tag, "backward", where);
  Stream& s = static_cast<Stream&>(head);
  for (const Scalar& output : y) s.check(output.id(), output.tag(), "backward", where);
  s.settle();
  SweepAccess::from_scalars(into, s, last, y, cotangents);
}

namespace {

/// Throws unless `given`, the cotangent or tangent of x, is a constant or recorded tensor of the type of x.
void check_direction(const char* operation, const Tensor& x, const Tensor& given, std::source_location where) {
  if (x.value().is_unknown()) {
    throw UnknownValue{{.operation = operation,
                        .operands = {to_string(x.type())},
                        .problem = "derivatives in numbers of " + to_string(x.type()) + ", which is not known",
                        .expected = "a value that is computed: this one is traced from its type",
                        .where = where,
                        .hint = "gradient(y, x) and jvp record derivatives"}};
  }
  const auto detail = [&] {
    return ErrorDetail{
        .operation = operation,
        .operands = {to_string(x.type()), to_string(given.type())},
        .problem = "a direction of " + to_string(given.type()) + " for a tensor of " + to_string(x.type()),
        .expected = to_string(x.type()),
        .where = where};
  };
  if (x.dtype() != given.dtype()) throw DtypeError{detail()};
  if (!(x.shape() == given.shape())) throw ShapeError{detail()};
}

void want_real(const char* operation, const Tensor& x, std::source_location where) {
  if (is_real(x.dtype())) return;
  throw DtypeError{{.operation = operation,
                    .operands = {to_string(x.type())},
                    .problem = "a tensor of " + to_string(x.type()) + " has no derivative",
                    .expected = "f32 or f64",
                    .where = where}};
}

}  // namespace

void backward(const Tensor& y, const Tensor& cotangent, Adjoints& into, std::source_location where) {
  want_real("backward", y, where);
  check_direction("backward", y, cotangent, where);
  if (y.is_constant()) return SweepAccess::none(into);
  StreamHead& head = Stream::of(y.tag());
  if (&head == &no_stream) Stream::throw_bad_handle(y.tag(), "backward", where);
  Stream& s = static_cast<Stream&>(head);
  s.check(y.id(), y.tag(), "backward", where);
  s.settle();
  SweepAccess::from_tensor(into, s, y.id(), cotangent.value());
}

void backward(const Tensor& y, Adjoints& into, std::source_location where) {
  if (y.size() != 1) {
    throw ShapeError{{.operation = "backward",
                      .operands = {to_string(y.type())},
                      .problem = "the tensor is " + to_string(y.type()),
                      .expected = "a single element",
                      .where = where,
                      .hint = "backward(sum(y)), or give a cotangent: backward(y, cotangent)"}};
  }
  want_real("backward", y, where);
  backward(y, ones(y.shape(), y.dtype()), into, where);
}

Adjoints backward(const Tensor& y, std::source_location where) {
  Adjoints result;
  backward(y, result, where);
  return result;
}

Adjoints backward(const Tensor& y, const Tensor& cotangent, std::source_location where) {
  Adjoints result;
  backward(y, cotangent, result, where);
  return result;
}

Tensor detail::tensor_result(Tag swept, const Tensor& x, Id first_id, const Zeros& values,
                             const std::vector<Array>& slots, const char* what) {
  want_real(what, x, {});
  if (x.tag() != swept) check_result(swept, Scalar::from_parts(0.0, x.id(), x.tag()), what);
  const Id at = x.id() - first_id;
  const double slot = x.is_constant() || at >= values.size() ? 0.0 : values[at];
  return slot == 0.0 ? zeros(x.shape(), x.dtype()) : Tensor(slots[static_cast<std::size_t>(slot) - 1]);
}

double Adjoints::beyond(std::uint32_t at) const { return SweepAccess::beyond(*this, at); }

void Adjoints::read(std::span<const Scalar> x, std::span<double> to, std::source_location where) const {
  if (x.size() != to.size()) {
    throw ArgumentError{
        {.operation = "read",
         .problem = std::to_string(to.size()) + " numbers for the adjoints of " + std::to_string(x.size()) + " values",
         .expected = "one number for each value",
         .where = where}};
  }
  // Ids that follow on each other, as inputs' mostly do, are a copy.
  for (std::size_t k = 0; k < x.size();) {
    const Id first = x[k].id();
    std::size_t end = k + 1;
    while (end < x.size() && x[end].id() == first + (end - k) && x[end].tag() == x[k].tag()) ++end;
    const std::uint32_t at = first - first_id_;
    if (x[k].tag() == tag_ && at < plain_ && end - k <= plain_ - at)
      std::copy_n(values_.data() + at, end - k, to.data() + k);
    else
      for (std::size_t i = k; i < end; ++i) to[i] = (*this)[x[i]];
    k = end;
  }
}

Tensor Adjoints::operator[](const Tensor& x) const {
  return detail::tensor_result(tag_, x, first_id_, values_, arrays_, "adjoint");
}
Tensor Tangents::operator[](const Tensor& y) const {
  return detail::tensor_result(tag_, y, first_id_, values_, arrays_, "tangent");
}

Tangents forward(std::span<const Scalar> x, std::span<const double> tangents, std::span<const Tensor> tensors,
                 std::span<const Tensor> tensor_tangents, std::source_location where) {
  if (x.size() != tangents.size() || tensors.size() != tensor_tangents.size()) {
    throw ArgumentError{{.operation = "forward",
                         .problem = std::to_string(tangents.size() + tensor_tangents.size()) + " tangents for " +
                                    std::to_string(x.size() + tensors.size()) + " values",
                         .expected = "one tangent for each value",
                         .where = where}};
  }
  Tangents result;
  Tag tag = 0;
  Id first = 0xFFFFFFFFu;
  const auto look_at = [&](const auto& input) {
    if (input.is_constant()) {
      throw ArgumentError{{.operation = "forward",
                           .problem = "a value to differentiate along is a constant",
                           .expected = "a value of the recording",
                           .where = where,
                           .hint = "make it with Recording::variable"}};
    }
    tag = tag == 0 ? input.tag() : tag;
    first = std::min(first, input.id());
  };
  for (const Scalar& input : x) look_at(input);
  for (std::size_t k = 0; k < tensors.size(); ++k) {
    look_at(tensors[k]);
    want_real("forward", tensors[k], where);
    check_direction("forward", tensors[k], tensor_tangents[k], where);
  }
  if (tag == 0) return result;
  StreamHead& head = Stream::of(tag);
  if (&head == &no_stream) Stream::throw_bad_handle(tag, "forward", where);
  Stream& s = static_cast<Stream&>(head);
  for (const Scalar& input : x) s.check(input.id(), input.tag(), "forward", where);
  for (const Tensor& input : tensors) s.check(input.id(), input.tag(), "forward", where);
  s.settle();
  double* const tangent = SweepAccess::start(result, s);
  std::vector<Array>& arrays = SweepAccess::arrays(result);
  for (std::size_t k = 0; k < x.size(); ++k) WENGERT_ADD("forward: seeds", tangent[x[k].id()], tangents[k]);
  TensorSweep seeds(s, tangent, arrays);
  for (std::size_t k = 0; k < tensors.size(); ++k) seeds.add(tensors[k].id(), tensor_tangents[k].value(), "forward");
  forward_sweep(s, first, tangent, arrays);
  return result;
}

Tangents forward(std::span<const Scalar> x, std::span<const double> tangents, std::source_location where) {
  return forward(x, tangents, {}, {}, where);
}
Tangents forward(std::span<const Tensor> x, std::span<const Tensor> tangents, std::source_location where) {
  return forward({}, {}, x, tangents, where);
}
Tangents forward(std::initializer_list<Tensor> x, std::initializer_list<Tensor> tangents, std::source_location where) {
  return forward(std::span<const Tensor>(x.begin(), x.size()),
                 std::span<const Tensor>(tangents.begin(), tangents.size()), where);
}

}  // namespace wengert
