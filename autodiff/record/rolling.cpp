// Rolled-up entries: when to look for a repetition, what may be rolled up, where that begins and ends.
#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <new>
#include <utility>

#include "wengert/autodiff/record/memory.hpp"
#include "wengert/autodiff/record/stream.hpp"

namespace wengert::detail {

namespace {

/// A loop's record, and beginning to sweep it, cost as much as some twenty irregular statements, and columns of a few
/// numbers are no vector code: shorter loops do not pay.
constexpr std::uint32_t minimum_repetitions(std::uint32_t body) { return body < 8 ? 12 : 6; }

/// Repetitions of the sites of a body after which its operands are compared. Those of a body that was rolled up before
/// are compared as soon as there are enough to compare.
constexpr std::uint32_t roll_after = 4, roll_again_after = 3;

/// Statements of a loop that was worth it, if it was not repetitions enough for vector code. After shorter ones the
/// next looks at their place are skipped, so that a longer repetition around them can be seen.
constexpr std::uint32_t good_loop = 2048;

/// Statements of a loop that is worth knowing: shorter ones are found again as fast.
constexpr std::uint32_t known_loop = 256;

/// Of so many operands of a body, one may be free.
constexpr std::size_t free_share = 4;

}  // namespace

void Stream::look_for_repetition() noexcept {
  const Id id = next_id();
  const std::uint32_t run = id - stretch_first_;
  watch_from_ = std::max(watch_from_, stretch_first_);
  const std::uint32_t watched = id - watch_from_;
  if (far_from_ != stretch_first_) {
    far_from_ = stretch_first_;
    far_run_ = late_look;
  }
  const bool far = run >= far_run_;
  if (far) far_run_ = run + std::clamp(run, late_look, 8 * max_body);
  look_at_ = std::min(id + std::max(first_look_, watched), stretch_first_ + far_run_);
  const std::uint32_t* const end = words + word_count;
  const auto repeats = [&](std::uint32_t body, std::uint32_t times) {
    return run >= times * body && end[-1 - static_cast<std::int64_t>(body)] == end[-1] &&
           std::equal(end - (times - 1) * body, end, end - times * body);
  };
  // Looks that found nothing make the next ones rarer.
  if (!far) first_look_ = std::min(2 * first_look_, latest_look);
  if (body_hint_ > 0 && repeats(body_hint_, roll_again_after) && cooldown_of(body_hint_).over() && try_roll(body_hint_))
    return;
  const std::uint32_t longest = std::min(max_body, (far ? run : watched) / roll_after);
  // What repeats with a short period, the last `known` statements, repeats with its multiples, too: they are nothing
  // new as far back as that goes. A longer one must repeat what lies before those, too.
  std::uint32_t known = 0;
  for (std::uint32_t body = 1; body <= longest; ++body) {
    const std::int64_t before = known;
    if (end[-1 - std::int64_t{body}] != end[-1] || roll_after * body <= known) continue;
    if (known < (roll_after - 1) * body && end[-1 - before] != end[-1 - before - body]) continue;
    if (!repeats(body, roll_after)) continue;
    Cooldown& cooldown = cooldown_of(body);
    if ((cooldown.over() || (cooldown.long_ones && repeats(body, 4 * block_size))) && try_roll(body)) return;
    known = roll_after * body;
    const std::uint32_t most = roll_after * longest;
    const auto goes_on = [&](std::uint32_t step) {
      return known + step <= most && std::equal(end - known - step, end - known, end - known - step + body);
    };
    while (goes_on(32)) known += 32;
    while (goes_on(1)) ++known;
  }
}

void Stream::reserve_for_roll(std::uint32_t body) {
  std::size_t leaves = 0, active = 0, passive_slots = 0, words_of_ring = 0;
  for (std::uint32_t back = 0; back < body; ++back) {
    const Site& site = site_before(back);
    leaves += site.type->leaves;
    active += site.active;
    passive_slots += site.passive;
    words_of_ring += RollSlot::bytes(site.type->leaves) / sizeof(Word);
  }
  make_room_in(loops, 1);
  make_room_in(loop_slots, body);
  make_room_in(loop_operands, 2 * leaves);
  if (ring_.size() < words_of_ring) ring_.resize(words_of_ring);
  // What may have to be unrolled: a roll that was too short, or a repetition that was not finished.
  make_room_in(passive, (minimum_repetitions(body) + 1) * passive_slots);
  const std::uint64_t wanted = partial_count + (minimum_repetitions(body) + 1) * active;
  if (wanted > partial_capacity_) {
    const std::uint64_t capacity = std::max(2 * partial_capacity_, wanted);
    grow_to(partials, capacity);
    grow_to(ids, capacity);
    partial_capacity_ = capacity;
  }
}

// Operands at a constant distance are, or become, values of the loop itself. The sweep works in columns if those are of
// the same repetition, the statement's own value one repetition before, or from at least shortest_lag repetitions
// before; or else if every one of them is the value just before (loop_sweep.hpp). Anything else is faster as irregular
// statements. Which of them are of the same repetition depends on where the body begins: each rules out the beginnings
// between itself and its operand.
Stream::Alignment Stream::align(std::uint32_t body) noexcept {
  bool chain = true;
  const std::size_t per = recent_.size() / 3;
  const Id* const newest = recent_.data() + 2 * per;
  // excluded_[b] summed up from 0: by how many operands a body that begins at statement b is ruled out.
  std::fill(excluded_.begin(), excluded_.end(), 0);
  std::size_t o = 0;
  for (std::uint32_t j = 0; j < body; ++j) {
    const Site& site = site_before(body - 1 - j);
    const std::uint32_t active = site.active_mask();
    const Id id = next_id() - body + j;
    for (std::size_t k = 0; k < site.type->leaves; ++k) {
      if (site.constant_leaves >> k & 1u) continue;
      const std::size_t at = o++;
      const bool free = free_operands_[at] != 0;
      if (free) chain = false;
      if (!(active >> k & 1u)) continue;
      Id distance = id - newest[at];
      if (free) {
        // In all three repetitions: of the same one, or from before.
        for (std::size_t back = 1; back < 3; ++back) {
          const Id earlier = id - static_cast<Id>(back) * body - newest[at - back * per];
          if (earlier <= body) distance = std::max(distance <= body ? distance : Id{0}, earlier);
        }
        if (distance > 3 * body) continue;
      } else if (newest[at] - newest[at - per] != body || distance / body >= shortest_lag) {
        continue;
      }
      chain = chain && distance == 1;
      if (distance == body && !free) continue;
      if (distance >= body) return {};
      // Ruled out: the beginnings j - distance + 1 … j, modulo body.
      const std::uint32_t from = (j + body - distance + 1) % body;
      ++excluded_[from];
      --excluded_[j + 1];
      if (from > j) ++excluded_[0];
    }
  }
  std::int32_t ruled_out = 0;
  for (std::uint32_t b = 0; b < body; ++b) {
    ruled_out += excluded_[b];
    if (ruled_out == 0) return {.possible = true, .shift = b};
  }
  return {.possible = chain};
}

bool Stream::prepare_roll(std::uint32_t body) noexcept {
  try {
    reserve_for_roll(body);
    std::size_t per = 0;
    for (std::uint32_t back = 0; back < body; ++back)
      per += std::size_t{site_before(back).active} + site_before(back).passive;
    recent_.resize(3 * per);
    free_operands_.resize(per);
    excluded_.resize(body + 1);
  } catch (const std::bad_alloc&) {
    return false;  // irregular statements need less
  }
  return true;
}

void Stream::gather_recent(std::uint32_t statements) noexcept {
  std::uint64_t id_at = partial_count;
  std::size_t passive_at = passive.size(), to = recent_.size();
  for (std::uint32_t back = 0; back < statements; ++back) {
    const Site& site = site_before(back);
    const std::uint32_t active = site.active_mask(), passive_slots = site.passive_mask();
    if (passive_slots == 0) {
      for (std::size_t k = site.active; k-- > 0;) recent_[--to] = ids[--id_at];
      continue;
    }
    for (std::size_t k = site.type->leaves; k-- > 0;) {
      if (active >> k & 1u)
        recent_[--to] = ids[--id_at];
      else if (passive_slots >> k & 1u)
        recent_[--to] = passive[--passive_at];
    }
  }
}

bool Stream::try_roll(std::uint32_t body) noexcept {
  Cooldown& cooldown = cooldown_of(body);
  if (!prepare_roll(body)) return false;
  gather_recent(3 * body);
  const std::size_t per = recent_.size() / 3;
  const Id* const newest = recent_.data() + 2 * per;
  std::size_t free = 0;
  for (std::size_t o = 0; o < per; ++o) {
    free_operands_[o] = newest[o] - newest[o - per] != newest[o - per] - newest[o - 2 * per];
    free += free_operands_[o];
  }
  rolled_again_ = nullptr;
  // A few in a long body are worth their ids; a short one would be all of them.
  if (free * free_share <= per && begin_roll(body, cooldown)) return true;
  cooldown.failed(false);
  return false;
}

void Stream::roll_again(Site& site) noexcept {
  KnownLoop& loop = *site.again;
  const auto body = static_cast<std::uint32_t>(loop.words.size());
  const std::uint32_t seen = next_id() - stretch_first_;
  const std::uint32_t* const end = words + word_count;
  const bool repeated = seen >= body && std::equal(loop.words.begin(), loop.words.end(), end - body);
  if (repeated &&
      (seen < (1u + loop.wait) * body || !std::equal(end - loop.wait * body, end, end - (1 + loop.wait) * body)))
    return;
  if (repeated && prepare_roll(body)) {
    gather_recent(body);
    const std::size_t per = loop.steps.size();
    for (std::size_t o = 0; o < per; ++o) {
      const Id newest = recent_[2 * per + o];
      const Id step = static_cast<Id>(loop.steps[o]);
      recent_[per + o] = newest - step;
      recent_[o] = newest - 2 * step;
      free_operands_[o] = 0;
    }
    rolled_again_ = &site;
    if (begin_roll(body, cooldown_of(body))) return;
  }
  if (--loop.credit == 0) forget_loop(site);
}

/// What was rolled up is worth rolling up again where it is met again.
void Stream::know_loop() noexcept {
  Site& site = *ring_last_->site;
  if (free_per_repetition_ > 0 || site.again != nullptr) return;
  try {
    auto loop = std::make_unique<KnownLoop>();
    loop->credit = 4;
    RollSlot* slot = ring_begin();
    for (std::uint32_t j = 0; j < body_; ++j, slot = static_cast<RollSlot*>(slot->successor)) {
      loop->words.push_back(slot->site->word);
      const std::size_t leaves = slot->site->type->leaves;
      for (std::size_t k = 0; k < leaves; ++k)
        if (!(slot->site->constant_leaves >> k & 1u)) loop->steps.push_back(slot->step(leaves)[k]);
    }
    site.again = std::move(loop);
  } catch (const std::bad_alloc&) {
    return;  // it will be found again
  }
  // Its statements are to be seen by record_expected(), which asks whether the body has been repeated.
  for (Expected& place : places_)
    if (place.site == &site) place.match = nullptr;
}

void Stream::forget_loop(Site& site) noexcept {
  site.again.reset();
  for (Expected& place : places_)
    if (place.site == &site) place.match = match_of(site);
}

bool Stream::begin_roll(std::uint32_t body, Cooldown& cooldown) noexcept {
  const Alignment alignment = align(body);
  if (!alignment.possible) return false;
  body_hint_ = body;
  if (alignment.shift > 0) {
    look_at_ = next_id() + alignment.shift;
    return true;
  }
  const std::size_t per = recent_.size() / 3;
  const Id* const newest = recent_.data() + 2 * per;

  RollSlot* slot = nullptr;
  Word* memory = ring_.data();
  std::size_t o = 0;
  partials_per_repetition_ = constants_per_repetition_ = 0;
  free_per_repetition_ = 0;
  for (std::uint32_t j = 0; j < body; ++j) {
    Site& site = sites[words[word_count - body + j] >> 8];
    const std::size_t leaves = site.type->leaves;
    auto* const here = new (memory) RollSlot;
    if (slot != nullptr) slot->successor = here;
    slot = here;
    memory += RollSlot::bytes(leaves) / sizeof(Word);
    // Leaves with constants other than literals have no value to compare: record_general() is to see to them.
    slot->match = match_of(site);
    slot->location = site.location;
    slot->constants = site.constants;
    slot->rolling = true;
    slot->site = &site;
    slot->index = static_cast<std::uint16_t>(j);
    for (std::size_t k = 0; k < leaves; ++k) {
      Id next = 0, step = 0;
      if (!(site.constant_leaves >> k & 1u)) {
        if (free_operands_[o]) {
          slot->free |= static_cast<std::uint16_t>(1u << k);
          slot->match = nullptr;
          next = free_per_repetition_++;
        } else {
          step = newest[o] - newest[o - per];
          next = newest[o] + step;
        }
        ++o;
      }
      slot->first(leaves)[k] = next;
      slot->step(leaves)[k] = static_cast<std::int32_t>(step);
      // A step down is a step up modulo 2^32; the carry into the tag is taken off beforehand.
      slot->next()[k] = site.constant_leaves >> k & 1u ? 0 : handle_word(next, tag());
    }
    if (!site.type->recomputes) partials_per_repetition_ += site.active;
    if (site.streamed) constants_per_repetition_ += site.constant;
  }
  slot->successor = ring_begin();
  ring_last_ = slot;
  roll_cooldown_ = &cooldown;
  body_ = body;
  roll_first_id_ = next_id();
  roll_partials_ = loop_partial_count;
  roll_constants_ = constant_count;
  roll_free_ = free_ids.size();
  expected = ring_begin();
  last = &nothing;
  room_end = id_limit = next_id();  // other arrays are written from here on
  return true;
}

void Stream::end_roll() noexcept {
  expected = last = &nothing;
  room_end = id_limit = next_id();
  const std::uint32_t statements = next_id() - roll_first_id_;
  const std::uint32_t repetitions = statements / body_;
  const bool good = repetitions >= block_size || statements >= good_loop;
  if (good) {
    first_look_ = early_look;
    roll_cooldown_->succeeded();
    // The short loops inside: next time they are to leave the long one to be seen.
    if (body_ > 4)
      for (Expected* slot = ring_begin();; slot = slot->successor) {
        slot->site->loops.avoid();
        if (slot->successor == ring_begin()) break;
      }
  } else {
    roll_cooldown_->failed(true);
  }
  if (rolled_again_ != nullptr) {
    KnownLoop& loop = *rolled_again_->again;
    if (repetitions >= minimum_repetitions(body_))
      loop.credit = 4;
    else if (--loop.credit == 0)
      forget_loop(*rolled_again_);
    else if (repetitions == 0 && loop.wait < 2)
      ++loop.wait;
  } else if (good && statements >= known_loop) {
    know_loop();
  }
  watch_from_ = roll_first_id_;
  if (repetitions < minimum_repetitions(body_)) {
    unroll(0, statements);
    look_at_ = next_id() + late_look;
    return;
  }
  look_at_ = next_id() + late_look;
  stretch_first_ = watch_from_ = roll_first_id_ + repetitions * body_;
  Loop loop{.first_id = roll_first_id_,
            .count = repetitions,
            .body = body_,
            .first_slot = static_cast<std::uint32_t>(loop_slots.size()),
            .partials = roll_partials_,
            .constants = roll_constants_,
            .free = roll_free_,
            .free_of_each = free_per_repetition_};
  RollSlot* slot = ring_begin();
  for (std::uint32_t j = 0; j < body_; ++j, slot = static_cast<RollSlot*>(slot->successor)) {
    loop_slots.push_back({slot->site->word >> 8, static_cast<std::uint32_t>(loop_operands.size()), slot->free});
    const std::size_t leaves = slot->site->type->leaves;
    for (std::size_t k = 0; k < leaves; ++k) {
      loop_operands.push_back(slot->first(leaves)[k]);
      loop_operands.push_back(static_cast<Id>(slot->step(leaves)[k]));
    }
  }
  words[word_count++] = static_cast<std::uint32_t>(loop_word);
  loops.push_back(loop);
  largest_body_ = std::max(largest_body_, body_);
  unroll(repetitions, statements - repetitions * body_);
}

// Statements that the roll recorded become irregular ones: those of a repetition that was not finished, or of a roll
// that was too short. `first_repetition`: where they begin. There is room for all of it: see reserve_for_roll().
void Stream::unroll(std::uint32_t first_repetition, std::uint32_t statements) noexcept {
  if (statements == 0) return;
  const std::uint64_t stored_from = roll_partials_ + first_repetition * partials_per_repetition_;
  std::size_t constant_at = roll_constants_ + first_repetition * constants_per_repetition_;
  const double* stored = loop_partials + stored_from;
  loop_partial_count = stored_from;
  std::size_t free_at = roll_free_ + std::size_t{first_repetition} * free_per_repetition_;
  const std::size_t free_from = free_at;
  RollSlot* at = ring_begin();
  for (std::uint32_t t = 0; t < statements; ++t) {
    const std::uint32_t repetition = first_repetition + t / body_;
    RollSlot& slot = *at;
    at = static_cast<RollSlot*>(slot.successor);
    const Site& site = *slot.site;
    const std::size_t leaves = site.type->leaves;
    const Id id = roll_first_id_ + first_repetition * body_ + t;
    const std::uint32_t active = site.active_mask(), passive_slots = site.passive_mask();
    std::array<Id, max_leaves> leaf{};
    double* to = partials + partial_count;
    for (std::size_t k = 0; k < leaves; ++k)
      leaf[k] = slot.free >> k & 1u ? free_ids[free_at++]
                                    : slot.first(leaves)[k] + repetition * static_cast<Id>(slot.step(leaves)[k]);
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
      for (std::size_t k = 0; k < leaves; ++k) {
        column[k] = site.constant_leaves >> k & 1u ? statement_constants[c++] : values[leaf[k]];
        in[k] = &column[k];
        out[k] = &result[k];
      }
      double check = 0;
      site.type->products[0](in.data(), &values[id], &one, out.data(), &check, 1);
      if (!is_finite(check)) site.type->masked_products(in.data(), &values[id], &one, out.data(), &check, 1);
      for (std::size_t k = 0; k < leaves; ++k)
        if (active >> k & 1u) *to++ = result[k];
    } else {
      for (std::size_t k = 0; k < site.active; ++k) *to++ = *stored++;
    }
    for (std::size_t k = 0; k < leaves; ++k) {
      if (active >> k & 1u)
        ids[partial_count++] = leaf[k];
      else if (passive_slots >> k & 1u)
        passive.push_back(leaf[k]);
    }
    words[word_count++] = site.word;
  }
  free_ids.resize(free_from);
}

}  // namespace wengert::detail
