// Stream: the append-only store behind a Recording, and the hot path of recording.
//
// What it holds (one array each, all indexed by position in time):
//   values      one double per id; ids are dense, 1, 2, 3 …, and creation order is a topological order
//   words       one 32-bit word per entry: what it is, and how many partials it stored
//   ids         the operand ids of irregular statements, only those with a partial
//   partials    their partial derivatives, side by side with the ids
//   loop_partials  the partials of rolled statements that are dear to compute again
//   constants   constant operands that vary; those that do not are kept once, with their Site
//   passive     operand ids through which no derivative flows (operands of comparisons)
//   loops       the rolled-up entries; guards; tensor entries
//
// Recording predicts: every place in the program (Site) remembers which places followed it, so that the next
// statement's place is known before it is recorded, and is only compared. A statement is *irregular* (one word, its
// ids, its partials) until the last repetitions of a body of k statements are found to be alike: same sites, operand
// ids that moved by the same steps. From then on the operands are predicted, too: while the prediction holds, recording
// a statement compares ids and stores a value. The entry that comes of it is a *loop*: body, count, first ids, steps.
//
// Reading order: Expected, Site, RollSlot, Stream, then record() in record/statement.hpp, which writes, and sweep.cpp,
// which reads.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <cstdint>
#include <cstdlib>
#include <deque>
#include <map>
#include <memory>
#include <source_location>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "wengert/autodiff/record/memory.hpp"
#include "wengert/autodiff/record/statement_type.hpp"

namespace wengert::detail {

using Id = std::uint32_t;   ///< of a value in a recording; 0: no id, a constant
using Tag = std::uint32_t;  ///< recording and generation of a handle; 0: no recording

/// Id (low half) and tag of a handle in one word: recording compares both at once.
using Word = std::uint64_t;
[[nodiscard]] constexpr Word handle_word(Id id, Tag tag) noexcept { return Word{tag} << 32 | id; }

static_assert(sizeof(std::source_location) == sizeof(const void*),
              "locations are stored as the pointer that libstdc++ and libc++ make of them");
[[nodiscard]] inline const void* pointer_of(std::source_location where) noexcept {
  return std::bit_cast<const void*>(where);
}
[[nodiscard]] inline std::source_location location_of(const void* pointer) noexcept {
  return std::bit_cast<std::source_location>(pointer);
}

// --- Words --------------------------------------------------------------------------------------------------------
// Low 8 bits: partials stored (statements), or one of the kinds below. High 24 bits: site, run length, or index.
enum WordKind : std::uint32_t { loop_word = 253, tensor_word = 254, variables_word = 255 };
inline constexpr std::uint32_t max_site = (1u << 24) - 1;

struct Site;

/// What the statement that is recorded next is expected to be: of a place in the program, by the place before (Stream::
/// places), or one of a loop body that is being rolled up (RollSlot).
struct Expected {
  const StatementType* match = nullptr;  ///< its type; null if nothing is expected, or if record() is not to see to it
  const void* location = nullptr;
  const double* constants = nullptr;  ///< null: streamed or none, any values will do
  Expected* successor = nullptr;      ///< what is expected after it
  Expected* alternate = nullptr;      ///< or else this
  Site* site = nullptr;
  std::uint32_t word = 0;    ///< what its statements write
  std::uint32_t before = 0;  ///< the word of the place before
  bool rolling = false;
  bool swayed = false;  ///< the alternate came true the last time that was looked at
};

/// Loops that were rolled up in vain are not tried again at once: how many looks are skipped, now and the next time.
struct Cooldown {
  std::uint16_t left = 0, next = 0;
  bool long_ones = false;  ///< they were short; one that is not may be tried before

