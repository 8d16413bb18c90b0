#include "wengert/cli/plot/theme.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

namespace wengert::cli::plot {
namespace {

using Colours = std::array<std::string_view, 6>;

// Blue, vermilion, bluish green, reddish purple, orange, sky blue; on black the light ones come first.
constexpr Colours on_white{"#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9"};
constexpr Colours on_black{"#56b4e9", "#e69f00", "#1fc79a", "#cc79a7", "#f0e442", "#d55e00"};
constexpr Colours greys{"#000000", "#5a5a5a", "#000000", "#808080", "#333333", "#808080"};
constexpr std::array<std::string_view, 6> dashes{"", "9 5", "2 4", "12 4 2 4", "16 5", "5 3"};

using Rgb = std::array<double, 3>;

struct Ramp {
  Rgb quiet, strong;
};

Ramp ramp(Theme theme) {
  switch (theme) {
    case Theme::dark:
      return {{70, 90, 110}, {86, 180, 233}};
    case Theme::print:
      return {{190, 190, 190}, {70, 70, 70}};
    default:
      return {{176, 208, 228}, {0, 90, 150}};
  }
}

Rgb parsed(std::string_view colour) {
  Rgb rgb{};
  for (std::size_t k = 0; k < rgb.size(); ++k) {
    unsigned value = 0;
    const char* const digits = colour.data() + 1 + 2 * k;
    std::from_chars(digits, digits + 2, value, 16);
    rgb[k] = value;
  }
  return rgb;
}

/// The colour at `t` of the way from one to another.
std::string between(const Rgb& from, const Rgb& to, double t) {
  std::string text = "#";
  for (std::size_t k = 0; k < from.size(); ++k) {
    constexpr std::string_view digits = "0123456789abcdef";
    const auto value = static_cast<std::size_t>(std::lround(std::lerp(from[k], to[k], t)));
    text += {digits[value / 16], digits[value % 16]};
  }
  return text;
}

/// Relative luminance of WCAG 2.1, 0 to 1.
double luminance(std::string_view colour) {
  const Rgb rgb = parsed(colour);
  constexpr Rgb weights{0.2126, 0.7152, 0.0722};
  double sum = 0;
  for (std::size_t k = 0; k < rgb.size(); ++k) {
    const double share = rgb[k] / 255;
    sum += weights[k] * (share <= 0.03928 ? share / 12.92 : std::pow((share + 0.055) / 1.055, 2.4));
  }
  return sum;
}

}  // namespace

double contrast(std::string_view a, std::string_view b) {
  const double first = luminance(a), second = luminance(b);
  return (std::max(first, second) + 0.05) / (std::min(first, second) + 0.05);
}

std::string text_colour(Theme theme, std::size_t style) {
  const Surroundings colours = surroundings(theme);
  const Rgb from = parsed(series_colour(theme, style)), to = parsed(colours.ink);
  for (int tenth = 0; tenth < 10; ++tenth) {
    std::string colour = between(from, to, tenth / 10.0);
    if (contrast(colour, colours.background) >= 4.5) return colour;
  }
  return std::string(colours.ink);
}

Surroundings surroundings(Theme theme) {
  if (theme == Theme::dark) return {"#16181d", "#f2f2f2", "#b4b8c0", "#343841"};
  if (theme == Theme::print) return {"#ffffff", "#000000", "#404040", "#dcdcdc"};
  return {"#ffffff", "#1a1a1a", "#555555", "#e4e4e4"};
}

std::string_view series_colour(Theme theme, std::size_t style) {
  const Colours& colours = theme == Theme::dark ? on_black : theme == Theme::print ? greys : on_white;
  return colours[style % colours.size()];
}

std::string_view series_dashes(std::size_t style) { return dashes[style % dashes.size()]; }

std::string mixed(std::string_view from, std::string_view to, double t) {
  return between(parsed(from), parsed(to), std::clamp(t, 0.0, 1.0));
}

std::string graded_colour(Theme theme, double t) {
  const Ramp ends = ramp(theme);
  return between(ends.quiet, ends.strong, std::clamp(t, 0.0, 1.0));
}

}  // namespace wengert::cli::plot
