// Where the values of a program lie: close to the least memory that could do, and never two that are needed at once in
// one place. (That results are right, whatever lies where: random.cpp, rows.cpp and the others.)
#include <boost/test/unit_test.hpp>

#include "wengert/autodiff/autodiff.hpp"
#include "wengert/autodiff/exec/capture.hpp"
#include "wengert/autodiff/exec/plan.hpp"
#include "wengert/autodiff/exec/plan_places.hpp"
#include "wengert/autodiff/exec/program.hpp"
#include "wengert/tests/exec/checked.hpp"

using namespace wengert;
using namespace wengert::test;

namespace {

/// Loss and gradients of a recurrent net whose steps have values of several sizes, and of layers of unlike widths.
exec::Plan plan_of_gradients(std::int64_t steps) {
  Recording r;
  std::vector<Tensor> in{r.variable(random_tensor({40, 60})), r.variable(random_tensor({100, 40})),
                         r.variable(random_tensor({steps, 16, 60}))};
  Tensor h = r.variable(random_tensor({16, 40}));
  in.push_back(h);
  Tensor wide = matmul(h, transpose(in[1]));
  for (std::int64_t k = 0; k < steps; ++k) {
    const Tensor x = reshape(slice(in[2], {k, 0, 0}, {k + 1, 16, 60}), {16, 60});
    h = tanh(h + matmul(x, transpose(in[0])));
    wide = sigmoid(wide + matmul(h, transpose(in[1])));
  }
  const Tensor loss = sum(square(wide)) + sum(h);
  std::vector<Tensor> out = gradient(loss, in);
  out.push_back(loss);
  const std::vector<detail::AnyHandle> inputs(in.begin(), in.end()), outputs(out.begin(), out.end());
  const exec::Captured captured = exec::capture(r, inputs, outputs, "test", std::source_location::current());
  return exec::plan(captured.graph, {}, {});
}

}  // namespace

BOOST_AUTO_TEST_SUITE(places)

BOOST_AUTO_TEST_CASE(values_take_hardly_more_than_is_needed_at_once) {
  for (const std::int64_t steps : {1, 3, 12, 40}) {
    const exec::Plan plan = plan_of_gradients(steps);
    BOOST_TEST(plan.arena_bytes >= plan.least_bytes);
    BOOST_TEST(static_cast<double>(plan.arena_bytes) <= 1.02 * static_cast<double>(plan.least_bytes),
               steps << " steps: " << plan.arena_bytes << " bytes, at least " << plan.least_bytes);
  }
}

BOOST_AUTO_TEST_CASE(values_that_are_needed_at_once_do_not_overlap) {
  const exec::Plan plan = plan_of_gradients(12);
  constexpr std::size_t nowhere = static_cast<std::size_t>(-1);
  struct Life {
    std::size_t first = nowhere, last = 0;
  };
  std::vector<Life> lives(plan.slots.size());
  std::vector<std::vector<exec::SlotId>> over(plan.slots.size());
  for (std::size_t n = 0; n < plan.steps.size(); ++n) {
    const auto touch = [&](exec::SlotId slot) {
      Life& life = lives[exec::holder(plan, slot)];
      life.first = std::min(life.first, n);
      life.last = std::max(life.last, n);
    };
    if (const auto* group = std::get_if<exec::FusedStep>(&plan.steps[n])) {
      for (const exec::Load& load : group->loads) touch(load.slot);
      for (const exec::Store& store : group->stores) touch(store.slot);
    } else if (const auto* kernel = std::get_if<exec::KernelStep>(&plan.steps[n])) {
      for (const exec::SlotId slot : kernel->operands) touch(slot);
      touch(kernel->result);
    } else if (const auto* total = std::get_if<exec::TotalStep>(&plan.steps[n])) {
      touch(total->tiles), touch(total->result);
    } else if (const auto* copy = std::get_if<exec::CopyStep>(&plan.steps[n])) {
      touch(copy->from), touch(copy->to);
    }
  }
  for (const exec::SlotId output : plan.outputs) lives[exec::holder(plan, output)].last = plan.steps.size();
  const auto in_arena = [&](exec::SlotId s) {
    return plan.slots[s].home == exec::Slot::Home::arena && lives[s].first != nowhere;
  };
  std::size_t pairs = 0;
  for (exec::SlotId a = 0; a < plan.slots.size(); ++a) {
    for (exec::SlotId b = 0; b < a; ++b) {
      if (!in_arena(a) || !in_arena(b)) continue;
      // What is written over another begins in the step in which the other ends.
      if (lives[a].first >= lives[b].last || lives[b].first >= lives[a].last) continue;
      const std::size_t begin_a = plan.slots[a].offset, begin_b = plan.slots[b].offset;
      const bool apart = begin_a + exec::bytes_in_arena(plan.slots[a].type) <= begin_b ||
                         begin_b + exec::bytes_in_arena(plan.slots[b].type) <= begin_a;
      BOOST_TEST(apart, "slots " << a << " and " << b);
      ++pairs;
    }
  }
  BOOST_TEST(pairs > 100u);
}

