// The clock of runs that are timed: see Program::Workspace::time_steps.
#pragma once

#include <chrono>

#include "wengert/autodiff/exec/program.hpp"

namespace wengert::exec {

/// Adds the time from its making to finished() to `to`; null: measures nothing.
class StepClock {
 public:
  explicit StepClock(StepTime* to) : to_(to) {
    if (to_ != nullptr) begin_ = Clock::now();
  }
  void finished() const {
    if (to_ != nullptr) to_->add(std::chrono::duration<double>(Clock::now() - begin_).count());
  }

 private:
  using Clock = std::chrono::steady_clock;
  StepTime* to_;
  Clock::time_point begin_{};
};

}  // namespace wengert::exec
