// The order in which native code computes a block.
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "wengert/tests/exec/native_blocks.hpp"

using namespace wengert;
using namespace wengert::test;

namespace {

constexpr std::size_t registers = 32;

std::string text(const NativeBlock::Step& step) {
  std::string result = std::to_string(static_cast<int>(step.operation)) + " to " + std::to_string(step.to) + ", " +
                       std::to_string(step.out) + (step.quick ? " quick" : "");
  for (std::size_t k = 0; k < step.arity; ++k) result += " " + std::to_string(step.operand[k]);
  return result;
}
std::vector<std::string> sorted_texts(const NativeBlock& block) {
  std::vector<std::string> result;
  for (const NativeBlock::Step& step : block.steps) result.push_back(text(step));
  std::ranges::sort(result);
  return result;
}

/// Chains of `length` squares each, one after the other, whose ends are stored.
NativeBlock chains(std::uint32_t count, std::size_t length) {
  NativeBlock block;
  for (std::uint32_t c = 0; c < count; ++c) {
    std::uint32_t x = add_value(block, {.kind = NativeKind::column, .place = count + c});
    for (std::size_t n = 0; n < length; ++n) x = add_step(block, NativeOperation::square, {x});
    add_store(block, x, c);
  }
  return block;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(exec_schedule)

BOOST_AUTO_TEST_CASE(the_same_steps_with_the_same_results) {
  for (std::uint32_t seed = 0; seed < 200; ++seed) {
    RandomBlocks random(seed, 8, 12, false);
    const NativeBlock block = random.block(1 + seed * 3), scheduled = block.scheduled(seed % 2 == 0 ? 16 : 32);
    BOOST_TEST_REQUIRE((sorted_texts(block) == sorted_texts(scheduled)));
    auto got = random.contents<double>(3), want = got;
    // Interpreting it also sees to it that operands are there: an empty one has no elements to read.
    interpret(block, want, 3);
    interpret(scheduled, got, 3);
    for (std::size_t place = 0; place < want.size(); ++place)
      for (std::size_t i = 0; i < 3; ++i)
        BOOST_TEST(same_number(got[place][i], want[place][i]), "seed " << seed << ", column " << place);
  }
}

BOOST_AUTO_TEST_CASE(every_operand_is_computed_before_it_is_read) {
  for (std::uint32_t seed = 0; seed < 200; ++seed) {
    RandomBlocks random(seed, 8, 12, false);
    const NativeBlock block = random.block(600).scheduled(registers);
    std::vector<bool> there(block.values.size());
    for (std::size_t v = 0; v < there.size(); ++v) there[v] = block.values[v].kind != NativeKind::computed;
    for (const NativeBlock::Step& step : block.steps) {
      for (std::size_t k = 0; k < step.arity; ++k) BOOST_TEST_REQUIRE(there[step.operand[k]]);
      if (step.operation != NativeOperation::store && step.operation != NativeOperation::check) there[step.out] = true;
    }
  }
}

BOOST_AUTO_TEST_CASE(chains_do_not_wait_for_themselves) {
  constexpr std::size_t length = 20;
  const NativeBlock block = chains(4, length).scheduled(registers);
  // A square takes four cycles: four chains in turn.
  std::vector<std::size_t> made(block.values.size(), 0);
  for (std::size_t n = 0; n < block.steps.size(); ++n) {
    const NativeBlock::Step& step = block.steps[n];
    if (step.operation == NativeOperation::store) continue;
    const std::uint32_t x = step.operand[0];
    if (block.values[x].kind == NativeKind::computed) BOOST_TEST(n >= made[x] + 4, "step " << n);
    made[step.out] = n;
  }
}

BOOST_AUTO_TEST_CASE(what_is_begun_early_fits_into_the_registers) {
  // Each chain is long in a register, and all of them could begin at once.
  for (const std::size_t available : {16U, 32U}) {
    const NativeBlock block = chains(100, 3);
    BOOST_TEST(block.pressure() == 1U);
    BOOST_TEST(block.scheduled(available).pressure() <= available);
    BOOST_TEST(block.scheduled(available).pressure() >= 4U);
  }
}

BOOST_AUTO_TEST_CASE(a_column_is_read_before_it_is_stored_to) {
  // The product waits for a quotient; the store, first in time, must wait for the product.
  NativeBlock block;
  const auto x = add_value(block, {.kind = NativeKind::column, .place = 0}),
             y = add_value(block, {.kind = NativeKind::column, .place = 1}),
             z = add_value(block, {.kind = NativeKind::column, .place = 2});
  const auto quotient = add_step(block, NativeOperation::divide, {y, z});
  const auto product = add_step(block, NativeOperation::mul, {quotient, x});
  const auto square = add_step(block, NativeOperation::square, {y});
  add_store(block, square, 0);
  add_store(block, product, 3);
  const NativeBlock scheduled = block.scheduled(registers);
  const auto at = [&](const auto& is) { return std::ranges::find_if(scheduled.steps, is) - scheduled.steps.begin(); };
  const auto store = at([](const auto& step) { return step.operation == NativeOperation::store && step.to == 0; });
  const auto read = at([&](const auto& step) { return step.out == product; });
  BOOST_TEST(read < store);
  BOOST_TEST(at([&](const auto& step) { return step.out == square; }) < read);
}

BOOST_AUTO_TEST_SUITE_END()