  [[nodiscard]] bool over() noexcept {
    if (left == 0) return true;
    --left;
    return false;
  }
  void failed(bool too_short) noexcept {
    left = next = static_cast<std::uint16_t>(std::min(4095, 4 * next + 3));
    long_ones = too_short;
  }
  void succeeded() noexcept { left = next = 0; }
  void avoid() noexcept {
    left = next = 4095;
    long_ones = true;
  }
};

/// A loop that was rolled up and is met again: its body, and how its operands move.
struct KnownLoop {
  std::vector<std::uint32_t> words;  ///< of the statements of the body
  std::vector<std::int32_t> steps;   ///< of all operands but constants
  std::uint8_t wait = 0;             ///< repetitions at its beginning after which the operands move so
  std::uint8_t credit = 0;           ///< so many times may it be rolled up in vain
};

/// A place in the program that records statements of one type: type, line, which operands are constants. Statements
/// refer to it by index. `constants` are the values of the constant operands if they are the same at every statement of
/// the site (then they are stored here only), else the site is `streamed` and each statement stores its own. Sites stay
/// where they are as long as the stream lives; they survive clear(), and with them what was learned about the program.
struct Site {
  const StatementType* type = nullptr;
  const void* location = nullptr;
  const double* constants = nullptr;  ///< their values, owned by the stream; null if streamed or none
  std::uint32_t word = 0;             ///< what its statements write
  std::uint16_t constant_leaves = 0;  ///< bit k: slot k is a constant
  bool streamed = false;
  bool retired = false;       ///< its constants have changed since: another site has taken over
  std::uint8_t active = 0;    ///< partials per statement
  std::uint8_t passive = 0;   ///< passive ids per statement
  std::uint8_t constant = 0;  ///< constant operands per statement
  std::array<std::uint8_t, max_leaves> active_slots{};  ///< those with a partial, in order
  Cooldown loops;                                       ///< of bodies of a few statements that end here
  std::unique_ptr<KnownLoop> again;                     ///< the loop whose body ends here: rolled up soon

  [[nodiscard]] std::uint16_t active_mask() const noexcept {
    const auto all = static_cast<std::uint32_t>((1u << type->leaves) - 1u);
    return static_cast<std::uint16_t>(all & ~static_cast<std::uint32_t>(constant_leaves | type->passive_leaves));
  }
  [[nodiscard]] std::uint16_t passive_mask() const noexcept {
    return static_cast<std::uint16_t>(type->passive_leaves & ~static_cast<std::uint32_t>(constant_leaves));
  }
};

/// A statement of the body that is being rolled up. Behind it lie, for every operand slot: its handle word at the next
/// repetition (Word), what is added to it from one repetition to the next (int32), its id at the first repetition (Id).
/// Operands that move otherwise are *free*: their ids are stored, one a repetition.
struct RollSlot : Expected {
  std::uint16_t free = 0;   ///< bit k: slot k is free
  std::uint16_t index = 0;  ///< in the body

