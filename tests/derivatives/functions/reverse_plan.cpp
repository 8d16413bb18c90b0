// Plans of a reverse sweep in little memory: executed on a model of the machine, compared with the best there is.
#include "wengert/autodiff/transform/reverse_plan.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <map>
#include <queue>
#include <random>
#include <string>
#include <tuple>
#include <vector>

#include "wengert/graph/error.hpp"

namespace {

using namespace wengert;

/// Runs a plan on a machine that has states and recordings, not numbers. False: a step asks for what is not there.
struct Machine {
  std::vector<ChainStage> stages;
  std::uint64_t peak = 0;
  double cost = 0;

  bool run(const ReversePlan& plan) {
    const std::size_t n = stages.size();
    std::vector<bool> saved(n + 1), recorded(n);
    saved[0] = true;
    std::size_t current = 0, left = n;
    const auto bytes = [&](std::size_t transient) {
      std::uint64_t sum = 0;
      for (std::size_t k = 1; k < n; ++k) sum += saved[k] ? stages[k].state : 0;
      for (std::size_t k = 0; k < n; ++k) sum += recorded[k] ? stages[k].recording : 0;
      if (transient > 0 && transient < n) sum += stages[transient].state;
      peak = std::max(peak, sum);
    };
    for (const auto [action, k] : plan.steps) {
      switch (action) {
        case PlanAction::save:
          if (current != k || saved[k]) return false;
          saved[k] = true;
          break;
        case PlanAction::load:
          if (!saved[k] && !(k > 0 && recorded[k - 1])) return false;
          current = k;
          break;
        case PlanAction::drop:
          if (!saved[k] || k == 0) return false;
          saved[k] = false;
          break;
        case PlanAction::compute:
          if (current != k) return false;
          cost += stages[k].cost;
          current = k + 1;
          bytes(current);
          break;
        case PlanAction::record:
          if (current != k || recorded[k]) return false;
          cost += stages[k].cost;
          recorded[k] = true;
          current = k + 1;
          break;
        case PlanAction::reverse:
          if (left != k + 1 || !recorded[k]) return false;
          bytes(0);
          recorded[k] = false;
          left = k;
          current = std::numeric_limits<std::size_t>::max();
          break;
      }
      bytes(0);
    }
    return left == 0;
  }
};

BOOST_AUTO_TEST_SUITE(reverse_plans)

BOOST_AUTO_TEST_CASE(uniform_plans_work_and_compute_as_little_as_possible) {
  constexpr std::size_t most = 70;
  // least[c][n]: computations that n stages need with c saved states, x[0] among them; by trying every first part.
  std::vector<std::vector<std::size_t>> least(9, std::vector<std::size_t>(most + 1, 0));
  for (std::size_t n = 1; n <= most; ++n) least[1][n] = n * (n - 1) / 2;
  for (std::size_t c = 2; c < least.size(); ++c)
    for (std::size_t n = 2; n <= most; ++n) {
      least[c][n] = least[c - 1][n];
      for (std::size_t first = 1; first < n; ++first)
        least[c][n] = std::min(least[c][n], first + least[c - 1][n - first] + least[c][first]);
    }
  for (std::size_t c = 1; c < least.size(); ++c)
    for (std::size_t n = 0; n <= most; ++n) {
      const ReversePlan plan = plan_uniform_chain(n, c - 1, {.cost = 1, .state = 10, .recording = 100});
      Machine machine{std::vector<ChainStage>(n, ChainStage{.cost = 1, .state = 10, .recording = 100})};
      BOOST_REQUIRE(machine.run(plan));
      BOOST_REQUIRE_EQUAL(plan.computed, least[c][n]);
      BOOST_REQUIRE_EQUAL(plan.most_saved <= c - 1, true);
      BOOST_REQUIRE_EQUAL(plan.most_recordings, n == 0 ? 0u : 1u);
      BOOST_REQUIRE_EQUAL(plan.cost, machine.cost);
      BOOST_REQUIRE_EQUAL(plan.peak_bytes, machine.peak);
    }
}

BOOST_AUTO_TEST_CASE(a_long_uniform_plan_keeps_to_the_formula) {
  // n = 100 000, c = 21: r = 4 is the least with C(c + r, c) >= n? C(25, 4) = 12 650 < n <= C(26, 5) = 65 780 < n <=
  // C(27, 6) = 296 010, so r = 6; r·n - C(c + r, c + 1) = 600 000 - C(27, 22) = 600 000 - 80 730.
  const ReversePlan plan = plan_uniform_chain(100000, 20);
  BOOST_TEST(plan.computed == 600000u - 80730u);
  BOOST_TEST(plan.most_saved == 20u);
  Machine machine{std::vector<ChainStage>(2000)};
  BOOST_TEST(machine.run(plan_uniform_chain(2000, 1999)));
  BOOST_TEST(plan_uniform_chain(2000, 1999).computed == 1999u);
  BOOST_CHECK_THROW(static_cast<void>(plan_uniform_chain(std::size_t{1} << 32, 1)), ArgumentError);
}

/// The least cost of reversing a chain within `memory`, over all orders of the machine's actions: shortest paths.
double least_cost(const std::vector<ChainStage>& stages, std::uint64_t memory) {
  const std::size_t n = stages.size(), nowhere = n + 1;
  using State = std::tuple<unsigned, unsigned, std::size_t, std::size_t>;  // saved, recorded, current, left
  const auto bytes = [&](unsigned saved, unsigned recorded, std::size_t more) {
    std::uint64_t sum = more > 0 && more < n ? stages[more].state : 0;
    for (std::size_t k = 1; k < n; ++k) sum += saved >> k & 1u ? stages[k].state : 0;
    for (std::size_t k = 0; k < n; ++k) sum += recorded >> k & 1u ? stages[k].recording : 0;
    return sum;
  };
  std::map<State, double> best;
  std::priority_queue<std::pair<double, State>, std::vector<std::pair<double, State>>, std::greater<>> open;
  const auto reach = [&](double cost, State state) {
    const auto [place, fresh] = best.emplace(state, cost);
    if (!fresh && place->second <= cost) return;
    place->second = cost;
    open.emplace(cost, state);
  };
  reach(0, {1u, 0u, 0, n});
  while (!open.empty()) {
    const auto [cost, state] = open.top();
    open.pop();
    if (best[state] < cost) continue;
    const auto [saved, recorded, current, left] = state;
    if (left == 0) return cost;
    for (std::size_t k = 0; k < n; ++k) {
      const unsigned bit = 1u << k;
      if ((saved & bit) || (k > 0 && recorded >> (k - 1) & 1u)) reach(cost, {saved, recorded, k, left});
      if (k > 0 && (saved & bit)) reach(cost, {saved & ~bit, recorded, current, left});
    }
    if (current < n) {
      const unsigned bit = 1u << current;
      // The current state counts, unless something else holds it.
      const bool held = current == 0 || (saved & bit) || recorded >> (current - 1) & 1u;
      if (!(saved & bit) && bytes(saved | bit, recorded, 0) <= memory)
        reach(cost, {saved | bit, recorded, current, left});
      const std::uint64_t moving = bytes(saved, recorded, current + 1) + (held ? 0 : stages[current].state);
      if (moving <= memory) reach(cost + stages[current].cost, {saved, recorded, current + 1, left});
      if (!(recorded & bit) && bytes(saved, recorded | bit, 0) <= memory)
        reach(cost + stages[current].cost, {saved, recorded | bit, current + 1, left});
    }
    if (recorded >> (left - 1) & 1u) reach(cost, {saved, recorded & ~(1u << (left - 1)), nowhere, left - 1});
  }
  return std::numeric_limits<double>::infinity();
}

BOOST_AUTO_TEST_CASE(chain_plans_keep_the_limit_and_no_order_is_cheaper) {
  std::mt19937 random(20261126);
  const auto draw = [&](int low, int high) { return std::uniform_int_distribution<int>(low, high)(random); };
  std::size_t planned = 0, impossible = 0, recomputing = 0;
  for (int round = 0; round < 400; ++round) {
    std::vector<ChainStage> stages(static_cast<std::size_t>(draw(1, 5)));
    std::uint64_t all = 0;
    for (ChainStage& stage : stages) {
      // Of 512, the units of the planner: nothing is rounded. A recording holds its result.
      stage = {.cost = static_cast<double>(draw(1, 9)), .state = static_cast<std::uint64_t>(draw(5, 60))};
    }
    for (std::size_t k = 0; k < stages.size(); ++k) {
      stages[k].recording =
          (k + 1 < stages.size() ? stages[k + 1].state : 10) + static_cast<std::uint64_t>(draw(0, 150));
      all += stages[k].recording;
    }
    constexpr std::uint64_t memory = 512;
    const std::uint64_t scale_to = static_cast<std::uint64_t>(draw(60, 600));
    for (ChainStage& stage : stages) {  // so that memory is short more often
      stage.recording = std::max<std::uint64_t>(stage.recording * 512 / scale_to, 1);
      stage.state = stage.state * 512 / scale_to;
    }
    const double best = least_cost(stages, memory);
    if (best == std::numeric_limits<double>::infinity()) {
      BOOST_CHECK_THROW(static_cast<void>(plan_chain(stages, memory)), CapacityError);
      ++impossible;
      continue;
    }
    ReversePlan plan;
    BOOST_REQUIRE_NO_THROW(plan = plan_chain(stages, memory));
    Machine machine{stages};
    BOOST_REQUIRE(machine.run(plan));
    BOOST_REQUIRE_EQUAL(plan.cost, machine.cost);
    BOOST_REQUIRE_EQUAL(plan.cost, best);
    BOOST_REQUIRE_LE(machine.peak, memory);
    BOOST_REQUIRE_GE(plan.peak_bytes, machine.peak);
    BOOST_REQUIRE_LE(plan.peak_bytes, memory);
    ++planned;
    if (plan.computed > 0) ++recomputing;
  }
  BOOST_TEST_MESSAGE(planned << " planned, " << recomputing << " of them compute again, " << impossible
                             << " impossible");
  BOOST_TEST(planned > 100u);
  BOOST_TEST(recomputing > 50u);
  BOOST_TEST(impossible > 10u);
}

BOOST_AUTO_TEST_CASE(more_memory_is_never_dearer_and_enough_stores_everything) {
  std::vector<ChainStage> stages;
  std::uint64_t all = 0;
  for (int k = 0; k < 40; ++k) {
    stages.push_back({.cost = 1.0 + k % 3, .state = 1000u + 100u * static_cast<unsigned>(k % 5), .recording = 9000});
    all += 9000;
  }
  double before = std::numeric_limits<double>::infinity();
  for (std::uint64_t memory = 20000; memory <= all; memory *= 2) {
    const ReversePlan plan = plan_chain(stages, memory);
    Machine machine{stages};
    BOOST_TEST(machine.run(plan));
    BOOST_TEST(machine.peak <= memory);
    BOOST_TEST(plan.cost <= before);
    before = plan.cost;
  }
  const ReversePlan everything = plan_chain(stages, all + all / 10);
  BOOST_TEST(everything.computed == 0u);
  BOOST_TEST(everything.report() ==
             "40 stages: all recordings are kept, nothing is computed again; at most 352 KiB of 387 KiB.");
  BOOST_CHECK_EXCEPTION(static_cast<void>(plan_chain(stages, 8999)), CapacityError, [](const CapacityError& e) {
    return std::string(e.what()).find("no plan reverses 40 stages within 8999 bytes") != std::string::npos;
  });
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
