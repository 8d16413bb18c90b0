// Slow paths of the stream: growth, sites, the beginning and the end of rolled-up entries, marks, tags.
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

#if defined(__x86_64__)
const std::size_t simd_level =
    WENGERT_SIMD_LEVELS == 1                                                                                        ? 0
    : __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") ? 2
    : __builtin_cpu_supports("avx2")                                                                                ? 1
                                                                                                                    : 0;
#endif

constinit Expected StreamHead::nothing{};
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

/// Identical bits, so that 0.0 and -0.0 differ and a NaN equals itself.
bool same_bits(const double* a, const double* b, std::size_t count) {
  std::uint64_t differs = 0;
  for (std::size_t k = 0; k < count; ++k)
    differs |= std::bit_cast<std::uint64_t>(a[k]) ^ std::bit_cast<std::uint64_t>(b[k]);
  return differs == 0;
}

std::size_t site_hash(const StatementType* type, const void* location) {
  return std::bit_cast<std::uintptr_t>(type) * 0x9E3779B97F4A7C15u ^ std::bit_cast<std::uintptr_t>(location);
}

// A loop's record, and beginning to sweep it, cost as much as some twenty irregular statements, and columns of a few
// numbers are no vector code: shorter loops do not pay.
constexpr std::uint32_t minimum_repetitions = 12;
constexpr std::uint32_t good_repetitions = 24;  // after fewer, the next attempts at this place are skipped

/// Partials that unroll() may add to those stored while rolling: there is always room for them.
constexpr std::size_t unroll_room = minimum_repetitions * max_body * max_leaves;

/// How many attempts to roll are skipped after another one that was in vain.
std::uint8_t more_penalty(std::uint8_t penalty) { return static_cast<std::uint8_t>(std::min(255, 4 * penalty + 3)); }

/// Room for `count` more elements, growing as push_back would.
template <class T>
void make_room(std::vector<T>& to, std::size_t count) {
  if (to.capacity() - to.size() < count) to.reserve(std::max(2 * to.capacity(), to.size() + count));
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
  next_id = id_limit = options.first_id;
  scopes.emplace_back();
  take_slot();
  segments.push_back({next_id, tag});
}

Stream::~Stream() {
  if ((tag & (slot_count - 1)) != 0) stream_slots[tag & (slot_count - 1)].stream.store(&no_stream);
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
      tag = slot;
      new_tag();
      stream_slots[slot].stream.store(this, std::memory_order_release);
      return;
    }
  }
  tag = 0;
  throw CapacityError{{.operation = "Recording",
                       .problem = std::to_string(slot_count - 1) + " recordings are alive",
                       .expected = "fewer",
                       .hint = "clear and reuse recordings instead of keeping them"}};
}

void Stream::new_tag() noexcept {
  const std::uint32_t slot = tag & (slot_count - 1);
  // Only the owner of the slot counts here, so no atomic addition is needed.
  std::atomic<std::uint32_t>& counter = stream_slots[slot].generation;
  const std::uint32_t generation = counter.load(std::memory_order_relaxed);
  counter.store(generation + 1, std::memory_order_relaxed);
  tag = generation << slot_bits | slot;
}