  [[nodiscard]] Word* next() noexcept { return reinterpret_cast<Word*>(this + 1); }
  [[nodiscard]] std::int32_t* step(std::size_t leaves) noexcept {
    return reinterpret_cast<std::int32_t*>(next() + leaves);
  }
  [[nodiscard]] Id* first(std::size_t leaves) noexcept { return reinterpret_cast<Id*>(step(leaves) + leaves); }
  /// Of a slot and what lies behind it.
  [[nodiscard]] static std::size_t bytes(std::size_t leaves) noexcept { return sizeof(RollSlot) + 16 * leaves; }
};

/// Longest body that is rolled up.
inline constexpr std::uint32_t max_body = 4096;

/// A rolled-up entry: `count` repetitions of a body of `body` statements; repetition i, statement j has the id
/// first_id + i·body + j. Partials and streamed constants lie in repetition order from the given positions.
struct Loop {
  Id first_id = 0;
  std::uint32_t count = 0;
  std::uint32_t body = 0;
  std::uint32_t first_slot = 0;  ///< into Stream::loop_slots, `body` of them
  std::uint64_t partials = 0;
  std::uint64_t constants = 0;
  std::uint64_t free = 0;          ///< into Stream::free_ids
  std::uint32_t free_of_each = 0;  ///< repetition
};
struct LoopSlot {
  std::uint32_t site = 0;
  std::uint32_t operands = 0;  ///< into Stream::loop_operands: first id and step of every leaf, 2·leaves numbers
  std::uint32_t free = 0;      ///< bit k: of leaf k, place among the free ids of a repetition instead, and nothing
};

/// A comparison that decided a branch: on replay it must come out the same.
struct Guard {
  const Primitive* comparison = nullptr;
  Id operand[2]{};          ///< 0: constant
  std::uint32_t step[2]{};  ///< `count` like guards in a row, operand ids moving by these steps
  double constant[2]{};
  std::uint32_t count = 1;
  bool outcome = false;
  const void* location = nullptr;
};

/// Handles made since `first_id` carry `tag`; a rewind makes a new segment, so that older handles of the same ids show.
struct Segment {
  Id first_id = 1;
  Tag tag = 0;
};

// --- Slots: from a handle to its recording ------------------------------------------------------------------------

/// What a handle's tag is held against before anything else of a stream is touched.
struct StreamHead {
  static constexpr unsigned known_place_bits = 9;
  static std::array<Expected*, std::size_t{1} << known_place_bits> nowhere;
  static Expected nothing;  ///< never written to
  static Site no_site;
  Word next_word = handle_word(1, 0xFFFFFFFFu);  ///< of the value that is recorded next; no handle has the initial tag
  Expected* expected = &nothing;
  Expected* last = &nothing;                 ///< the place of the statement recorded last, unless rolling
  Expected** known_places = nowhere.data();  ///< direct-mapped, for what neither was expected nor the alternative
  std::uintptr_t location_mask = 0;          ///< all ones unless locations are off, or replaced by `scope_location`
  const void* scope_location = nullptr;

  [[nodiscard]] Tag tag() const noexcept { return static_cast<Tag>(next_word >> 32); }
  [[nodiscard]] Id next_id() const noexcept { return static_cast<Id>(next_word); }
  /// Where a statement of that type and line may be known from, following the last one; it has to be compared.
  [[nodiscard]] Expected*& known_place(const StatementType* type, const void* location) const noexcept {
    const auto key = std::bit_cast<std::uintptr_t>(type) + 3 * std::bit_cast<std::uintptr_t>(location) + last->word;
    return known_places[key * 0x9E3779B97F4A7C15u >> (64 - known_place_bits)];
  }
  [[nodiscard]] const void* location_to_store(std::source_location where) const noexcept {
    return std::bit_cast<const void*>((std::bit_cast<std::uintptr_t>(where) & location_mask) |
                                      std::bit_cast<std::uintptr_t>(scope_location));
  }
};
extern StreamHead no_stream;

/// A tag is slot (low 12 bits) and generation. Recordings that are alive lie in this table by their slot; slot 0 is
/// never given out, so the tag 0 of constants finds `no_stream`. Generations count up for the life of the process and
/// wrap after 2^20 clears of one slot: a handle kept over that many may go unnoticed.
inline constexpr std::uint32_t slot_bits = 12;
inline constexpr std::uint32_t slot_count = 1u << slot_bits;
struct StreamSlot {
  std::atomic<StreamHead*> stream{&no_stream};
  std::atomic<std::uint32_t> generation{0};
};
extern std::array<StreamSlot, slot_count> stream_slots;

}  // namespace wengert::detail

namespace wengert {
class Scalar;
}

namespace wengert::detail {

struct TensorEntries;  // record/tensor_store.hpp
struct TensorEntriesDeleter {
  void operator()(TensorEntries* entries) const noexcept;
};

/// Options of a recording.
struct StreamOptions {
  bool locations = true;
  bool stop_at_nan = false;
  bool ties = true;
  Id first_id = 1;
  Id last_id = 0xFFFFFFFEu;
};

/// A name change of scope: ids from `first_id` on lie in `scope`.
struct ScopeChange {
  Id first_id = 0;
  std::uint32_t scope = 0;
};
struct ScopeRecord {
  std::uint32_t parent = 0;
  std::string name;
};

/// Value `adjoint` is the adjoint of a primal value: of what step `step` of the statement of id `primal` computed. Or
/// (operand >= 0) it is the part of one that flows along that step's edge to its operand.
struct AdjointTie {
  Id adjoint = 0;
  Id primal = 0;
  std::uint16_t step = 0;
  std::int16_t operand = -1;
};
/// In AdjointTie::step: the value of id `primal` itself, whatever its entry is.
inline constexpr std::uint16_t whole_value = 0xFFFF;

/// Value `gradient` is ∂of/∂by, as gradient() recorded it: for who is handed it alone. It may be an older value, and of
/// several such pairs.
struct GradientTie {
  Id gradient = 0;
  Id of = 0;
  Id by = 0;
};

class Stream : public StreamHead {
 public:
  explicit Stream(const StreamOptions& options);
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;
  ~Stream();

