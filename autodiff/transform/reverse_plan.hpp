// ReversePlan: in which order a chain of stages is computed, stored and reversed under a limit of memory.
//
// A chain is x[k+1] = f_k(x[k]), k = 0 … n-1. Its reverse sweep needs the recordings of the stages from the last to the
// first. Storing all of them takes n times the memory of one; storing none takes n²/2 computations. A plan lies
// between: it saves some of the states x[k], computes forward from them again, and keeps the recordings of some stages.
//
//     const ReversePlan plan = plan_uniform_chain(100000, 20);      // 20 saved states
//     std::cout << plan.report();
//
// Two planners, both optimal, each in its world: plan_uniform_chain for stages that cost the same (one recording at a
// time; Griewank and Walther 2000, "Algorithm 799: revolve"), plan_chain for stages that differ and recordings that may
// be kept (dynamic programming over memory; Beaumont, Eyraud-Dubois, Herrmann, Joly and Shilova 2019, "Optimal
// checkpointing for heterogeneous chains").
#pragma once

#include <cstddef>
#include <cstdint>
#include <source_location>
#include <span>
#include <string>
#include <vector>

namespace wengert {

/// What a planner knows of stage k of a chain.
struct ChainStage {
  double cost = 1.0;            ///< of computing it once, in any unit
  std::uint64_t state = 0;      ///< bytes of its input x[k]
  std::uint64_t recording = 0;  ///< bytes of its recording, x[k] and x[k+1] included
};

/// One step of a plan. There is one current state, x[0] to begin with.
enum class PlanAction : std::uint8_t {
  save,     ///< keep the current state x[stage]
  load,     ///< the saved x[stage] becomes the current state
  drop,     ///< forget the saved x[stage]
  compute,  ///< from the current state x[stage] to x[stage+1]
  record,   ///< the same with a recording, which is kept
  reverse,  ///< the cotangent of x[stage+1] becomes that of x[stage], by the recording, which is forgotten
};
struct PlanStep {
  PlanAction action = PlanAction::compute;
  std::uint32_t stage = 0;

  friend bool operator==(const PlanStep&, const PlanStep&) = default;
};

/// See above. x[0] is there from the beginning and is not dropped.
class ReversePlan {
 public:
  std::vector<PlanStep> steps;
  std::size_t stages = 0;
  std::size_t computed = 0;         ///< stages computed without recording, that is, more than once
  double cost = 0.0;                ///< of all `compute` and `record` steps
  double least_cost = 0.0;          ///< of computing every stage once
  std::size_t most_saved = 0;       ///< states saved at one time, x[0] not counted
  std::size_t most_recordings = 0;  ///< recordings kept at one time
  std::uint64_t peak_bytes = 0;     ///< of saved states, recordings and the current state, by what the planner was told
  std::uint64_t memory = 0;         ///< the limit; 0: none

  /// A sentence or two: what is stored, what is computed again, and what it takes.
  [[nodiscard]] std::string report() const;
};

/// For `stages` stages that cost the same, with room for `saved` states beside x[0] and for the recording of one stage.
/// The number of `compute` steps is the least possible: r·n - C(c+r, c+1), c = saved + 1, r the least number with
/// C(c+r, c) ≥ n. Time and memory grow with the number of steps. Throws ArgumentError for 2³² stages or more.
[[nodiscard]] ReversePlan plan_uniform_chain(std::size_t stages, std::size_t saved, const ChainStage& each = {},
                                             std::source_location where = std::source_location::current());

/// The cheapest plan within `memory` bytes for stages that differ. A state that was saved further on is used until all
/// behind it is reversed, and its place is free from when its own stage is recorded; no other order of actions is
/// cheaper on any of the short chains that the tests try all orders on. Sizes are rounded up to 1/512 of the memory
/// (more coarsely beyond 150 stages), so that a plan keeps the limit always. Takes n³/6 times that many steps. Throws
/// CapacityError, with the least memory that works, if there is none; ArgumentError for more than 1000 stages.
[[nodiscard]] ReversePlan plan_chain(std::span<const ChainStage> stages, std::uint64_t memory,
                                     std::source_location where = std::source_location::current());

}  // namespace wengert
