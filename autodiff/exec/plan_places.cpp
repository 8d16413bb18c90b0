#include "wengert/autodiff/exec/plan_places.hpp"

#include <algorithm>
#include <numeric>

#include "wengert/autodiff/exec/arena.hpp"

namespace wengert::exec {

namespace {

template <class F>
void for_reads(const PlanStep& step, F&& f) {
  if (const auto* group = std::get_if<FusedStep>(&step)) {
    for (const Load& load : group->loads) f(load.slot);
  } else if (const auto* kernel = std::get_if<KernelStep>(&step)) {
    for (const SlotId slot : kernel->operands) f(slot);
  } else if (const auto* total = std::get_if<TotalStep>(&step)) {
    f(total->tiles);
  } else if (const auto* update = std::get_if<UpdateStep>(&step)) {
    f(update->a);
    f(update->b);
    if (update->scale != no_slot) f(update->scale);
  } else {
    f(std::get<CopyStep>(step).from);
  }
}
template <class F>
void for_writes(const PlanStep& step, F&& f) {
  if (const auto* group = std::get_if<FusedStep>(&step)) {
    for (const Store& store : group->stores) f(store.slot);
  } else if (const auto* kernel = std::get_if<KernelStep>(&step)) {
    f(kernel->result);
  } else if (const auto* total = std::get_if<TotalStep>(&step)) {
    f(total->result);
  } else if (const auto* copy = std::get_if<CopyStep>(&step)) {
    f(copy->to);
  }
}

}  // namespace

std::size_t rounded(std::size_t bytes) {
  constexpr std::size_t line = 64;
  return (bytes + line - 1) / line * line;
}
std::size_t bytes_in_arena(const Type& type) { return rounded(byte_size(type)); }

SlotId holder(const Plan& plan, SlotId slot) {
  while (plan.slots[slot].home == Slot::Home::alias || plan.slots[slot].home == Slot::Home::part)
    slot = static_cast<SlotId>(plan.slots[slot].index);
  return slot;
}

std::size_t offset_in_arena(const Plan& plan, SlotId slot) {
  std::size_t offset = 0;
  while (plan.slots[slot].home != Slot::Home::arena) {
    if (plan.slots[slot].home == Slot::Home::part) offset += plan.slots[slot].offset;
    slot = static_cast<SlotId>(plan.slots[slot].index);
  }
  return offset + plan.slots[slot].offset;
}

bool same_place(const Plan& plan, SlotId a, SlotId b) {
  const Slot &x = plan.slots[holder(plan, a)], &y = plan.slots[holder(plan, b)];
  if (x.home != y.home) return false;
  return x.home == Slot::Home::arena ? offset_in_arena(plan, a) == offset_in_arena(plan, b)
                                     : holder(plan, a) == holder(plan, b);
}

bool overwritable(const Plan& plan, const FusedStep& group, SlotId old, const Type& result) {
  if (size_of(plan.slots[old].type.dtype) != size_of(result.dtype)) return false;
  return std::all_of(group.loads.begin(), group.loads.end(), [&](const Load& load) {
    if (holder(plan, load.slot) != old) return true;
    if (load.mode != Load::Mode::direct || load.start != 0) return false;
    std::int64_t step = 1;
    for (std::size_t axis = group.axes.rank(); axis-- > 0;) {
      if (load.stride[axis] != step) return false;
      step *= group.axes[axis];
    }
    return true;
  });
}

namespace {

/// Where in its holder a slot begins.
std::size_t offset_in_holder(const Plan& plan, SlotId slot) {
  std::size_t offset = 0;
  for (; plan.slots[slot].home == Slot::Home::alias || plan.slots[slot].home == Slot::Home::part;
       slot = static_cast<SlotId>(plan.slots[slot].index))
    if (plan.slots[slot].home == Slot::Home::part) offset += plan.slots[slot].offset;
  return offset;
}

/// Bytes begin … end - 1 of a value that a step reads or writes.
struct Touch {
  SlotId slot = no_slot;  // the holder
  std::size_t begin = 0, end = 0;
};
Touch whole_of(const Plan& plan, SlotId slot) {
  const std::size_t begin = offset_in_holder(plan, slot);
  return {holder(plan, slot), begin, begin + byte_size(plan.slots[slot].type)};
}
Touch read_by(const Plan& plan, const FusedStep& group, const Load& load) {
  std::int64_t lowest = load.start, highest = load.start;
  for (std::size_t axis = 0; axis < group.axes.rank(); ++axis)
    (load.stride[axis] < 0 ? lowest : highest) += (group.axes[axis] - 1) * load.stride[axis];
  const std::size_t begin = offset_in_holder(plan, load.slot), size = size_of(plan.slots[load.slot].type.dtype);
  return {holder(plan, load.slot), begin + static_cast<std::size_t>(lowest) * size,
          begin + static_cast<std::size_t>(highest + 1) * size};
}
template <class F>
void for_touches(const Plan& plan, const PlanStep& step, F&& f) {
  const auto* group = std::get_if<FusedStep>(&step);
  if (group != nullptr && group->axes.size() > 0)
    for (const Load& load : group->loads) f(read_by(plan, *group, load));
  else
    for_reads(step, [&](SlotId slot) { f(whole_of(plan, slot)); });
  for_writes(step, [&](SlotId slot) { f(whole_of(plan, slot)); });
}

/// A piece of a block: the bytes from `begin` on, in use from the step that touches them first to the last.
struct Piece {
  std::size_t begin = 0, bytes = 0;
  std::uint32_t first = 0, last = 0;
};
/// Memory that is one value's, or that of several which replace each other. Of what is written or read part by part (a
/// concatenation, the slices of a product over all time steps) some parts are in use sooner or longer than others.
struct Block {
  std::size_t bytes = 0, offset = 0;
  std::vector<Piece> pieces{};  // one after the other
};
/// Blocks of fewer bytes have one piece; no block has more than so many.
constexpr std::size_t least_in_pieces = std::size_t{32} << 10, most_pieces = 256;

/// Finds the pieces of each block from what steps touch.
class Pieces {
 public:
  explicit Pieces(std::size_t blocks) : touches_(blocks) {}

