#include "wengert/cli/manual.hpp"

#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include <CLI/CLI.hpp>

#include "wengert/cli/describe.hpp"

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
    else if (c == '^')
      result += "\\(ha";
    else if (c == '~')
      result += "\\(ti";
    else if (c == '`')
      result += "\\(ga";
    else if (c == '\'')
      result += "\\(aq";
    else
      result += c;
    line_begins = c == '\n';
  }
  return result;
}

/// "--order N", "EXPR".
std::string heading(const OptionText& option) {
  std::string text;
  if (option.positional) return "\\fI" + roff(option.names.front()) + "\\fR";
  for (const std::string& name : option.names) text += (text.empty() ? "\\fB" : ", \\fB") + roff(name) + "\\fR";
  return option.value.empty() ? text : text + " \\fI" + roff(option.value) + "\\fR";
}

void put_options(std::ostream& out, const CLI::App& app) {
  for (const OptionText& option : options_of(app)) {
    if (app.get_parent() != nullptr && option.names.back() == "--help") continue;
    out << ".TP\n" << heading(option) << "\n" << roff(option.description) << "\n";
  }
}

void put_footer(std::ostream& out, const CLI::App& app) {
  if (!app.get_footer().empty()) out << ".PP\n.nf\n" << roff(app.get_footer()) << "\n.fi\n";
}

void put_command(std::ostream& out, const CLI::App& command) {
  out << ".SS \"wengert " << roff(command.get_name()) << "\"\n" << roff(command.get_description()) << ".\n";
  put_options(out, command);
  put_footer(out, command);
}

// ---- completion

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : " ") + word;
  return text;
}

/// A line of the completion's case: what may follow that option.
void put_values(std::ostream& out, const std::string& command, const CLI::App& app) {
  for (const OptionText& option : options_of(app)) {
    if (option.positional || option.value.empty()) continue;
    std::string pattern;
    for (const std::string& name : option.names) pattern += (pattern.empty() ? "" : "|") + command + "' " + name + "'";
    out << "    " << pattern << ") ";
    if (!option.choices.empty())
      out << "words='" << joined(option.choices) << "' ;;\n";
    else if (option.value == "FILE")
      out << "files=-f ;;\n";
    else if (option.value == "FOLDER")
      out << "files=-d ;;\n";
    else
      out << "return ;;\n";
  }
}

/// The line of a command: its options, or what its positional argument may be.
void put_words(std::ostream& out, const CLI::App& app, const std::string& command, const PositionalWords& positional) {
  std::string options, others;
  for (const CLI::App* inner : commands_of(app)) others += (others.empty() ? "" : " ") + inner->get_name();
  for (const OptionText& option : options_of(app)) {
    if (!option.positional) {
      options += (options.empty() ? "" : " ") + option.names.back();
      continue;
    }
    const auto known = positional.find(option.names.front());
    others = joined(known == positional.end() ? option.choices : known->second);
  }
  if (others.empty()) others = options;
  out << "      '" << command << "') options='" << options << "' words='" << others << "' ;;\n";
}

}  // namespace

std::string manual_page(const CLI::App& app, const std::string& version) {
  std::ostringstream out;
  out << ".TH WENGERT 1 \"\" \"wengert " << version << "\" \"User Commands\"\n"
      << ".SH NAME\nwengert \\- derivatives of expressions, and what they look like\n"
      << ".SH SYNOPSIS\n\\fBwengert\\fR \\fIcommand\\fR [\\fIarguments\\fR] [\\fIoptions\\fR]\n"
      << ".SH DESCRIPTION\n"
      << "Computes values and exact derivatives of expressions by automatic differentiation, tells every step of it,\n"
      << "checks and draws it, and works the examples of a lecture on neural networks.\n"
      << "Results go to standard output, everything else to standard error.\n"
      << ".SH OPTIONS\nThey may stand before or after the command.\n";
  put_options(out, app);
  out << ".SH COMMANDS\nEvery command has an option \\fB\\-\\-help\\fR.\n";
  for (const CLI::App* command : commands_of(app)) put_command(out, *command);
  out << ".SH EXAMPLES\n.nf\n"
      << roff(app.get_footer()) << "\n.fi\n"
      << ".SH \"EXIT STATUS\"\n"
      << ".TP\n0\nDone.\n"
      << ".TP\n1\nThe work could not be done (a file, Graphviz, an operation on these operands), or a check failed.\n"
      << ".TP\n2\nThe command line makes no sense: options, expression, point.\n"
      << ".SH ENVIRONMENT\n"
      << ".TP\n\\fBNO_COLOR\\fR\nIf set and not empty, nothing is coloured. Otherwise text for people is coloured\n"
      << "where it goes to a terminal, and nowhere else.\n"
      << ".TP\n\\fBTERM\\fR\nA terminal without it, or with the value dumb, gets no colours.\n"
      << ".TP\n\\fBPATH\\fR\nWhere \\fBdot\\fR of Graphviz is looked for, which lays out SVG and PNG.\n"
      << ".SH FILES\nThere is no configuration. Points may be read from CSV and NPY files (\\fB\\-\\-at\\fR "
         "\\fIname\\fR=@\\fIfile\\fR),\ngraphs from their text form (\\fBwengert graph \\-\\-file\\fR).\n"
      << ".SH \"SEE ALSO\"\n\\fBdot\\fR(1)\n";
  return out.str();
}

std::string bash_completion(const CLI::App& app, const PositionalWords& positional) {
  std::ostringstream out;
  std::vector<std::string> commands;
  for (const CLI::App* command : commands_of(app)) commands.push_back(command->get_name());
  std::string pattern = joined(commands);
  for (char& c : pattern) c = c == ' ' ? '|' : c;
  out << "# Completion of the command wengert for bash; `wengert completion` writes it.\n"
      << "_wengert() {\n"
      << "  local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]} command= files= options= words= i\n"
      << "  COMPREPLY=()\n"
      << "  # bash takes --theme=dark for three words.\n"
      << "  if [[ $word == = ]]; then word=; elif [[ $before == = ]]; then before=${COMP_WORDS[COMP_CWORD-2]}; fi\n"
      << "  for ((i = 1; i < COMP_CWORD; i++)); do\n"
      << "    case ${COMP_WORDS[i]} in " << pattern << ") command=${COMP_WORDS[i]}; break ;; esac\n"
      << "  done\n"
      << "  case \"$command $before\" in\n";
  for (const CLI::App* command : commands_of(app)) put_values(out, command->get_name(), *command);
  put_values(out, "*", app);
  out << "  esac\n"
      << "  if [[ -n $files ]]; then\n"
      << "    mapfile -t COMPREPLY < <(compgen $files -- \"$word\")\n"
      << "    compopt -o filenames 2>/dev/null\n"
      << "    return\n"
      << "  fi\n"
      << "  if [[ -z $words ]]; then\n"
      << "    case $command in\n";
  put_words(out, app, "", positional);
  for (const CLI::App* command : commands_of(app)) put_words(out, *command, command->get_name(), positional);
  out << "    esac\n"
      << "    if [[ $word == -* ]]; then words=$options; fi\n"
      << "  fi\n"
      << "  mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$word\")\n"
      << "}\n"
      << "complete -F _wengert wengert\n";
  return out.str();
}

}  // namespace wengert::cli
