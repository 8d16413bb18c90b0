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
// A statement is *irregular* (one word, its ids, its partials) until the last three repetitions of a body of k
// statements are found to be alike: same sites, operand ids that moved by the same steps. From then on the next
// statement is predicted: while the prediction holds, recording one compares ids and stores a value. The entry that
// comes of it is a *loop*: body, count, first ids, steps.
//
// Reading order: Site, Expected, Stream, then record() in record/expression.hpp, which writes, and sweep.cpp, which
// reads.
#pragma once

#include <array>
#include <atomic>
#include <bit>
#include <cstdint>
#include <cstdlib>
#include <map>
#include <memory>
#include <source_location>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

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

/// A place in the program that records statements of one type: type, line, which operands are constants. Statements
/// refer to it by index. `constants` are the values of the constant operands if they are the same at every statement of
/// the site (then they are stored here only), else the site is `streamed` and each statement stores its own.
struct Site {
  const StatementType* type = nullptr;
  const void* location = nullptr;
  std::uint16_t constant_leaves = 0;  ///< bit k: slot k is a constant
  bool streamed = false;
  std::uint8_t active = 0;            ///< partials per statement
  std::uint8_t passive = 0;           ///< passive ids per statement
  std::uint8_t constant = 0;          ///< constant operands per statement
  std::uint8_t cooldown = 0;          ///< attempts to roll a body that ends here which are skipped
  std::uint8_t penalty = 0;           ///< the next cooldown
  std::uint32_t word = 0;             ///< what its statements write
  const double* constants = nullptr;  ///< their values, owned by the stream; null if streamed or none

  [[nodiscard]] std::uint16_t active_mask() const noexcept {
    const auto all = static_cast<std::uint32_t>((1u << type->leaves) - 1u);
    return static_cast<std::uint16_t>(all & ~static_cast<std::uint32_t>(constant_leaves | type->passive_leaves));
  }
  [[nodiscard]] std::uint16_t passive_mask() const noexcept {
    return static_cast<std::uint16_t>(type->passive_leaves & ~static_cast<std::uint32_t>(constant_leaves));
  }
};

/// Direct-mapped memory of where statements were recorded last: finds the site in a few instructions.
struct SiteCacheLine {
  const StatementType* type = nullptr;  ///< null also for sites that have constant Scalars among their operands
  const void* location = nullptr;
  const double* constants = nullptr;  ///< null if streamed or none
  std::uint32_t site = 0;
  std::uint32_t last = 0;                ///< word position of the statement recorded last
  const StatementType* mixed = nullptr;  ///< the type of such a site
  std::uint32_t constant_leaves = 0;
};

/// What the next statement must be for the roll to go on. One per statement of the body, in a ring.
struct Expected {
  const StatementType* type = nullptr;  ///< null: nothing is expected
  const void* location = nullptr;
  Expected* successor = nullptr;
  const double* constants = nullptr;    ///< null: streamed or none, any values will do
  std::array<Word, max_leaves> next{};  ///< the operands, by handle word; 0: a constant
  std::array<Word, max_leaves> step{};  ///< what is added to `next` from one repetition to the next, modulo 2^32
  std::array<Id, max_leaves> first{};
  std::uint32_t site = 0;
};

/// Longest body that is rolled up.
inline constexpr std::uint32_t max_body = 32;
/// Repetitions of the sites of a body after which its operands are compared.
inline constexpr std::uint32_t roll_after = 4;

/// A rolled-up entry: `count` repetitions of a body of `body` statements; repetition i, statement j has the id
/// first_id + i·body + j. Partials and streamed constants lie in repetition order from the given positions.
struct Loop {
  Id first_id = 0;
  std::uint32_t count = 0;
  std::uint32_t body = 0;
  std::uint32_t first_slot = 0;  ///< into Stream::loop_slots, `body` of them
  std::uint64_t partials = 0;
  std::uint64_t constants = 0;
};
struct LoopSlot {
  std::uint32_t site = 0;
  std::uint32_t operands = 0;  ///< into Stream::loop_operands: first id and step of every leaf, 2·leaves numbers
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
  static Expected nothing;
  Tag tag = 0xFFFFFFFFu;  ///< of the handles that are made now; no handle has the initial value
  Id next_id = 1;
  Expected* expected = &nothing;  ///< `nothing` unless rolling
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
  Id id_limit = 1;  ///< ids below it have storage for value and word
  std::uint32_t word_count = 0;
  double* values = nullptr;  ///< indexed by id (biased by first_id)
  std::uint32_t* words = nullptr;
  Id* ids = nullptr;
  double* partials = nullptr;
  double* constants = nullptr;
  double* loop_partials = nullptr;
  std::uint64_t partial_count = 0;  ///< of `partials` and of `ids`
  std::uint64_t partial_limit = 0;  ///< below it there is room for the partials and operand ids of one more statement
  std::uint64_t loop_partial_count = 0, loop_partial_limit = 0;  ///< the same for `loop_partials`
  std::uint64_t constant_count = 0;
  std::uint64_t constant_limit = 0;  ///< below it there is room for the constants of one more statement
  std::uint32_t period = 1;          ///< candidate length of a loop body
  std::uint32_t streak = 0;          ///< statements in a row whose site is that of the one `period` before
  std::uintptr_t location_mask = 0;  ///< all ones unless locations are off, or replaced by `scope_location`
  const void* scope_location = nullptr;
  bool stop_at_nan = false;
  static constexpr unsigned site_cache_bits = 9;
  std::uint64_t site_salt = 0x9E3779B97F4A7C15u;  ///< odd; chosen so that the places in use do not share lines
  std::array<SiteCacheLine, std::size_t{1} << site_cache_bits> site_cache{};

