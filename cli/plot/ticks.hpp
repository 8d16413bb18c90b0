/// Where an axis has its ticks, and what they say.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "wengert/cli/plot/geometry.hpp"

namespace wengert::cli::plot {

enum class Scale : std::uint8_t { linear, log };

/// A number's text with the typographical minus, which is as wide as the plus.
[[nodiscard]] std::string with_minus(std::string_view number);

struct Tick {
  double at = 0;
  std::string label;     ///< "−0.5", or "10" below an exponent
  std::string exponent;  ///< "−5"; mostly empty
};

/// 1, 2 or 5 times a power of 10: the smallest such step that makes at most `most` of a positive, finite span.
[[nodiscard]] double nice_step(double span, int most);
/// Multiples of a nice step within the range, at most `most` + 1. The range is finite and not empty.
[[nodiscard]] std::vector<Tick> linear_ticks(Range range, int most);
/// Powers of 10 within the range, every one or every so many; 1, 2 and 5 times a power where fewer than two powers lie
/// in it. The range is positive, finite and not empty.
[[nodiscard]] std::vector<Tick> log_ticks(Range range, int most);
/// These numbers as ticks.
[[nodiscard]] std::vector<Tick> ticks_at(const std::vector<double>& numbers);

/// A range that can be drawn: finite, not empty and not too narrow for doubles, positive for a logarithmic scale;
/// widened where it is not.
[[nodiscard]] Range drawable(Range range, Scale scale);
/// The range with a little room on both sides.
[[nodiscard]] Range padded(Range range, Scale scale);

}  // namespace wengert::cli::plot
