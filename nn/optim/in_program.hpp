// Optimiser::InProgram: an optimiser's step as part of a program. The update of each parameter is recorded; moments lie
// in the optimiser, where the program writes them, so that its state() is what it would be without a program.
//
//     Optimiser::InProgram step(optimiser, parameters);       // moments are there from now on
//     for each trained k: RecordedUpdate u{…}; step.record(k, u);
//     …
//     for each trained k: numbers = step.numbers(k);          // of the next step, at the optimiser's rate
//     program.run(workspace);
//     step.made();
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <source_location>
#include <span>
#include <utility>
#include <vector>

#include "wengert/nn/optim/optimiser.hpp"

namespace wengert::nn {

class Optimiser::InProgram {
 public:
  /// Refers to the optimiser. Throws as Optimiser::step does for parameters.
  InProgram(Optimiser& optimiser, std::span<const Parameter> parameters, std::source_location where);

  /// Groups and state of the optimiser are still those that it was made for.
  [[nodiscard]] bool is_current() const noexcept { return revision_ == optimiser_.revision_; }
  [[nodiscard]] bool checks_finite() const noexcept { return optimiser_.check_finite_; }
  /// Parameter k takes part in steps.
  [[nodiscard]] bool trained(std::size_t k) const;
  /// Optimiser::record: false where it is not known. Sets weight_decay and maximise.
  [[nodiscard]] bool record(std::size_t k, RecordedUpdate& update) const;
  [[nodiscard]] std::size_t moments() const noexcept { return optimiser_.moments().size(); }
  /// Moment m of parameter k, which may be written.
  [[nodiscard]] Array& moment(std::size_t k, std::size_t m);
  /// Optimiser::numbers of the next step.
  [[nodiscard]] std::array<double, 3> numbers(std::size_t k) const;
  [[nodiscard]] Dtype dtype(std::size_t k) const { return slot(k).type.dtype; }
  /// Parameters of one kind and dtype have the same numbers at every step.
  [[nodiscard]] std::pair<std::ptrdiff_t, std::int64_t> kind(std::size_t k) const;
  /// A step was made.
  void made();

 private:
  [[nodiscard]] Optimiser::Slot& slot(std::size_t k) const { return optimiser_.slots_[places_[k]]; }

  Optimiser& optimiser_;
  std::vector<std::size_t> places_;
  std::int64_t revision_;
};

}  // namespace wengert::nn
