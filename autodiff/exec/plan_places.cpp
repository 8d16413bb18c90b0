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

/// Memory that is one value's, or that of several which replace each other: from the step that writes it first to the
/// last that reads it.
struct Block {
  std::size_t bytes, offset;
  std::uint32_t first, last;
};

/// Gives blocks other offsets, the largest first, each the lowest that is free all of its time; the bytes that this
/// takes. One after the other as they are written, large ones would find nothing between small ones.
std::size_t place_by_size(std::vector<Block>& blocks) {
  std::vector<std::size_t> order(blocks.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::stable_sort(order, [&](std::size_t a, std::size_t b) { return blocks[a].bytes > blocks[b].bytes; });
  std::vector<std::size_t> placed;  // by offset
  std::size_t end = 0;
  for (const std::size_t k : order) {
    Block& block = blocks[k];
    block.offset = 0;
    for (const std::size_t other : placed) {
      const Block& there = blocks[other];
      if (there.first > block.last || there.last < block.first) continue;
      if (block.offset + block.bytes <= there.offset) break;
      block.offset = std::max(block.offset, there.offset + there.bytes);
    }
    const auto behind =
        std::ranges::upper_bound(placed, block.offset, {}, [&](std::size_t p) { return blocks[p].offset; });
    placed.insert(behind, k);
    end = std::max(end, block.offset + block.bytes);
  }
  return end;
}
/// The time is quadratic in the blocks.
constexpr std::size_t most_blocks_by_size = 3000;

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
  std::size_t now = 0;
  std::vector<bool> placed(plan.slots.size(), false);  // holders: some part of them may have been written
  std::vector<Block> blocks;
  std::vector<std::size_t> block_of(plan.slots.size(), 0);
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
        blocks[block_of[*old]].last = last[store.slot];
        placed[store.slot] = true;
        store.over = true;
        dying.erase(old);
      }
    }
    for_writes(step, [&](SlotId slot) {
      const SlotId whole = holder(plan, slot);
      Slot& result = plan.slots[whole];
      if (result.home != Slot::Home::arena || placed[whole]) return;
      placed[whole] = true;
      result.offset = arena.take(bytes_in_arena(result.type));
      block_of[whole] = blocks.size();
      blocks.push_back({bytes_in_arena(result.type), result.offset, n, last[whole]});
      now += bytes_in_arena(result.type);
      plan.least_bytes = std::max(plan.least_bytes, now);
    });
    for_writes(step, note_dying);  // written, but never read
    for (const SlotId old : dying) {
      arena.give(plan.slots[old].offset, bytes_in_arena(plan.slots[old].type));
      now -= bytes_in_arena(plan.slots[old].type);
    }
  }
  plan.arena_bytes = arena.size();
  if (blocks.size() > most_blocks_by_size) return;
  const std::size_t by_size = place_by_size(blocks);
  if (by_size >= plan.arena_bytes) return;
  plan.arena_bytes = by_size;
  for (SlotId slot = 0; slot < plan.slots.size(); ++slot)
    if (placed[slot]) plan.slots[slot].offset = blocks[block_of[slot]].offset;
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