bool Stream::owns(Id id, Tag handle) const noexcept {
  for (std::size_t k = segments.size(); k-- > 0;) {
    const Id end = k + 1 < segments.size() ? segments[k + 1].first_id : next_id;
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
  const std::uint64_t now = id_limit - first;
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
  word_storage_ = reallocate(word_storage_, wanted + max_body);
  if (fresh) std::fill_n(word_storage_, max_body, 0u);
  words = word_storage_ + max_body;
  id_limit = static_cast<Id>(first + wanted);
}

void Stream::grow_partials() {
  const std::uint64_t wanted = std::max<std::uint64_t>(2 * unroll_room, partial_limit * 2);
  partials = reallocate(partials, wanted + max_leaves + unroll_room);
  ids = reallocate(ids, wanted + max_leaves + unroll_room);
  partial_limit = wanted;
}

void Stream::grow_loop_partials() {
  const std::uint64_t wanted = std::max<std::uint64_t>(8 * max_leaves, loop_partial_limit * 2);
  loop_partials = reallocate(loop_partials, wanted + max_leaves);
  loop_partial_limit = wanted;
}

void Stream::grow_constants() {
  const std::uint64_t wanted = std::max<std::uint64_t>(8 * max_leaves, constant_limit * 2);
  constants = reallocate(constants, wanted + max_leaves);
  constant_limit = wanted;
}

void Stream::reserve_passive() { make_room(passive, max_leaves); }

// --- Sites --------------------------------------------------------------------------------------------------------

Site& Stream::add_site(const StatementType& type, const void* location, std::uint16_t constant_leaves,
                       const double* site_values, bool streamed) {
  if (sites.size() > max_site) {
    throw CapacityError{{.operation = "record",
                         .problem = "statements of more than 16 777 216 places in the program",
                         .expected = "fewer",
                         .where = location_of(location)}};
  }
  Site site;
  site.type = &type;
  site.location = location;
  site.constant_leaves = constant_leaves;
  site.constant = static_cast<std::uint8_t>(std::popcount(constant_leaves));
  site.streamed = streamed;
  site.active = static_cast<std::uint8_t>(std::popcount(site.active_mask()));
  site.passive = static_cast<std::uint8_t>(std::popcount(site.passive_mask()));
  const auto index = static_cast<std::uint32_t>(sites.size());
  site.word = index << 8 | site.active;
  if (!streamed && site.constant > 0) {
    site_constants_.push_back(std::make_unique<double[]>(site.constant));
    std::copy_n(site_values, site.constant, site_constants_.back().get());
    site.constants = site_constants_.back().get();
  }
  sites.push_back(site);
  site_index_.emplace(site_hash(&type, location), index);
  return sites.back();
}

SiteCacheLine& Stream::find_site(const StatementType& type, const void* location, std::uint16_t constant_leaves,
                                 const double* values_of_constants) {
  // At most two sites answer to type, line and mask: one whose constants never changed, and one for those that did.
  const auto count = static_cast<std::size_t>(std::popcount(constant_leaves));
  const auto [begin, end] = site_index_.equal_range(site_hash(&type, location));
  const Site* found = nullptr;
  bool other_constants = false;
  for (auto at = begin; at != end; ++at) {
    const Site& site = sites[at->second];
    if (site.type != &type || site.location != location || site.constant_leaves != constant_leaves) continue;
    if (site.streamed || same_bits(site.constants, values_of_constants, count)) {
      found = &site;
      if (!site.streamed) break;
    } else {
      other_constants = true;
    }
  }
  if (found == nullptr) found = &add_site(type, location, constant_leaves, values_of_constants, other_constants);
  const std::uint32_t scalars = constant_leaves & ~std::uint32_t{type.literal_leaves};
  SiteCacheLine* at = &cache_line(&type, location, scalars);
  const bool used = at->type != nullptr || at->mixed != nullptr;
  const bool taken = used && (at->location != location || at->constant_leaves != constant_leaves ||
                              (at->type != &type && at->mixed != &type));
  if (taken && word_count - at->last < 4096 && salts_tried_ < 64) {
    // Two places in use share a line: each statement would look for its site here. Another salt, from an odd step.
    ++salts_tried_;
    site_salt += 0xD1B54A32D192ED02u;
    site_cache.fill({});
    at = &cache_line(&type, location, scalars);
  }
  SiteCacheLine& line = *at;
  line.type = scalars == 0 ? &type : nullptr;
  line.mixed = scalars == 0 ? nullptr : &type;
  line.location = location;
  line.constants = found->constants;
  line.site = static_cast<std::uint32_t>(found - sites.data());
  line.last = 0;
  line.constant_leaves = constant_leaves;
  return line;
}

// --- Rolling ------------------------------------------------------------------------------------------------------

void Stream::reserve_for_roll(std::uint32_t body) {
  std::size_t leaves = 0, passive_slots = 0;
  for (std::uint32_t back = 0; back < body; ++back) {
    const Site& site = sites[words[word_count - 1 - back] >> 8];
    leaves += site.type->leaves;
    passive_slots += site.passive;
  }
  make_room(loops, 1);
  make_room(loop_slots, body);
  make_room(loop_operands, 2 * leaves);
  // What may have to be unrolled: a roll that was too short, or a repetition that was not finished.
  make_room(passive, minimum_repetitions * passive_slots);
}

// Operands at a constant distance are, or become, values of the loop itself. The sweep works in columns if those are of
// the same repetition, the statement's own value one repetition before, or from at least shortest_lag repetitions
// before; or if every one of them is the value just before (loop_sweep.hpp). Anything else is faster as irregular
// statements.
bool Stream::sweeps_in_columns(const std::array<std::array<Id, max_leaves>, 3 * max_body>& leaf,
                               std::uint32_t body) const {
  bool in_order = true, chain = true;
  for (std::uint32_t back = 0; back < body; ++back) {
    const Site& site = sites[words[word_count - 1 - back] >> 8];
    const std::uint32_t active = site.active_mask();
    const Id id = next_id - 1 - back, j = body - 1 - back;
    for (std::size_t k = 0; k < site.type->leaves; ++k) {
      if (!(active >> k & 1u) || leaf[back][k] - leaf[back + body][k] != body) continue;
      const Id distance = id - leaf[back][k];
      if (distance / body >= shortest_lag) continue;
      in_order = in_order && (distance <= j || distance == body);
      chain = chain && distance == 1;
    }
  }
  return in_order || chain;
}

void Stream::try_roll() noexcept {
  streak = 0;
  const std::uint32_t body = period;
  Site& last_site = sites[words[word_count - 1] >> 8];
  if (last_site.cooldown > 0) {
    --last_site.cooldown;
    return;
  }
  // The operand ids, all slots, of the last three repetitions; the newest first. A constant has id 0.
  auto& leaf = recent_;
  std::uint64_t id_at = partial_count;
  std::size_t passive_at = passive.size();
  for (std::uint32_t back = 0; back < 3 * body; ++back) {
    const Site& site = sites[words[word_count - 1 - back] >> 8];
    id_at -= site.active;
    passive_at -= site.passive;
    const std::uint32_t active = site.active_mask(), passive_slots = site.passive_mask();
    std::uint64_t a = id_at;
    std::size_t p = passive_at;
    for (std::size_t k = 0; k < site.type->leaves; ++k) {
      leaf[back][k] = active >> k & 1u ? ids[a++] : passive_slots >> k & 1u ? passive[p++] : 0;
    }
  }
  bool regular = true;
  for (std::uint32_t j = 0; j < body && regular; ++j) {
    const std::size_t leaves = sites[words[word_count - 1 - j] >> 8].type->leaves;
    for (std::size_t k = 0; k < leaves; ++k) {
      regular = regular && leaf[j][k] - leaf[j + body][k] == leaf[j + body][k] - leaf[j + 2 * body][k];
    }
  }
  if (regular && !sweeps_in_columns(leaf, body)) {
    regular = false;
    if (body > 1)
      streak = roll_after * body - 1;  // a body that begins with another of its statements may do: look after the next
  }
  if (!regular) {
    last_site.penalty = more_penalty(last_site.penalty);
    last_site.cooldown = last_site.penalty;
    return;
  }
  try {
    reserve_for_roll(body);
  } catch (const std::bad_alloc&) {
    return;  // irregular statements need less
  }
  for (std::uint32_t j = 0; j < body; ++j) {
    const std::uint32_t back = body - 1 - j;
    Expected& slot = ring_[j];
    slot.site = words[word_count - 1 - back] >> 8;
    const Site& site = sites[slot.site];
    slot.type = site.type;
    slot.location = site.location;
    slot.constants = site.constants;
    slot.successor = &ring_[j + 1 == body ? 0 : j + 1];
    for (std::size_t k = 0; k < site.type->leaves; ++k) {
      const bool constant = site.constant_leaves >> k & 1u;
      const Id step = leaf[back][k] - leaf[back + body][k];
      // A step down is a step up modulo 2^32; the carry into the tag is taken off beforehand.
      slot.first[k] = leaf[back][k] + step;
      slot.step[k] = static_cast<Word>(static_cast<std::int64_t>(static_cast<std::int32_t>(step)));
      // A constant Scalar has no value to compare here: a word that no handle has sends it to record_general().
      slot.next[k] = constant ? handle_word(0, 0xFFFFFFFFu) : handle_word(slot.first[k], tag);
    }
  }
  body_ = body;
  roll_first_id_ = next_id;
  roll_partials_ = loop_partial_count;
  roll_constants_ = constant_count;
  expected = &ring_[0];
}

void Stream::end_roll() noexcept {
  expected = &nothing;
  const std::uint32_t statements = next_id - roll_first_id_;
  const std::uint32_t repetitions = statements / body_;
  Site& last_site = sites[ring_[body_ - 1].site];
  last_site.penalty = repetitions >= good_repetitions ? std::uint8_t{0} : more_penalty(last_site.penalty);
  last_site.cooldown = last_site.penalty;
  if (repetitions < minimum_repetitions) {
    unroll(0, statements);
    return;
  }
  Loop loop{.first_id = roll_first_id_,
            .count = repetitions,
            .body = body_,
            .first_slot = static_cast<std::uint32_t>(loop_slots.size()),
            .partials = roll_partials_,
            .constants = roll_constants_};
  for (std::uint32_t j = 0; j < body_; ++j) {
    const Expected& slot = ring_[j];
    loop_slots.push_back({slot.site, static_cast<std::uint32_t>(loop_operands.size())});
    for (std::size_t k = 0; k < slot.type->leaves; ++k) {
      loop_operands.push_back(slot.first[k]);
      loop_operands.push_back(static_cast<Id>(slot.step[k]));
    }
  }
  words[word_count++] = static_cast<std::uint32_t>(loop_word);
  loops.push_back(loop);
  unroll(repetitions, statements - repetitions * body_);
}

// Statements that the roll recorded become irregular ones: those of a repetition that was not finished, or of a roll
// that was too short. `first_repetition`: where they begin. There is room for all of it: see reserve_for_roll(),
// unroll_room.
void Stream::unroll(std::uint32_t first_repetition, std::uint32_t statements) noexcept {
  if (statements == 0) return;
  std::uint64_t per_repetition = 0, constants_per_repetition = 0;
  for (std::uint32_t j = 0; j < body_; ++j) {
    const Site& site = sites[ring_[j].site];
    if (!site.type->recomputes) per_repetition += site.active;
    if (site.streamed) constants_per_repetition += site.constant;
  }
  const std::uint64_t stored_from = roll_partials_ + first_repetition * per_repetition;
  std::size_t constant_at = roll_constants_ + first_repetition * constants_per_repetition;
  const double* stored = loop_partials + stored_from;
  loop_partial_count = stored_from;
  for (std::uint32_t t = 0; t < statements; ++t) {
    const std::uint32_t repetition = first_repetition + t / body_;
    const Expected& slot = ring_[t % body_];
    const Site& site = sites[slot.site];
    const Id id = roll_first_id_ + first_repetition * body_ + t;
    const std::uint32_t active = site.active_mask(), passive_slots = site.passive_mask();
    std::array<Id, max_leaves> leaf{};
    double* to = partials + partial_count;
    for (std::size_t k = 0; k < site.type->leaves; ++k)
      leaf[k] = slot.first[k] + repetition * static_cast<Id>(slot.step[k]);
    const double* statement_constants = site.constants;
    if (site.streamed) {
      statement_constants = constants + constant_at;
      constant_at += site.constant;
    }
    if (site.type->recomputes) {
      std::array<double, max_leaves> column, result;
      std::array<const double*, max_leaves> in{};
      std::array<double*, max_leaves> out{};
      const double one = 1.0;
      std::size_t c = 0;
      for (std::size_t k = 0; k < site.type->leaves; ++k) {
        column[k] = site.constant_leaves >> k & 1u ? statement_constants[c++] : values[leaf[k]];
        in[k] = &column[k];
        out[k] = &result[k];
      }
      site.type->products[0](in.data(), &values[id], &one, out.data(), 1);
      double sum = 0;
      for (std::size_t k = 0; k < site.type->leaves; ++k)
        if (active >> k & 1u) sum += result[k];
      if (!is_finite(sum) && site.type->masked_products != nullptr)
        site.type->masked_products(in.data(), &values[id], &one, out.data(), 1);
      for (std::size_t k = 0; k < site.type->leaves; ++k)
        if (active >> k & 1u) *to++ = result[k];
    } else {
      for (std::size_t k = 0; k < site.active; ++k) *to++ = *stored++;
    }
    for (std::size_t k = 0; k < site.type->leaves; ++k) {
      if (active >> k & 1u)
        ids[partial_count++] = leaf[k];
      else if (passive_slots >> k & 1u)
        passive.push_back(leaf[k]);
    }
    words[word_count++] = site.word;
  }
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

  if (s.expected->type != nullptr) {
    Expected& x = *s.expected;
    const Site& site = s.sites[x.site];
    bool same = x.type == &type && s.same_location(x.location, where) && site.constant_leaves == mask &&
                (x.constants == nullptr || same_bits(x.constants, constant_values, constant_count));
    for (std::size_t k = 0; k < leaves && same; ++k)
      same = static_cast<Id>(leaf_words[k]) == static_cast<Id>(x.next[k]);
    if (same) {
      if (s.next_id == s.id_limit) s.grow_ids(where);
      if (s.loop_partial_count >= s.loop_partial_limit) s.grow_loop_partials();
      if (x.constants == nullptr) s.push_constants(constant_values, constant_count);
      // Nothing fails from here on.
      if (!type.recomputes) {
        const std::uint32_t active = site.active_mask();
        for (std::size_t k = 0; k < leaves; ++k)
          if (active >> k & 1u) s.loop_partials[s.loop_partial_count++] = leaf_partials[k];
      }
      for (std::size_t k = 0; k < leaves; ++k) x.next[k] += x.step[k];
      s.expected = x.successor;
      const Id id = s.next_id++;
      s.values[id] = value;
      return Scalar::from_parts(value, id, s.tag);
    }
    s.settle();
  }

  if (s.next_id == s.id_limit) s.grow_ids(where);
  if (s.partial_count >= s.partial_limit) s.grow_partials();
  const void* const location = s.location_to_store(where);
  const std::uint32_t scalars = constant_leaves & ~std::uint32_t{type.literal_leaves};
  SiteCacheLine* line = &s.cache_line(&type, location, scalars);
  const bool known = (scalars == 0 ? line->type == &type : line->mixed == &type) && line->location == location &&
                     line->constant_leaves == mask &&
                     (line->constants == nullptr || same_bits(line->constants, constant_values, constant_count));
  if (!known) line = &s.find_site(type, location, mask, constant_values);
  const Site& site = s.sites[line->site];
  if (site.passive != 0) s.reserve_passive();
  if (site.streamed) s.push_constants(constant_values, constant_count);
  // Nothing fails from here on.
  const std::uint32_t active = site.active_mask(), passive_slots = site.passive_mask();
  for (std::size_t k = 0; k < leaves; ++k) {
    if (active >> k & 1u) {
      s.ids[s.partial_count] = static_cast<Id>(leaf_words[k]);
      s.partials[s.partial_count++] = leaf_partials[k];
    } else if (passive_slots >> k & 1u) {
      s.passive.push_back(static_cast<Id>(leaf_words[k]));
    }
  }
  const Id id = s.next_id++;
  s.values[id] = value;
  s.push_statement_word(*line, site.active);
  return Scalar::from_parts(value, id, s.tag);
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
  if (next_id == id_limit) grow_ids(where);
  streak = 0;
  const Id id = next_id++;
  values[id] = value;
  words[word_count++] = index << 8 | static_cast<std::uint32_t>(tensor_word);
  return id;
}

void Stream::add_guard(const Guard& guard) {
  if (!guards.empty()) {
    Guard& last = guards.back();
    if (last.comparison == guard.comparison && last.outcome == guard.outcome && last.location == guard.location &&
        same_bits(last.constant, guard.constant, 2)) {
      std::uint32_t step[2];
      for (int k = 0; k < 2; ++k) step[k] = guard.operand[k] - (last.operand[k] + (last.count - 1) * last.step[k]);
      if (last.count == 1 || (step[0] == last.step[0] && step[1] == last.step[1])) {
        last.step[0] = step[0];
        last.step[1] = step[1];
        ++last.count;
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
  if (found == 0) {
    found = static_cast<std::uint32_t>(scopes.size());
    scopes.push_back({scope, std::string(name)});
  }
  make_room(scope_changes, open_scopes + 2);  // so that leaving cannot fail: it, and those around it
  scope_changes.push_back({next_id, found});
  scope = found;
  ++open_scopes;
}

void Stream::leave_scope(std::uint32_t outer) noexcept {
  scope = outer;
  --open_scopes;
  scope_changes.push_back({next_id, outer});
}

// --- Clearing and rewinding ---------------------------------------------------------------------------------------

void Stream::clear() {
  expected = &nothing;
  next_id = options_.first_id;
  word_count = 0;
  partial_count = loop_partial_count = constant_count = 0;
  period = 1;
  streak = 0;
  passive.clear();
  loops.clear();
  loop_slots.clear();
  loop_operands.clear();
  guards.clear();
  tensors.reset();
  names.clear();
  scope_changes.clear();
  if (scope == 0)
    scopes.resize(1);
  else
    scope_changes.push_back({next_id, scope});
  ties.clear();
  marks_.clear();
  new_tag();
  segments.assign(1, {next_id, tag});
}

Stream::Mark Stream::mark() {
  settle();
  Mark now{.tag = tag,
           .next_id = next_id,
           .word_count = word_count,
           .partials = partial_count,
           .loop_partials = loop_partial_count,
           .constants = constant_count,
           .passive = passive.size(),
           .loops = loops.size(),
           .loop_slots = loop_slots.size(),
           .loop_operands = loop_operands.size(),
           .guards = guards.size(),
           .tensors = tensors ? tensors->size() : 0,
           .scopes = scope_changes.size(),
           .ties = ties.size(),
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
  if (std::find(marks_.begin(), marks_.end(), mark) == marks_.end()) {
    throw StaleHandle{{.operation = "rewind",
                       .problem = "the mark is not of this recording, or lies in a part that was rewound or cleared",
                       .expected = "a mark of this recording",
                       .where = where}};
  }
  forget(mark);
  while (segments.size() > 1 && segments.back().first_id >= next_id) segments.pop_back();
  new_tag();
  if (segments.back().first_id >= next_id)
    segments.back() = {next_id, tag};
  else
    segments.push_back({next_id, tag});
}

void Stream::discard(const Mark& mark) {
  settle();
  forget(mark);
}

void Stream::forget(const Mark& mark) {
  while (!marks_.empty() && marks_.back().serial > mark.serial) marks_.pop_back();
  next_id = mark.next_id;
  word_count = mark.word_count;
  if (word_count > 0) words[word_count - 1] = mark.last_word;
  partial_count = mark.partials;
  loop_partial_count = mark.loop_partials;
  constant_count = mark.constants;
  passive.resize(mark.passive);
  loops.resize(mark.loops);
  loop_slots.resize(mark.loop_slots);
  loop_operands.resize(mark.loop_operands);
  guards.resize(mark.guards);
  if (!guards.empty()) guards.back().count = mark.last_guard;
  if (tensors) tensors->truncate(mark.tensors);
  names.erase(names.lower_bound(next_id), names.end());
  scope_changes.resize(std::min(mark.scopes, scope_changes.size()));
  const std::uint32_t scope_there = scope_changes.empty() ? 0 : scope_changes.back().scope;
  if (scope != scope_there) scope_changes.push_back({next_id, scope});
  ties.resize(mark.ties);
  streak = 0;
  period = 1;
}

std::uint64_t Stream::bytes_used() const noexcept {
  return std::uint64_t{next_id - options_.first_id} * sizeof(double) + word_count * sizeof(std::uint32_t) +
         partial_count * (sizeof(Id) + sizeof(double)) + loop_partial_count * sizeof(double) +
         constant_count * sizeof(double) + passive.size() * sizeof(Id) + loops.size() * sizeof(Loop) +
         loop_slots.size() * sizeof(LoopSlot) + loop_operands.size() * sizeof(std::uint32_t) +
         guards.size() * sizeof(Guard) + (tensors ? tensors->bytes_used() : 0);
}

std::uint64_t Stream::bytes_reserved() const noexcept {
  return std::uint64_t{id_limit - options_.first_id} * (sizeof(double) + sizeof(std::uint32_t)) +
         partial_limit * (sizeof(double) + sizeof(Id)) + loop_partial_limit * sizeof(double) +
         constant_limit * sizeof(double) + passive.capacity() * sizeof(Id) + loops.capacity() * sizeof(Loop) +
         guards.capacity() * sizeof(Guard) + sites.capacity() * sizeof(Site) + sizeof(Stream);
}

}  // namespace wengert::detail