  [[nodiscard]] const void* location_to_store(std::source_location where) const noexcept {
    return std::bit_cast<const void*>((std::bit_cast<std::uintptr_t>(where) & location_mask) |
                                      std::bit_cast<std::uintptr_t>(scope_location));
  }
  /// `stored` is what location_to_store(where) would give; for use while rolling (a location scope ends the roll).
  [[nodiscard]] bool same_location(const void* stored, std::source_location where) const noexcept {
    return ((std::bit_cast<std::uintptr_t>(stored) ^ std::bit_cast<std::uintptr_t>(where)) & location_mask) == 0;
  }
  /// Ends a statement: writes its word, and looks whether statements have begun to repeat.
  void push_statement_word(SiteCacheLine& line, std::uint32_t active) {
    const std::uint32_t position = word_count++;
    const std::uint32_t word = line.site << 8 | active;
    words[position] = word;
    // Words lie behind max_body zeros, so looking back needs no check.
    if (words[static_cast<std::int64_t>(position) - period] == word) {
      line.last = position;
      if (++streak >= roll_after * period) [[unlikely]]
        try_roll();
    } else {
      const std::uint32_t distance = position - line.last;
      period = distance - 1 < max_body ? distance : 1;  // 0 or beyond the end: the line is from before a rewind
      streak = 0;
      line.last = position;
    }
  }
  void saw_nan(std::source_location where) const {
    if (stop_at_nan) throw_nan(location_to_store(where));
  }

  // --- Slow paths of recording ------------------------------------------------------------------------------------
  /// More ids; throws CapacityError at the last one.
  void grow_ids(std::source_location where);
  void grow_partials();
  void grow_loop_partials();
  /// The line of the cache for such a statement, filled. `constants`: the values of the constant slots, in slot order.
  SiteCacheLine& find_site(const StatementType& type, const void* location, std::uint16_t constant_leaves,
                           const double* constants);
  [[nodiscard]] SiteCacheLine& cache_line(const StatementType* type, const void* location,
                                          std::uint32_t constant_scalars = 0) noexcept {
    const auto key =
        std::bit_cast<std::uintptr_t>(type) + 3 * std::bit_cast<std::uintptr_t>(location) + constant_scalars;
    return site_cache[key * site_salt >> (64 - site_cache_bits)];
  }
  void grow_constants();
  void push_constants(const double* statement_constants, std::size_t count) {
    if (constant_count >= constant_limit) [[unlikely]]
      grow_constants();
    for (std::size_t k = 0; k < count; ++k) constants[constant_count++] = statement_constants[k];
  }
  /// Room for the passive ids of one more statement.
  void reserve_passive();
  /// The last statements repeated the sites of those before them: roll up if their ids did too, and if there
  /// is memory for all that end_roll() may have to write.
  void try_roll() noexcept;
  /// Ends the rolling entry, if any; needed before anything but the expected statement is recorded or read.
  void settle() noexcept {
    if (expected->type != nullptr) end_roll();
  }
  void end_roll() noexcept;
  [[noreturn]] void throw_nan(const void* location) const;

