#include "wengert/cli/paint.hpp"

#include <unistd.h>
#include <algorithm>
#include <array>
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

/// Each line with its number from 0, and the one after it, through `paint(line, number, next)`.
template <class Paint>
std::string by_line(std::string_view text, Paint&& paint) {
  std::string painted;
  for (std::size_t number = 0; !text.empty(); ++number) {
    const std::size_t end = text.find('\n');
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(end == text.npos ? text.size() : end + 1);
    painted += paint(line, number, text.substr(0, text.find('\n')));
    if (end != text.npos) painted += '\n';
  }
  return painted;
}

/// The text from `at` on in a colour.
std::string from(std::size_t at, std::string_view colour, std::string_view line) {
  return std::string(line.substr(0, at)) + in(colour, line.substr(at));
}
/// The text up to `at` in a colour.
std::string up_to(std::size_t at, std::string_view colour, std::string_view line) {
  return in(colour, line.substr(0, at)) + std::string(line.substr(std::min(at, line.size())));
}

bool is_heading(std::string_view line, std::string_view next) {
  constexpr std::string_view rule = "─";
  if (line.starts_with(rule) || next.starts_with(rule)) return true;
  constexpr std::array headings{"second derivatives ",     "third derivatives ", "Jacobian ",  "forward: ", "reverse: ",
                                "what arrives at a node ", "Elementwise",        "Of tensors", "workload  "};
  return std::any_of(headings.begin(), headings.end(), [&](const char* heading) { return line.starts_with(heading); });
}

bool is_checks_heading(std::string_view line) { return line.starts_with("variable ") && line.ends_with("verdict"); }

/// A line of the report of `wengert check` below its heading: the last cell is the verdict.
std::string painted_check(std::string_view line) {
  const std::size_t gap = line.rfind("  ");
  if (gap == line.npos) return std::string(line);
  return from(gap + 2, line.substr(gap + 2) == "ok" ? green : red, line);
}

/// The conclusion of `wengert check`, and what it says of derivatives that did not pass.
std::string painted_conclusion(std::string_view line) {
  const std::size_t colon = line.find(':');
  if (colon != line.npos &&
      (line.find(" derivatives are right:") != line.npos || line.starts_with("The derivative is right:"))) {
    return up_to(colon, green, line);
  }
  if (line.ends_with("confirmed by differences of values.")) return in(red, line);
  return std::string(line);
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
  return by_line(text, [](std::string_view line, std::size_t number, std::string_view) {
    constexpr std::string_view error = "error:", hint = "  hint:";
    if (number == 0 && line.starts_with(error)) return up_to(error.size(), red, line);
    if (line.starts_with(hint)) return up_to(hint.size(), cyan, line);
    if (line.find('^') != line.npos && line.find_first_not_of(" ^~") == line.npos) return in(green, line);
    return std::string(line);
  });
}

std::string painted_result(const std::string& text, bool colour) {
  if (!colour) return text;
  bool in_checks = false, after_checks = false;
  return by_line(text, [&](std::string_view line, std::size_t, std::string_view next) {
    if (is_checks_heading(line)) {
      in_checks = true;
      return in(bold, line);
    }
    if (in_checks && !line.empty()) return painted_check(line);
    after_checks = after_checks || in_checks;
    in_checks = false;
    if (after_checks) return painted_conclusion(line);
    if (is_heading(line, next)) return in(bold, line);
    if (constexpr std::string_view note = "note:"; line.starts_with(note)) return up_to(note.size(), cyan, line);
    // "∂f/∂x   2.75" of a table; "dL/dw5 = …" of the board; "…   ∂f/∂u = 2.5" of the steps.
    if (line.starts_with("∂")) return in(magenta, line);
    if (const std::size_t equals = line.find(" = ");
        equals != line.npos && line.starts_with("d") && line.substr(0, equals).find("/d") != line.npos) {
      return up_to(equals, magenta, line);
    }
    if (const std::size_t at = line.find("  ∂"); at != line.npos) return from(at + 2, magenta, line);
    return std::string(line);
  });
}

PaintedStream::PaintedStream(std::ostream& to, bool colour) : std::ostream(nullptr), buffer_(to, colour) {
  rdbuf(&buffer_);
}

PaintedStream::~PaintedStream() { flush(); }

int PaintedStream::Buffer::sync() {
  to_ << painted_result(str(), colour_) << std::flush;
  str("");
  return to_ ? 0 : -1;
}

}  // namespace wengert::cli
