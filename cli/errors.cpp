#include "wengert/cli/errors.hpp"

#include "wengert/cli/text.hpp"

namespace wengert::cli {

std::string describe(const ParseError& error, std::string_view text) {
  const ErrorDetail& detail = error.detail();
  std::string said = detail.problem;
  // Parse errors say "line 1, column 7: problem": an expression is one line, and the caret shows the column.
  if (const auto colon = said.find(": "); said.starts_with("line ") && colon != said.npos) said.erase(0, colon + 2);
  said += " at column " + std::to_string(error.column());
  if (!detail.expected.empty()) said += "; expected " + detail.expected;
  said += "\n" + excerpt(text, error.column() - 1);
  if (!error.hint().empty()) said += "  hint: " + error.hint() + "\n";
  said.pop_back();
  return said;
}

std::string describe(const Error& error) {
  ErrorDetail detail = error.detail();
  detail.where = {};
  return message_of(detail);
}

}  // namespace wengert::cli
