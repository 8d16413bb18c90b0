#include "wengert/cli/manual.hpp"

#include <algorithm>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include <CLI/CLI.hpp>

namespace wengert::cli {
namespace {

/// Text for roff: a backslash, a leading dot or quote, and minus signs would mean something else.
std::string roff(std::string_view text) {
  std::string result;
  bool line_begins = true;
  for (const char c : text) {
    if (line_begins && (c == '.' || c == '\'')) result += "\\&";
    if (c == '\\')
      result += "\\e";
    else if (c == '-')
      result += "\\-";
    else
      result += c;
    line_begins = c == '\n';
  }
  return result;
}

std::vector<const CLI::Option*> options_of(const CLI::App& app) {
  return app.get_options([](const CLI::Option* option) { return !option->get_group().empty(); });
}

std::vector<const CLI::App*> commands_of(const CLI::App& app) {
  return app.get_subcommands([](const CLI::App* command) { return !command->get_group().empty(); });
}

/// "--order INT", "EXPR".
std::string heading(const CLI::Option& option) {
  std::string names = option.get_name(false, true);
  std::string text;
  std::istringstream each(names);
  for (std::string name; std::getline(each, name, ',');) text += (text.empty() ? "\\fB" : "\\fR, \\fB") + roff(name);
  text += "\\fR";
  if (option.get_positional()) return "\\fI" + roff(option.get_name(true)) + "\\fR";
  if (const std::string type = option.get_type_name(); option.get_items_expected_max() > 0 && !type.empty()) {
    text += " \\fI" + roff(type) + "\\fR";
  }
  return text;
}

void put_options(std::ostream& out, const CLI::App& app) {
  for (const CLI::Option* option : options_of(app)) {
    out << ".TP\n" << heading(*option) << "\n" << roff(option->get_description());
    if (const std::string value = option->get_default_str(); !value.empty()) out << " (default: " << roff(value) << ")";
    out << "\n";
  }
}

void put_footer(std::ostream& out, const CLI::App& app) {
  if (app.get_footer().empty()) return;
  out << ".PP\n.nf\n" << roff(app.get_footer()) << "\n.fi\n";
}

void put_command(std::ostream& out, const CLI::App& command, const std::string& name) {
  out << ".SS \"wengert " << roff(name) << "\"\n" << roff(command.get_description()) << ".\n";
  put_options(out, command);
  for (const CLI::App* inner : commands_of(command)) {
    out << ".TP\n\\fB" << roff(name + " " + inner->get_name()) << "\\fR\n" << roff(inner->get_description()) << ".\n";
  }
  put_footer(out, command);
}

// ---- completion

/// The words that an option's value is one of; empty: any.
std::vector<std::string> values_of(const CLI::Option& option) {
  // CLI11 writes the list into the type: "TEXT:{light,dark,print}".
  const std::string type = option.get_type_name();
  const std::size_t open = type.find('{'), close = type.rfind('}');
  std::vector<std::string> values;
  if (open == std::string::npos || close == std::string::npos) return values;
  std::istringstream list(type.substr(open + 1, close - open - 1));
  for (std::string value; std::getline(list, value, ',');) values.push_back(value);
  return values;
}

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : " ") + word;
  return text;
}

std::vector<std::string> words_of(const CLI::App& app) {
  std::vector<std::string> words;
  for (const CLI::App* command : commands_of(app)) words.push_back(command->get_name());
  for (const CLI::Option* option : options_of(app)) {
    for (const std::string& name : option->get_lnames()) words.push_back("--" + name);
  }
  return words;
}

void put_values(std::ostream& out, const CLI::App& app, std::vector<std::string>& done) {
  for (const CLI::Option* option : options_of(app)) {
    const std::vector<std::string> values = values_of(*option);
    for (const std::string& name : option->get_lnames()) {
      if (std::find(done.begin(), done.end(), name) != done.end()) continue;
      done.push_back(name);
      if (!values.empty()) {
        out << "    --" << name << ") COMPREPLY=($(compgen -W \"" << joined(values) << "\" -- \"$word\")); return ;;\n";
      } else if (option->get_items_expected_max() > 0) {
        out << "    --" << name << ") COMPREPLY=($(compgen -f -- \"$word\")); return ;;\n";
      }
    }
  }
  for (const CLI::App* command : commands_of(app)) put_values(out, *command, done);
}

}  // namespace

std::string manual_page(const CLI::App& app, const std::string& version) {
  std::ostringstream out;
  out << ".TH WENGERT 1 \"\" \"wengert " << version << "\" \"User Commands\"\n"
      << ".SH NAME\nwengert \\- derivatives of expressions, and what they look like\n"
      << ".SH SYNOPSIS\n\\fBwengert\\fR [\\fIoptions\\fR] \\fIcommand\\fR [\\fIarguments\\fR]\n"
      << ".SH DESCRIPTION\n"
      << "Computes values and exact derivatives of expressions by automatic differentiation, tells every step of it, "
         "checks and "
         "draws it,\nand works the examples of a lecture on neural networks.\n"
      << ".SH OPTIONS\n";
  put_options(out, app);
  out << ".SH COMMANDS\n";
  for (const CLI::App* command : commands_of(app)) put_command(out, *command, command->get_name());
  out << ".SH \"EXIT STATUS\"\n"
      << ".TP\n0\nDone.\n"
      << ".TP\n1\nThe work could not be done (a file, Graphviz, an operation on these operands), or a check failed.\n"
      << ".TP\n2\nThe command line makes no sense: options, expression, point.\n"
      << ".SH ENVIRONMENT\n"
      << ".TP\n\\fBNO_COLOR\\fR\nIf set and not empty, nothing is coloured. Otherwise text is coloured where it goes "
         "to a terminal, "
         "and nowhere else.\n"
      << ".SH \"SEE ALSO\"\n\\fBdot\\fR(1)\n";
  return out.str();
}

std::string bash_completion(const CLI::App& app) {
  std::ostringstream out;
  out << "# Completion of the command wengert for bash; `wengert completion` writes it.\n"
      << "_wengert() {\n"
      << "  local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]} command= i\n"
      << "  case $before in\n";
  std::vector<std::string> done;
  put_values(out, app, done);
  out << "  esac\n"
      << "  for ((i = 1; i < COMP_CWORD; i++)); do\n"
      << "    case \"$command ${COMP_WORDS[i]}\" in\n";
  for (const CLI::App* command : commands_of(app)) {
    out << "      \" " << command->get_name() << "\") command=" << command->get_name() << " ;;\n";
    for (const CLI::App* inner : commands_of(*command)) {
      out << "      \"" << command->get_name() << " " << inner->get_name() << "\") command='" << command->get_name()
          << " " << inner->get_name() << "' ;;\n";
    }
  }
  out << "    esac\n"
      << "  done\n"
      << "  case $command in\n";
  const auto reply = [&](const std::string& command, const CLI::App& of) {
    out << "    " << (command.empty() ? "''" : "'" + command + "'") << ") COMPREPLY=($(compgen -W \""
        << joined(words_of(of)) << "\" -- \"$word\")) ;;\n";
  };
  reply("", app);
  for (const CLI::App* command : commands_of(app)) {
    reply(command->get_name(), *command);
    for (const CLI::App* inner : commands_of(*command)) reply(command->get_name() + " " + inner->get_name(), *inner);
  }
  out << "  esac\n"
      << "}\n"
      << "complete -F _wengert wengert\n";
  return out.str();
}

}  // namespace wengert::cli
