/// Every exception that Wengert throws.
///
/// One base, `wengert::Error`, and few kinds. A user's mistake throws the kind that names it; a broken
/// invariant of the library throws InternalError. An error carries what was being done (the operation),
/// to what (the operands), what is wrong, what was expected, where in the user's code, and a hint:
///
///     matmul: operand 1 has f64[3,4]; expected f64[4,*] (model.cpp:12)
///       hint: transpose it with permute(b, {1,0})
///
/// Reading order: ErrorDetail (what a thrower fills in), Error, then the kinds.
#pragma once

#include <cstddef>
#include <memory>
#include <source_location>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace wengert {

/// What a thrower knows. Every field may be left out; the message says only what is there.
///
///     throw ShapeError{{.operation = "matmul",
///                       .operands = {"f64[2,4]", "f64[3,4]"},
///                       .problem = "operand 1 has f64[3,4]",
///                       .expected = "f64[4,*]",
///                       .where = where,
///                       .hint = "transpose it with permute(b, {1,0})"}};
struct ErrorDetail {
  std::string operation{};              ///< name of the operation or function, e.g. "matmul"
  std::vector<std::string> operands{};  ///< the operands as text, e.g. "f64[3,4]"; not part of the message
  std::string problem{};                ///< what is wrong, e.g. "operand 1 has f64[3,4]"
  std::string expected{};               ///< what would have been right, without the word "expected"
  std::source_location where{};         ///< line of the user's code; line 0 means unknown and is not printed
  std::string hint{};                   ///< what to do about it
};

/// The text of an error: `operation: problem; expected E (file:line)` and a line `  hint: ...`, less what is empty.
[[nodiscard]] std::string message_of(const ErrorDetail& detail);

/// Base of every exception of the library. Copying one never throws (the detail is shared).
class Error : public std::runtime_error {
 public:
  explicit Error(ErrorDetail detail);

  /// Name of the operation or function that failed; may be empty.
  [[nodiscard]] const std::string& operation() const noexcept;
  /// The operands as text; may be empty.
  [[nodiscard]] std::span<const std::string> operands() const noexcept;
  /// Line of the user's code; `line() == 0` when unknown.
  [[nodiscard]] std::source_location where() const noexcept;
  /// What to do about it; may be empty.
  [[nodiscard]] const std::string& hint() const noexcept;
  /// All of it.
  [[nodiscard]] const ErrorDetail& detail() const noexcept;

  /// Throws the same error, of the same kind, with `where` as its location unless it has one already; operation and
  /// operands likewise.
  ///
  /// For rules that cannot know the user's line (a type rule): who called the rule catches `Error` and adds it.
  [[noreturn]] void rethrow_at(std::source_location where, std::string_view operation = {},
                               std::span<const std::string> operands = {}) const;

 protected:
  /// Throws an error of the same kind with this detail.
  [[noreturn]] virtual void rethrow(ErrorDetail detail) const;

 private:
  [[nodiscard]] ErrorDetail completed(std::source_location where, std::string_view operation,
                                      std::span<const std::string> operands) const;
  std::shared_ptr<const ErrorDetail> detail_;
};

/// Gives a kind its constructor and `rethrow`, so that a kind is one line.
template <class Kind>
class ErrorKind : public Error {
 public:
  using Error::Error;

 protected:
  [[noreturn]] void rethrow(ErrorDetail detail) const override { throw Kind{std::move(detail)}; }
};

/// Shapes that do not fit an operation or each other, or a shape that cannot exist.
class ShapeError : public ErrorKind<ShapeError> {
 public:
  using ErrorKind::ErrorKind;
};
/// Element types that an operation does not take, or that may not be mixed.
class DtypeError : public ErrorKind<DtypeError> {
 public:
  using ErrorKind::ErrorKind;
};
/// A value outside the domain of an operation, where the operation does not answer with NaN.
class DomainError : public ErrorKind<DomainError> {
 public:
  using ErrorKind::ErrorKind;
};
/// A handle used after its recording was cleared, rewound past it, or destroyed.
class StaleHandle : public ErrorKind<StaleHandle> {
 public:
  using ErrorKind::ErrorKind;
};
/// Handles of two recordings (or nodes of two graphs) in one operation.
class ForeignRecording : public ErrorKind<ForeignRecording> {
 public:
  using ErrorKind::ErrorKind;
};
/// A replay met a recorded comparison that would have gone the other way.
class GuardFailed : public ErrorKind<GuardFailed> {
 public:
  using ErrorKind::ErrorKind;
};
/// Elements were asked for of a tensor of which only the type is known, because a program is being traced from types:
/// by item(), to_vector(), a Scalar made of it, a branch, a function of the user's own.
class UnknownValue : public ErrorKind<UnknownValue> {
 public:
  using ErrorKind::ErrorKind;
};
/// Ids, sizes or memory ran out.
class CapacityError : public ErrorKind<CapacityError> {
 public:
  using ErrorKind::ErrorKind;
};
/// A bad argument that is none of the other kinds.
class ArgumentError : public ErrorKind<ArgumentError> {
 public:
  using ErrorKind::ErrorKind;
};
/// Something outside the library failed: a program that is missing or broke off, a file that cannot be read or written.
class EnvironmentError : public ErrorKind<EnvironmentError> {
 public:
  using ErrorKind::ErrorKind;
};
/// An invariant of the library does not hold: a bug of ours, or memory that something else overwrote.
class InternalError : public ErrorKind<InternalError> {
 public:
  using ErrorKind::ErrorKind;
};

/// Text that does not follow its grammar. Line and column count from 1; the column counts bytes.
class ParseError : public Error {
 public:
  ParseError(ErrorDetail detail, std::size_t line, std::size_t column);
  [[nodiscard]] std::size_t line() const noexcept { return line_; }
  [[nodiscard]] std::size_t column() const noexcept { return column_; }

 protected:
  [[noreturn]] void rethrow(ErrorDetail detail) const override;

 private:
  std::size_t line_;
  std::size_t column_;
};

}  // namespace wengert
