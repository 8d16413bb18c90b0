#include "wengert/cli/errors.hpp"

#include <algorithm>

#include "wengert/cli/text.hpp"

namespace wengert::cli {

namespace {

/// "at column 3" and the line with the caret; with the number of the line if there are several.
struct Place {
  std::string said;
  std::string shown;
};
Place place_of(std::size_t offset, std::string_view text) {
  const std::size_t before = text.substr(0, offset).rfind('\n');
  const std::size_t begin = before == text.npos ? 0 : before + 1;
  const std::string_view line = text.substr(begin, text.find('\n', begin) - begin);
  std::string said = "column " + std::to_string(offset - begin + 1);
  if (line.size() < text.size()) {
    const auto breaks = std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(begin), '\n');
    said = "line " + std::to_string(breaks + 1) + ", " + said;
  }
  return {" at " + said, "\n" + excerpt(line, offset - begin)};
}

std::string describe(const ErrorDetail& detail, const std::string& problem, const Place& place) {
  std::string said = problem + place.said;
  if (!detail.expected.empty()) said += "; expected " + detail.expected;
  said += place.shown;
  if (!detail.hint.empty()) said += "  hint: " + detail.hint + "\n";
  said.pop_back();
  return said;
}

}  // namespace

std::string describe(const ParseError& error, std::string_view text) {
  std::string problem = error.detail().problem;
  // Parse errors say "line 1, column 7: problem".
  if (const auto colon = problem.find(": "); problem.starts_with("line ") && colon != problem.npos)
    problem.erase(0, colon + 2);
  std::size_t begin = 0;
  for (std::size_t line = 1; line < error.line(); ++line) begin = text.find('\n', begin) + 1;
  return describe(error.detail(), problem, place_of(begin + error.column() - 1, text));
}

std::string describe(const EvaluationError& error, std::string_view text) {
  const ErrorDetail& detail = error.detail();
  const std::string problem = (detail.operation.empty() ? "" : detail.operation + ": ") + detail.problem;
  return describe(detail, problem, place_of(error.offset(), text));
}

std::string describe(const Error& error) {
  ErrorDetail detail = error.detail();
  detail.where = {};
  // A file or a program: which function of the library met it says nothing.
  if (dynamic_cast<const EnvironmentError*>(&error) != nullptr) detail.operation.clear();
  return message_of(detail);
}

}  // namespace wengert::cli
