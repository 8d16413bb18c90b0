/// The palettes; see theme.hpp.
#include "wengert/graph/drawing/theme.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace wengert::graph {

namespace {

// Fills are light tints (dark ones in the dark theme), lines the Okabe-Ito colour itself, darkened (lightened) where
// thin lines need it. Text has a contrast of 7 : 1 at least on its fill.
constexpr Palette light{
    .background = "#FFFFFF",
    .text = "#1A1A1A",
    .faint = "#6B6B6B",
    .line = "#4A4A4A",
    .adjoint = "#8A2F68",
    .role =
        {
            {"#E4F1FB", "#0072B2", "#111111"},  // input
            {"#D6F0E4", "#00734F", "#111111"},  // parameter
            {"#F1F1F1", "#F1F1F1", "#333333"},  // constant
            {"#FFFFFF", "#555555", "#111111"},  // operation
            {"#EFEFEF", "#666666", "#111111"},  // folded
            {"#FFFFFF", "#999999", "#555555"},  // elsewhere
        },
    .output = {"#FDE8D0", "#B84A00", "#111111"},
    .gradient = {{"#F7E8F1", "#9A3D77", "#111111"}, {"#FFF6CC", "#8A6D00", "#111111"}},
    .tie = {"#C58AB0", "#C2AC4C"},
    .scope = {"#F6F8FA", "#B8C4CE", "#44505A"},
    .scope_fill = {"#FCF4F9", "#FFFCEB"},
    .repetition = {"#F4F4FF", "#5A5AA8", "#3C3C8C"},
    .alarm = "#D00000",
    .mark = {{"#FFD9D2", "#D00000", "#111111"},   // culprit
             {"#D8F0DC", "#1A7F37", "#111111"},   // added
             {"#FBE0E0", "#B02A2A", "#111111"},   // removed
             {"#FFF0C2", "#9A6700", "#111111"}},  // changed
};

constexpr Palette dark{
    .background = "#16181D",
    .text = "#F0F0F0",
    .faint = "#A0A4AA",
    .line = "#B8BCC4",
    .adjoint = "#F0A8D4",
    .role =
        {
            {"#12324A", "#56B4E9", "#F4F4F4"},  // input
            {"#0E3A2B", "#3CC39A", "#F4F4F4"},  // parameter
            {"#2A2D34", "#2A2D34", "#D8D8D8"},  // constant
            {"#20242B", "#9AA0AA", "#F4F4F4"},  // operation
            {"#30343C", "#9AA0AA", "#F4F4F4"},  // folded
            {"#16181D", "#7A808A", "#B8BCC4"},  // elsewhere
        },
    .output = {"#4A2C10", "#F09A4A", "#FFFFFF"},
    .gradient = {{"#3D2034", "#D685B5", "#F8F0F5"}, {"#3A3312", "#D9BF4A", "#FBF7E6"}},
    .tie = {"#94607F", "#8C7C34"},
    .scope = {"#1C2027", "#4A5664", "#C4CCD4"},
    .scope_fill = {"#251A22", "#242014"},
    .repetition = {"#1E2036", "#8C8CE0", "#C4C4FF"},
    .alarm = "#FF5A5A",
    .mark = {{"#5A1616", "#FF5A5A", "#FFFFFF"},   // culprit
             {"#12391F", "#4AC26B", "#FFFFFF"},   // added
             {"#4A1E1E", "#F47067", "#FFFFFF"},   // removed
             {"#3F3208", "#E3B341", "#FFFFFF"}},  // changed
};

constexpr Palette print{
    .background = "#FFFFFF",
    .text = "#000000",
    .faint = "#555555",
    .line = "#222222",
    .adjoint = "#333333",
    .role =
        {
            {"#FFFFFF", "#000000", "#000000"},  // input
            {"#FFFFFF", "#000000", "#000000"},  // parameter
            {"#F0F0F0", "#F0F0F0", "#000000"},  // constant
            {"#FFFFFF", "#555555", "#000000"},  // operation
            {"#E6E6E6", "#444444", "#000000"},  // folded
            {"#FFFFFF", "#888888", "#444444"},  // elsewhere
        },
    .output = {"#FFFFFF", "#000000", "#000000"},
    .gradient = {{"#E8E8E8", "#444444", "#000000"}, {"#D6D6D6", "#222222", "#000000"}},
    .tie = {"#8C8C8C", "#8C8C8C"},
    .scope = {"#FAFAFA", "#AAAAAA", "#333333"},
    .scope_fill = {"#F6F6F6", "#F0F0F0"},
    .repetition = {"#F7F7F7", "#555555", "#222222"},
    .alarm = "#000000",
    .mark = {{"#C8C8C8", "#000000", "#000000"},   // culprit
             {"#FFFFFF", "#000000", "#000000"},   // added
             {"#DADADA", "#777777", "#000000"},   // removed
             {"#EEEEEE", "#000000", "#000000"}},  // changed
};

constexpr int hex(char digit) { return digit <= '9' ? digit - '0' : (digit | 0x20) - 'a' + 10; }
constexpr int channel(std::string_view colour, std::size_t k) {
  return hex(colour[1 + 2 * k]) * 16 + hex(colour[2 + 2 * k]);
}

}  // namespace

const Palette& palette(Theme theme) {
  switch (theme) {
    case Theme::dark:
      return dark;
    case Theme::print:
      return print;
    default:
      return light;
  }
}

std::string mixed(std::string_view a, std::string_view b, double t) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string colour = "#";
  for (std::size_t k = 0; k < 3; ++k) {
    const double between = channel(a, k) + std::clamp(t, 0.0, 1.0) * (channel(b, k) - channel(a, k));
    const auto whole = static_cast<std::size_t>(std::lround(between));
    colour += digits[whole / 16];
    colour += digits[whole % 16];
  }
  return colour;
}

NodeLook look_of(const DrawnNode& node, const Palette& palette) {
  const Tint& tint = node.mark != Mark::none            ? palette.mark[static_cast<std::size_t>(node.mark) - 1]
                     : node.role == NodeRole::elsewhere ? palette.role[static_cast<std::size_t>(node.role)]
                     : node.order != 0                  ? palette.gradient[(node.order - 1) % 2]
                     : node.output                      ? palette.output
                                                        : palette.role[static_cast<std::size_t>(node.role)];
  NodeLook look{std::string(tint.fill), std::string(tint.line), std::string(tint.text)};
  constexpr double darkest = 0.45;  // on it text keeps a contrast of 7 : 1
  if (node.magnitude) look.fill = mixed(tint.fill, tint.line, darkest * *node.magnitude);
  if (node.not_finite) look.line = palette.alarm;
  return look;
}

}  // namespace wengert::graph
