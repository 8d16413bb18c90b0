#include "wengert/nn/data/files/format_error.hpp"

#include <utility>

#include "wengert/graph/escape.hpp"

namespace wengert::nn {

FormatError::FormatError(ErrorDetail detail, std::size_t offset, std::string field)
    : Error(std::move(detail)), offset_(offset), field_(std::move(field)) {}

void FormatError::rethrow(ErrorDetail detail) const { throw FormatError(std::move(detail), offset_, field_); }

namespace detail {

void Source::refuse(std::size_t offset, std::string_view field, std::string problem, std::string expected) const {
  throw FormatError({.operation = std::string(operation),
                     .problem = quoted(name, name.size()) + ", byte " + std::to_string(offset) + " (" +
                                std::string(field) + "): " + std::move(problem),
                     .expected = std::move(expected),
                     .where = where},
                    offset, std::string(field));
}

void Source::refuse_text(std::size_t offset, std::size_t line, std::size_t column, std::string problem,
                         std::string expected) const {
  const std::string place = "line " + std::to_string(line) + ", column " + std::to_string(column);
  throw FormatError({.operation = std::string(operation),
                     .problem = quoted(name, name.size()) + ", " + place + ": " + std::move(problem),
                     .expected = std::move(expected),
                     .where = where},
                    offset, place);
}

std::string quoted(std::string_view text, std::size_t most) {
  std::string shown = "'";
  graph::append_escaped(shown, text.substr(0, most));
  return shown + (text.size() > most ? "…'" : "'");
}

}  // namespace detail
}  // namespace wengert::nn