  /// The stream in the slot of `tag`; it is that of the handle only if the tags are equal.
  [[nodiscard]] static StreamHead& of(Tag tag) noexcept {
    return *stream_slots[tag & (slot_count - 1)].stream.load(std::memory_order_relaxed);
  }

  // --- The hot part: read and written by record() ---------------------------------------------------------------
  Id id_limit = 1;  ///< at this id record() leaves to make_way(): an array is full, or it is time to look around
  Id room_end = 1;  ///< up to this id there is room for all that a statement may write
  std::uint32_t word_count = 0;
  double* values = nullptr;  ///< indexed by id (biased by first_id)
  std::uint32_t* words = nullptr;
  Id* ids = nullptr;
  double* partials = nullptr;
  double* constants = nullptr;
  double* loop_partials = nullptr;
  std::uint64_t partial_count = 0;  ///< of `partials` and of `ids`
  std::uint64_t loop_partial_count = 0;
  std::uint64_t constant_count = 0;
  bool stop_at_nan = false;

  void saw_nan(std::source_location where) const {
    if (stop_at_nan) throw_nan(location_to_store(where));
  }

  // --- Slow paths of recording ------------------------------------------------------------------------------------
  /// Before a statement is recorded at id_limit: looks for a repetition if it is time to, and makes room. Throws
  /// CapacityError at the last id.
  void make_way(std::source_location where);
  /// The site of such a statement. `constants`: the values of the constant slots, in slot order.
  Site& find_site(const StatementType& type, const void* location, std::uint16_t constant_leaves,
                  const double* constants);
  /// The same for the statement that is recorded next, the rolling entry being ended; learns what follows what, and
  /// makes room.
  Expected& place_of(const StatementType& type, const void* location, std::uint16_t constant_leaves,
                     const double* constants, std::source_location where);
  /// From record(), where the alternate came true: a loop may have been left, and another one begin.
  void took_alternate() noexcept {
    if (last->swayed) std::swap(last->successor, last->alternate);
    last->swayed = !last->swayed;
    if (last->site->loops.over()) look_soon();
  }
  /// The same where another known place followed.
  void took_detour(Expected* place) noexcept {
    learn(place);
    look_soon();
  }
  /// Records the statement that `place` expects, which has been compared with it.
  Scalar record_expected(Expected& place, const double* leaf_values, const Word* leaf_words,
                         const double* leaf_partials, double value);
  /// The operands are what `slot` expects: also those that are constants, or free.
  [[nodiscard]] bool free_operand_fits(const RollSlot& slot, Word operand) const noexcept {
    // Of this repetition, or from before the loop: so that the sweep may go through it in columns.
    const Id id = static_cast<Id>(operand);
    return (operand ^ next_word) >> 32 == 0 && (id < roll_first_id_ || id >= next_id() - slot.index);
  }
  [[nodiscard]] bool operands_fit(RollSlot& slot, const Word* leaf_words) const noexcept;
  /// Writes down what is open, a rolling entry or a run of inputs; needed before anything but the expected statement is
  /// recorded or read.
  void settle() noexcept {
    if (!expected->rolling) return;
    if (expected == &variables_)
      end_variables();
    else
      end_roll();
  }
  void settle_variables() noexcept {
    if (expected == &variables_) end_variables();
  }
  void end_roll() noexcept;
  [[noreturn]] void throw_nan(const void* location) const;

