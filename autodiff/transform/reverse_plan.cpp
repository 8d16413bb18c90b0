#include "wengert/autodiff/transform/reverse_plan.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <limits>
#include <utility>

#include "wengert/autodiff/ops/hook.hpp"
#include "wengert/graph/error.hpp"

namespace wengert {

namespace {

/// Appends steps and counts what they take.
class Planner {
 public:
  Planner(ReversePlan& plan, std::span<const ChainStage> stages) : plan_(plan), stages_(stages) {}

  void add(PlanAction action, std::size_t stage) {
    plan_.steps.push_back({action, static_cast<std::uint32_t>(stage)});
    const ChainStage& s = of(stage);
    switch (action) {
      case PlanAction::save:
        plan_.most_saved = std::max(plan_.most_saved, ++saved_);
        bytes_ += s.state;
        break;
      case PlanAction::drop:
        --saved_;
        bytes_ -= s.state;
        break;
      case PlanAction::load:
        current_ = stage;
        break;
      case PlanAction::compute:
        ++plan_.computed;
        plan_.cost += s.cost;
        peak(state_bytes(stage) + state_bytes(stage + 1));
        current_ = stage + 1;
        break;
      case PlanAction::record:
        plan_.most_recordings = std::max(plan_.most_recordings, ++recordings_);
        plan_.cost += s.cost;
        bytes_ += s.recording;
        current_ = 0;  // the recording has it
        break;
      case PlanAction::reverse:
        peak(0);
        --recordings_;
        bytes_ -= s.recording;
        break;
    }
    peak(current_ == 0 ? 0 : state_bytes(current_));
  }

 private:
  [[nodiscard]] const ChainStage& of(std::size_t stage) const {
    return stages_.size() == 1 ? stages_[0] : stages_[stage];
  }
  /// What the current state takes; the last one belongs to nobody, and x[0] to the caller.
  [[nodiscard]] std::uint64_t state_bytes(std::size_t stage) const {
    return stage == 0 || stage >= plan_.stages ? 0 : of(stage).state;
  }
  void peak(std::uint64_t more) { plan_.peak_bytes = std::max(plan_.peak_bytes, bytes_ + more); }

  ReversePlan& plan_;
  std::span<const ChainStage> stages_;
  std::size_t saved_ = 0, recordings_ = 0, current_ = 0;
  std::uint64_t bytes_ = 0;
};

/// C(n, k), or the largest number there is.
std::uint64_t binomial(std::uint64_t n, std::uint64_t k) {
  constexpr auto most = std::numeric_limits<std::uint64_t>::max();
  k = std::min(k, n - k);
  std::uint64_t result = 1;
  for (std::uint64_t i = 1; i <= k; ++i) {
    if (result > most / (n - k + i)) return most;
    result = result * (n - k + i) / i;
  }
  return result;
}

/// How many stages the first part has when n stages are reversed with c saved states, x[0] among them.
std::uint64_t first_part(std::uint64_t n, std::uint64_t c) {
  std::uint64_t r = 1;
  while (binomial(c + r, c) < n) ++r;
  // Neither part may need more repetitions than its share: r - 1 for the first, r for the second.
  const std::uint64_t rest_at_most = binomial(c - 1 + r, c - 1);
  const std::uint64_t rest_at_least = binomial(c + r - 2, c - 1);
  std::uint64_t first = n > rest_at_most ? n - rest_at_most : 1;
  if (r >= 2) first = std::max(first, binomial(c + r - 2, c));
  first = std::min(first, n > rest_at_least ? n - rest_at_least : 1);
  return WENGERT_INDEX("uniform plan: first part", std::max<std::uint64_t>(first, 1));
}

}  // namespace

ReversePlan plan_uniform_chain(std::size_t stages, std::size_t saved, const ChainStage& each,
                               std::source_location where) {
  if (stages >= 0xFFFFFFFFu) {
    throw ArgumentError{{.operation = "plan_uniform_chain",
                         .problem = std::to_string(stages) + " stages",
                         .expected = "fewer than 4294967295",
                         .where = where}};
  }
  ReversePlan plan;
  plan.stages = stages;
  plan.least_cost = static_cast<double>(stages) * each.cost;
  Planner planner(plan, std::span(&each, 1));
  // What is left to reverse, from the first to the last: stages [first, end), x[first] saved (or x[0]).
  struct Segment {
    std::size_t first, end, room;
  };
  std::vector<Segment> open;
  if (stages > 0) open.push_back({0, stages, saved});
  std::size_t at = 0;  // of the current state; no_state after a reversal
  constexpr std::size_t no_state = std::numeric_limits<std::size_t>::max();
  const auto go_to = [&](std::size_t first, std::size_t target) {
    if (at == no_state || at > target || at < first) {
      planner.add(PlanAction::load, first);
      at = first;
    }
    for (; at < target; ++at) planner.add(PlanAction::compute, at);
  };
  while (!open.empty()) {
    const Segment segment = open.back();
    const std::size_t n = segment.end - segment.first;
    if (n == 1 || segment.room == 0) {
      for (std::size_t k = segment.end; k-- > segment.first;) {
        go_to(segment.first, k);
        planner.add(PlanAction::record, k);
        planner.add(PlanAction::reverse, k);
        at = no_state;
      }
      open.pop_back();
      if (segment.first != 0) planner.add(PlanAction::drop, segment.first);
      continue;
    }
    const std::size_t middle = segment.first + first_part(n, segment.room + 1);
    go_to(segment.first, middle);
    planner.add(PlanAction::save, middle);
    open.back().end = middle;
    open.push_back({middle, segment.end, segment.room - 1});
  }
  return plan;
}

namespace {

/// The least cost of reversing stages [first, end) of a chain, by dynamic programming over the room in memory, in
/// units. x[first] is either held by somebody else (x[0], or the result in a recording), or ours: then it is the
/// current state at the beginning, and takes room from when it is saved until stage `first`, the last to be reversed,
/// is recorded.
class ChainTables {
 public:
  ChainTables(std::span<const ChainStage> stages, std::uint64_t memory, std::size_t units)
      : n_(stages.size()), units_(units), memory_(memory), stages_(stages) {
    for (const ChainStage& stage : stages) {
      state_.push_back(rounded(stage.state));
      recording_.push_back(rounded(stage.recording));
    }
    for (Table& table : tables_) table.assign(n_ * (n_ + 1) * (units_ + 1), {});
    for (std::size_t length = 1; length <= n_; ++length)
      for (std::size_t first = 0; first + length <= n_; ++first)
        for (std::size_t room = 0; room <= units_; ++room)
          for (const bool ours : {false, true})
            tables_[ours ? 1 : 0][at(first, first + length, room)] = best(first, first + length, room, ours);
  }
  [[nodiscard]] double cost() const { return cost(0, n_, units_, false); }

