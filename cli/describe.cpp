#include "wengert/cli/describe.hpp"

#include <algorithm>
#include <sstream>
#include <string_view>

#include <CLI/CLI.hpp>

#include "wengert/cli/text.hpp"

namespace wengert::cli {
namespace {

std::vector<std::string> split(const std::string& text, char at) {
  std::vector<std::string> parts;
  std::istringstream stream(text);
  for (std::string part; std::getline(stream, part, at);) parts.push_back(part);
  return parts;
}

/// Between the first `open` and the last `close`; empty where they are not.
std::string between(const std::string& text, std::string_view open, char close) {
  const std::size_t begin = text.find(open), end = text.rfind(close);
  if (begin == text.npos || end == text.npos || end < begin) return "";
  return text.substr(begin + open.size(), end - begin - open.size());
}

OptionText text_of(const CLI::Option& option) {
  OptionText text;
  text.positional = option.get_positional();
  text.required = option.get_required();
  text.names =
      text.positional ? std::vector<std::string>{option.get_name(true)} : split(option.get_name(false, true), ',');
  text.description = option.get_description();
  if (option.get_items_expected_max() == 0) return text;

  // CLI11 writes what it checks into the type: "THEME:{light,dark,print}", "N:INT in [1 - 17]".
  const std::string type = option.get_type_name();
  text.value = type.substr(0, type.find(':'));
  text.choices = split(between(type, "{", '}'), ',');
  std::string remarks;
  for (const std::string& choice : text.choices) remarks += (remarks.empty() ? "" : ", ") + choice;
  if (const std::string range = between(type, " in [", ']'); !range.empty()) {
    const std::size_t dash = range.find(" - ");
    remarks = range.substr(0, dash) + " to " + range.substr(dash + 3);
  }
  if (const std::string value = option.get_default_str(); !value.empty()) {
    remarks += (remarks.empty() ? "default: " : "; default: ") + value;
  }
  if (!remarks.empty()) text.description += " (" + remarks + ")";
  return text;
}

/// "-o, --out FILE"
std::string heading(const OptionText& option) {
  std::string text;
  for (const std::string& name : option.names) text += (text.empty() ? "" : ", ") + name;
  // Long names stand below each other, whether they have a short one or not.
  if (!option.positional && option.names.front().starts_with("--")) text.insert(0, 4, ' ');
  if (!option.positional && !option.value.empty()) text += " " + option.value;
  return text;
}

constexpr std::size_t width = 80;

/// "  heading   description", the description in a column of its own.
void put_entry(std::ostream& out, const std::string& heading, const std::string& description, std::size_t column) {
  std::string left = "  " + heading;
  if (display_width(left) + 2 > column) {
    out << left << "\n";
    left.clear();
  }
  // wrapped() drops blanks at the beginning: something else keeps their place.
  std::string entry = wrapped(std::string(column - 1, '.') + " " + description, width, column);
  out << entry.replace(0, column, padded(left, column)) << "\n";
}

}  // namespace

std::vector<OptionText> options_of(const CLI::App& app) {
  std::vector<OptionText> positional, named;
  for (const CLI::Option* option :
       app.get_options([](const CLI::Option* each) { return !each->get_group().empty(); })) {
    OptionText text = text_of(*option);
    (text.positional ? positional : named).push_back(std::move(text));
  }
  positional.insert(positional.end(), named.begin(), named.end());
  return positional;
}

std::vector<const CLI::App*> commands_of(const CLI::App& app) {
  return app.get_subcommands([](const CLI::App* command) { return !command->get_group().empty(); });
}

std::string help_text(const CLI::App& app, const std::string& name) {
  const std::vector<OptionText> options = options_of(app);
  const std::vector<const CLI::App*> commands = commands_of(app);
  std::ostringstream out;
  out << wrapped(app.get_description(), width, 0) << "\n\nUsage: " << name;
  std::size_t column = 0;
  for (const OptionText& option : options) {
    column = std::max(column, std::min<std::size_t>(display_width(heading(option)) + 4, 26));
    if (option.positional)
      out << (option.required ? " " : " [") << option.names.front() << (option.required ? "" : "]");
  }
  for (const CLI::App* command : commands) column = std::max(column, command->get_name().size() + 4);
  out << " [OPTIONS]" << (commands.empty() ? "" : " COMMAND …") << "\n\n";
  if (!commands.empty()) {
    out << "Commands:\n";
    for (const CLI::App* command : commands) put_entry(out, command->get_name(), command->get_description(), column);
    out << "\n";
  }
  bool in_options = false;
  for (const OptionText& option : options) {
    if (!option.positional && !in_options) {
      out << (&option == &options.front() ? "" : "\n") << "Options:\n";
      in_options = true;
    }
    put_entry(out, heading(option), option.description, column);
  }
  if (!app.get_footer().empty()) out << "\n" << app.get_footer() << "\n";
  return out.str();
}

}  // namespace wengert::cli
