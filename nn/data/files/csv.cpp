// One pass over the text, field by field; the numbers are counted before, so that they are stored once.
#include "wengert/nn/data/files/csv.hpp"

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>

#include "wengert/graph/error.hpp"
#include "wengert/nn/data/files/bytes.hpp"
#include "wengert/nn/data/files/format_error.hpp"

namespace wengert::nn {
namespace {

using detail::Source;

/// A field and where it begins.
struct Field {
  std::string_view text;  // between the quotes, if there are any
  std::string_view raw;   // with them
  std::size_t offset = 0, line = 1, column = 1;
};

std::optional<double> number(std::string_view text) {
  if (text.starts_with('+')) {
    text.remove_prefix(1);
    if (text.starts_with('+') || text.starts_with('-')) return std::nullopt;
  }
  double value = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || failure != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

/// The text of a raw field: without its quotes, and those that are doubled in it made one.
std::string text_of(std::string_view raw) {
  if (!raw.starts_with('"')) return std::string(raw);
  std::string text;
  for (std::size_t k = 1; k + 1 < raw.size(); ++k) {
    text += raw[k];
    if (raw[k] == '"') ++k;
  }
  return text;
}

/// Cuts a text into rows of fields. Copying it remembers the place.
class Reader {
 public:
  Reader(std::string_view text, const Source& source) : text_(text), source_(&source) {
    if (text_.starts_with("\xEF\xBB\xBF")) at_ = line_begin_ = 3;  // a byte order mark
  }

  /// Goes to the next row that counts; false at the end of the text.
  bool next_row() {
    while (at_ < text_.size()) {
      const std::size_t begin = text_.find_first_not_of(" \t", at_);
      const char first = begin == text_.npos ? '\n' : text_[begin];
      const bool empty = first == '\n' || text_.substr(begin).starts_with("\r\n") || text_.substr(begin) == "\r";
      if (!empty && first != '#') {
        if (separator_ == '\0') separator_ = separator_of_line();
        ended_ = false;
        return true;
      }
      at_ = std::min(text_.find('\n', at_), text_.size() - 1) + 1;
      start_line();
    }
    return false;
  }

  /// The next field of the row, or none at its end, behind which the reader then stands.
  std::optional<Field> next_field() {
    if (ended_) return std::nullopt;
    skip_blanks();
    if (separator_ == ' ' && at_end_of_line()) {
      end_row();
      return std::nullopt;
    }
    Field field{.text = {}, .raw = {}, .offset = at_, .line = line_, .column = at_ - line_begin_ + 1};
    if (at_ < text_.size() && text_[at_] == '"') {
      field.text = quoted(field);
      field.raw = text_.substr(field.offset, at_ - field.offset);
    } else {
      const std::size_t end = end_of_field();
      field.text = text_.substr(at_, end - at_);
      while (field.text.ends_with(' ')) field.text.remove_suffix(1);
      field.raw = field.text;
      at_ = end;
    }
    skip_blanks();
    if (at_end_of_line()) {
      end_row();
    } else if (separator_ != ' ') {
      if (text_[at_] != separator_)
        source_->refuse_text(at_, line_, at_ - line_begin_ + 1, "something follows the quote");
      ++at_;
    }
    return field;
  }

  /// No more fields than these can follow.
  [[nodiscard]] std::size_t most_fields() const {
    const auto rest = text_.substr(at_);
    return 1 + static_cast<std::size_t>(
                   std::count_if(rest.begin(), rest.end(), [&](char c) { return c == separator_ || c == '\n'; }));
  }
  [[nodiscard]] std::size_t offset() const { return at_; }
  [[nodiscard]] std::size_t line() const { return line_; }
  /// Where the row that was read ended.
  [[nodiscard]] const Field& row_end() const { return row_end_; }

 private:
  void start_line() {
    ++line_;
    line_begin_ = at_;
  }
  void skip_blanks() { at_ = std::min(text_.find_first_not_of(' ', at_), text_.size()); }
  [[nodiscard]] bool at_end_of_line() const {
    const std::string_view rest = text_.substr(at_);
    return rest.empty() || rest.starts_with('\n') || rest.starts_with("\r\n") || rest == "\r";
  }
  void end_row() {
    row_end_ = {.text = {}, .raw = {}, .offset = at_, .line = line_, .column = at_ - line_begin_ + 1};
    at_ = std::min(text_.find('\n', at_), text_.size() - 1) + 1;
    start_line();
    ended_ = true;
  }
  [[nodiscard]] std::size_t end_of_field() const {
    std::size_t end = at_;
    while (end < text_.size() && text_[end] != separator_ && text_[end] != '\n') ++end;
    // The carriage return belongs to the end of the line.
    if (end > at_ && text_[end - 1] == '\r' && (end == text_.size() || text_[end] == '\n')) --end;
    return end;
  }
  /// Reads on behind the closing quote; gives what stands before it.
  std::string_view quoted(const Field& field) {
    const std::size_t begin = ++at_;
    for (;; ++at_) {
      if (at_ >= text_.size()) source_->refuse_text(field.offset, field.line, field.column, "a quote is not closed");
      if (text_[at_] == '"') {
        if (!text_.substr(at_ + 1).starts_with('"')) break;
        ++at_;
      } else if (text_[at_] == '\n') {
        ++line_;
        line_begin_ = at_ + 1;
      }
    }
    return text_.substr(begin, at_++ - begin);
  }
  [[nodiscard]] char separator_of_line() const {
    const std::string_view line = text_.substr(at_, text_.find('\n', at_) - at_);
    for (const char candidate : {'\t', ';', ','}) {
      bool in_quotes = false;
      for (const char c : line) {
        if (c == '"') in_quotes = !in_quotes;
        if (c == candidate && !in_quotes) return candidate;
      }
    }
    return ' ';
  }

  std::string_view text_;
  const Source* source_;
  std::size_t at_ = 0, line_ = 1, line_begin_ = 0;
  char separator_ = '\0';  // ' ': blanks, any number of them
  bool ended_ = true;
  Field row_end_;
};

std::string count_of(std::size_t count) { return std::to_string(count) + (count == 1 ? " field" : " fields"); }

struct Table {
  std::vector<std::string> names;
  std::vector<double> numbers;
  std::size_t rows = 0, columns = 0;
  std::size_t target = static_cast<std::size_t>(-1);
  std::vector<std::string_view> texts;  // raw
};

[[noreturn]] void refuse_field(const Source& source, const Field& field) {
  source.refuse_text(field.offset, field.line, field.column,
                     field.text.empty() ? "a number is missing" : detail::quoted(field.text) + " is not a number");
}

std::size_t column_of(const std::vector<std::string>& names, const std::string& target, const Source& source) {
  const auto found = std::find(names.begin(), names.end(), target);
  if (found != names.end()) return static_cast<std::size_t>(found - names.begin());
  std::string known;
  for (std::size_t k = 0; k < names.size() && k < 20; ++k) known += (k > 0 ? ", " : "") + detail::quoted(names[k]);
  if (names.size() > 20) known += ", …";
  throw ArgumentError{
      {.operation = std::string(source.operation),
       .problem = detail::quoted(source.name, source.name.size()) + " has no column " + detail::quoted(target),
       .expected = "one of " + known,
       .where = source.where}};
}

/// `target`: of a table with a header, the column whose texts go to `texts` and not to the numbers.
Table read_table(std::string_view text, const Source& source, const std::string* target) {
  Table table;
  Reader reader(text, source);
  bool more = reader.next_row();
  Reader ahead = reader;
  bool header = more;
  std::size_t columns = 0;
  for (auto field = more ? ahead.next_field() : std::nullopt; field; field = ahead.next_field(), ++columns)
    header = header && (target != nullptr || !number(field->text));
  if (header) {
    table.names.reserve(columns);
    while (const auto field = reader.next_field()) table.names.push_back(text_of(field->raw));
    more = reader.next_row();
  }
  if (target != nullptr) table.target = column_of(table.names, *target, source);
  table.columns = table.names.size();
  std::size_t first_line = reader.line();
  if (more) table.numbers.reserve(reader.most_fields());
  for (; more; more = reader.next_row()) {
    const std::size_t line = reader.line();
    std::size_t count = 0;
    std::optional<Field> excess;
    while (const auto field = reader.next_field()) {
      if (count++ == table.target) {
        if (field->text.empty()) refuse_field(source, *field);
        table.texts.push_back(field->raw);
        continue;
      }
      const auto value = number(field->text);
      if (!value) refuse_field(source, *field);
      if (table.columns != 0 && count > table.columns && !excess) excess = field;
      table.numbers.push_back(*value);
    }
    if (table.columns == 0) {
      table.columns = count;
      first_line = line;
    }
    if (count != table.columns) {
      const Field& place = excess ? *excess : reader.row_end();
      source.refuse_text(
          place.offset, place.line, place.column, count_of(count),
          std::to_string(table.columns) + " as in " + (header ? "the header" : "line " + std::to_string(first_line)));
    }
    ++table.rows;
  }
  if (table.rows == 0) source.refuse_text(reader.offset(), reader.line(), 1, "there are no numbers");
  return table;
}

std::int64_t extent(std::size_t n) { return static_cast<std::int64_t>(n); }

}  // namespace

Csv parse_csv(std::string_view text, std::string_view name, std::source_location where) {
  Table table = read_table(text, {"read_csv", name, where}, nullptr);
  return {std::move(table.names), Array::from(table.numbers, Shape{extent(table.rows), extent(table.columns)}, where)};
}

Csv read_csv(const std::string& path, std::source_location where) {
  return parse_csv(file_bytes(path, largest_file, where), path, where);
}

CsvWithTarget parse_csv_with_target(std::string_view text, std::string_view name, const std::string& target,
                                    std::source_location where) {
  Table table = read_table(text, {"read_csv_with_target", name, where}, &target);
  CsvWithTarget result;
  result.inputs = Array::from(table.numbers, Shape{extent(table.rows), extent(table.columns - 1)}, where);
  result.target_name = table.names[table.target];
  table.names.erase(table.names.begin() + extent(table.target));
  result.names = std::move(table.names);
  const Shape shape{extent(table.rows)};
  if (std::all_of(table.texts.begin(), table.texts.end(), [](std::string_view raw) { return number(text_of(raw)); })) {
    result.target = Array::uninitialised({Dtype::f64, shape}, where);
    double* to = result.target.mutable_data<double>().data();
    // NOLINTNEXTLINE(bugprone-unchecked-optional-access): all of them are numbers
    for (const std::string_view raw : table.texts) *to++ = *number(text_of(raw));
    return result;
  }
  std::vector<std::string_view> different = table.texts;
  std::sort(different.begin(), different.end());
  different.erase(std::unique(different.begin(), different.end()), different.end());
  for (const std::string_view raw : different) result.classes.push_back(text_of(raw));
  std::sort(result.classes.begin(), result.classes.end());
  result.classes.erase(std::unique(result.classes.begin(), result.classes.end()), result.classes.end());
  result.target = Array::uninitialised({Dtype::i64, shape}, where);
  std::int64_t* to = result.target.mutable_data<std::int64_t>().data();
  for (const std::string_view raw : table.texts)
    *to++ = std::lower_bound(result.classes.begin(), result.classes.end(), text_of(raw)) - result.classes.begin();
  return result;
}

CsvWithTarget read_csv_with_target(const std::string& path, const std::string& target, std::source_location where) {
  return parse_csv_with_target(file_bytes(path, largest_file, where), path, target, where);
}

}  // namespace wengert::nn