  void emit(Planner& planner) const {
    struct Task {
      std::size_t first, end, room;
      bool ours, saved;
      bool is_step = false;
      PlanStep step{};
    };
    std::vector<Task> tasks{{0, n_, units_, false, false}};
    while (!tasks.empty()) {
      const Task task = tasks.back();
      tasks.pop_back();
      const auto [first, end, room, ours, saved, is_step, step] = task;
      if (is_step) {
        planner.add(step.action, step.stage);
        continue;
      }
      // The last thing to do is pushed first.
      const auto later = [&](PlanAction action, std::size_t stage) {
        tasks.push_back({0, 0, 0, false, false, true, {action, static_cast<std::uint32_t>(stage)}});
      };
      const std::size_t distance = tables_[ours ? 1 : 0][at(first, end, room)].distance;
      if (distance == 0) {
        if (saved) planner.add(PlanAction::drop, first);
        planner.add(PlanAction::record, first);
        later(PlanAction::reverse, first);
        if (end - first > 1) tasks.push_back({first + 1, end, room - recording_[first], false, false});
        continue;
      }
      const std::size_t middle = first + distance;
      if (ours && !saved) planner.add(PlanAction::save, first);
      for (std::size_t k = first; k < middle; ++k) planner.add(PlanAction::compute, k);
      tasks.push_back({first, middle, room, ours, ours});
      later(PlanAction::load, first);
      tasks.push_back({middle, end, room - (ours ? state_[first] : 0), true, false});
    }
  }

 private:
  /// What to do first: record stage `first` and keep the recording (distance 0), or compute on to first + distance,
  /// reverse what is behind that, and come back.
  struct Choice {
    double cost = std::numeric_limits<double>::infinity();
    std::size_t distance = 0;
  };
  using Table = std::vector<Choice>;

