// StudentWork: a calculation as a student works it. Numbers of the student's own take the place of what would be
// computed, a rule may be done wrong, and what follows from them is what the next number is held against.
//
// Reading order: Uncertain, Lapse, OwnNumbers, StudentWork.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "wengert/autodiff/explain/steps.hpp"

namespace wengert::detail {

/// Numbers and their uncertainties: what the rounding of earlier numbers may make of them.
struct Uncertain {
  Array value;
  Array slack;
};

/// One thing that goes wrong in a sweep: one of the three.
struct Lapse {
  /// The local derivative ∂step/∂operand is taken for 1.
  struct LeftOut {
    std::size_t step, operand;
  };
  /// At a quantity with several users only the contribution of one is kept, or all but that.
  struct FanOut {
    std::size_t quantity, user;
    bool keep;
  };
  std::optional<Mutation> rule{};
  std::optional<LeftOut> left_out{};
  std::optional<FanOut> fan_out{};
};

/// A number that a student wrote, known to its last decimal.
struct OwnNumber {
  std::int64_t element = 0;
  double value = 0;
  double unit = 0;  ///< of the last decimal; 0 of what is exact
};
using OwnNumbers = std::map<std::size_t, std::vector<OwnNumber>>;            ///< by quantity
using OwnLocals = std::map<std::pair<std::size_t, std::size_t>, OwnNumber>;  ///< by step and operand

/// `computed` with the student's numbers in their places; of another dtype than f64 unchanged.
[[nodiscard]] Uncertain replaced(const Uncertain& computed, const std::vector<OwnNumber>& numbers);

class StudentWork {
 public:
  /// The calculation as it is. `active`: the nodes that y's derivative flows along.
  StudentWork(const Dependence& d, const Steps& steps, std::vector<bool> active);
  /// The same with other values, and all that is computed from them.
  [[nodiscard]] StudentWork with_values(const OwnNumbers& values) const;

  [[nodiscard]] const Steps& steps() const noexcept { return steps_; }
  [[nodiscard]] const Dependence& dependence() const noexcept { return *d_; }
  /// The operands of a step that derivatives flow into.
  [[nodiscard]] const std::vector<std::size_t>& operands(std::size_t step) const { return operands_[step]; }
  [[nodiscard]] bool depends(std::size_t quantity) const { return active_[steps_.nodes()[quantity]]; }
  [[nodiscard]] Type type(std::size_t quantity) const { return d_->graph().type(steps_.nodes()[quantity]); }

  /// A value as it follows from the values of the steps before it: `at`, by quantity.
  [[nodiscard]] Uncertain value_from(std::size_t quantity, std::span<const Uncertain> at) const;
  [[nodiscard]] Array value(std::size_t quantity) const { return d_->elements(steps_.nodes()[quantity]); }
  /// ∂step/∂operand of numbers, with one rule done wrong if asked for.
  [[nodiscard]] double local(std::size_t step, std::size_t operand, const Mutation* rule = nullptr) const;
  /// The sweep from y down to quantity `last`. Gives what arrives at each quantity, before the student's own number
  /// takes its place for what follows.
  [[nodiscard]] std::vector<Uncertain> sweep(const OwnNumbers& adjoints, const OwnLocals& locals,
                                             const Lapse* lapse = nullptr, std::size_t last = 0) const;

 private:
  std::shared_ptr<const Dependence> owned_;  // of other values
  const Dependence* d_;
  Steps steps_;
  std::vector<bool> active_;
  std::vector<std::vector<std::size_t>> operands_;
};

}  // namespace wengert::detail
