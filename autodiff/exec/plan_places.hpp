// Places: where in the arena the values of a plan lie.
#pragma once

#include <cstddef>

#include "wengert/autodiff/exec/plan.hpp"

namespace wengert::exec {

/// Whole lines of 64 bytes.
[[nodiscard]] std::size_t rounded(std::size_t bytes);
[[nodiscard]] std::size_t bytes_in_arena(const Type& type);

/// The slot that has the memory of a slot: itself, unless it is an alias or a part of another.
[[nodiscard]] SlotId holder(const Plan& plan, SlotId slot);

/// Where in the arena the elements of a slot begin whose holder lies there.
[[nodiscard]] std::size_t offset_in_arena(const Plan& plan, SlotId slot);

/// Both have the same memory.
[[nodiscard]] bool same_place(const Plan& plan, SlotId a, SlotId b);

/// The group reads slot `old` element for element only, so that a result of the type `result` may replace it.
[[nodiscard]] bool overwritable(const Plan& plan, const FusedStep& group, SlotId old, const Type& result);

/// Gives every value of the arena its place, from the step that writes it to the last that reads it; a group writes
/// over what it is the last to read, where it may. Sets arena_bytes and least_bytes.
void place(Plan& plan);

/// Groups that move more than caches hold, and write what this run does not read again, are to write past the caches.
void choose_streams(Plan& plan);

/// Bytes that a group, or any step, reads and writes in memory, each operand once.
[[nodiscard]] std::size_t moved_by(const Plan& plan, const FusedStep& group);
[[nodiscard]] std::size_t moved_by(const Plan& plan, const PlanStep& step);

}  // namespace wengert::exec
