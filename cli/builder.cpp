#include "wengert/cli/builder.hpp"

#include <algorithm>
#include <charconv>
#include <limits>
#include <numbers>
#include <utility>

#include "wengert/cli/parser.hpp"
#include "wengert/cli/text.hpp"
#include "wengert/graph/escape.hpp"

namespace wengert::cli {
namespace {

constexpr std::string_view white_space = " \t\r\n\f\v";

bool is_name_start(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool is_name_rest(char c) { return is_name_start(c) || (c >= '0' && c <= '9'); }

std::string quoted(std::string_view name) {
  constexpr std::size_t shown = 40;
  if (name.size() > shown) return "'" + std::string(name.substr(0, shown)) + "…'";
  return "'" + std::string(name) + "'";
}

std::string arguments(std::size_t count) { return std::to_string(count) + (count == 1 ? " argument" : " arguments"); }

std::string did_you_mean(std::string_view name) {
  std::vector<std::string_view> known;
  for (const Function& function : functions()) known.push_back(function.name);
  if (name == "ln") return "the natural logarithm is 'log'";
  const std::string_view guess = nearest(name, known);
  if (!guess.empty()) return "did you mean '" + std::string(guess) + "'?";
  return "`wengert functions` lists those there are; a product is written with *";
}

/// A line break outside of all brackets ends a statement, unless what stands before it cannot be the end of one.
std::string with_semicolons(std::string_view text) {
  std::string result(text);
  std::size_t depth = 0;
  char before = ';';
  for (char& c : result) {
    if (c == '(' || c == '[') ++depth;
    if ((c == ')' || c == ']') && depth > 0) --depth;
    if (c == '\n' && depth == 0 && std::string_view("+-*/^@<>=!&|,;").find(before) == std::string_view::npos) c = ';';
    if (white_space.find(c) == white_space.npos) before = c;
  }
  return result;
}

/// On one line, without blanks around it.
std::string on_one_line(std::string_view text) {
  std::string line(text.substr(0, text.find_last_not_of(white_space) + 1));
  std::replace(line.begin(), line.end(), '\n', ' ');
  return line;
}

}  // namespace

std::optional<double> find_constant(std::string_view name) {
  if (name == "pi") return std::numbers::pi;
  if (name == "e") return std::numbers::e;
  if (name == "inf") return std::numeric_limits<double>::infinity();
  if (name == "nan") return std::numeric_limits<double>::quiet_NaN();
  return std::nullopt;
}

bool is_variable_name(std::string_view name) {
  return !name.empty() && is_name_start(name.front()) && std::all_of(name.begin(), name.end(), is_name_rest) &&
         !find_constant(name) && find_function(name) == nullptr;
}

Builder::Builder(std::string_view text) : original_(text), text_(with_semicolons(text)) {}

// --- Statements ---

void Builder::begin_statement(std::string_view place) {
  if (!expression_.statements.empty() && expression_.statements.back().name.empty()) {
    throw error(statement_, "the value of this statement is not used",
                "a name for it, as in u = …, or no statement after it", "a line break or ; ends a statement");
  }
  statement_ = place;
  assigned_ = {};
}

void Builder::assign(std::string_view name) {
  if (find_constant(name)) throw error(name, quoted(name) + " is a constant and cannot be given a value");
  if (find_function(name) != nullptr) throw error(name, quoted(name) + " is a function and cannot be given a value");
  if (locals_.contains(name)) {
    throw error(name, quoted(name) + " has a value already", "a name that is new");
  }
  if (variables_.contains(name)) {
    throw error(name, quoted(name) + " is a variable of the statements before", "a name that is new");
  }
  assigned_ = name;
}

void Builder::end_statement(std::string_view place) {
  const std::size_t index = expression_.statements.size();
  std::size_t begin = offset(statement_);
  if (!assigned_.empty()) {
    add(Store{index}, assigned_);
    locals_.emplace(assigned_, index);
    begin = original_.find('=', begin) + 1;
  }
  begin = std::min(original_.find_first_not_of(white_space, begin), offset(place));
  expression_.statements.push_back(
      {std::string(assigned_), on_one_line(original_.substr(begin, offset(place) - begin))});
}

Expression Builder::finish() {
  if (!assigned_.empty()) add(Local{expression_.statements.size() - 1}, assigned_);
  return std::move(expression_);
}

// --- Numbers, names, calls ---

void Builder::number(std::string_view digits) {
  double value = 0;
  const auto [end, failure] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (failure != std::errc{}) throw error(digits, quoted(digits) + " is outside the range of a double");
  add(Number{value}, digits);
}

void Builder::variable() {
  if (const auto constant = find_constant(name_)) return add(Number{*constant}, name_);
  if (const Function* function = find_function(name_)) {
    throw error(name_, quoted(name_) + " is a function",
                "its arguments in parentheses, as in " + example_call(*function, function->least));
  }
  if (const auto local = locals_.find(name_); local != locals_.end()) return add(Local{local->second}, name_);
  const auto [at, is_new] = variables_.try_emplace(name_, expression_.variables.size());
  if (is_new) expression_.variables.emplace_back(name_);
  add(Variable{at->second}, name_);
}

void Builder::begin_call(std::string_view parenthesis) {
  const Function* function = find_function(name_);
  if (function == nullptr) throw error(name_, "unknown function " + quoted(name_), {}, did_you_mean(name_));
  enter(parenthesis);
  calls_.push_back({function, name_, 0});
}

void Builder::end_call() {
  const OpenCall open = calls_.back();
  const Function& function = *open.function;
  calls_.pop_back();
  if (open.arguments < function.least || open.arguments > function.most) {
    throw error(open.name, quoted(open.name) + " got " + arguments(open.arguments),
                (function.least == function.most ? arguments(function.most)
                                                 : std::to_string(function.least) + " or " + arguments(function.most)) +
                    ", as in " + example_call(function));
  }
  add(Call{&function, open.arguments}, open.name);
}

void Builder::enter(std::string_view bracket) {
  if (++depth_ > max_nesting) {
    throw error(bracket, "brackets are nested too deep", "at most " + std::to_string(max_nesting) + " levels");
  }
}

// --- Operators ---

void Builder::end_operation() {
  call(operations_.back());
  operations_.pop_back();
}

void Builder::end_chain() {
  for (; waiting_.size() > chains_.back(); waiting_.pop_back()) call(waiting_.back());
  chains_.pop_back();
}

// --- Arrays and their elements ---

void Builder::begin_array(std::string_view bracket) {
  enter(bracket);
  arrays_.push_back({bracket, 0, 0, 0, bracket});
}

void Builder::end_row() {
  OpenArray& array = arrays_.back();
  if (array.rows > 0 && array.elements != array.columns) {
    throw error(array.row,
                "this row has " + std::to_string(array.elements) + " of the row before's " +
                    std::to_string(array.columns) + " elements",
                "rows of one length");
  }
  array.columns = std::exchange(array.elements, 0);
  ++array.rows;
}

void Builder::next_row(std::string_view semicolon) {
  end_row();
  arrays_.back().row = semicolon;
}

void Builder::end_array() {
  end_row();
  leave();
  add(MakeArray{arrays_.back().rows, arrays_.back().columns}, arrays_.back().place);
  arrays_.pop_back();
}

void Builder::begin_index(std::string_view bracket) {
  enter(bracket);
  indices_.push_back({bracket, {}});
}

void Builder::index_start() { indices_.back().items.push_back({.range = false, .has_start = true}); }
void Builder::index_from_beginning() { indices_.back().items.push_back({.range = true}); }

void Builder::end_index() {
  leave();
  add(Index{std::move(indices_.back().items)}, indices_.back().place);
  indices_.pop_back();
}

// --- Errors ---

ParseError Builder::unexpected(std::size_t offset, std::string expected) const {
  const std::string_view rest = text().substr(offset);
  if (rest.empty()) return error(rest, "unexpected end", std::move(expected));
  std::string_view before = text().substr(0, offset);
  before = before.substr(0, before.find_last_not_of(white_space) + 1);
  const auto ends_operand = [](char c) { return is_name_rest(c) || c == ')' || c == ']' || c == '.'; };
  const auto begins_operand = [](char c) { return is_name_rest(c) || c == '('; };

  std::string hint;
  if (rest.starts_with("=") && !rest.starts_with("=="))
    hint = "equality is written ==; name = … stands at the beginning of a statement";
  else if (rest.find_first_of("<>=!") == 0)
    hint = "a < b < c is written a < b & b < c";
  else if (!before.empty() && ends_operand(before.back()) && begins_operand(rest.front()) &&
           original_.substr(before.size(), offset - before.size()).find('\n') == original_.npos) {
    hint = "a product is written with *";
  }
  if (original_[offset] == '\n') return error(rest, "unexpected end of the line", std::move(expected), std::move(hint));
  const std::string_view character = rest.substr(0, std::max<std::size_t>(1, graph::utf8_length(rest)));
  std::string found;
  graph::append_escaped(found, character);
  return error(rest, "unexpected '" + found + "'", std::move(expected), std::move(hint));
}

ParseError Builder::error(std::string_view place, std::string problem, std::string expected, std::string hint) const {
  const std::string_view before = original_.substr(0, offset(place));
  const auto line = static_cast<std::size_t>(std::count(before.begin(), before.end(), '\n'));
  const std::size_t begin = line == 0 ? 0 : before.rfind('\n') + 1;
  return ParseError{{.operation = "parse",
                     .operands = {},
                     .problem = std::move(problem),
                     .expected = std::move(expected),
                     .where = {},
                     .hint = std::move(hint)},
                    line + 1,
                    before.size() - begin + 1};
}

}  // namespace wengert::cli