/// A recurrence whose inputs are slices of one product, and whose gradient by the weight is a product of what all steps
/// leave one under the other: values that are read and written part by part.
BOOST_AUTO_TEST_CASE(
    parts_of_values_take_memory_only_while_they_are_needed_and_nothing_is_overwritten_before_it_is_read) {
  constexpr std::int64_t steps = 8, batch = 16, width = 64;
  Recording r;
  const Tensor w = r.variable(random_tensor({width, width})), u = r.variable(random_tensor({width, width}));
  const Tensor x = r.variable(random_tensor({steps * batch, width}));
  const Tensor all = matmul(x, transpose(u));
  Tensor h = r.variable(random_tensor({batch, width}));
  const std::vector<Tensor> in{w, u, x, h};
  for (std::int64_t k = 0; k < steps; ++k)
    h = tanh(slice(all, {k * batch, 0}, {(k + 1) * batch, width}) + matmul(h, transpose(w)));
  std::vector<Tensor> out = gradient(sum(h), std::vector{w, u});
  out.push_back(sum(h));
  const Program program(r, in, out);
  const exec::Plan plan = exec::plan(program.graph(), {}, {});
  // Whose each line of the arena is: what a step reads has to be there still.
  constexpr std::size_t line = 64;
  std::vector<exec::SlotId> owner(plan.arena_bytes / line + 1, exec::no_slot);
  std::size_t reads = 0, shared = 0, whole = 0;
  const auto lines = [&](exec::SlotId slot, std::int64_t first, std::int64_t last, bool writes) {
    const exec::SlotId holder = exec::holder(plan, slot);
    if (plan.slots[holder].home != exec::Slot::Home::arena) return;
    const std::size_t begin = exec::offset_in_arena(plan, slot), size = size_of(plan.slots[slot].type.dtype);
    const std::size_t from = (begin + static_cast<std::size_t>(first) * size) / line;
    const std::size_t to = (begin + static_cast<std::size_t>(last) * size + size - 1) / line;
    for (std::size_t at = from; at <= to; ++at) {
      if (writes) {
        owner[at] = holder;
      } else if (owner[at] != holder) {
        BOOST_ERROR("slot " << slot << ", line " << at << " is another's");
        return;
      }
    }
    reads += writes ? 0 : 1;
  };
  const auto all_of = [&](exec::SlotId slot, bool writes) {
    lines(slot, 0, plan.slots[slot].type.shape.size() - 1, writes);
  };
  for (const exec::PlanStep& step : plan.steps) {
    if (const auto* group = std::get_if<exec::FusedStep>(&step)) {
      for (const exec::Load& load : group->loads) {
        std::int64_t first = load.start, last = load.start;
        for (std::size_t axis = 0; axis < group->axes.rank(); ++axis)
          (load.stride[axis] < 0 ? first : last) += load.stride[axis] * (group->axes[axis] - 1);
        lines(load.slot, first, last, false);
      }
      for (const exec::Store& store : group->stores) all_of(store.slot, true);
    } else if (const auto* kernel = std::get_if<exec::KernelStep>(&step)) {
      for (const exec::SlotId slot : kernel->operands) all_of(slot, false);
      all_of(kernel->result, true);
    } else if (const auto* total = std::get_if<exec::TotalStep>(&step)) {
      all_of(total->tiles, false), all_of(total->result, true);
    } else if (const auto* copy = std::get_if<exec::CopyStep>(&step)) {
      all_of(copy->from, false), all_of(copy->to, true);
    }
  }
  for (const exec::SlotId output : plan.outputs) all_of(output, false);
  BOOST_TEST(reads > 50u);
  // The product over all steps and the gradients of its slices lie in the same place, and more with them.
  for (exec::SlotId slot = 0; slot < plan.slots.size(); ++slot) {
    if (plan.slots[slot].home != exec::Slot::Home::arena) continue;
    const std::size_t bytes = exec::bytes_in_arena(plan.slots[slot].type);
    if (bytes == static_cast<std::size_t>(steps * batch * width) * sizeof(double)) ++whole;
    shared += bytes;
  }
  BOOST_TEST(whole >= 2u);
  BOOST_TEST(shared > 2 * plan.arena_bytes);
  BOOST_TEST(plan.arena_bytes >= plan.least_bytes);
  BOOST_TEST(static_cast<double>(plan.arena_bytes) <= 1.1 * static_cast<double>(plan.least_bytes));
  // Others lie within it between its first step and its last.
  std::vector<std::size_t> first(plan.slots.size(), plan.steps.size()), last(plan.slots.size(), 0);
  for (std::size_t n = 0; n < plan.steps.size(); ++n) {
    const auto touch = [&](exec::SlotId slot) {
      const exec::SlotId holder = exec::holder(plan, slot);
      first[holder] = std::min(first[holder], n), last[holder] = std::max(last[holder], n);
    };
    if (const auto* kernel = std::get_if<exec::KernelStep>(&plan.steps[n])) {
      for (const exec::SlotId slot : kernel->operands) touch(slot);
      touch(kernel->result);
    } else if (const auto* group = std::get_if<exec::FusedStep>(&plan.steps[n])) {
      for (const exec::Load& load : group->loads) touch(load.slot);
      for (const exec::Store& store : group->stores) touch(store.slot);
    }
  }
  std::size_t within = 0;
  const auto in_arena = [&](exec::SlotId slot) {
    return plan.slots[slot].home == exec::Slot::Home::arena && first[slot] < plan.steps.size();
  };
  for (exec::SlotId a = 0; a < plan.slots.size(); ++a) {
    for (exec::SlotId b = 0; b < plan.slots.size(); ++b) {
      if (!in_arena(a) || !in_arena(b) || first[a] >= last[b] || first[b] >= last[a]) continue;
      const std::size_t begin = plan.slots[a].offset, end = begin + exec::bytes_in_arena(plan.slots[a].type);
      if (a != b && plan.slots[b].offset >= begin && plan.slots[b].offset < end) ++within;
    }
  }
  BOOST_TEST(within > 0u);
}

BOOST_AUTO_TEST_SUITE_END()