  void touch(std::size_t block, std::size_t begin, std::size_t end, std::uint32_t step) {
    constexpr std::size_t line = 64;
    touches_[block].push_back({begin / line * line, rounded(end), step});
  }
  [[nodiscard]] std::vector<Piece> of(std::size_t block, std::size_t bytes) const {
    std::vector<std::size_t> cuts{0, bytes};
    for (const Step& step : touches_[block]) cuts.insert(cuts.end(), {step.begin, step.end});
    std::ranges::sort(cuts);
    cuts.erase(std::ranges::unique(cuts).begin(), cuts.end());
    if (bytes < least_in_pieces || cuts.size() > most_pieces + 1) cuts = {0, bytes};
    std::vector<Piece> pieces;
    for (std::size_t k = 0; k + 1 < cuts.size(); ++k)
      pieces.push_back({cuts[k], cuts[k + 1] - cuts[k], 0xFFFFFFFFu, 0});
    for (const Step& step : touches_[block]) {
      const auto first = std::ranges::upper_bound(cuts, step.begin) - cuts.begin() - 1;
      for (auto k = static_cast<std::size_t>(first); k < pieces.size() && pieces[k].begin < step.end; ++k) {
        pieces[k].first = std::min(pieces[k].first, step.step);
        pieces[k].last = std::max(pieces[k].last, step.step);
      }
    }
    return pieces;
  }

