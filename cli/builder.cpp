#include "wengert/cli/builder.hpp"

#include <algorithm>
#include <charconv>
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
  std::vector<std::string_view> known{"where"};
  for (const Function& function : functions()) known.push_back(function.name);
  if (name == "ln") return "the natural logarithm is 'log'";
  const std::string_view guess = nearest(name, known);
  if (!guess.empty()) return "did you mean '" + std::string(guess) + "'?";
  return "`wengert functions` lists those there are; a product is written with *";
}

}  // namespace

std::optional<double> find_constant(std::string_view name) {
  if (name == "pi") return std::numbers::pi;
  if (name == "e") return std::numbers::e;
  return std::nullopt;
}

bool is_variable_name(std::string_view name) {
  return !name.empty() && is_name_start(name.front()) && std::all_of(name.begin(), name.end(), is_name_rest) &&
         !find_constant(name) && find_function(name) == nullptr && name != "where";
}

void Builder::number(std::string_view digits) {
  double value = 0;
  const auto [end, failure] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (failure != std::errc{}) throw error(digits, quoted(digits) + " is outside the range of a double");
  expression_.steps.emplace_back(Number{value});
}

void Builder::variable() {
  if (const auto constant = find_constant(name_)) {
    expression_.steps.emplace_back(Number{*constant});
    return;
  }
  if (const Function* function = find_function(name_)) {
    throw error(name_, quoted(name_) + " is a function",
                "its arguments in parentheses, as in " + example_call(*function));
  }
  if (name_ == "where") {
    throw error(name_, "'where' is a function", "its arguments in parentheses, as in where(x < y, a, b)");
  }
  const auto [at, is_new] = indices_.try_emplace(name_, expression_.variables.size());
  if (is_new) expression_.variables.emplace_back(name_);
  expression_.steps.emplace_back(Variable{at->second});
}

void Builder::begin_call(std::string_view parenthesis) {
  const Function* function = find_function(name_);
  if (function == nullptr) throw error(name_, "unknown function " + quoted(name_), {}, did_you_mean(name_));
  enter(parenthesis);
  calls_.push_back({function, name_, 0});
}

void Builder::end_call() {
  const OpenCall open = calls_.back();
  calls_.pop_back();
  if (open.arguments != open.function->arity) {
    throw error(open.name, quoted(open.name) + " got " + arguments(open.arguments),
                arguments(open.function->arity) + ", as in " + example_call(*open.function));
  }
  call(*open.function);
}

void Builder::enter(std::string_view parenthesis) {
  if (++depth_ > max_nesting) {
    throw error(parenthesis, "parentheses are nested too deep", "at most " + std::to_string(max_nesting) + " levels");
  }
}

void Builder::end_chain() {
  for (; waiting_.size() > chains_.back(); waiting_.pop_back()) call(*waiting_.back());
  chains_.pop_back();
}

void Builder::end_condition() {
  call(*comparisons_.back());
  comparisons_.pop_back();
}

ParseError Builder::unexpected(std::size_t offset, std::string expected) const {
  const std::string_view rest = text_.substr(offset);
  if (rest.empty()) return error(rest, "unexpected end", std::move(expected));
  const std::string_view before =
      text_.substr(0, offset).substr(0, text_.find_last_not_of(white_space, offset - 1) + 1);
  const auto ends_operand = [](char c) { return is_name_rest(c) || c == ')' || c == '.'; };
  const auto begins_operand = [](char c) { return is_name_rest(c) || c == '('; };

  std::string hint;
  if (rest.starts_with("=") && !rest.starts_with("=="))
    hint = "equality is written ==";
  else if (rest.find_first_of("<>=!") == 0)
    hint = "comparisons stand in the first place of where(x < y, a, b)";
  else if (offset > 0 && !before.empty() && ends_operand(before.back()) && begins_operand(rest.front())) {
    hint = "a product is written with *";
  }
  const std::string_view character = rest.substr(0, std::max<std::size_t>(1, graph::utf8_length(rest)));
  std::string found;
  graph::append_escaped(found, character);
  return error(rest, "unexpected '" + found + "'", std::move(expected), std::move(hint));
}

ParseError Builder::error(std::string_view place, std::string problem, std::string expected, std::string hint) const {
  const auto column = static_cast<std::size_t>(place.data() - text_.data()) + 1;
  return ParseError{{.operation = "parse",
                     .operands = {},
                     .problem = std::move(problem),
                     .expected = std::move(expected),
                     .where = {},
                     .hint = std::move(hint)},
                    1,
                    column};
}

}  // namespace wengert::cli
