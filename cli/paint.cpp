#include "wengert/cli/paint.hpp"

#include <unistd.h>
#include <cstdlib>
#include <string_view>

namespace wengert::cli {
namespace {

// Select Graphic Rendition (ECMA-48): colours of the terminal's own palette, so that they fit light and dark ones.
constexpr std::string_view bold = "\033[1m", red = "\033[1;31m", green = "\033[32m", cyan = "\033[36m",
                           magenta = "\033[35m", plain = "\033[0m";

std::string in(std::string_view colour, std::string_view text) {
  return std::string(colour) + std::string(text) + std::string(plain);
}

/// Each line with its number from 0 through `paint(line, number)`.
template <class Paint>
std::string by_line(std::string_view text, Paint&& paint) {
  std::string painted;
  for (std::size_t number = 0; !text.empty(); ++number) {
    const std::size_t end = text.find('\n');
    painted += paint(text.substr(0, end), number);
    if (end == std::string_view::npos) break;
    painted += '\n';
    text.remove_prefix(end + 1);
  }
  return painted;
}

}  // namespace

bool wants_colour(int descriptor) {
  const char* const refused = std::getenv("NO_COLOR");
  if (refused != nullptr && *refused != '\0') return false;
  const char* const terminal = std::getenv("TERM");
  if (terminal == nullptr || std::string_view(terminal) == "dumb") return false;
  return isatty(descriptor) == 1;
}

std::string painted_error(const std::string& text, bool colour) {
  if (!colour) return text;
  return by_line(text, [](std::string_view line, std::size_t number) {
    constexpr std::string_view error = "error:", hint = "  hint:";
    if (number == 0 && line.starts_with(error)) return in(red, error) + std::string(line.substr(error.size()));
    if (line.starts_with(hint)) return in(cyan, hint) + std::string(line.substr(hint.size()));
    if (line.find('^') != std::string_view::npos && line.find_first_not_of(" ^~") == std::string_view::npos) {
      return in(green, line);
    }
    return std::string(line);
  });
}

std::string painted_result(const std::string& text, bool colour) {
  if (!colour) return text;
  return by_line(text, [](std::string_view line, std::size_t) {
    if (line.starts_with("∂")) return in(magenta, line);
    const bool heading =
        !line.empty() && line.front() != ' ' && (line.ends_with(":") || line.find("  ") == std::string_view::npos);
    return heading ? in(bold, line) : std::string(line);
  });
}

}  // namespace wengert::cli
