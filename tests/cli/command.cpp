// The command as users run it: what it prints, byte for byte (tests/cli/expected/), with which status it ends.
//
// To accept what it prints now: WENGERT_ACCEPT=1 test_cli, and read the difference before it is committed.

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <regex>
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "run_command.hpp"

namespace {

using wengert::test::contents;
using wengert::test::Outcome;
using wengert::test::run_command;
using wengert::test::TemporaryFolder;
using Words = std::vector<std::string>;

/// Compares with tests/cli/expected/<name>.txt.
void check_text(const std::string& name, const std::string& printed) {
  const std::filesystem::path path = std::filesystem::path(WENGERT_SOURCE_DIR) / "tests/cli/expected" / (name + ".txt");
  if (std::getenv("WENGERT_ACCEPT") != nullptr) std::ofstream(path, std::ios::binary) << printed;
  BOOST_TEST(printed == contents(path), name << ".txt differs; the command printed:\n" << printed);
}

void check_prints(const std::string& name, const Words& arguments) {
  const TemporaryFolder folder;
  const Outcome outcome = run_command(arguments, folder.path());
  BOOST_TEST(outcome.status == 0);
  BOOST_TEST(outcome.err == "");
  check_text(name, outcome.out);
}

/// Ends with `status`, prints nothing, and says exactly this.
void check_fails(int status, const Words& arguments, const std::string& said) {
  const Outcome outcome = run_command(arguments);
  BOOST_TEST(outcome.status == status);
  BOOST_TEST(outcome.out == "");
  BOOST_TEST(outcome.err == said);
}

BOOST_AUTO_TEST_SUITE(command)

BOOST_AUTO_TEST_CASE(grad_prints_a_table) {
  check_prints("grad", {"grad", "sin(x)*y", "--at", "x=2,y=3"});
  check_prints("grad_order_2", {"grad", "sin(x)*y", "--at", "x=2,y=3", "--order", "2"});
  check_prints("grad_order_3", {"grad", "x^2*y^3", "--at", "x=2,y=-3", "--order", "3"});
  check_prints("grad_minus_first", {"grad", "-x^2", "--at", "x=3"});
  check_prints("grad_without_variables", {"grad", "2+3*pi", "--order", "2"});
}

BOOST_AUTO_TEST_CASE(the_order_of_the_point_is_that_of_the_results) {
  BOOST_TEST(run_command({"grad", "x/y", "--at", "y=2", "--at", "x=1", "--json"}).out ==
             "{\"schema\":1,\"value\":0.5,\"variables\":{\"y\":2.0,\"x\":1.0},\"gradient\":{\"y\":-0.25,\"x\":0.5}}\n");
}

BOOST_AUTO_TEST_CASE(what_is_not_finite_is_said) {
  check_prints("grad_sqrt_at_0", {"grad", "sqrt(x)*y", "--at", "x=0,y=1"});
  check_prints("grad_log_below_0", {"grad", "log(x)", "--at", "x=-1"});
  check_prints("grad_division_by_0", {"grad", "1/x", "--at", "x=0"});
  check_prints("grad_second_not_finite", {"grad", "x^1.5", "--at", "x=0", "--order", "2"});
}

BOOST_AUTO_TEST_CASE(values_of_a_point_may_be_expressions) {
  BOOST_TEST(run_command({"grad", "x+y+z", "--at", "x=pi/2, y = max(1, 2) ,z=-inf", "--json"}).out ==
             "{\"schema\":1,\"value\":\"-inf\",\"variables\":{\"x\":1.5707963267948966,\"y\":2.0,\"z\":\"-inf\"},"
             "\"gradient\":{\"x\":1.0,\"y\":1.0,\"z\":1.0}}\n");
}

BOOST_AUTO_TEST_CASE(functions_are_listed) {
  const Outcome outcome = run_command({"functions"});
  BOOST_TEST(outcome.status == 0);
  for (const std::string call :
       {"sin(x)", "max(x, y)", "where(x < y, a, b)", "sigmoid(x)", "pow(x, y)", "sum(x, axis)", "A @ x"}) {
    BOOST_TEST((outcome.out.starts_with(call) || outcome.out.find("\n" + call + " ") != std::string::npos), call);
  }
}

BOOST_AUTO_TEST_CASE(wrong_expressions_end_with_2) {
  check_fails(2, {"grad", "sine(x)*y", "--at", "x=1,y=2"},
              "error: unknown function 'sine' at column 1\n"
              "  sine(x)*y\n"
              "  ^\n"
              "  hint: did you mean 'sin'?\n");
  check_fails(2, {"grad", "2x", "--at", "x=1"},
              "error: unexpected 'x' at column 2; expected an operator or the end\n"
              "  2x\n"
              "   ^\n"
              "  hint: a product is written with *\n");
  // The command puts a blank before a leading minus; columns do not show it.
  check_fails(2, {"grad", "-x^", "--at", "x=1"},
              "error: unexpected end at column 4; expected a number, a name or '('\n"
              "  -x^\n"
              "     ^\n");
}

BOOST_AUTO_TEST_CASE(wrong_points_end_with_2) {
  check_fails(2, {"grad", "x"}, "error: no value for the variable 'x'; give one to each, as in --at x=…\n");
  check_fails(2, {"grad", "x*y*z", "--at", "y=1"},
              "error: no value for the variables 'x', 'z'; give one to each, as in --at x=…,y=…,z=…\n");
  check_fails(2, {"grad", "x", "--at", "x=1,z=2"},
              "error: --at: the expression has no variable 'z'; its variables: 'x'\n");
  check_fails(2, {"grad", "1", "--at", "z=2"}, "error: --at: the expression has no variable 'z'; it has none\n");
  check_fails(2, {"grad", "x", "--at", "x=1,x=2"}, "error: --at: 'x' has two values\n");
  check_fails(2, {"grad", "x", "--at", "x=1", "--at", "x=2"}, "error: --at: 'x' has two values\n");
  check_fails(2, {"grad", "x", "--at", "x"}, "error: --at: 'x' is not of the form name=value, as in --at x=2,y=3\n");
  check_fails(2, {"grad", "x", "--at", "x=1,"}, "error: --at: '' is not of the form name=value, as in --at x=2,y=3\n");
  check_fails(2, {"grad", "x", "--at", "pi=3"}, "error: --at: 'pi' is the constant 3.141592653589793\n");
  check_fails(2, {"grad", "x", "--at", "sin=3"}, "error: --at: 'sin' cannot be the name of a variable\n");
  check_fails(2, {"grad", "x", "--at", "x=y"},
              "error: --at: the value of 'x' contains the variable 'y'; a value is made of numbers\n");
  check_fails(2, {"grad", "rate*x", "--at", "rat=1,x=2"},
              "error: no value for the variable 'rate'\n  hint: did you mean 'rat'?\n");
  check_fails(2, {"grad", "u = x; u*u", "--at", "x=1,u=2"}, "error: --at: 'u' gets its value in the expression\n");
  check_fails(2, {"grad", "x*y", "--at", "x=1;y=2"},
              "error: --at: in the value of 'x': a value is one expression; between x=1 and y=2 stands a comma\n");
  check_fails(
      2, {"grad", "x", "--at", "x=[1,2;3]"},
      "error: --at: in the value of 'x': this row has 1 of the row before's 2 elements at column 5; expected rows "
      "of one length\n"
      "  [1,2;3]\n"
      "      ^\n");
  check_fails(2, {"grad", "x", "--at", "x=2y"},
              "error: --at: in the value of 'x': unexpected 'y' at column 2; expected an operator or the end\n"
              "  2y\n"
              "   ^\n"
              "  hint: a product is written with *\n");
}

BOOST_AUTO_TEST_CASE(arrays_have_gradients_of_their_shape) {
  const Words affine{"grad", "A @ x - b", "--at", "A=[1,2;3,4],x=[1,-1],b=[0.5,1]"};
  const Words squared{"grad", "r = A @ x - b\nsum(r^2)", "--at", "A=[1,2;3,4],x=[1,-1],b=[0.5,1]"};
  check_prints("grad_arrays", squared);
  check_prints("grad_jacobian", affine);
  check_prints("grad_arrays_order_2", {"grad", "x[0]*x[1]*y", "--at", "x=[2,3],y=5", "--order", "2"});
  check_prints("grad_long_arrays",
               {"grad", "v = cumsum(x^2)/7; sum(outer(v, v))", "--at", "x=[1,2,3,4,5,6,7,8,9,10,11,12,13]"});
  check_prints("grad_jacobian_json", {"grad", "A @ x", "--at", "A=[1,2;3,4],x=[1,-1]", "--json"});
}

BOOST_AUTO_TEST_CASE(steps_tell_the_calculation) {
  check_prints("steps", {"grad", "sin(x)*y + x^2", "--at", "x=2,y=3", "--steps"});
  check_prints("steps_arrays",
               {"grad", "u = A @ x; y*sum(u^2) + x[1]*2", "--at", "A=[1,2;3,4],x=[1,-1],y=2", "--steps"});
  check_prints("steps_json", {"grad", "x*x*2", "--at", "x=3", "--steps", "--json"});
  check_fails(2, {"grad", "[x, 1]", "--at", "x=1", "--steps"},
              "error: --steps wants a value that is one number; this one is an array of shape [2]\n"
              "  hint: sum(…) or an element such as …[0] makes one number of it\n");
  check_fails(2, {"grad", "2", "--steps"}, "error: --steps: the expression is a constant; nothing is computed in it\n");
  check_fails(2, {"grad", "x", "--at", "x=1", "--steps"},
              "error: --steps: the expression is the variable 'x'; nothing is computed in it\n");
}

BOOST_AUTO_TEST_CASE(check_reports_what_it_found) {
  check_prints("check", {"check", "u = v[0]^2*y\nu + v[1]/y", "--at", "v=[3,5],y=2"});
  const Outcome kink = run_command({"check", "abs(x)*y", "--at", "x=0,y=3"});
  BOOST_TEST(kink.status == 1);
  BOOST_TEST(kink.err == "");
  check_text("check_kink", kink.out);
  check_prints("check_json", {"check", "3*x", "--at", "x=2", "--json"});
  check_fails(2, {"check", "1"}, "error: the expression has no variables; there is no derivative to check\n");
  check_fails(2, {"check", "[x, 1]", "--at", "x=1"},
              "error: check wants a value that is one number; this one is an array of shape [2]\n"
              "  hint: sum(…) or an element such as …[0] makes one number of it\n");
}

BOOST_AUTO_TEST_CASE(wrt_chooses_and_orders_variables) {
  BOOST_TEST(run_command({"grad", "x*y*z", "--at", "x=1,y=2,z=3", "--wrt", "z,x", "--json", "--order", "2"}).out ==
             "{\"schema\":1,\"value\":6.0,\"variables\":{\"x\":1.0,\"y\":2.0,\"z\":3.0},"
             "\"gradient\":{\"z\":2.0,\"x\":6.0},\"hessian\":[[0.0,2.0],[2.0,0.0]]}\n");
  check_fails(2, {"grad", "rate*x", "--at", "rate=1,x=2", "--wrt", "rat"},
              "error: --wrt: the expression has no variable 'rat'\n  hint: did you mean 'rate'?\n");
  check_fails(2, {"grad", "x*y", "--at", "x=1,y=2", "--wrt", "y,y"}, "error: --wrt: 'y' stands twice\n");
}

BOOST_AUTO_TEST_CASE(values_come_from_files) {
  const TemporaryFolder folder;
  std::ofstream(folder.path() / "a.csv") << "# a matrix\n1;2\n3;4\n";
  std::ofstream(folder.path() / "x.csv") << "x\n1\n-1\n";
  BOOST_TEST(run_command({"grad", "sum(A @ x)", "--at", "A=@a.csv,x=@x.csv", "--json"}, folder.path()).out ==
             "{\"schema\":1,\"value\":-2.0,\"variables\":{\"A\":[[1.0,2.0],[3.0,4.0]],\"x\":[1.0,-1.0]},"
             "\"gradient\":{\"A\":[[1.0,-1.0],[1.0,-1.0]],\"x\":[4.0,6.0]}}\n");
  check_fails(1, {"grad", "x", "--at", "x=@nowhere.csv"},
              "error: cannot read 'nowhere.csv': No such file or directory\n");
}

BOOST_AUTO_TEST_CASE(operations_that_cannot_be_done_point_into_the_text) {
  check_fails(1, {"grad", "1 + A @ x", "--at", "A=[1,2;3,4],x=[1,2,3]"},
              "error: matmul: operand 1 has f64[3] at column 7; expected f64[2] to go with f64[2,2]\n"
              "  1 + A @ x\n"
              "        ^\n"
              "  hint: transpose(b) exchanges its last two axes\n");
  check_fails(
      1, {"grad", "u = x + 1\nv = u*y\nsum(v)", "--at", "x=[1,2],y=[1,2,3]"},
      "error: mul: operand 1 has f64[3] beside [2] at line 2, column 6; expected shapes that broadcast: aligned "
      "at the last axis, extents equal or 1\n"
      "  v = u*y\n"
      "       ^\n");
  check_fails(1, {"grad", "x[2]", "--at", "x=[1,2]"},
              "error: [ ]: position 2 of an axis of extent 2 at column 2; expected positions that count from 0 and are "
              "below the extent\n"
              "  x[2]\n"
              "   ^\n");
  check_fails(
      1, {"grad", "sum(x, y)", "--at", "x=[1,2],y=0"},
      "error: sum: the axis is computed from a variable at column 1; expected a whole number without variables\n"
      "  sum(x, y)\n"
      "  ^\n");
  check_fails(2, {"grad", "A @ x", "--at", "A=[1,2;3,4],x=[1,2]", "--order", "2"},
              "error: --order 2 wants a value that is one number; this one is an array of shape [2]\n"
              "  hint: sum(…) or an element such as …[0] makes one number of it\n");
  check_fails(2, {"grad", "sum(x)", "--at", "x=[1,2]", "--order", "3"},
              "error: --order 3 wants variables that are numbers; 'x' is an array\n"
              "  hint: --wrt chooses variables\n");
}

BOOST_AUTO_TEST_CASE(wrong_command_lines_end_with_2) {
  for (const Words& arguments : std::vector<Words>{{},
                                                   {"grad"},
                                                   {"foo"},
                                                   {"grad", "x", "--at", "x=1", "y"},
                                                   {"grad", "x", "--at", "x=1", "--order", "4"},
                                                   {"grad", "x", "--at", "x=1", "--log-level", "loud"},
                                                   {"grad", "--x", "--at", "x=1"},
                                                   {"lecture", "foo"},
                                                   {"bench", "--seconds", "-1"},
                                                   {"bench", "mazur", "ba"},
                                                   {"lecture", "--rate", "-1"},
                                                   {"lecture", "--out", "/nowhere/at/all"},
                                                   {"lecture", "train", "--steps", "0"}}) {
    const Outcome outcome = run_command(arguments);
    BOOST_TEST_CONTEXT(outcome.err) {
      BOOST_TEST(outcome.status == 2);
      BOOST_TEST(outcome.out == "");
      BOOST_TEST(outcome.err.starts_with("error: "));
      BOOST_TEST(outcome.err.find("\n  hint: wengert") != std::string::npos);
    }
  }
}

BOOST_AUTO_TEST_CASE(grad_draws_value_and_gradient) {
  const TemporaryFolder folder;
  const Outcome outcome = run_command(
      {"grad", "sin(x)*y^2", "--at", "x=2,y=3", "--dot", "g.dot", "--svg", "g.svg", "--png", "g.png"}, folder.path());
  BOOST_TEST(outcome.status == 0);
  BOOST_TEST(contents(folder.path() / "g.png").starts_with("\x89PNG"));
  BOOST_TEST(outcome.err == "");
  const std::string dot = contents(folder.path() / "g.dot"), svg = contents(folder.path() / "g.svg");
  BOOST_TEST(dot.starts_with("digraph"));
  for (const char* label : {"<B>f</B>", "<B>x</B>", "∂f/∂x", "∂f/∂y", "8.184", "-3.745"})
    BOOST_TEST(dot.find(label) != std::string::npos, label << " is not in\n" << dot);
  BOOST_TEST(svg.find("</svg>") != std::string::npos);
  BOOST_TEST(svg.find("∂f/∂x") != std::string::npos);
  check_fails(1, {"grad", "2", "--dot", "never.dot"}, "error: the expression is a constant; it has no graph to draw\n");
  const Outcome bare = run_command({"grad", "x*x", "--at", "x=3", "--svg", "g.svg"}, folder.path(), "PATH=/nowhere");
  BOOST_TEST(bare.status == 1);
  BOOST_TEST(bare.err ==
             "error: cannot lay out the drawing: Graphviz is missing\n"
             "  hint: install it (Debian: apt-get install graphviz); DOT, JSON, Mermaid and TikZ need none\n");
}

BOOST_AUTO_TEST_CASE(values_of_statements_have_their_names_in_drawings) {
  const TemporaryFolder folder;
  const Outcome outcome = run_command(
      {"grad", "hidden = tanh(w @ x); total = sum(hidden); total^2", "--at", "w=[1,2;3,4],x=[1,2]", "--dot", "g.dot"},
      folder.path());
  BOOST_TEST(outcome.status == 0);
  const std::string dot = contents(folder.path() / "g.dot");
  for (const char* label : {"<B>hidden</B>", "<B>total</B>", "<B>f</B>", "∂f/∂w"})
    BOOST_TEST(dot.find(label) != std::string::npos, label << " is not in\n" << dot);
}

/// Lines of the log begin like this: a phase, counts, and at the end seconds.
void check_phase(const std::string& log, const std::string& phase) {
  const std::regex line("\\[info\\] " + phase + ", [0-9]+ [^\n]*, [0-9]+\\.[0-9]+ s\n");
  BOOST_TEST(std::regex_search(log, line), phase << " is not in\n" << log);
}

BOOST_AUTO_TEST_CASE(the_log_tells_the_phases) {
  const TemporaryFolder folder;
  for (const Words& quiet : {Words{"grad", "sin(x)*y", "--at", "x=2,y=3", "--dot", "g.dot"},
                             Words{"graph", "sin(x)*y", "--at", "x=2,y=3"}}) {
    const Outcome silent = run_command(quiet, folder.path());
    BOOST_TEST(silent.err == "");
    Words loud{"--log-level", "info"};
    loud.insert(loud.end(), quiet.begin(), quiet.end());
    const Outcome outcome = run_command(loud, folder.path());
    BOOST_TEST(outcome.status == 0);
    BOOST_TEST(outcome.out == silent.out);
    for (const char* phase : {"recorded", "gradient recorded", "expanded", "swept", "drawn"})
      check_phase(outcome.err, phase);
  }
}

BOOST_AUTO_TEST_CASE(help_and_version) {
  BOOST_TEST(run_command({"--help"}).out.find("lecture") != std::string::npos);
  BOOST_TEST(run_command({"bench", "--help"}).out.find("--seconds") != std::string::npos);
  BOOST_TEST(run_command({"grad", "--help"}).out.find("--at") != std::string::npos);
  const Outcome version = run_command({"--version"});
  BOOST_TEST(version.status == 0);
  BOOST_TEST(version.out.starts_with("wengert "));
}

BOOST_AUTO_TEST_CASE(a_hundred_thousand_characters) {
  std::string sum = "x";
  while (sum.size() < 100'000) sum += "+x";
  BOOST_TEST(run_command({"grad", sum, "--at", "x=1", "--json"}).out ==
             "{\"schema\":1,\"value\":50001.0,\"variables\":{\"x\":1.0},\"gradient\":{\"x\":50001.0}}\n");
  const Outcome nested = run_command({"grad", std::string(100'000, '('), "--at", "x=1"});
  BOOST_TEST(nested.status == 2);
  BOOST_TEST(nested.err.find("nested too deep at column") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_full_disk_is_an_error) {
  if (!std::filesystem::exists("/dev/full")) return;
  const int status = std::system((std::string(WENGERT_COMMAND) + " grad 2 >/dev/full 2>/dev/null").c_str());
  BOOST_TEST(WEXITSTATUS(status) == 1);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
