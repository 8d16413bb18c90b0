#include "wengert/cli/bindings.hpp"

#include <algorithm>
#include <string_view>

#include "wengert/cli/data/read.hpp"
#include "wengert/cli/errors.hpp"
#include "wengert/cli/parser.hpp"
#include "wengert/cli/text.hpp"

namespace wengert::cli {
namespace {

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\n");
  return first == text.npos ? std::string_view{} : text.substr(first, text.find_last_not_of(" \t\n") - first + 1);
}

/// The parts between separators that stand outside brackets.
std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  std::size_t begin = 0, depth = 0;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '(' || text[at] == '[') ++depth;
    if ((text[at] == ')' || text[at] == ']') && depth > 0) --depth;
    if (text[at] == separator && depth == 0) {
      parts.push_back(text.substr(begin, at - begin));
      begin = at + 1;
    }
  }
  parts.push_back(text.substr(begin));
  return parts;
}

Array parse_value(const std::string& name, std::string_view text) {
  if (text.starts_with('@')) return read_array(std::string(text.substr(1)));
  const std::string in_the_value = "--at: in the value of '" + name + "': ";
  try {
    if (split(text, ';').size() > 1)
      throw UsageError(in_the_value + "a value is one expression; between x=1 and y=2 stands a comma");
    const Expression value = parse(text);
    if (!value.variables.empty()) {
      throw UsageError("--at: the value of '" + name + "' contains the variable '" + value.variables.front() +
                       "'; a value is made of numbers");
    }
    return evaluate(value, {}).elements();
  } catch (const ParseError& error) {
    throw UsageError(in_the_value + describe(error, text));
  } catch (const EvaluationError& error) {
    throw UsageError(in_the_value + describe(error, text));
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

/// The name that was probably meant, as a hint of its own line; empty if there is none.
std::string did_you_mean(const std::string& name, std::span<const Binding> point) {
  std::vector<std::string_view> known;
  for (const Binding& binding : point) known.push_back(binding.name);
  const std::string_view meant = nearest(name, known);
  return meant.empty() ? "" : "\n  hint: did you mean '" + std::string(meant) + "'?";
}

}  // namespace

std::vector<Binding> parse_bindings(std::span<const std::string> options) {
  std::vector<Binding> bindings;
  for (const std::string& option : options) {
    for (const std::string_view part : split(option, ',')) {
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
    const auto assigns = [&](const Statement& statement) { return statement.name == binding.name; };
    if (std::any_of(expression.statements.begin(), expression.statements.end(), assigns)) {
      throw UsageError("--at: '" + binding.name + "' gets its value in the expression");
    }
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
    if (!unused.empty()) {
      // Most likely a slip in one of the two.
      for (const std::string& name : missing) {
        if (const std::string hint = did_you_mean(name, bindings); !hint.empty())
          throw UsageError("no value for the " + variables(missing) + hint);
      }
    }
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

std::vector<std::size_t> chosen_variables(std::span<const Binding> point, std::span<const std::string> names) {
  std::vector<std::size_t> chosen;
  for (const std::string& name : names) {
    const auto at = std::find_if(point.begin(), point.end(), [&](const Binding& b) { return b.name == name; });
    if (at == point.end())
      throw UsageError("--wrt: the expression has no variable '" + name + "'" + did_you_mean(name, point));
    const auto index = static_cast<std::size_t>(at - point.begin());
    if (std::find(chosen.begin(), chosen.end(), index) != chosen.end())
      throw UsageError("--wrt: '" + name + "' stands twice");
    chosen.push_back(index);
  }
  if (names.empty())
    for (std::size_t k = 0; k < point.size(); ++k) chosen.push_back(k);
  return chosen;
}

}  // namespace wengert::cli
