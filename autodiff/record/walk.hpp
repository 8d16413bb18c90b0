// Walking over the entries of a stream, statement by statement, in either direction.
//
// A visitor is any object with
//     void statement(const StatementView&)    one statement; rolled-up entries are visited repetition by repetition
//     void variables(Id first, Id count)
//     void tensor(std::uint32_t index, Id id)
// It may append to the stream while the walk goes on: what is appended is not visited.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>

#include "wengert/autodiff/record/stream.hpp"

namespace wengert::detail {

/// One statement with its operands; a copy, valid while the stream lives.
struct StatementView {
  const StatementType* type = nullptr;
  const void* location = nullptr;
  Id id = 0;                             ///< of its value
  std::uint16_t active = 0;              ///< bit k: a derivative flows into slot k
  std::array<Id, max_leaves> operand{};  ///< 0: a constant
  std::array<double, max_leaves> constant{};
};

class StatementReader {
 public:
  explicit StatementReader(const Stream& stream) : s_(stream) {}

  /// The irregular statement of `site` whose ids, passive ids and constants begin at these positions.
  const StatementView& irregular(const Site& site, Id id, std::uint64_t id_at, std::size_t passive_at,
                                 std::size_t constant_at) {
    begin(site, id);
    const double* constant = site.streamed ? s_.constants + constant_at : site.constants;
    const std::uint32_t passive = site.passive_mask();
    for (std::size_t k = 0; k < site.type->leaves; ++k) {
      const std::uint32_t bit = 1u << k;
      view_.operand[k] = 0;
      if (site.constant_leaves & bit)
        view_.constant[k] = *constant++;
      else if (view_.active & bit)
        view_.operand[k] = s_.ids[id_at++];
      else if (passive & bit)
        view_.operand[k] = s_.passive[passive_at++];
    }
    return view_;
  }

  /// Statement j of repetition i of a loop; streamed constants of the repetition begin at constant_at (advanced).
  const StatementView& rolled(const Loop& loop, std::uint32_t j, std::uint32_t i, std::size_t constant_at) {
    const LoopSlot& slot = s_.loop_slots[loop.first_slot + j];
    const Site& site = s_.sites[slot.site];
    begin(site, loop.first_id + i * loop.body + j);
    const double* constant = site.streamed ? s_.constants + constant_at : site.constants;
    for (std::size_t k = 0; k < site.type->leaves; ++k) {
      if (site.constant_leaves >> k & 1u) {
        view_.operand[k] = 0;
        view_.constant[k] = *constant++;
      } else {
        const std::uint32_t* const operand = &s_.loop_operands[slot.operands + 2 * k];
        view_.operand[k] = slot.free >> k & 1u
                               ? s_.free_ids[loop.free + std::uint64_t{i} * loop.free_of_each + *operand]
                               : operand[0] + i * operand[1];
      }
    }
    return view_;
  }

