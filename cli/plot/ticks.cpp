#include "wengert/cli/plot/ticks.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <string_view>

namespace wengert::cli::plot {
namespace {

/// A multiple of `step`, with as many digits as tell it from its neighbours: "0.25", "1.5e7".
std::string label_of(double number, double step) {
  std::array<char, 64> text{};
  const auto power = [](double x) { return static_cast<int>(std::floor(std::log10(x) + 1e-9)); };
  const double magnitude = std::abs(number);
  if (std::max(magnitude, step) < 1e6 && step >= 1e-4 * (1 - 1e-9)) {
    const int decimals = std::max(0, -power(step));
    const auto end =
        std::to_chars(text.data(), text.data() + text.size(), number, std::chars_format::fixed, decimals).ptr;
    return with_minus({text.data(), static_cast<std::size_t>(end - text.data())});
  }
  if (number == 0) return "0";
  const int tens = power(magnitude), digits = std::clamp(tens - power(step), 0, 15);
  const double mantissa = number / std::pow(10.0, tens);
  const auto end =
      std::to_chars(text.data(), text.data() + text.size(), mantissa, std::chars_format::fixed, digits).ptr;
  return with_minus({text.data(), static_cast<std::size_t>(end - text.data())}) + "e" +
         with_minus(std::to_string(tens));
}

/// Trust no rounding: multiples of 0.1 are to be 0.3, not 0.30000000000000004.
double multiple(double count, double step) { return step < 1 ? count / std::round(1 / step) : count * step; }

}  // namespace

std::string with_minus(std::string_view number) {
  std::string text;
  for (const char c : number) text += c == '-' ? std::string("−") : std::string(1, c);
  return text;
}

double nice_step(double span, int most) {
  const double least = span / most;
  double power = std::pow(10.0, std::floor(std::log10(least)));
  if (!(power > 0)) power = least;
  for (const double factor : {1.0, 2.0, 5.0})
    if (factor * power >= least * (1 - 1e-9)) return factor * power;
  return 10 * power;
}

std::vector<Tick> linear_ticks(Range range, int most) {
  const double step = nice_step(range.high - range.low, most);
  const double slack = 1e-9 * (range.high - range.low);
  std::vector<Tick> ticks;
  const double first = std::ceil((range.low - slack) / step);
  for (int k = 0; k <= most; ++k) {
    const double count = first + k;
    double at = step >= 1e-15 ? multiple(count, step) : count * step;
    if (at > range.high + slack) break;
    if (count == 0) at = 0;  // not -0
    ticks.push_back({at, label_of(at, step), {}});
  }
  return ticks;
}

std::vector<Tick> log_ticks(Range range, int most) {
  const int low = static_cast<int>(std::ceil(std::log10(range.low) - 1e-9));
  const int high = static_cast<int>(std::floor(std::log10(range.high) + 1e-9));
  std::vector<Tick> ticks;
  if (high - low < 1) {
    if (range.high / range.low < 3) return linear_ticks(range, most);
    for (int power = low - 1; power <= high; ++power) {
      for (const double factor : {1.0, 2.0, 5.0}) {
        const double unit = std::pow(10.0, power), at = factor * unit;
        if (at >= range.low && at <= range.high) ticks.push_back({at, label_of(at, unit), {}});
      }
    }
    return ticks;
  }
  const int stride = std::max(1, (high - low + most - 1) / most);
  for (int power = low; power <= high; power += stride) {
    const double at = std::pow(10.0, power);
    if (low >= -3 && high <= 3)
      ticks.push_back({at, label_of(at, std::min(at, 1.0)), {}});
    else
      ticks.push_back({at, "10", with_minus(std::to_string(power))});
  }
  return ticks;
}

std::vector<Tick> ticks_at(const std::vector<double>& numbers) {
  std::vector<Tick> ticks;
  for (const double number : numbers) {
    std::array<char, 32> text{};
    const auto end = std::to_chars(text.data(), text.data() + text.size(), number).ptr;
    ticks.push_back({number, with_minus({text.data(), static_cast<std::size_t>(end - text.data())}), {}});
  }
  return ticks;
}

Range drawable(Range range, Scale scale) {
  constexpr double most = 1e300;
  if (!std::isfinite(range.low)) range.low = 0;
  if (!std::isfinite(range.high)) range.high = 1;
  if (range.low > range.high) std::swap(range.low, range.high);
  range.low = std::clamp(range.low, -most, most);
  range.high = std::clamp(range.high, -most, most);
  if (scale == Scale::log) {
    if (!(range.high > 0)) return {0.1, 10};
    range.high = std::max(range.high, 1e-300);
    if (!(range.low > 0)) range.low = range.high / 1e3;
    if (range.high < range.low * (1 + 1e-9)) return {range.low / 10, range.high * 10};
    return range;
  }
  const double magnitude = std::max(std::abs(range.low), std::abs(range.high));
  if (range.high - range.low <= 1e-9 * magnitude || range.low == range.high) {
    const double by = magnitude > 1e-290 ? 0.5 * magnitude : 1;
    return {range.low - by, range.high + by};
  }
  if (range.high - range.low < 1e-290) return {-1, 1};
  return range;
}

Range padded(Range range, Scale scale) {
  constexpr double room = 0.05;
  if (scale == Scale::log) {
    const double factor = std::exp(room * (std::log(range.high) - std::log(range.low)));
    return drawable({range.low / factor, range.high * factor}, scale);
  }
  const double by = room * (range.high - range.low);
  return drawable({range.low - by, range.high + by}, scale);
}

}  // namespace wengert::cli::plot
