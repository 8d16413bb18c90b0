// What the command says of itself: help, manual page, completion. All three come from one description.

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <boost/test/unit_test.hpp>

#include "run_command.hpp"
#include "wengert/cli/describe.hpp"
#include "wengert/cli/options.hpp"
#include "wengert/cli/text.hpp"

namespace {

using wengert::test::contents;
using wengert::test::Outcome;
using wengert::test::run_command;
using wengert::test::TemporaryFolder;
using Words = std::vector<std::string>;

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

std::string run_script(const std::string& script, const std::string& shell = "bash") {
  const TemporaryFolder folder;
  std::ofstream(folder.path() / "script") << script;
  const std::string out = (folder.path() / "out").string();
  const int status =
      std::system(("cd " + folder.path().string() + " && " + shell + " ./script >" + out + " 2>&1").c_str());
  const std::string said = contents(out);
  BOOST_TEST(WEXITSTATUS(status) == 0, script << "\nsaid\n" << said);
  return said;
}

const std::vector<std::string> commands{"grad",  "check", "graph",   "explain", "derive",    "mark",   "exercise",
                                        "trace", "diff",  "profile", "stats",   "lecture",   "bench",  "primitives",
                                        "train", "eval",  "predict", "summary", "functions", "manual", "completion"};

BOOST_AUTO_TEST_SUITE(manual)

BOOST_AUTO_TEST_CASE(help_is_aligned_and_not_too_wide) {
  std::vector<std::string> texts{run_command({"--help"}).out};
  for (const std::string& command : commands) texts.push_back(run_command({command, "--help"}).out);
  for (const std::string& text : texts) {
    bool options = false;
    for (const std::string& line : lines_of(text)) {
      if (line == "Options:") options = true;
      if (line.empty()) options = false;
      if (!options || line == "Options:") continue;
      BOOST_TEST(wengert::cli::display_width(line) <= 80u, line);
      BOOST_TEST(line.starts_with("  "), line);
      for (const char* raw : {"TEXT:", "INT:", "UINT", "FLOAT", "{", "REQUIRED"})
        BOOST_TEST((line.find(raw) == line.npos || line.find("{file}") != line.npos), line);
    }
  }
  BOOST_TEST(texts[0].find("\n  grad      ") != std::string::npos);
  BOOST_TEST(
      texts[1].find("\n      --order N     Highest order of derivatives (1 to 3; default: 1)\n") != std::string::npos,
      texts[1]);
  BOOST_TEST(texts[1].find("Usage: wengert grad EXPR [OPTIONS]\n") != std::string::npos);
  BOOST_TEST(texts[3].find("Usage: wengert graph [EXPR] [OPTIONS]\n") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(every_example_of_the_help_runs) {
  const std::string command = WENGERT_COMMAND;
  std::string all = run_command({"--help"}).out;
  for (const std::string& name : commands) all += "\n" + run_command({name, "--help"}).out;
  std::string script = "set -euo pipefail\nPATH=" + command.substr(0, command.rfind('/')) + ":$PATH\n";
  std::size_t count = 0;
  bool examples = false;
  for (std::string line : lines_of(all)) {
    if (line == "Examples:") examples = true;
    if (line.empty()) examples = false;
    if (!examples || line == "Examples:") continue;
    if (const std::size_t remark = line.find("      ("); remark != line.npos) line.resize(remark);
    count += line.starts_with("  wengert ") ? 1 : 0;
    script += line + "\n";
  }
  BOOST_TEST(count >= 20u);
  run_script(script);
}

BOOST_AUTO_TEST_CASE(the_page_has_every_command_and_option) {
  CLI::App app("", "wengert");
  wengert::cli::Options options;
  wengert::cli::describe_options(app, options);
  std::string page = run_command({"manual"}).out;
  for (std::size_t at = 0; (at = page.find("\\-", at)) != page.npos;) page.erase(at, 1);
  const auto stands = [&](const std::string& what) { BOOST_TEST(page.find(what) != page.npos, what); };
  for (const wengert::cli::OptionText& option : wengert::cli::options_of(app)) stands("\\fB" + option.names.back());
  std::vector<std::string> names;
  for (const CLI::App* command : wengert::cli::commands_of(app)) {
    names.push_back(command->get_name());
    const std::size_t begin = page.find(".SS \"wengert " + command->get_name() + "\"");
    BOOST_REQUIRE(begin != page.npos);
    const std::string part = page.substr(begin, page.find("\n.S", begin + 1) - begin);
    for (const wengert::cli::OptionText& option : wengert::cli::options_of(*command)) {
      const std::string name = option.names.back();
      const std::string font = option.positional ? "\\fI" : "\\fB";
      BOOST_TEST((name == "--help" || part.find(font + name + "\\fR") != part.npos), name << " of " << names.back());
    }
  }
  BOOST_TEST(names == commands, boost::test_tools::per_element());
  for (const char* section : {"NAME", "SYNOPSIS", "DESCRIPTION", "OPTIONS", "COMMANDS", "EXAMPLES", "\"EXIT STATUS\"",
                              "ENVIRONMENT", "FILES", "\"SEE ALSO\""})
    stands(std::string("\n.SH ") + section + "\n");
}

BOOST_AUTO_TEST_CASE(roff_has_nothing_to_complain_about) {
  if (std::system("command -v groff >/dev/null") != 0) return;
  const TemporaryFolder folder;
  std::ofstream(folder.path() / "wengert.1") << run_command({"manual"}).out;
  const std::string groff = "groff -k -man -ww -Tutf8 " + (folder.path() / "wengert.1").string();
  BOOST_TEST(run_script(groff + " 2>&1 >/dev/null") == "");
  const std::string page = run_script(groff);
  BOOST_TEST(page.find("wengert grad 'sin(x)*y + x^2' --at x=2,y=3 --steps\n") != page.npos, page);
}

/// What the completion offers for `words`, the last of which is being typed.
std::vector<std::string> completed(const Words& words) {
  std::string script =
      "source <(" + std::string(WENGERT_COMMAND) + " completion)\ntouch some.csv other.txt\nmkdir folder\nCOMP_WORDS=(";
  for (const std::string& word : words) script += " '" + word + "'";
  script += ")\nCOMP_CWORD=" + std::to_string(words.size() - 1) + "\n_wengert\nprintf '%s\\n' \"${COMPREPLY[@]}\"\n";
  std::vector<std::string> offered = lines_of(run_script(script));
  std::erase(offered, "");
  return offered;
}

void check_completed(const Words& words, const std::vector<std::string>& expected) {
  BOOST_TEST_CONTEXT("after " << words.back()) {
    BOOST_TEST(completed(words) == expected, boost::test_tools::per_element());
  }
}

BOOST_AUTO_TEST_CASE(bash_completes) {
  check_completed({"wengert", ""}, commands);
  check_completed({"wengert", "gra"}, {"grad", "graph"});
  check_completed({"wengert", "--l"}, {"--log-level"});
  check_completed({"wengert", "--log-level", "t"}, {"trace"});
  check_completed({"wengert", "--log-level", "info", "che"}, {"check"});
  check_completed({"wengert", "grad", "--s"}, {"--steps", "--svg"});
  check_completed({"wengert", "grad", "x^2", "--theme", ""}, {"light", "dark", "print"});
  check_completed({"wengert", "graph", "--theme", "=", "d"}, {"dark"});
  check_completed({"wengert", "graph", "--view", "="}, {"forward", "gradient", "both"});
  check_completed({"wengert", "lecture", "ne"}, {"neuron"});
  check_completed({"wengert", "lecture", "--steps", ""}, {});
  check_completed({"wengert", "grad", "--steps", "--js"}, {"--json"});
  check_completed({"wengert", "primitives", "soft"}, {"softplus", "softmax"});
  check_completed({"wengert", "bench", "ro"}, {"rosen"});
  check_completed({"wengert", "completion", ""}, {"bash"});
  check_completed({"wengert", "graph", "--out", "so"}, {"some.csv"});
  check_completed({"wengert", "graph", "-o", "oth"}, {"other.txt"});
  check_completed({"wengert", "lecture", "--out", ""}, {"folder"});
  check_completed({"wengert", "grad", "--order", ""}, {});
  check_completed({"wengert", "grad", "--at", ""}, {});
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
