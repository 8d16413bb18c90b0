// FormatError: a file that does not hold what its kind of file holds.
#pragma once

#include <cstddef>
#include <source_location>
#include <string>
#include <string_view>

#include "wengert/graph/error.hpp"

namespace wengert::nn {

/// Bytes that are not a file of the kind that was to be read. The message reads
/// `read_npy: 'a.npy', byte 8 (length of the header): it is 70000; expected at most 65536`, of a text
/// `read_csv: 'a.csv', line 3, column 7: a number is missing`.
class FormatError : public Error {
 public:
  FormatError(ErrorDetail detail, std::size_t offset, std::string field);
  /// Where it went wrong, in bytes from the beginning (of what was compressed: in the bytes it stands for).
  [[nodiscard]] std::size_t offset() const noexcept { return offset_; }
  /// The field of the format that is wrong, e.g. "shape"; of a text "line 3, column 7", both from 1, the column in
  /// bytes.
  [[nodiscard]] const std::string& field() const noexcept { return field_; }

 protected:
  [[noreturn]] void rethrow(ErrorDetail detail) const override;

 private:
  std::size_t offset_;
  std::string field_;
};

namespace detail {

/// Where one reader reports to: its name, that of the file, and the user's line.
struct Source {
  std::string_view operation;
  std::string_view name;
  std::source_location where{};

  /// Throws FormatError.
  [[noreturn]] void refuse(std::size_t offset, std::string_view field, std::string problem,
                           std::string expected = {}) const;
  /// The same for a place in a text.
  [[noreturn]] void refuse_text(std::size_t offset, std::size_t line, std::size_t column, std::string problem,
                                std::string expected = {}) const;
};

/// At most `most` bytes of text from a file, between quotes and printable.
[[nodiscard]] std::string quoted(std::string_view text, std::size_t most = 40);

}  // namespace detail
}  // namespace wengert::nn
