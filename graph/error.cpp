/// Messages of the exceptions; see error.hpp.
#include "wengert/graph/error.hpp"

#include <utility>

namespace wengert {

std::string message_of(const ErrorDetail& detail) {
  std::string text;
  if (!detail.operation.empty()) {
    text += detail.operation;
    text += ": ";
  }
  text += detail.problem;
  if (!detail.expected.empty()) {
    text += detail.problem.empty() ? "expected " : "; expected ";
    text += detail.expected;
  }
  if (detail.where.line() != 0) {
    text += " (";
    text += detail.where.file_name();
    text += ':';
    text += std::to_string(detail.where.line());
    text += ')';
  }
  if (!detail.hint.empty()) {
    text += "\n  hint: ";
    text += detail.hint;
  }
  return text;
}

Error::Error(ErrorDetail detail)
    : std::runtime_error(message_of(detail)), detail_(std::make_shared<const ErrorDetail>(std::move(detail))) {}

const std::string& Error::operation() const noexcept { return detail_->operation; }
std::span<const std::string> Error::operands() const noexcept { return detail_->operands; }
std::source_location Error::where() const noexcept { return detail_->where; }
const std::string& Error::hint() const noexcept { return detail_->hint; }
const ErrorDetail& Error::detail() const noexcept { return *detail_; }

void Error::rethrow_at(std::source_location where, std::string_view operation,
                       std::span<const std::string> operands) const {
  rethrow(completed(where, operation, operands));
  throw;  // not reached; g++ does not see that a virtual function never returns
}

void Error::rethrow(ErrorDetail detail) const { throw Error{std::move(detail)}; }

ErrorDetail Error::completed(std::source_location where, std::string_view operation,
                             std::span<const std::string> operands) const {
  ErrorDetail copy = *detail_;
  if (copy.where.line() == 0) copy.where = where;
  if (copy.operation.empty()) copy.operation = operation;
  if (copy.operands.empty()) copy.operands.assign(operands.begin(), operands.end());
  return copy;
}

namespace {

ErrorDetail at_line(ErrorDetail detail, std::size_t line, std::size_t column) {
  detail.problem = "line " + std::to_string(line) + ", column " + std::to_string(column) + ": " + detail.problem;
  return detail;
}

}  // namespace

ParseError::ParseError(ErrorDetail detail, std::size_t line, std::size_t column)
    : Error(at_line(std::move(detail), line, column)), line_(line), column_(column) {}

void ParseError::rethrow(ErrorDetail detail) const {
  ParseError copy = *this;
  static_cast<Error&>(copy) = Error{std::move(detail)};
  throw copy;
}

}  // namespace wengert