  // --- Everything else --------------------------------------------------------------------------------------------
  /// Records `value` as an input. A run of inputs is written down when something else follows: see end_variables().
  Id add_variable(double value, std::source_location where) {
    if (expected != &variables_ || next_id() == room_end) [[unlikely]]
      begin_variables(where);
    const Id id = next_id();
    ++next_word;
    values[id] = value;
    return id;
  }
  /// The same for as many of `x` as there is room for at once: at least one. The ids follow on each other.
  struct Variables {
    Word first = 0;
    std::size_t count = 0;
  };
  Variables add_variables(std::span<const double> x, std::source_location where);
  /// An id whose entry is a tensor entry, number `index`; the caller has written it. `value`: of a result that is a
  /// Scalar; otherwise the index once more, which leads from the id to the entry.
  Id add_tensor_word(std::uint32_t index, double value, std::source_location where);
  void add_guard(const Guard& guard);
  /// Throws StaleHandle or ForeignRecording unless (id, tag) is a live handle of this stream; constants pass.
  void check(Id id, Tag handle, const char* operation, std::source_location where) const {
    if (handle != tag() && handle != 0 && !owns(id, handle)) throw_bad_handle(handle, operation, where, this);
  }
  [[nodiscard]] bool owns(Id id, Tag handle) const noexcept;
  /// `meant`: the stream that the handle should be of, if it is known that it is another's; else the handle is stale.
  [[noreturn]] static void throw_bad_handle(Tag handle, const char* operation, std::source_location where,
                                            const Stream* meant = nullptr);

  /// A scope inside the present one; ids from here on lie in it until leave_scope(outer). A scope of that name directly
  /// inside the present one is entered again.
  void enter_scope(std::string_view name);
  /// The same, but always another scope.
  void enter_new_scope(std::string_view name);
  void leave_scope(std::uint32_t outer) noexcept;

  void clear();
  struct Mark {
    Tag tag = 0;
    Id next_id = 1;
    std::uint32_t word_count = 0;
    std::uint64_t partials = 0, loop_partials = 0, constants = 0, passive = 0, free = 0;
    std::size_t loops = 0, loop_slots = 0, loop_operands = 0, guards = 0, tensors = 0, scopes = 0, ties = 0,
                gradients = 0;
    std::uint32_t last_word = 0;   ///< a run of variables may have grown since
    std::uint32_t last_guard = 0;  ///< likewise a run of guards: its count
    std::uint64_t serial = 0;      ///< no other mark of this stream has it
    bool operator==(const Mark&) const = default;
  };
  [[nodiscard]] Mark mark();
  void rewind(const Mark& mark, std::source_location where);
  /// The same for what nobody else has handles of: those from before stay as fast as they were.
  void discard(const Mark& mark);
  /// Takes back the newest ids and words; nobody has handles of them, and they wrote nothing else.
  void take_back(Id to_id, std::uint32_t to_words) noexcept {
    next_word = handle_word(to_id, tag());
    word_count = to_words;
    forget_expectations();
  }

  /// What follows is the adjoint, or part of one, of (primal, step); constants and unchanged values are passed over.
  void tie(Id adjoint, Id primal, std::uint16_t step, std::int16_t operand = -1) {
    if (options_.ties && adjoint != 0) ties.push_back({adjoint, primal, step, operand});
  }

  /// The same of a derivative that was asked for.
  void tie_gradient(Id gradient, Id of, Id by) {
    if (options_.ties && gradient != 0) gradients.push_back({gradient, of, by});
  }

  [[nodiscard]] Id first_id() const noexcept { return options_.first_id; }
  [[nodiscard]] std::uint32_t largest_body() const noexcept { return largest_body_; }
  [[nodiscard]] std::uint64_t bytes_used() const noexcept;
  [[nodiscard]] std::uint64_t bytes_reserved() const noexcept;

