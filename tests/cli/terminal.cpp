// The command on a terminal, in pipes, and where nothing can be written.

#include <fcntl.h>
#include <pty.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cstdlib>
#include <regex>
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "run_command.hpp"
#include "wengert/cli/paint.hpp"

namespace {

using wengert::test::contents;
using wengert::test::Outcome;
using wengert::test::run_command;
using wengert::test::shell_quoted;
using wengert::test::TemporaryFolder;
using Words = std::vector<std::string>;

/// What the command writes to a terminal of its own. `environment`: NAME=value, or NAME to have it unset.
std::string on_terminal(const Words& arguments, const Words& environment = {}) {
  int terminal = -1;
  const pid_t child = ::forkpty(&terminal, nullptr, nullptr, nullptr);
  BOOST_REQUIRE(child >= 0);
  if (child == 0) {
    ::setenv("TERM", "xterm", 1);
    ::unsetenv("NO_COLOR");
    for (const std::string& variable : environment) {
      const std::size_t equals = variable.find('=');
      if (equals == variable.npos)
        ::unsetenv(variable.c_str());
      else
        ::setenv(variable.substr(0, equals).c_str(), variable.substr(equals + 1).c_str(), 1);
    }
    Words words = arguments;
    words.insert(words.begin(), WENGERT_COMMAND);
    std::vector<char*> pointers;
    for (std::string& word : words) pointers.push_back(word.data());
    pointers.push_back(nullptr);
    ::execv(WENGERT_COMMAND, pointers.data());
    ::_exit(127);
  }
  std::string text;
  char block[4096];
  for (ssize_t count = 0; (count = ::read(terminal, block, sizeof block)) > 0;) {
    text.append(block, static_cast<std::size_t>(count));
  }
  ::close(terminal);
  ::waitpid(child, nullptr, 0);
  std::erase(text, '\r');  // the terminal ends lines with two characters
  return text;
}

std::string without_colours(const std::string& text) {
  return std::regex_replace(text, std::regex("\033\\[[0-9;]*m"), "");
}

const std::vector<Words> reports{
    {"grad", "u = sin(x)*y; u^2", "--at", "x=2,y=3", "--order", "2", "--steps"},
    {"grad", "sqrt(x)*y", "--at", "x=0,y=1"},
    {"check", "relu(x)*y", "--at", "x=0,y=3"},
    {"check", "sin(x)*y", "--at", "x=2,y=3"},
    {"lecture", "backprop", "--no-pictures"},
    {"primitives"},
};

BOOST_AUTO_TEST_SUITE(terminal)

BOOST_AUTO_TEST_CASE(colours_leave_the_text_as_it_is) {
  for (const Words& report : reports) {
    const std::string plain = run_command(report).out, coloured = on_terminal(report);
    BOOST_TEST(coloured.find("\033[") != std::string::npos, report.front());
    BOOST_TEST(plain.find("\033") == std::string::npos, report.front());
    BOOST_TEST(without_colours(coloured) == plain);
  }
}

BOOST_AUTO_TEST_CASE(what_is_coloured) {
  const auto has = [](const std::string& text, const std::string& part) {
    BOOST_TEST(text.find(part) != std::string::npos, part << " is not in\n" << text);
  };
  const std::string grad = on_terminal(reports[0]);
  has(grad, "\n\033[35m∂f/∂x");
  has(grad, "\n\033[1msecond derivatives ∂²f/∂row∂column\033[0m\n");
  has(grad, "\033[35m∂f/∂u = ");
  const std::string kink = on_terminal(reports[2]);
  has(kink, "  \033[1;31mkink\033[0m\n");
  has(kink, "  \033[32mok\033[0m\n");
  has(on_terminal(reports[3]), "\033[32mAll 2 derivatives are right\033[0m: ");
  has(on_terminal(reports[4]), "\033[1mBackpropagation: the output weights\033[0m\n");
  has(on_terminal(reports[4]), "\033[35mdL/dw5\033[0m = ");
  const std::string error = on_terminal({"grad", "sine(x)", "--at", "x=1"});
  has(error, "\033[1;31merror:\033[0m unknown function 'sine'");
  has(error, "\033[32m  ^\033[0m\n");
  has(error, "\033[36m  hint:\033[0m did you mean");
}

BOOST_AUTO_TEST_CASE(nobody_who_does_not_want_colours_gets_them) {
  for (const Words& report : reports) {
    const std::string plain = run_command(report).out;
    for (const Words& environment : {Words{"NO_COLOR=1"}, Words{"TERM=dumb"}, Words{"TERM"}})
      BOOST_TEST(on_terminal(report, environment) == plain, environment.front());
  }
  // An empty NO_COLOR is none.
  BOOST_TEST(on_terminal(reports[3], {"NO_COLOR="}) == on_terminal(reports[3]));
  for (const Words& data :
       {Words{"grad", "x*x", "--at", "x=3", "--json"}, Words{"check", "x*x", "--at", "x=3", "--json"},
        Words{"primitives", "--json"}, Words{"graph", "x*x", "--at", "x=3"}, Words{"manual"}, Words{"completion"}})
    BOOST_TEST(on_terminal(data) == run_command(data).out, data.front());
}

BOOST_AUTO_TEST_CASE(painting_keeps_every_byte) {
  for (const std::string text :
       {"", "\n", "a", "variable  verdict\nx  ok\n\nAll 1 derivatives are right: a", "∂\n  ∂", "─", "x\n─\n\n\n"})
    BOOST_TEST(without_colours(wengert::cli::painted_result(text, true)) == text);
}

/// Runs a line of bash in which $wengert is the command.
Outcome shell(const std::string& line) {
  const TemporaryFolder folder;
  const std::string out = (folder.path() / "out").string(), err = (folder.path() / "err").string();
  const std::string script = "wengert=" + shell_quoted(WENGERT_COMMAND) + "; cd " +
                             shell_quoted(folder.path().string()) + "; { " + line + "; } >out 2>err";
  const int status = std::system(("bash -c " + shell_quoted(script)).c_str());
  return {WEXITSTATUS(status), contents(out), contents(err)};
}

BOOST_AUTO_TEST_CASE(a_reader_that_goes_away_ends_the_command_silently) {
  for (const std::string command : {"lecture --no-pictures", "primitives", "bench --quick"}) {
    const Outcome outcome = shell("\"$wengert\" " + command + " | head -1; echo ${PIPESTATUS[0]}");
    BOOST_TEST_CONTEXT(command) {
      BOOST_TEST(outcome.err == "");
      // 141: ended by SIGPIPE, as others are; 0: all of it fitted into the pipe.
      BOOST_TEST((outcome.out.ends_with("\n141\n") || outcome.out.ends_with("\n0\n")), outcome.out);
    }
  }
  const Outcome ignored = shell("trap '' PIPE; \"$wengert\" lecture --no-pictures | true; exit ${PIPESTATUS[0]}");
  BOOST_TEST(ignored.status == 1);
  BOOST_TEST(ignored.err.starts_with("error: cannot write standard output"), ignored.err);
}

BOOST_AUTO_TEST_CASE(what_cannot_be_written_is_an_error) {
  for (const std::string command : {"grad 2", "--help", "primitives", "manual", "completion", "check x --at x=1",
                                    "graph x --at x=1", "--version"}) {
    BOOST_TEST_CONTEXT(command) {
      const Outcome full = shell("\"$wengert\" " + command + " >/dev/full");
      BOOST_TEST(full.status == 1);
      BOOST_TEST(full.err.starts_with("error: cannot write standard output"), full.err);
      const Outcome closed = shell("\"$wengert\" " + command + " >&-");
      BOOST_TEST(closed.status == 1);
      BOOST_TEST(closed.err.starts_with("error: cannot write standard output"), closed.err);
    }
  }
  BOOST_TEST(shell("\"$wengert\" grad 2 >/dev/full").err ==
             "error: cannot write standard output: No space left on device\n");
  BOOST_TEST(shell("\"$wengert\" graph 'x*x' --at x=1 -o /dev/full --format dot").status == 1);
}

BOOST_AUTO_TEST_CASE(files_do_not_take_the_place_of_closed_streams) {
  // Without standard output, the drawing goes to its file and nothing else does.
  const Outcome closed = shell("\"$wengert\" grad 'x*x' --at x=1 --dot g.dot >&-; cat g.dot");
  BOOST_TEST(closed.out == shell("\"$wengert\" graph 'x*x' --at x=1").out);
  BOOST_TEST(shell("\"$wengert\" grad 'x*x' --at x=1 --dot g.dot 2>&-; true").out.find("∂f/∂x") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
