#include "wengert/cli/bindings.hpp"

#include <algorithm>
#include <limits>
#include <string_view>

#include "wengert/cli/errors.hpp"
#include "wengert/cli/parser.hpp"
#include "wengert/cli/text.hpp"

namespace wengert::cli {
namespace {

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\n");
  return first == text.npos ? std::string_view{} : text.substr(first, text.find_last_not_of(" \t\n") - first + 1);
}

/// The parts between commas that stand outside parentheses.
std::vector<std::string_view> split(std::string_view text) {
  std::vector<std::string_view> parts;
  std::size_t begin = 0, depth = 0;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '(') ++depth;
    if (text[at] == ')' && depth > 0) --depth;
    if (text[at] == ',' && depth == 0) {
      parts.push_back(text.substr(begin, at - begin));
      begin = at + 1;
    }
  }
  parts.push_back(text.substr(begin));
  return parts;
}

double parse_value(const std::string& name, std::string_view text) {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  if (text == "inf" || text == "+inf") return infinity;
  if (text == "-inf") return -infinity;
  if (text == "nan") return std::numeric_limits<double>::quiet_NaN();
  try {
    const Expression value = parse(text);
    if (!value.variables.empty()) {
      throw UsageError("--at: the value of '" + name + "' contains the variable '" + value.variables.front() +
                       "'; a value is a number");
    }
    return evaluate(value, {}).value();
  } catch (const ParseError& error) {
    throw UsageError("--at: in the value of '" + name + "': " + describe(error, text));
  }
}

Binding parse_binding(std::string_view text) {
  const auto equals = text.find('=');
  const std::string name(trimmed(text.substr(0, equals)));
  if (equals == text.npos || name.empty()) {
    throw UsageError("--at: '" + std::string(text) + "' is not of the form name=value, as in --at x=2,y=3");
  }
  if (find_constant(name)) throw UsageError("--at: '" + name + "' is the constant " + shortest(*find_constant(name)));
  if (!is_variable_name(name)) throw UsageError("--at: '" + name + "' cannot be the name of a variable");
  return {name, parse_value(name, trimmed(text.substr(equals + 1)))};
}

std::string variables(std::span<const std::string> names) {
  return (names.size() == 1 ? "variable " : "variables ") + quoted_list(names);
}

}  // namespace

std::vector<Binding> parse_bindings(std::span<const std::string> options) {
  std::vector<Binding> bindings;
  for (const std::string& option : options) {
    for (const std::string_view part : split(option)) {
      Binding binding = parse_binding(part);
      const auto same = [&](const Binding& other) { return other.name == binding.name; };
      if (std::any_of(bindings.begin(), bindings.end(), same)) {
        throw UsageError("--at: '" + binding.name + "' has two values");
      }
      bindings.push_back(std::move(binding));
    }
  }
  return bindings;
}

void check_bindings(const Expression& expression, std::span<const Binding> bindings) {
  std::vector<std::string> unused, missing;
  for (const Binding& binding : bindings) {
    if (std::find(expression.variables.begin(), expression.variables.end(), binding.name) ==
        expression.variables.end()) {
      unused.push_back(binding.name);
    }
  }
  for (const std::string& name : expression.variables) {
    const auto named = [&](const Binding& binding) { return binding.name == name; };
    if (std::none_of(bindings.begin(), bindings.end(), named)) missing.push_back(name);
  }
  if (!missing.empty()) {
    std::string example;
    for (const std::string& name : expression.variables) example += (example.empty() ? "" : ",") + name + "=…";
    throw UsageError("no value for the " + variables(missing) + "; give one to each, as in --at " + example);
  }
  if (!unused.empty()) {
    throw UsageError(
        "--at: the expression has no " + variables(unused) + "; " +
        (expression.variables.empty() ? "it has none" : "its variables: " + quoted_list(expression.variables)));
  }
}

}  // namespace wengert::cli