  std::deque<Site> sites;
  std::vector<Id> passive;
  std::vector<Loop> loops;
  std::vector<LoopSlot> loop_slots;
  std::vector<std::uint32_t> loop_operands;
  std::vector<Id> free_ids;  ///< of all loops
  std::vector<Guard> guards;
  std::vector<Segment> segments;
  std::unique_ptr<TensorEntries, TensorEntriesDeleter> tensors;
  std::map<Id, std::string> names;
  std::vector<ScopeRecord> scopes;  ///< 0 is the root
  std::vector<ScopeChange> scope_changes;
  std::uint32_t scope = 0;             ///< the innermost
  std::uint32_t open_scopes = 0;       ///< how many will be left
  std::vector<AdjointTie> ties;        ///< in the order in which gradients were recorded
  std::vector<GradientTie> gradients;  ///< likewise

 private:
  void take_slot();
  void step_into(std::uint32_t scope);
  void forget(const Mark& mark);
  void new_tag() noexcept;
  /// Room for at least one statement, and more; sets room_end.
  void make_room(std::source_location where);
  /// Irregular statements may follow up to the next look. (The sum may wrap around: then the look comes at once.)
  void set_limit() noexcept { id_limit = std::min(room_end, std::max(look_at_, next_id() + 1)); }
  void look_soon() noexcept {
    watch_from_ = next_id();
    if (id_limit - watch_from_ > first_look_) id_limit = watch_from_ + first_look_;
  }
  /// `place` followed the last one, which was not expected.
  void learn(Expected* place) noexcept {
    if (last == &nothing) return;
    if (last->successor == &nothing || last->successor->site->retired)
      last->successor = place;
    else
      last->alternate = place;
  }
  void begin_variables(std::source_location where);
  void end_variables() noexcept;
  void grow_ids(std::source_location where);
  void forget_expectations() noexcept {
    expected = last = &nothing;
    id_limit = room_end = stretch_first_ = watch_from_ = next_id();
    look_at_ = next_id() + late_look;
    far_from_ = 0;
  }
  /// Where statements have begun to repeat: rolls up what follows.
  void look_for_repetition() noexcept;
  /// Of the last statements, as the body of a loop.
  [[nodiscard]] Cooldown& cooldown_of(std::uint32_t body) noexcept {
    const std::uint32_t* const end = words + word_count;
    if (body <= 4) return sites[end[-1] >> 8].loops;
    // The same wherever in the body it ends.
    return long_loops_[(body + (*std::max_element(end - body, end) >> 8)) % long_loops_.size()];
  }
  struct Alignment {
    bool possible = false;
    std::uint32_t shift = 0;  // statements to wait for, so that the body begins where it should
  };
  bool try_roll(std::uint32_t body) noexcept;
  /// The same from the second repetition on, for the loop that is known to end at `site`, whose statement was recorded
  /// last.
  void roll_again(Site& site) noexcept;
  /// Room for the operand ids of three repetitions in recent_, and for all that end_roll() may have to write; false if
  /// there is no memory.
  bool prepare_roll(std::uint32_t body) noexcept;
  /// The operand ids of the last repetitions, all slots but those of constants, to the end of recent_.
  void gather_recent(std::uint32_t statements) noexcept;
  /// Rolls up what follows: from recent_, and if its alignment allows.
  bool begin_roll(std::uint32_t body, Cooldown& cooldown) noexcept;
  void know_loop() noexcept;
  void forget_loop(Site& site) noexcept;
  [[nodiscard]] Alignment align(std::uint32_t body) noexcept;
  void reserve_for_roll(std::uint32_t body);
  void unroll(std::uint32_t first_repetition, std::uint32_t statements) noexcept;
  [[nodiscard]] Expected& find_place(Site& site, std::uint32_t before);
  Site& add_site(const StatementType& type, const void* location, std::uint16_t constant_leaves, const double* values,
                 bool streamed);
  /// Expected::match of a site's places. A statement with a constant Scalar among its operands, and one that may have
  /// to be refused, is no common case.
  [[nodiscard]] const StatementType* match_of(const Site& site) const noexcept {
    return (site.constant_leaves & ~site.type->literal_leaves) == 0 && !stop_at_nan && !site.retired ? site.type
                                                                                                     : nullptr;
  }
  [[nodiscard]] RollSlot* ring_begin() noexcept { return reinterpret_cast<RollSlot*>(ring_.data()); }
  [[nodiscard]] const Site& site_before(std::uint32_t back) const { return sites[words[word_count - 1 - back] >> 8]; }

