// `wengert graph`: every format, every choice of a part, every way to ask for something that cannot be.

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include <boost/test/unit_test.hpp>
#include <nlohmann/json.hpp>

#include "run_command.hpp"

namespace {

using wengert::test::contents;
using wengert::test::Outcome;
using wengert::test::run_command;
using wengert::test::TemporaryFolder;
using Words = std::vector<std::string>;

const Words small{"graph", "u = x^2; sin(u)*y", "--at", "x=2,y=3"};

Words with(Words words, const Words& more) {
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

/// What the command prints; it must succeed and be silent otherwise.
std::string printed(const Words& words, const std::filesystem::path& folder = ".") {
  const Outcome outcome = run_command(words, folder);
  BOOST_TEST(outcome.status == 0);
  BOOST_TEST(outcome.err == "");
  return outcome.out;
}

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

/// Names of the boxes, in their order; without those that only show where an arrow comes from.
std::vector<std::string> boxes(const Words& words, const std::filesystem::path& folder = ".") {
  std::vector<std::string> names;
  const auto drawing = nlohmann::json::parse(printed(with(words, {"--format", "json"}), folder));
  for (const auto& node : drawing["nodes"]) {
    if (node["role"] == "elsewhere") continue;
    std::string name;
    for (const auto& text : node["texts"])
      if (text["kind"] == "name") name = text["text"];
    names.push_back(name);
  }
  return names;
}

void check_fails(int status, const Words& words, const std::string& said, const std::filesystem::path& folder = ".") {
  const Outcome outcome = run_command(words, folder);
  BOOST_TEST(outcome.status == status);
  BOOST_TEST(outcome.out == "");
  BOOST_TEST(outcome.err == said);
}

BOOST_AUTO_TEST_SUITE(command_graph)

BOOST_AUTO_TEST_CASE(every_format_is_printed) {
  BOOST_TEST(printed(small).starts_with("digraph wengert {"));
  BOOST_TEST(printed(with(small, {"--format", "dot"})) == printed(small));
  BOOST_TEST(has(printed(with(small, {"--format", "svg"})), "</svg>"));
  BOOST_TEST(printed(with(small, {"--format", "png"})).starts_with("\x89PNG"));
  BOOST_TEST(nlohmann::json::parse(printed(with(small, {"--format", "json"})))["schema"] == 1);
  BOOST_TEST(has(printed(with(small, {"--format", "mermaid"})), "flowchart LR"));
  BOOST_TEST(has(printed(with(small, {"--format", "tikz"})), "\\begin{tikzpicture}"));
  BOOST_TEST(printed(with(small, {"--view", "forward", "--format", "text"})) ==
             "wengert-graph 1\n"
             "%0 = variable : f64 name \"x\"\n"
             "%1 = variable : f64 name \"y\"\n"
             "%2 = constant 2.0 : f64\n"
             "%3 = integer_pow %0, %2 : f64 name \"u\"\n"
             "%4 = sin %3 : f64\n"
             "%5 = mul %4, %1 : f64 name \"f\"\n"
             "output %5\n");
}

BOOST_AUTO_TEST_CASE(the_ending_of_a_file_names_the_format) {
  const TemporaryFolder folder;
  const std::vector<std::pair<std::string, std::string>> files{{"g.dot", "dot"},   {"g.gv", "dot"},
                                                               {"g.json", "json"}, {"g.mmd", "mermaid"},
                                                               {"g.tex", "tikz"},  {"g.txt", "text"}};
  for (const auto& [file, format] : files) {
    BOOST_TEST_CONTEXT(file) {
      BOOST_TEST(printed(with(small, {"-o", file}), folder.path()) == "");
      BOOST_TEST(contents(folder.path() / file) == printed(with(small, {"--format", format})));
    }
  }
  BOOST_TEST(printed(with(small, {"--out", "g.png"}), folder.path()) == "");
  BOOST_TEST(contents(folder.path() / "g.png").starts_with("\x89PNG"));
  BOOST_TEST(printed(with(small, {"--out", "g.svg", "--format", "mermaid"}), folder.path()) == "");
  BOOST_TEST(contents(folder.path() / "g.svg") == printed(with(small, {"--format", "mermaid"})));
  // An option before the command does not make -o an expression.
  BOOST_TEST(printed(with({"--log-level", "off"}, with(small, {"-o", "h.dot"})), folder.path()) == "");
  BOOST_TEST(contents(folder.path() / "h.dot") == printed(small));
}

BOOST_AUTO_TEST_CASE(a_view_leaves_the_other_graph_out) {
  BOOST_TEST(boxes(with(small, {"--view", "forward"})) == (std::vector<std::string>{"x", "y", "u", "", "f"}),
             boost::test_tools::per_element());
  const std::string both = printed(with(small, {"--format", "mermaid"}));
  const std::string gradient = printed(with(small, {"--format", "mermaid", "--view", "gradient"}));
  for (const char* adjoint : {"∂f/∂x", "∂f/∂y", "∂f/∂u"}) BOOST_TEST(has(both, adjoint));
  BOOST_TEST(has(gradient, "∂f/∂x"));
  BOOST_TEST(!has(printed(with(small, {"--format", "mermaid", "--view", "forward"})), "cos"));
}

BOOST_AUTO_TEST_CASE(parts_are_chosen_by_name) {
  const Words forward =
      with({"graph", "u = x^2; v = u + y; w = exp(v); w*z", "--at", "x=1,y=2,z=3"}, {"--view", "forward"});
  const auto contains = [](const std::vector<std::string>& names, const std::string& name) {
    return std::find(names.begin(), names.end(), name) != names.end();
  };
  const auto near = boxes(with(forward, {"--around", "v", "--distance", "1"}));
  for (const char* name : {"u", "y", "v", "w"}) BOOST_TEST(contains(near, name), name);
  BOOST_TEST(!contains(near, "z"));
  BOOST_TEST(!contains(near, "f"));
  const auto path = boxes(with(forward, {"--between", "x,w"}));
  for (const char* name : {"x", "u", "v", "w"}) BOOST_TEST(contains(path, name), name);
  BOOST_TEST(!contains(path, "z"));
  BOOST_TEST(boxes(with(forward, {"--between", "w,x"})) == path, boost::test_tools::per_element());
  const auto paths = boxes(with(forward, {"--paths", "--wrt", "y"}));
  BOOST_TEST(contains(paths, "v"));
  BOOST_TEST(!contains(paths, "x"));
}

BOOST_AUTO_TEST_CASE(how_it_is_drawn) {
  BOOST_TEST(printed(with(small, {"--theme", "dark"})) != printed(small));
  BOOST_TEST(printed(with(small, {"--theme", "print"})) != printed(with(small, {"--theme", "dark"})));
  BOOST_TEST(has(printed(with(small, {"--statements", "--view", "forward"})), "sin(u)"));
  BOOST_TEST(!has(printed(with(small, {"--ties", "none"})), "arrowhead=none"));
  BOOST_TEST(printed(with(small, {"--ties", "all"})).size() > printed(small).size());
  BOOST_TEST(has(printed(with(small, {"--format", "mermaid", "--top-down"})), "flowchart TB"));
  BOOST_TEST(has(printed(with(small, {"--title", "A title"})), "A title"));
  BOOST_TEST(has(printed(with(small, {"--digits", "9"})), "-7.84372"));
  BOOST_TEST(printed(with(small, {"--legend"})).size() > printed(small).size());
  BOOST_TEST(has(printed(with(small, {"--format", "text"})), "integer_pow %0, %8"));
  BOOST_TEST(!has(printed(with(small, {"--format", "text", "--pass", "simplify"})), "integer_pow %0, %8"));
  // Passes, one after the other, and what the last of them gets.
  const Words stable{"graph", "log(1 + exp(x*1))", "--at", "x=2", "--view", "forward", "--format", "text"};
  BOOST_TEST(has(printed(with(stable, {"--pass", "stabilise"})), "softplus %2"));
  BOOST_TEST(has(printed(with(stable, {"--pass", "simplify,stabilise"})), "softplus %0"));
  BOOST_TEST(printed(with(stable, {"--pass", "simplify,stabilise", "--before"})) ==
             printed(with(stable, {"--pass", "simplify"})));
  BOOST_TEST(printed(with(stable, {"--pass", "simplify", "--before"})) == printed(stable));
  BOOST_TEST(has(printed({"graph", "log(1 + exp(x))", "--at", "x=2", "--compare", "--pass", "stabilise"}), "softplus"));
  BOOST_TEST(!has(printed({"graph", "log(1 + exp(x))", "--at", "x=2", "--compare"}), "softplus"));
  const std::string compared = printed(with(small, {"--compare", "--format", "mermaid"}));
  BOOST_TEST(has(compared, "before"));
  BOOST_TEST(has(compared, "after"));
  const Words chain{"graph",  "a = sin(x); b = sin(a); c = sin(b); d = sin(c); e1 = sin(d); sin(e1)",
                    "--at",   "x=1",
                    "--view", "forward"};
  BOOST_TEST(boxes(with(chain, {"--repetitions"})).size() < boxes(chain).size());
  BOOST_TEST(boxes(with(small, {"--most-nodes", "3"})).size() <= 3u);
}

BOOST_AUTO_TEST_CASE(the_text_form_goes_through_a_file) {
  const TemporaryFolder folder;
  const std::string text = printed(with(small, {"--format", "text"}));
  std::ofstream(folder.path() / "g.txt") << text;
  BOOST_TEST(printed({"graph", "--file", "g.txt", "--format", "text"}, folder.path()) == text);
  BOOST_TEST(printed({"graph", "--file", "g.txt", "--format", "text", "--pass", "simplify"}, folder.path()) ==
             printed(with(small, {"--format", "text", "--pass", "simplify"})));
  BOOST_TEST(printed({"graph", "--file", "g.txt", "--format", "text", "--view", "forward"}, folder.path())
                 .starts_with("wengert-graph 1\n%0 = variable : f64 name \"x\"\n"));
  BOOST_TEST(boxes({"graph", "--file", "g.txt", "--view", "forward"}, folder.path()) ==
                 (std::vector<std::string>{"x", "y", "u", "", "f"}),
             boost::test_tools::per_element());
  BOOST_TEST(has(printed({"graph", "--file", "g.txt", "--compare"}, folder.path()), "before"));
}

BOOST_AUTO_TEST_CASE(what_cannot_be_asked_for_ends_with_2) {
  check_fails(2, {"graph"}, "error: graph wants an expression, or --file with a graph in its text form\n");
  check_fails(2, {"graph", "x", "--file", "g.txt"}, "error: graph wants an expression or --file, not both\n");
  check_fails(2, {"graph", "--file", "g.txt", "--at", "x=1"},
              "error: --at goes with an expression; of --file the whole graph is known already\n");
  check_fails(2, with(small, {"-o", "g.foo"}),
              "error: --out: the name 'g.foo' does not say in which format to draw\n"
              "  hint: --format names it, or a name that ends with one of .dot .gv .svg .png .json .mmd .tex .txt .html\n");
  check_fails(2, with(small, {"--around", "uu"}),
              "error: --around: nothing in the graph is named 'uu'\n  hint: did you mean 'u'?\n");
  check_fails(2, with(small, {"--around", "hidden"}),
              "error: --around: nothing in the graph is named 'hidden'\n"
              "  hint: names are those of variables and of statements, as in u = x^2; sin(u)\n");
  check_fails(2, with(small, {"--distance", "1"}),
              "error: --distance requires --around\n  hint: wengert graph --help\n");
  check_fails(2, with(small, {"--between", "x"}), "error: --between wants two names, as in --between x,f\n");
  check_fails(2, with(small, {"--between", "y,u"}),
              "error: --between: 'u' does not depend on 'y', nor the other way round\n");
  check_fails(2, {"graph", "[x, 1]", "--at", "x=1", "--view", "gradient"},
              "error: --view gradient: the value is an array of shape [2]; there is a graph of the gradient of one "
              "number\n  hint: sum(…) or an element such as …[0]\n");
  check_fails(2, with(small, {"--format", "text", "--compare"}),
              "error: --compare goes with drawings; --format text writes the graph itself\n"
              "  hint: --pass simplify gives the graph after it\n");
  check_fails(2, with(small, {"--before"}), "error: --before requires --pass\n  hint: wengert graph --help\n");
  check_fails(2, with(small, {"--compare", "--pass", "simplify", "--before"}),
              "error: --before draws one graph, and --compare two\n");
  for (const Words& wrong : std::vector<Words>{{"--theme", "pink"},
                                               {"--view", "side"},
                                               {"--format", "pdf"},
                                               {"--digits", "0"},
                                               {"--pass", "optimise"},
                                               {"--most-nodes", "0"}}) {
    const Outcome outcome = run_command(with(small, wrong));
    BOOST_TEST_CONTEXT(outcome.err) {
      BOOST_TEST(outcome.status == 2);
      BOOST_TEST(outcome.err.starts_with("error: " + wrong.front() + ": "));
      BOOST_TEST(outcome.err.ends_with("\n  hint: wengert graph --help\n"));
    }
  }
}

BOOST_AUTO_TEST_CASE(what_cannot_be_done_ends_with_1) {
  const TemporaryFolder folder;
  check_fails(1, {"graph", "2+3"}, "error: the expression is a constant; it has no graph to draw\n");
  check_fails(1, with(small, {"-o", "/nowhere/g.dot"}),
              "error: cannot write '/nowhere/g.dot': No such file or directory\n");
  check_fails(1, {"graph", "--file", "none.txt"}, "error: cannot read 'none.txt': No such file or directory\n");
  check_fails(1, {"graph", "--file", "."}, "error: cannot read '.': Is a directory\n");
  std::ofstream(folder.path() / "bad.txt") << "wengert-graph 1\n%0 = variable : f64 name \"x\"\n%1 = frob %0 : f64\n";
  const Outcome bad = run_command({"graph", "--file", "bad.txt"}, folder.path());
  BOOST_TEST(bad.status == 1);
  BOOST_TEST(bad.err.starts_with("error: bad.txt:3:6: "), bad.err);
  BOOST_TEST(has(bad.err, "frob"), bad.err);
  BOOST_TEST(!has(bad.err, "line 3"), bad.err);
  std::ofstream(folder.path() / "garbage.txt") << std::string("\0\xff\x01garbage", 10);
  BOOST_TEST(run_command({"graph", "--file", "garbage.txt"}, folder.path()).err ==
             "error: garbage.txt:1:1: no graph; expected 'wengert-graph 1' first\n");
  const Outcome bare = run_command(with(small, {"-o", "g.svg"}), folder.path(), "PATH=/nowhere");
  BOOST_TEST(bare.status == 1);
  BOOST_TEST(has(bare.err, "Graphviz is missing"), bare.err);
  BOOST_TEST(!std::filesystem::exists(folder.path() / "g.svg"));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