  // --- Everything else --------------------------------------------------------------------------------------------
  /// Records `value` as an input.
  Id add_variable(double value, std::source_location where) {
    settle();
    if (next_id == id_limit) [[unlikely]]
      grow_ids(where);
    streak = 0;  // try_roll() looks back over statements only
    const Id id = next_id++;
    values[id] = value;
    std::uint32_t& top = words[static_cast<std::int64_t>(word_count) - 1];  // a zero before the first word
    if ((top & 0xFFu) == variables_word && top >> 8 < max_site)
      top += 1u << 8;
    else
      words[word_count++] = 1u << 8 | variables_word;
    return id;
  }
  /// An id whose entry is a tensor entry, number `index`; the caller has written it. `value`: of a result that is a
  /// Scalar; otherwise the index once more, which leads from the id to the entry.
  Id add_tensor_word(std::uint32_t index, double value, std::source_location where);
  void add_guard(const Guard& guard);
  /// Throws StaleHandle or ForeignRecording unless (id, tag) is a live handle of this stream; constants pass.
  void check(Id id, Tag handle, const char* operation, std::source_location where) const {
    if (handle != tag && handle != 0 && !owns(id, handle)) throw_bad_handle(handle, operation, where, this);
  }
  [[nodiscard]] bool owns(Id id, Tag handle) const noexcept;
  /// `meant`: the stream that the handle should be of, if it is known that it is another's; else the handle is stale.
  [[noreturn]] static void throw_bad_handle(Tag handle, const char* operation, std::source_location where,
                                            const Stream* meant = nullptr);

  /// A scope inside the present one; ids from here on lie in it until leave_scope(outer). A scope of that name directly
  /// inside the present one is entered again.
  void enter_scope(std::string_view name);
  void leave_scope(std::uint32_t outer) noexcept;

  void clear();
  struct Mark {
    Tag tag = 0;
    Id next_id = 1;
    std::uint32_t word_count = 0;
    std::uint64_t partials = 0, loop_partials = 0, constants = 0, passive = 0;
    std::size_t loops = 0, loop_slots = 0, loop_operands = 0, guards = 0, tensors = 0, scopes = 0, ties = 0;
    std::uint32_t last_word = 0;   ///< a run of variables may have grown since
    std::uint32_t last_guard = 0;  ///< likewise a run of guards: its count
    std::uint64_t serial = 0;      ///< no other mark of this stream has it
    bool operator==(const Mark&) const = default;
  };
  [[nodiscard]] Mark mark();
  void rewind(const Mark& mark, std::source_location where);
  /// The same for what nobody else has handles of: those from before stay as fast as they were.
  void discard(const Mark& mark);

  /// What follows is the adjoint, or part of one, of (primal, step); constants and unchanged values are passed over.
  void tie(Id adjoint, Id primal, std::uint16_t step, std::int16_t operand = -1) {
    if (options_.ties && adjoint != 0) ties.push_back({adjoint, primal, step, operand});
  }

  [[nodiscard]] Id first_id() const noexcept { return options_.first_id; }
  [[nodiscard]] std::uint64_t bytes_used() const noexcept;
  [[nodiscard]] std::uint64_t bytes_reserved() const noexcept;

  std::vector<Site> sites;
  std::vector<Id> passive;
  std::vector<Loop> loops;
  std::vector<LoopSlot> loop_slots;
  std::vector<std::uint32_t> loop_operands;
  std::vector<Guard> guards;
  std::vector<Segment> segments;
  std::unique_ptr<TensorEntries, TensorEntriesDeleter> tensors;
  std::map<Id, std::string> names;
  std::vector<ScopeRecord> scopes;  ///< 0 is the root
  std::vector<ScopeChange> scope_changes;
  std::uint32_t scope = 0;        ///< the innermost
  std::uint32_t open_scopes = 0;  ///< how many will be left
  std::vector<AdjointTie> ties;   ///< in the order in which gradients were recorded

 private:
  void take_slot();
  void forget(const Mark& mark);
  void new_tag() noexcept;
  void release_slot() noexcept;
  void reserve_for_roll(std::uint32_t body);
  [[nodiscard]] bool sweeps_in_columns(const std::array<std::array<Id, max_leaves>, 3 * max_body>& leaf,
                                       std::uint32_t body) const;
  void unroll(std::uint32_t first_repetition, std::uint32_t statements) noexcept;
  Site& add_site(const StatementType& type, const void* location, std::uint16_t constant_leaves, const double* values,
                 bool streamed);

  StreamOptions options_;
  std::vector<Mark> marks_;      // those that may be rewound to, the oldest first
  std::uint64_t last_mark_ = 0;  // serial of the newest
  std::uint32_t salts_tried_ = 0;
  std::array<Expected, max_body> ring_{};
  std::uint32_t body_ = 0;  // of the rolling entry
  Id roll_first_id_ = 0;
  std::uint64_t roll_partials_ = 0;  // where its own begin
  std::uint64_t roll_constants_ = 0;
  std::vector<std::unique_ptr<double[]>> site_constants_;
  std::unordered_multimap<std::size_t, std::uint32_t> site_index_;  // by hash of type and location
  std::uint32_t* word_storage_ = nullptr;                           // words, behind max_body zeros
  double* value_storage_ = nullptr;
  std::array<std::array<Id, max_leaves>, 3 * max_body> recent_{};  // work space of try_roll()
};

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