  /// Statements after something unexpected before the first look for a repetition: fewer once loops were found.
  static constexpr Id early_look = 8, late_look = 16, latest_look = 4096;

  StreamOptions options_;
  Id id_capacity_ = 1;  // ids below it have storage for value and word
  std::uint64_t partial_capacity_ = 0, loop_partial_capacity_ = 0, constant_capacity_ = 0;
  std::uint8_t most_active_ = 1, most_constant_ = 0, most_passive_ = 0;  // per statement, of any site
  Site variables_site_;
  Expected variables_;        // while inputs are recorded, `rolling` so that settle() sees to it
  Expected after_variables_;  // leads to the statement that follows them
  Id variables_first_ = 1;
  Id watch_from_ = 1;  // statements from here on may be a repetition that has just begun
  Cooldown* roll_cooldown_ = nullptr;
  Site* rolled_again_ = nullptr;           // where the rolling entry is known from
  std::array<Cooldown, 64> long_loops_{};  // of longer bodies, by their length
  Id far_from_ = 0;                        // the stretch of which the next one speaks
  std::uint32_t far_run_ = 0;  // statements after which to look for one that is as long as the stretch allows
  Id first_look_ = late_look;
  Id look_at_ = 1;               // when to look for a repetition
  Id quiet_to_ = 0;              // so far nothing repeated the last time, and nothing else has been recorded since
  bool surprised_ = true;        // something was recorded that was not foreseen, since the last clear()
  std::uint32_t fruitless_ = 0;  // recordings in a row that were foreseen, and in which nothing repeated
  Id stretch_first_ = 1;         // statements from here on are irregular, and nothing else lies between them
  std::uint32_t body_hint_ = 0;  // the body that was rolled up last, or is to be when it comes round
  std::vector<Mark> marks_;      // those that may be rewound to, the oldest first: by serial
  std::uint64_t last_mark_ = 0;  // serial of the newest
  std::vector<Word> ring_;       // memory of the roll slots, in order
  RollSlot* ring_last_ = nullptr;
  std::uint32_t body_ = 0;  // of the rolling entry
  Id roll_first_id_ = 0;
  std::uint64_t roll_partials_ = 0;  // where its own begin
  std::uint64_t roll_constants_ = 0;
  std::uint64_t partials_per_repetition_ = 0, constants_per_repetition_ = 0;
  std::uint64_t roll_free_ = 0;
  std::uint32_t free_per_repetition_ = 0;
  std::uint32_t largest_body_ = 0;  // of all loops
  std::vector<std::unique_ptr<double[]>> site_constants_;
  std::vector<Site*> site_table_;  // by hash of type, line and mask; open addressing, a power of two
  std::deque<Expected> places_;    // sites by the place before: a function called from several lines leaves them apart
  std::vector<Expected*> place_table_;  // by hash of the two words
  std::array<Expected*, std::size_t{1} << known_place_bits> known_places_;
  std::uint32_t* word_storage_ = nullptr;  // words, behind a zero
  double* value_storage_ = nullptr;
  std::vector<std::int32_t> excluded_;       // work space of align()
  std::vector<std::uint8_t> free_operands_;  // the same: which of recent_ do not move by equal steps
  std::vector<Id> recent_;                   // work space of try_roll(): operand ids of the last repetitions
};

/// `array` with room for `count` elements, and those of one statement more.
template <class T>
void grow_to(T*& array, std::uint64_t count) {
  array = reallocate(array, count + max_leaves);
}

/// A name that is made before its value is recorded: memory that runs out for it leaves no nameless value behind.
class PreparedName {
 public:
  /// An empty name names nothing.
  explicit PreparedName(std::string_view name);
  void give(Stream& stream, Id newest) noexcept;

 private:
  std::map<Id, std::string>::node_type node_;
};

}  // namespace wengert::detail
