// ADOL-C 2.7 (Debian: libadolc-dev), traced into memory: buffers large enough that no tape file is written.
#pragma once

#include <adolc/adolc.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

#include "wengert/benchmarks/race/race.hpp"

namespace race {

class Adolc {
 public:
  using Scalar = adouble;
  static constexpr std::string_view name = "adolc";
  static constexpr Role role = Role::other;

  static double value(const Scalar& s) { return s.getValue(); }

  void begin(std::span<Scalar> x, std::span<Scalar>, std::span<const double> values) {
    trace_on(tag, 1, buffer_, buffer_, buffer_, buffer_);
    for (std::size_t i = 0; i < x.size(); ++i) x[i] <<= values[i];
    inputs_ = x.size();
  }

  void end(std::span<Scalar> y) {
    results_.resize(y.size());
    for (std::size_t o = 0; o < y.size(); ++o) y[o] >>= results_[o];
    trace_off();
    if (buffer_ == first_buffer) fit_buffers();
    weights_.assign(y.size(), 0.0);
  }

  void reverse(std::span<Scalar>, std::span<Scalar> y, std::size_t output, std::span<double> gradient) {
    weights_[output] = 1.0;
    ::fos_reverse(tag, static_cast<int>(y.size()), static_cast<int>(inputs_), weights_.data(), gradient.data());
    weights_[output] = 0.0;
  }

  /// Operation codes (1 byte), locations (4), constants (8), the Taylor stack of values (8), one adjoint a live
  /// variable.
  [[nodiscard]] std::size_t bytes() const {
    const Counts counts = statistics();
    return counts[NUM_OPERATIONS] + 4 * counts[NUM_LOCATIONS] + 8 * counts[NUM_VALUES] + 8 * counts[TAY_STACK_SIZE] +
           8 * counts[NUM_MAX_LIVES];
  }

 private:
  using Counts = std::array<std::size_t, STAT_SIZE>;

  static constexpr short tag = 1;
  static constexpr unsigned int first_buffer = 1U << 26U;  // elements; rosen needs 33 million locations

  static Counts statistics() {
    Counts counts{};
    tapestats(tag, counts.data());
    return counts;
  }

  /// Allocating buffers is part of every trace_on, so after the first recording they get the size that it needed.
  void fit_buffers() {
    const Counts counts = statistics();
    buffer_ = static_cast<unsigned int>(
        1024 + std::max({counts[NUM_OPERATIONS], counts[NUM_LOCATIONS], counts[NUM_VALUES], counts[TAY_STACK_SIZE]}));
  }

  unsigned int buffer_ = first_buffer;
  std::size_t inputs_ = 0;
  std::vector<double> results_;
  std::vector<double> weights_;
};

}  // namespace race