 private:
  struct Step {
    std::size_t begin, end;
    std::uint32_t step;
  };
  std::vector<std::vector<Step>> touches_;  // by block
};

/// Gives blocks other offsets, the largest first, each the lowest that is free all of its time; the bytes that this
/// takes. One after the other as they are written, large ones would find nothing between small ones.
std::size_t place_by_size(std::vector<Block>& blocks) {
  std::vector<std::size_t> order(blocks.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::stable_sort(order, [&](std::size_t a, std::size_t b) { return blocks[a].bytes > blocks[b].bytes; });
  std::vector<Piece> placed;                               // `begin` in the arena, by which they are sorted
  std::vector<std::pair<std::size_t, std::size_t>> taken;  // offsets between these two, both apart, are not free
  std::size_t end = 0;
  for (const std::size_t k : order) {
    Block& block = blocks[k];
    block.offset = 0;
    taken.clear();
    for (const Piece& piece : block.pieces) {
      for (const Piece& there : placed) {
        if (there.first > piece.last || there.last < piece.first) continue;
        const std::size_t high = there.begin + there.bytes, low = piece.begin + piece.bytes;
        if (high <= piece.begin) continue;
        // Below 0 there is nothing: an offset that it forbids is one that begins before the arena.
        if (block.pieces.size() > 1) {
          taken.emplace_back(there.begin < low ? 0 : there.begin - low + 1, high - piece.begin);
        } else {
          if (block.offset + piece.bytes <= there.begin) break;
          block.offset = std::max(block.offset, high);
        }
      }
    }
    std::ranges::sort(taken);
    for (const auto& [low, high] : taken) {
      if (block.offset < low) break;
      block.offset = std::max(block.offset, high);
    }
    for (Piece piece : block.pieces) {
      piece.begin += block.offset;
      placed.insert(std::ranges::upper_bound(placed, piece.begin, {}, &Piece::begin), piece);
    }
    end = std::max(end, block.offset + block.bytes);
  }
  return end;
}
/// The time is quadratic in the pieces.
constexpr std::size_t most_pieces_by_size = 3000;

/// The most bytes that are in use in a step.
std::size_t most_in_use(const std::vector<Block>& blocks, std::size_t steps) {
  std::vector<std::size_t> begins(steps + 1, 0), ends(steps + 2, 0);
  for (const Block& block : blocks) {
    for (const Piece& piece : block.pieces) {
      if (piece.first > piece.last) continue;  // nobody touches it
      begins[std::min<std::size_t>(piece.first, steps)] += piece.bytes;
      ends[std::min<std::size_t>(piece.last, steps) + 1] += piece.bytes;
    }
  }
  std::size_t now = 0, most = 0;
  for (std::size_t n = 0; n <= steps; ++n) {
    now += begins[n];
    now -= ends[n];
    most = std::max(most, now);
  }
  return most;
}

}  // namespace

void place(Plan& plan) {
  constexpr std::uint32_t never = 0xFFFFFFFFu;
  std::vector<std::uint32_t> last(plan.slots.size(), 0);
  for (std::uint32_t n = 0; n < plan.steps.size(); ++n) {
    const auto note = [&](SlotId slot) { last[holder(plan, slot)] = n; };
    for_reads(plan.steps[n], note);
    for_writes(plan.steps[n], note);
  }
  for (const SlotId output : plan.outputs) last[holder(plan, output)] = never;
  Arena arena;
  constexpr std::size_t nowhere = static_cast<std::size_t>(-1);
  std::vector<Block> blocks;
  std::vector<std::size_t> block_of(plan.slots.size(), nowhere);  // of holders, once some part of them is written
  for (std::uint32_t n = 0; n < plan.steps.size(); ++n) {
    PlanStep& step = plan.steps[n];
    std::vector<SlotId> dying;
    const auto note_dying = [&](SlotId slot) {
      const SlotId old = holder(plan, slot);
      if (plan.slots[old].home == Slot::Home::arena && last[old] == n && std::ranges::find(dying, old) == dying.end())
        dying.push_back(old);
    };
    for_reads(step, note_dying);
    if (auto* group = std::get_if<FusedStep>(&step)) {
      for (Store& store : group->stores) {
        if (plan.slots[store.slot].home != Slot::Home::arena) continue;
        // Over an operand that is read element for element, and by nothing else.
        const auto old = std::ranges::find_if(dying, [&](SlotId slot) {
          return bytes_in_arena(plan.slots[slot].type) == bytes_in_arena(plan.slots[store.slot].type) &&
                 overwritable(plan, *group, slot, plan.slots[store.slot].type);
        });
        if (old == dying.end()) continue;
        plan.slots[store.slot].offset = plan.slots[*old].offset;
        block_of[store.slot] = block_of[*old];
        store.over = true;
        dying.erase(old);
      }
    }
    for_writes(step, [&](SlotId slot) {
      const SlotId whole = holder(plan, slot);
      Slot& result = plan.slots[whole];
      if (result.home != Slot::Home::arena || block_of[whole] != nowhere) return;
      result.offset = arena.take(bytes_in_arena(result.type));
      block_of[whole] = blocks.size();
      blocks.push_back({bytes_in_arena(result.type), result.offset});
    });
    for_writes(step, note_dying);  // written, but never read
    for (const SlotId old : dying) arena.give(plan.slots[old].offset, bytes_in_arena(plan.slots[old].type));
  }
  plan.arena_bytes = arena.size();
  Pieces pieces(blocks.size());
  const auto touch = [&](const Touch& touched, std::uint32_t n) {
    if (const std::size_t block = block_of[touched.slot]; block != nowhere)
      pieces.touch(block, touched.begin, touched.end, n);
  };
  for (std::uint32_t n = 0; n < plan.steps.size(); ++n)
    for_touches(plan, plan.steps[n], [&](const Touch& touched) { touch(touched, n); });
  for (const SlotId output : plan.outputs) touch(whole_of(plan, holder(plan, output)), never);
  std::size_t count = 0;
  for (std::size_t k = 0; k < blocks.size(); ++k) {
    blocks[k].pieces = pieces.of(k, blocks[k].bytes);
    count += blocks[k].pieces.size();
  }
  plan.least_bytes = most_in_use(blocks, plan.steps.size());
  if (count > most_pieces_by_size) return;
  const std::size_t by_size = place_by_size(blocks);
  if (by_size >= plan.arena_bytes) return;
  plan.arena_bytes = by_size;
  for (SlotId slot = 0; slot < plan.slots.size(); ++slot)
    if (block_of[slot] != nowhere) plan.slots[slot].offset = blocks[block_of[slot]].offset;
}

void choose_streams(Plan& plan) {
  std::vector<bool> read_later(plan.slots.size(), false);  // holders
  for (std::size_t n = plan.steps.size(); n-- > 0;) {
    if (auto* group = std::get_if<FusedStep>(&plan.steps[n]))
      group->streams =
          moved_by(plan, *group) >= kernels::far_bytes && std::ranges::all_of(group->stores, [&](const Store& store) {
            return store.once || (!store.over && plan.slots[store.slot].type.dtype == group->dtype &&
                                  plan.slots[holder(plan, store.slot)].home == Slot::Home::arena &&
                                  !read_later[holder(plan, store.slot)]);
          });
    for_reads(plan.steps[n], [&](SlotId slot) { read_later[holder(plan, slot)] = true; });
  }
}

std::size_t moved_by(const Plan& plan, const FusedStep& group) {
  std::size_t bytes = 0;
  for (const Load& load : group.loads) bytes += byte_size(plan.slots[load.slot].type);
  for (const Store& store : group.stores) bytes += byte_size(plan.slots[store.slot].type);
  return bytes;
}

std::size_t moved_by(const Plan& plan, const PlanStep& step) {
  if (const auto* group = std::get_if<FusedStep>(&step)) return moved_by(plan, *group);
  std::size_t bytes = 0;
  const auto add = [&](SlotId slot) { bytes += byte_size(plan.slots[slot].type); };
  if (const auto* kernel = std::get_if<KernelStep>(&step)) {
    for (const SlotId slot : kernel->operands) add(slot);
    add(kernel->result);
  } else if (const auto* total = std::get_if<TotalStep>(&step)) {
    add(total->tiles);
    add(total->result);
  } else if (const auto* update = std::get_if<UpdateStep>(&step)) {
    for (const SlotId slot : {update->a, update->b, update->state, update->state}) add(slot);
  } else {
    add(std::get<CopyStep>(step).from);
    add(std::get<CopyStep>(step).to);
  }
  return bytes;
}

}  // namespace wengert::exec
