// Slow paths of the stream: tags, growth, the general case of recording, inputs, scopes, marks. (Places in the program:
// sites.cpp; rolled-up entries: rolling.cpp.)
#include "wengert/autodiff/record/stream.hpp"

#include <algorithm>
#include <bit>
#include <cstring>
#include <limits>
#include <mutex>
#include <new>
#include <utility>

#include "wengert/autodiff/record/expression.hpp"
#include "wengert/autodiff/record/memory.hpp"
#include "wengert/autodiff/record/tensor_store.hpp"
#include "wengert/graph/error.hpp"

namespace wengert::detail {

constinit Site StreamHead::no_site{};
namespace {
template <std::size_t... K>
constexpr std::array<Expected*, sizeof...(K)> all_nothing(std::index_sequence<K...>) {
  return {((void)K, &StreamHead::nothing)...};
}
}  // namespace
constinit std::array<Expected*, std::size_t{1} << StreamHead::known_place_bits> StreamHead::nowhere =
    all_nothing(std::make_index_sequence<std::size_t{1} << StreamHead::known_place_bits>{});
constinit Expected StreamHead::nothing{.successor = &nothing, .alternate = &nothing, .site = &no_site};
constinit StreamHead no_stream{};
constinit std::array<StreamSlot, slot_count> stream_slots{};

namespace {

std::mutex& slot_mutex() {
  static std::mutex mutex;
  return mutex;
}

/// A pointer p such that p[first] is storage[0]. Computed on integers: the result itself may point anywhere.
double* biased(double* storage, Id first) {
  return std::bit_cast<double*>(std::bit_cast<std::uintptr_t>(storage) - std::uintptr_t{first} * sizeof(double));
}

}  // namespace

Stream::Stream(const StreamOptions& options) : stop_at_nan(options.stop_at_nan), options_(options) {
  if (options.first_id == 0 || options.last_id < options.first_id || options.last_id == 0xFFFFFFFFu) {
    throw ArgumentError{
        {.operation = "Recording",
         .problem = "ids from " + std::to_string(options.first_id) + " to " + std::to_string(options.last_id),
         .expected = "1 <= first_id <= last_id <= 4294967294"}};
  }
  location_mask = options.locations ? ~std::uintptr_t{0} : 0;
  known_places_.fill(&nothing);
  known_places = known_places_.data();
  id_capacity_ = options.first_id;
  next_word = handle_word(options.first_id, tag());
  variables_.successor = variables_.alternate = &nothing;
  variables_.site = &no_site;
  variables_.rolling = true;
  after_variables_.successor = after_variables_.alternate = &nothing;
  after_variables_.site = &variables_site_;
  after_variables_.word = variables_word;
  forget_expectations();
  stretch_first_ = options.first_id;
  scopes.emplace_back();
  take_slot();
  segments.push_back({next_id(), tag()});
}

Stream::~Stream() {
  if ((tag() & (slot_count - 1)) != 0) stream_slots[tag() & (slot_count - 1)].stream.store(&no_stream);
  std::free(value_storage_);
  std::free(word_storage_);
  std::free(ids);
  std::free(partials);
  std::free(loop_partials);
  std::free(constants);
}

void TensorEntriesDeleter::operator()(TensorEntries* entries) const noexcept { delete entries; }

// --- Tags ---------------------------------------------------------------------------------------------------------

void Stream::take_slot() {
  static std::uint32_t next = 1;  // slots are tried in turn, so that one slot's generations last
  const std::lock_guard lock(slot_mutex());
  for (std::uint32_t tried = 1; tried < slot_count; ++tried) {
    const std::uint32_t slot = next;
    next = next + 1 == slot_count ? 1 : next + 1;
    if (stream_slots[slot].stream.load(std::memory_order_relaxed) == &no_stream) {
      next_word = handle_word(next_id(), slot);
      new_tag();
      stream_slots[slot].stream.store(this, std::memory_order_release);
      return;
    }
  }
  next_word = handle_word(next_id(), 0);
  throw CapacityError{{.operation = "Recording",
                       .problem = std::to_string(slot_count - 1) + " recordings are alive",
                       .expected = "fewer",
                       .hint = "clear and reuse recordings instead of keeping them"}};
}

void Stream::new_tag() noexcept {
  const std::uint32_t slot = tag() & (slot_count - 1);
  // Only the owner of the slot counts here, so no atomic addition is needed.
  std::atomic<std::uint32_t>& counter = stream_slots[slot].generation;
  const std::uint32_t generation = counter.load(std::memory_order_relaxed);
  counter.store(generation + 1, std::memory_order_relaxed);
  next_word = handle_word(next_id(), generation << slot_bits | slot);
}

bool Stream::owns(Id id, Tag handle) const noexcept {
  for (std::size_t k = segments.size(); k-- > 0;) {
    const Id end = k + 1 < segments.size() ? segments[k + 1].first_id : next_id();
    if (segments[k].tag == handle) return id >= segments[k].first_id && id < end;
  }
  return false;
}

void Stream::throw_bad_handle(Tag handle, const char* operation, std::source_location where, const Stream* meant) {
  const StreamHead& head = of(handle);
  if (meant != nullptr && &head != &no_stream && &head != meant) {
    const Stream& other = static_cast<const Stream&>(head);
    for (const Segment& segment : other.segments) {
      if (segment.tag == handle) {
        throw ForeignRecording{{.operation = operation,
                                .problem = "an operand belongs to another recording",
                                .expected = "operands of one recording, or constants",
                                .where = where,
                                .hint = "value(x) takes the number out of its recording"}};
      }
    }
  }
  throw StaleHandle{
      {.operation = operation,
       .problem = "an operand belongs to a recording that was cleared, rewound or destroyed since",
       .expected = "handles made after that",
       .where = where,
       .hint = "make the variables anew after clear(); after rewind(mark) only handles from before mark() live"}};
}

// --- Growth -------------------------------------------------------------------------------------------------------

void Stream::grow_ids(std::source_location where) {
  const Id first = options_.first_id;
  const std::uint64_t all = std::uint64_t{options_.last_id} - first + 1;
  const std::uint64_t now = id_capacity_ - first;
  if (now >= all) {
    throw CapacityError{{.operation = "record",
                         .problem = "the recording has used all its " + std::to_string(all) + " ids",
                         .expected = "fewer values in one recording",
                         .where = where,
                         .hint = "clear() or rewind() the recording, or split the work into several"}};
  }
  const std::uint64_t wanted = std::min<std::uint64_t>(all, std::max<std::uint64_t>(64, now * 2));
  value_storage_ = reallocate(value_storage_, wanted);
  values = biased(value_storage_, first);
  const bool fresh = word_storage_ == nullptr;
  word_storage_ = reallocate(word_storage_, wanted + 1);
  if (fresh) word_storage_[0] = 0;
  words = word_storage_ + 1;
  id_capacity_ = static_cast<Id>(first + wanted);
}

void Stream::make_room(std::source_location where) {
  const Id id = next_id();
  if (id == id_capacity_) grow_ids(where);
  std::uint64_t statements = id_capacity_ - id;
  // Room for a number of statements that is worth the look, or twice the memory.
  constexpr std::uint64_t worthwhile = 64;
  if (expected->rolling) {
    const auto whole = [](std::uint64_t capacity, std::uint64_t count, std::uint64_t each) {
      return capacity > count ? (capacity - count) / each : 0;
    };
    if (partials_per_repetition_ > 0) {
      if (whole(loop_partial_capacity_, loop_partial_count, partials_per_repetition_) == 0) {
        const std::uint64_t wanted =
            std::max(2 * loop_partial_capacity_, loop_partial_count + worthwhile * partials_per_repetition_);
        grow_to(loop_partials, wanted);
        loop_partial_capacity_ = wanted;
      }
      statements =
          std::min(statements, body_ * whole(loop_partial_capacity_, loop_partial_count, partials_per_repetition_));
    }
    if (constants_per_repetition_ > 0) {
      if (whole(constant_capacity_, constant_count, constants_per_repetition_) == 0) {
        const std::uint64_t wanted =
            std::max(2 * constant_capacity_, constant_count + worthwhile * constants_per_repetition_);
        grow_to(constants, wanted);
        constant_capacity_ = wanted;
      }
      statements = std::min(statements, body_ * whole(constant_capacity_, constant_count, constants_per_repetition_));
    }
    if (free_per_repetition_ > 0) {
      if (whole(free_ids.capacity(), free_ids.size(), free_per_repetition_) == 0)
        make_room_in(free_ids, worthwhile * free_per_repetition_);
      statements = std::min(statements, body_ * whole(free_ids.capacity(), free_ids.size(), free_per_repetition_));
    }
  } else {
    if (partial_capacity_ < partial_count + worthwhile * most_active_) {
      const std::uint64_t wanted = std::max(2 * partial_capacity_, partial_count + 4 * worthwhile * most_active_);
      grow_to(partials, wanted);
      grow_to(ids, wanted);
      partial_capacity_ = wanted;
    }
    statements = std::min(statements, (partial_capacity_ - partial_count) / most_active_);
    if (most_constant_ > 0) {
      if (constant_capacity_ < constant_count + worthwhile * most_constant_) {
        const std::uint64_t wanted = std::max(2 * constant_capacity_, constant_count + 4 * worthwhile * most_constant_);
        grow_to(constants, wanted);
        constant_capacity_ = wanted;
      }
      statements = std::min(statements, (constant_capacity_ - constant_count) / most_constant_);
    }
    if (most_passive_ > 0) {
      make_room_in(passive, worthwhile * most_passive_);
      statements = std::min(statements, (passive.capacity() - passive.size()) / most_passive_);
    }
  }
  room_end = static_cast<Id>(id + statements);
}

void Stream::begin_variables(std::source_location where) {
  settle();
  if (next_id() >= room_end) make_room(where);
  expected = &variables_;
  last = &nothing;
  variables_first_ = next_id();
}

Stream::Variables Stream::add_variables(std::span<const double> x, std::source_location where) {
  if (expected != &variables_ || next_id() == room_end) begin_variables(where);
  const std::size_t count = std::min<std::size_t>(x.size(), room_end - next_id());
  std::copy_n(x.data(), count, values + next_id());
  const Word first = next_word;
  next_word += count;
  return {first, count};
}

void Stream::end_variables() noexcept {
  Id more = next_id() - variables_first_;
  std::uint32_t& top = words[static_cast<std::int64_t>(word_count) - 1];  // a zero before the first word
  if ((top & 0xFFu) == variables_word) {
    const Id here = std::min(more, max_site - (top >> 8));
    top += here << 8;
    more -= here;
  }
  for (; more > 0; more -= std::min(more, max_site))
    words[word_count++] = std::min(more, max_site) << 8 | static_cast<std::uint32_t>(variables_word);
  expected = after_variables_.successor;
  last = &after_variables_;
  stretch_first_ = watch_from_ = next_id();
  look_at_ = std::max(next_id() + late_look, quiet_to_);
  set_limit();
}

void Stream::make_way(std::source_location where) {
  if (!expected->rolling && (next_id() != stretch_first_ || next_id() >= quiet_to_)) look_for_repetition();
  if (next_id() >= room_end) make_room(where);
  if (expected->rolling)
    id_limit = room_end;
  else
    set_limit();
}

// --- The general case of recording a statement --------------------------------------------------------------------

namespace {

/// record_general() for statements of N operands, so that its loops are no loops; 0: of any number.
template <std::size_t N>
Scalar record_any(const StatementType& type, const double* leaf_values, const Word* leaf_words,
                  const double* leaf_partials, double value, std::source_location where) {
  const std::size_t leaves = N == 0 ? type.leaves : N;
  Tag any = 0;
  std::uint32_t constant_leaves = 0;
  double constant_values[max_leaves];
  std::size_t constant_count = 0;
  for (std::size_t k = 0; k < leaves; ++k) {
    const auto tag = static_cast<Tag>(leaf_words[k] >> 32);
    if (any == 0) any = tag;
    if (static_cast<Id>(leaf_words[k]) != 0) continue;
    constant_leaves |= 1u << k;
    constant_values[constant_count++] = leaf_values[k];
  }
  if (any == 0) return Scalar(value);
  StreamHead& head = Stream::of(any);
  if (&head == &no_stream) Stream::throw_bad_handle(any, "record", where);
  Stream& s = static_cast<Stream&>(head);
  for (std::size_t k = 0; k < leaves; ++k)
    s.check(static_cast<Id>(leaf_words[k]), static_cast<Tag>(leaf_words[k] >> 32), "record", where);
  if (value != value) s.saw_nan(where);
  const auto mask = static_cast<std::uint16_t>(constant_leaves);

  s.settle_variables();
  if (s.next_id() == s.id_limit) s.make_way(where);
  const void* const location = s.location_to_store(where);
  if (s.expected->rolling) {
    RollSlot& x = static_cast<RollSlot&>(*s.expected);
    const Site& site = *x.site;
    bool same = site.type == &type && x.location == location && site.constant_leaves == mask &&
                (x.constants == nullptr || same_bits(x.constants, constant_values, constant_count));
    same = same && s.operands_fit(x, leaf_words);
    if (same) return s.record_expected(x, leaf_values, leaf_words, leaf_partials, value);
    s.settle();
  }

  Expected& place = s.place_of(type, location, mask, constant_values, where);
  return s.record_expected(place, leaf_values, leaf_words, leaf_partials, value);
}

}  // namespace

Scalar record_general(const StatementType& type, const double* leaf_values, const Word* leaf_words,
                      const double* leaf_partials, double value, std::source_location where) {
  switch (type.leaves) {
    case 1:
      return record_any<1>(type, leaf_values, leaf_words, leaf_partials, value, where);
    case 2:
      return record_any<2>(type, leaf_values, leaf_words, leaf_partials, value, where);
    case 3:
      return record_any<3>(type, leaf_values, leaf_words, leaf_partials, value, where);
    default:
      return record_any<0>(type, leaf_values, leaf_words, leaf_partials, value, where);
  }
}

bool Stream::operands_fit(RollSlot& slot, const Word* leaf_words) const noexcept {
  const std::size_t leaves = slot.site->type->leaves;
  const Word* const next = slot.next();
  Word differs = 0;
  for (std::size_t k = 0; k < leaves; ++k) {
    if (slot.free >> k & 1u) {
      if (!free_operand_fits(slot, leaf_words[k])) return false;
    } else {
      differs |= leaf_words[k] ^ next[k];  // both 0 for constants
    }
  }
  return differs == 0;
}

Scalar Stream::record_expected(Expected& place, const double* leaf_values, const Word* leaf_words,
                               const double* leaf_partials, double value) {
  Site& site = *place.site;
  if (site.streamed) {
    const std::uint32_t constant_leaves = site.constant_leaves;
    for (std::size_t k = 0; k < site.type->leaves; ++k)
      if (constant_leaves >> k & 1u) constants[constant_count++] = leaf_values[k];
  }
  const std::size_t active = site.active;
  if (place.rolling) {
    RollSlot& slot = static_cast<RollSlot&>(place);
    const std::size_t leaves = site.type->leaves;
    Word* const next = slot.next();
    const std::int32_t* const step = slot.step(leaves);
    for (std::size_t k = 0; k < leaves; ++k) next[k] += static_cast<Word>(std::int64_t{step[k]});  // 0 for constants
    if (!site.type->recomputes) {
      for (std::size_t a = 0; a < active; ++a)
        loop_partials[loop_partial_count + a] = leaf_partials[site.active_slots[a]];
      loop_partial_count += active;
    }
    if (slot.free != 0)
      for (std::size_t k = 0; k < leaves; ++k)
        if (slot.free >> k & 1u) free_ids.push_back(static_cast<Id>(leaf_words[k]));
  } else {
    Id* const to_id = ids + partial_count;
    double* const to = partials + partial_count;
    for (std::size_t a = 0; a < active; ++a) {
      const std::size_t k = site.active_slots[a];
      to_id[a] = static_cast<Id>(leaf_words[k]);
      to[a] = leaf_partials[k];
    }
    partial_count += active;
    if (site.passive != 0)
      for (std::size_t k = 0; k < site.type->leaves; ++k)
        if (site.passive_mask() >> k & 1u) passive.push_back(static_cast<Id>(leaf_words[k]));
    words[word_count++] = site.word;
    last = &place;
  }
  expected = place.successor;
  const Word word = next_word++;
  values[static_cast<Id>(word)] = value;
  if (!place.rolling && site.again != nullptr) roll_again(site);
  return Scalar::from_word(value, word);
}

void Stream::throw_nan(const void* location) const {
  throw DomainError{{.operation = "record",
                     .problem = "the statement gave NaN",
                     .expected = "a number (the recording was told to stop at the first NaN)",
                     .where = location_of(location)}};
}

// --- Variables, tensors, guards -----------------------------------------------------------------------------------

Id Stream::add_tensor_word(std::uint32_t index, double value, std::source_location where) {
  settle();
  if (index > max_site) {
    throw CapacityError{{.operation = "record",
                         .problem = "more than 16 777 216 tensor operations in one recording",
                         .expected = "fewer",
                         .where = where}};
  }
  if (next_id() >= room_end) make_room(where);
  const Id id = next_id();
  ++next_word;
  values[id] = value;
  words[word_count++] = index << 8 | static_cast<std::uint32_t>(tensor_word);
  expected = last = &nothing;
  stretch_first_ = id_limit = id + 1;
  return id;
}

void Stream::add_guard(const Guard& guard) {
  if (!guards.empty()) {
    Guard& newest = guards.back();
    if (newest.comparison == guard.comparison && newest.outcome == guard.outcome && newest.location == guard.location &&
        same_bits(newest.constant, guard.constant, 2)) {
      std::uint32_t step[2];
      for (int k = 0; k < 2; ++k)
        step[k] = guard.operand[k] - (newest.operand[k] + (newest.count - 1) * newest.step[k]);
      if (newest.count == 1 || (step[0] == newest.step[0] && step[1] == newest.step[1])) {
        newest.step[0] = step[0];
        newest.step[1] = step[1];
        ++newest.count;
        return;
      }
    }
  }
  guards.push_back(guard);
}

void record_guard(const Primitive& comparison, const Scalar& a, const Scalar& b, bool outcome,
                  std::source_location where) {
  const Tag tag = a.tag() != 0 ? a.tag() : b.tag();
  if (tag == 0) return;
  StreamHead& head = Stream::of(tag);
  if (&head == &no_stream) Stream::throw_bad_handle(tag, "compare", where);
  Stream& s = static_cast<Stream&>(head);
  s.check(a.id(), a.tag(), "compare", where);
  s.check(b.id(), b.tag(), "compare", where);
  s.add_guard({.comparison = &comparison,
               .operand = {a.id(), b.id()},
               .constant = {a.id() == 0 ? a.value() : 0.0, b.id() == 0 ? b.value() : 0.0},
               .outcome = outcome,
               .location = s.location_to_store(where)});
}

// --- Names and scopes ---------------------------------------------------------------------------------------------

PreparedName::PreparedName(std::string_view name) {
  if (name.empty()) return;
  std::map<Id, std::string> one;
  one.emplace(0, name);
  node_ = one.extract(one.begin());
}

void PreparedName::give(Stream& stream, Id newest) noexcept {
  if (node_.empty()) return;
  node_.key() = newest;
  stream.names.insert(stream.names.end(), std::move(node_));
}

void Stream::enter_scope(std::string_view name) {
  settle();
  std::uint32_t found = 0;
  for (std::uint32_t k = 1; k < scopes.size() && found == 0; ++k)
    if (scopes[k].parent == scope && scopes[k].name == name) found = k;
  if (found == 0) return enter_new_scope(name);
  step_into(found);
}

void Stream::enter_new_scope(std::string_view name) {
  settle();
  scopes.push_back({scope, std::string(name)});
  step_into(static_cast<std::uint32_t>(scopes.size() - 1));
}

void Stream::step_into(std::uint32_t inner) {
  make_room_in(scope_changes, open_scopes + 2);  // so that leaving cannot fail: it, and those around it
  scope_changes.push_back({next_id(), inner});
  scope = inner;
  ++open_scopes;
}

void Stream::leave_scope(std::uint32_t outer) noexcept {
  scope = outer;
  --open_scopes;
  scope_changes.push_back({next_id(), outer});
}

// --- Clearing and rewinding ---------------------------------------------------------------------------------------

void Stream::clear() {
  // Loops that were rolled up in vain are tried again a few recordings later, and now and then.
  constexpr std::uint32_t patience = 8, now_and_then = 64;
  fruitless_ = loops.empty() && !expected->rolling && !surprised_ ? fruitless_ + 1 : 0;
  const bool quiet = fruitless_ >= patience && fruitless_ % now_and_then != 0;
  quiet_to_ = quiet ? std::min(next_id(), options_.first_id + latest_look) : 0;
  surprised_ = false;
  next_word = handle_word(options_.first_id, tag());
  forget_expectations();
  word_count = 0;
  partial_count = loop_partial_count = constant_count = 0;
  largest_body_ = 0;
  passive.clear();
  loops.clear();
  loop_slots.clear();
  loop_operands.clear();
  free_ids.clear();
  guards.clear();
  tensors.reset();
  names.clear();
  scope_changes.clear();
  if (scope == 0)
    scopes.resize(1);
  else
    scope_changes.push_back({next_id(), scope});
  ties.clear();
  gradients.clear();
  marks_.clear();
  new_tag();
  segments.assign(1, {next_id(), tag()});
}

Stream::Mark Stream::mark() {
  settle();
  Mark now{.tag = tag(),
           .next_id = next_id(),
           .word_count = word_count,
           .partials = partial_count,
           .loop_partials = loop_partial_count,
           .constants = constant_count,
           .passive = passive.size(),
           .free = free_ids.size(),
           .loops = loops.size(),
           .loop_slots = loop_slots.size(),
           .loop_operands = loop_operands.size(),
           .guards = guards.size(),
           .tensors = tensors ? tensors->size() : 0,
           .scopes = scope_changes.size(),
           .ties = ties.size(),
           .gradients = gradients.size(),
           .last_word = word_count == 0 ? 0 : words[word_count - 1],
           .last_guard = guards.empty() ? 0 : guards.back().count};
  if (!marks_.empty()) {
    // Where nothing was recorded since the last mark, that one serves again.
    Mark same = now;
    same.tag = marks_.back().tag;
    same.serial = marks_.back().serial;
    if (same == marks_.back()) return same;
  }
  now.serial = last_mark_ + 1;
  marks_.push_back(now);
  ++last_mark_;
  return now;
}

void Stream::rewind(const Mark& mark, std::source_location where) {
  settle();
  const auto at = std::lower_bound(marks_.begin(), marks_.end(), mark.serial,
                                   [](const Mark& one, std::uint64_t serial) { return one.serial < serial; });
  if (at == marks_.end() || !(*at == mark)) {
    throw StaleHandle{{.operation = "rewind",
                       .problem = "the mark is not of this recording, or lies in a part that was rewound or cleared",
                       .expected = "a mark of this recording",
                       .where = where}};
  }
  forget(mark);
  while (segments.size() > 1 && segments.back().first_id >= next_id()) segments.pop_back();
  new_tag();
  if (segments.back().first_id >= next_id())
    segments.back() = {next_id(), tag()};
  else
    segments.push_back({next_id(), tag()});
}

void Stream::discard(const Mark& mark) {
  settle();
  forget(mark);
}

void Stream::forget(const Mark& mark) {
  while (!marks_.empty() && marks_.back().serial > mark.serial) marks_.pop_back();
  next_word = handle_word(mark.next_id, tag());
  forget_expectations();
  word_count = mark.word_count;
  if (word_count > 0) words[word_count - 1] = mark.last_word;
  partial_count = mark.partials;
  loop_partial_count = mark.loop_partials;
  constant_count = mark.constants;
  passive.resize(mark.passive);
  loops.resize(mark.loops);
  loop_slots.resize(mark.loop_slots);
  loop_operands.resize(mark.loop_operands);
  free_ids.resize(mark.free);
  guards.resize(mark.guards);
  if (!guards.empty()) guards.back().count = mark.last_guard;
  if (tensors) tensors->truncate(mark.tensors);
  names.erase(names.lower_bound(next_id()), names.end());
  scope_changes.resize(std::min(mark.scopes, scope_changes.size()));
  const std::uint32_t scope_there = scope_changes.empty() ? 0 : scope_changes.back().scope;
  if (scope != scope_there) scope_changes.push_back({next_id(), scope});
  ties.resize(mark.ties);
  gradients.resize(mark.gradients);
}

std::uint64_t Stream::bytes_used() const noexcept {
  return std::uint64_t{next_id() - options_.first_id} * sizeof(double) + word_count * sizeof(std::uint32_t) +
         partial_count * (sizeof(Id) + sizeof(double)) + loop_partial_count * sizeof(double) +
         constant_count * sizeof(double) + passive.size() * sizeof(Id) + loops.size() * sizeof(Loop) +
         loop_slots.size() * sizeof(LoopSlot) + loop_operands.size() * sizeof(std::uint32_t) +
         free_ids.size() * sizeof(Id) + guards.size() * sizeof(Guard) + (tensors ? tensors->bytes_used() : 0);
}

std::uint64_t Stream::bytes_reserved() const noexcept {
  return std::uint64_t{id_capacity_ - options_.first_id} * (sizeof(double) + sizeof(std::uint32_t)) +
         partial_capacity_ * (sizeof(double) + sizeof(Id)) + loop_partial_capacity_ * sizeof(double) +
         constant_capacity_ * sizeof(double) + passive.capacity() * sizeof(Id) + loops.capacity() * sizeof(Loop) +
         guards.capacity() * sizeof(Guard) + sites.size() * sizeof(Site) + sizeof(Stream);
}

}  // namespace wengert::detail