 private:
  void begin(const Site& site, Id id) {
    view_.type = site.type;
    view_.location = site.location;
    view_.id = id;
    view_.active = site.active_mask();
  }
  const Stream& s_;
  StatementView view_;
};

/// Streamed constants of one repetition of a loop, and of its statements before `j`.
struct LoopConstants {
  std::size_t per_repetition = 0;
  std::vector<std::size_t> before;
  LoopConstants(const Stream& s, const Loop& loop) : before(loop.body) {
    for (std::uint32_t j = 0; j < loop.body; ++j) {
      before[j] = per_repetition;
      const Site& site = s.sites[s.loop_slots[loop.first_slot + j].site];
      if (site.streamed) per_repetition += site.constant;
    }
  }
};

/// Where an entry begins in the arrays of a stream.
struct Position {
  Id id = 0;  ///< of its first value
  std::uint32_t word = 0;
  std::uint64_t id_at = 0;
  std::size_t passive_at = 0, constant_at = 0, loop_at = 0;
};

/// The entry that value `id` belongs to, looked for from the end: what lies before it costs nothing. The stream must be
/// settled.
[[nodiscard]] inline Position position_of(const Stream& s, Id id) {
  Position p{.id = s.next_id(),
             .word = s.word_count,
             .id_at = s.partial_count,
             .passive_at = s.passive.size(),
             .constant_at = s.constant_count,
             .loop_at = s.loops.size()};
  while (p.word > 0 && p.id > id) {
    const std::uint32_t word = s.words[--p.word];
    switch (word & 0xFFu) {
      case variables_word:
        p.id -= word >> 8;
        break;
      case tensor_word:
        --p.id;
        break;
      case loop_word: {
        const Loop& loop = s.loops[--p.loop_at];
        p.id -= loop.count * loop.body;
        p.constant_at = loop.constants;
        break;
      }
      default: {
        const Site& site = s.sites[word >> 8];
        p.id_at -= site.active;
        p.passive_at -= site.passive;
        p.constant_at -= site.streamed ? site.constant : 0u;
        --p.id;
      }
    }
  }
  return p;
}

/// From the entry at a position to the one of id `last`. The stream must be settled.
template <class Visitor>
void walk_forward(const Stream& s, const Position& from, Id last, Visitor&& visitor) {
  StatementReader reader(s);
  std::uint64_t id_at = from.id_at;
  std::size_t passive_at = from.passive_at, constant_at = from.constant_at, loop_at = from.loop_at;
  Id id = from.id;
  const std::uint32_t words = s.word_count;
  for (std::uint32_t w = from.word; w < words && id <= last; ++w) {
    const std::uint32_t word = s.words[w];
    switch (word & 0xFFu) {
      case variables_word:
        visitor.variables(id, std::min(word >> 8, last - id + 1));  // a run may go on beyond
        id += word >> 8;
        break;
      case tensor_word:
        visitor.tensor(word >> 8, id++);
        break;
      case loop_word: {
        const Loop loop = s.loops[loop_at++];
        const LoopConstants constants(s, loop);
        for (std::uint32_t i = 0; i < loop.count && id <= last; ++i)
          for (std::uint32_t j = 0; j < loop.body && id <= last; ++j, ++id)
            visitor.statement(
                reader.rolled(loop, j, i, loop.constants + i * constants.per_repetition + constants.before[j]));
        constant_at = loop.constants + loop.count * constants.per_repetition;
        break;
      }
      default: {
        const Site& site = s.sites[word >> 8];
        const std::size_t active = site.active, passive = site.passive, streamed = site.streamed ? site.constant : 0;
        visitor.statement(reader.irregular(site, id++, id_at, passive_at, constant_at));
        id_at += active;
        passive_at += passive;
        constant_at += streamed;
      }
    }
  }
}

/// The same from the first entry on.
template <class Visitor>
void walk_forward(const Stream& s, Id last, Visitor&& visitor) {
  walk_forward(s, Position{.id = s.first_id()}, last, visitor);
}

/// From the entry of id `last` back to the one of id `first`, whole loops included. The stream must be settled.
template <class Visitor>
void walk_backward(const Stream& s, Id last, Id first, Visitor&& visitor) {
  StatementReader reader(s);
  std::uint64_t id_at = s.partial_count;
  std::size_t passive_at = s.passive.size(), constant_at = s.constant_count, loop_at = s.loops.size();
  Id id = s.next_id();
  for (std::uint32_t w = s.word_count; w-- > 0 && id > first;) {
    const std::uint32_t word = s.words[w];
    switch (word & 0xFFu) {
      case variables_word:
        id -= word >> 8;
        if (id <= last) visitor.variables(id, std::min(word >> 8, last - id + 1));
        break;
      case tensor_word:
        --id;
        if (id <= last) visitor.tensor(word >> 8, id);
        break;
      case loop_word: {
        const Loop loop = s.loops[--loop_at];
        const LoopConstants constants(s, loop);
        for (std::uint32_t i = loop.count; i-- > 0;)
          for (std::uint32_t j = loop.body; j-- > 0;)
            if (--id <= last)
              visitor.statement(
                  reader.rolled(loop, j, i, loop.constants + i * constants.per_repetition + constants.before[j]));
        constant_at = loop.constants;
        break;
      }
      default: {
        const Site& site = s.sites[word >> 8];
        id_at -= site.active;
        passive_at -= site.passive;
        constant_at -= site.streamed ? site.constant : 0u;
        --id;
        if (id <= last) visitor.statement(reader.irregular(site, id, id_at, passive_at, constant_at));
      }
    }
  }
}

/// The same back to the first entry.
template <class Visitor>
void walk_backward(const Stream& s, Id last, Visitor&& visitor) {
  walk_backward(s, last, s.first_id(), visitor);
}

}  // namespace wengert::detail
