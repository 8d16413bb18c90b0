/// How far two doubles are apart, in units in the last place.
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <string>

namespace wengert::cli::lecture {

/// The number of doubles from a to b; both are finite.
[[nodiscard]] inline std::int64_t ulps_between(double a, double b) {
  const auto order = [](double x) {
    const auto bits = std::bit_cast<std::int64_t>(x);
    return bits < 0 ? INT64_MIN - bits : bits;
  };
  return order(a) < order(b) ? order(b) - order(a) : order(a) - order(b);
}

/// The largest distance among pairs.
class Agreement {
 public:
  void compare(double a, double b) { most_ = std::max(most_, ulps_between(a, b)); }
  [[nodiscard]] std::int64_t most() const noexcept { return most_; }
  /// "the same bits", "equal but for 2 units in the last place"
  [[nodiscard]] std::string text() const {
    if (most_ == 0) return "the same bits";
    return "equal but for " + std::to_string(most_) + (most_ == 1 ? " unit" : " units") + " in the last place";
  }

 private:
  std::int64_t most_ = 0;
};

}  // namespace wengert::cli::lecture
