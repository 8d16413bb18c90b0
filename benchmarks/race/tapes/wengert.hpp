// Wengert: one recording, cleared and reused; the adjoints reused too. Everything that the engine checks is on.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

#include "wengert/autodiff/autodiff.hpp"
#include "wengert/benchmarks/race/race.hpp"

namespace race {

class Wengert {
 public:
  using Scalar = wengert::Scalar;
  static constexpr std::string_view name = "wengert";
  static constexpr Role role = Role::own;

  static double value(const Scalar& s) { return s.value(); }

  void begin(std::span<Scalar> x, std::span<Scalar>, std::span<const double> values) {
    recording_.clear();
    recording_.variables_into(values, x);
  }
  void end(std::span<Scalar>) {}

  void reverse(std::span<Scalar> x, std::span<Scalar> y, std::size_t output, std::span<double> gradient) {
    wengert::backward(y[output], adjoints_);
    adjoints_.read(x, gradient);
  }

  /// What the recording uses (entries, operand ids, partials, values, constants), and what the sweep wrote of adjoints.
  [[nodiscard]] std::size_t bytes() const {
    const wengert::RecordingStatistics statistics = recording_.statistics();
    return statistics.bytes_used + adjoints_.bytes_used();
  }

 private:
  wengert::Recording recording_;
  wengert::Adjoints adjoints_;
};

}  // namespace race
