// Where the values of a program lie: close to the least memory that could do, and never two that are needed at once in
// one place. (That results are right, whatever lies where: random.cpp, rows.cpp and the others.)
#include <boost/test/unit_test.hpp>

#include "wengert/autodiff/autodiff.hpp"
#include "wengert/autodiff/exec/capture.hpp"
#include "wengert/autodiff/exec/plan.hpp"
#include "wengert/autodiff/exec/plan_places.hpp"
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

BOOST_AUTO_TEST_SUITE_END()