  [[nodiscard]] std::size_t at(std::size_t first, std::size_t end, std::size_t room) const {
    return (first * (n_ + 1) + end) * (units_ + 1) + room;
  }
  [[nodiscard]] double cost(std::size_t first, std::size_t end, std::size_t room, bool ours) const {
    return first == end ? 0.0 : tables_[ours ? 1 : 0][at(first, end, room)].cost;
  }
  /// In units, rounded up.
  [[nodiscard]] std::size_t rounded(std::uint64_t bytes) const {
    if (bytes == 0) return 0;
    if (bytes > memory_) return units_ + 1;
    return static_cast<std::size_t>(
        std::ceil(static_cast<double>(bytes) / static_cast<double>(memory_) * static_cast<double>(units_)));
  }
  [[nodiscard]] Choice best(std::size_t first, std::size_t end, std::size_t room, bool ours) const {
    Choice choice;
    if (WENGERT_HOLDS("chain plan: the recording fits", recording_[first] <= room))
      choice.cost = stages_[first].cost + cost(first + 1, end, room - recording_[first], false);
    const std::size_t taken = ours ? state_[first] : 0;
    if (taken > room) return choice;
    double forward = 0.0;
    std::size_t before = 0;
    for (std::size_t middle = first + 1; middle < end; ++middle) {
      forward += stages_[middle - 1].cost;
      // Both ends of a step are there while it is computed, and every later middle passes through this step.
      if (WENGERT_HOLDS("chain plan: the states do not fit", taken + before + state_[middle] > room)) break;
      before = state_[middle];
      const double total = forward + cost(middle, end, room - taken, true) + cost(first, middle, room, ours);
      if (WENGERT_HOLDS("chain plan: cheaper", total < choice.cost)) choice = {total, middle - first};
    }
    return choice;
  }

  std::size_t n_, units_;
  std::uint64_t memory_;
  std::span<const ChainStage> stages_;
  std::vector<std::size_t> state_, recording_;
  Table tables_[2];  // x[first] is held by others; is ours
};

std::size_t units_for(std::size_t stages) {
  constexpr double most_steps = 3e8;
  const double n = static_cast<double>(stages);
  return static_cast<std::size_t>(std::clamp(most_steps / (n * n * n / 6.0 + 1.0), 24.0, 512.0));
}

}  // namespace

ReversePlan plan_chain(std::span<const ChainStage> stages, std::uint64_t memory, std::source_location where) {
  if (stages.size() > 1000) {
    throw ArgumentError{{.operation = "plan_chain",
                         .problem = std::to_string(stages.size()) + " stages",
                         .expected = "at most 1000",
                         .where = where,
                         .hint = "make several stages one, or plan_uniform_chain if they are alike"}};
  }
  ReversePlan plan;
  plan.stages = stages.size();
  plan.memory = memory;
  if (stages.empty()) return plan;
  for (const ChainStage& stage : stages) plan.least_cost += stage.cost;
  const std::size_t units = units_for(stages.size());
  const ChainTables tables(stages, memory, units);
  if (!(tables.cost() < std::numeric_limits<double>::infinity())) {
    // The least that any plan needs, by halving; far below n³ once more, for only few sizes are tried.
    std::uint64_t low = memory, high = std::max<std::uint64_t>(memory, 1);
    while (!(ChainTables(stages, high, 24).cost() < std::numeric_limits<double>::infinity())) high *= 2;
    while (high - low > high / 64 + 1) {
      const std::uint64_t middle = low + (high - low) / 2;
      (ChainTables(stages, middle, 24).cost() < std::numeric_limits<double>::infinity() ? high : low) = middle;
    }
    throw CapacityError{{.operation = "plan_chain",
                         .problem = "no plan reverses " + std::to_string(stages.size()) + " stages within " +
                                    std::to_string(memory) + " bytes",
                         .expected = "about " + std::to_string(high) + " bytes or more",
                         .where = where}};
  }
  Planner planner(plan, stages.size() == 1 ? stages.first(1) : stages);
  tables.emit(planner);
  return plan;
}

namespace {

std::string bytes_text(std::uint64_t bytes) {
  constexpr const char* units[] = {"B", "KiB", "MiB", "GiB", "TiB"};
  double value = static_cast<double>(bytes);
  std::size_t unit = 0;
  while (value >= 1024.0 && unit + 1 < std::size(units)) {
    value /= 1024.0;
    ++unit;
  }
  char text[48];
  std::snprintf(text, sizeof text, unit == 0 ? "%.0f %s" : "%.3g %s", value, units[unit]);
  return text;
}
std::string counted(std::size_t count, const std::string& what) {
  return std::to_string(count) + " " + what + (count == 1 ? "" : "s");
}

}  // namespace

std::string ReversePlan::report() const {
  std::string text = counted(stages, "stage") + ": ";
  if (computed == 0) {
    text += "all recordings are kept, nothing is computed again";
  } else {
    char times[32];
    std::snprintf(times, sizeof times, "%.3g", least_cost > 0.0 ? cost / least_cost : 1.0);
    text += "at most " + counted(most_saved, "saved state") + " and " + counted(most_recordings, "recording") +
            " at a time, " + counted(computed, "stage") + " computed again, " + times +
            " times the cost of computing every stage once";
  }
  if (peak_bytes != 0) text += "; at most " + bytes_text(peak_bytes);
  if (memory != 0) text += " of " + bytes_text(memory);
  return text + ".";
}

}  // namespace wengert
