// wengert explain as users run it.
#include <cmath>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include <boost/test/unit_test.hpp>
#include <nlohmann/json.hpp>

#include "explain_problems.hpp"
#include "run_command.hpp"
#include "wengert/cli/exercise.hpp"

namespace {

using wengert::test::contents;
using wengert::test::lecture_network;
using wengert::test::lecture_point;
using wengert::test::Outcome;
using wengert::test::run_command;
using wengert::test::TemporaryFolder;

BOOST_AUTO_TEST_SUITE(explaining)

BOOST_AUTO_TEST_CASE(the_paths_of_the_lecture) {
  const Outcome outcome = run_command({"explain", lecture_network, "--at", lecture_point, "--of", "w1"});
  BOOST_TEST(outcome.status == 0);
  BOOST_TEST(outcome.err == "");
  BOOST_TEST(outcome.out ==
             "∂L/∂w1 = 0.00043856773447434685\n"
             "2 paths from L to w1; a sweep visits 19 edges between 19 nodes, the longest path has 12 edges\n"
             "\n"
             "1.  L → o1 → net_o1 → h1 → net_h1 → w1\n"
             "    0.741365 · 0.186816 · 0.4 · 0.241301 · 0.05 = 0.000668396   152.4 % of the gradient\n"
             "\n"
             "2.  L → o2 → net_o2 → h1 → net_h1 → w1\n"
             "    -0.217072 · 0.17551 · 0.5 · 0.241301 · 0.05 = -0.000229828   -52.4 % of the gradient\n"
             "\n"
             "remainder: 0 paths, 0, 0 % of the gradient\n"
             "cancellation: the paths add up to 0.000438568, their magnitudes to 0.000898224: 51.2 % of it cancels\n"
             "paths shown and remainder are the gradient of the reverse sweep: they differ by 5.4e-20, rounding allows "
             "5.2e-18\n");
}

BOOST_AUTO_TEST_CASE(json_and_picture) {
  const TemporaryFolder folder;
  const Outcome outcome = run_command(
      {"explain", "u = x*x; u*x + sin(u)", "--at", "x=2", "--top", "2", "--json", "-o", "paths.dot"}, folder.path());
  BOOST_TEST(outcome.err == "");
  const auto json = nlohmann::json::parse(outcome.out);
  BOOST_TEST(json["paths"]["exact"] == 5);
  BOOST_TEST(json["top"].size() == 2u);
  BOOST_TEST(json["remainder"]["paths"]["exact"] == 3);
  BOOST_TEST(json["reconciled"] == true);
  double sum = json["remainder"]["sum"].get<double>();
  for (const auto& path : json["top"]) sum += path["product"].get<double>();
  BOOST_TEST(sum == json["gradient"].get<double>(), boost::test_tools::tolerance(1e-14));
  BOOST_TEST(contents(folder.path() / "paths.dot").find("digraph") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(what_makes_no_sense_is_refused) {
  BOOST_TEST(run_command({"explain", "x*y", "--at", "x=1,y=2"}).status == 2);
  BOOST_TEST(run_command({"explain", "x*y", "--at", "x=1,y=2", "--of", "z"}).err ==
             "error: --of: there is no variable 'z'; there are 'x', 'y'\n");
  BOOST_TEST(run_command({"explain", "width*y", "--at", "width=1,y=2", "--of", "widht"}).err ==
             "error: --of: there is no variable 'widht'\n  hint: did you mean 'width'?\n");
  BOOST_TEST(run_command({"explain", "2"}).status == 2);
  BOOST_TEST(run_command({"explain", "[x, 1]", "--at", "x=1"}).status == 2);
  BOOST_TEST(run_command({"explain", "x*y", "--at", "x=1,y=2", "--of", "x", "-o", "a.xyz"}).status == 1);
}

BOOST_AUTO_TEST_CASE(derivations_in_every_format) {
  const TemporaryFolder folder;
  const Outcome text =
      run_command({"derive", lecture_network, "--at", lecture_point, "--wrt", "w5", "--digits", "4"}, folder.path());
  BOOST_TEST(text.err == "");
  BOOST_TEST(text.out.find("∂L/∂w5 = ∂L/∂o1 · ∂o1/∂net_o1 · ∂net_o1/∂w5 = 0.7414 · 0.1868 · 0.5933 = 0.08217\n") !=
                 std::string::npos,
             text.out);
  for (const auto& [file, start] : {std::pair("d.md", "# The derivative of L by w5"),
                                    {"d.tex", "\\documentclass"},
                                    {"d.html", "<!DOCTYPE html>"},
                                    {"d.txt", "The derivative of L by w5"}}) {
    const Outcome outcome =
        run_command({"derive", lecture_network, "--at", lecture_point, "--wrt", "w5", "-o", file}, folder.path());
    BOOST_TEST(outcome.status == 0, outcome.err);
    BOOST_TEST(contents(folder.path() / file).starts_with(start), file);
  }
  BOOST_TEST(run_command({"derive", "x^2", "--at", "x=1", "-o", "d.pdf"}, folder.path()).status == 2);
  BOOST_TEST(run_command({"derive", "[x, 1]", "--at", "x=1"}).status == 2);
}

BOOST_AUTO_TEST_CASE(answers_are_marked) {
  const TemporaryFolder folder;
  std::ofstream(folder.path() / "a.csv")
      << "quantity,answer\no1,0.7514\ndL/do1,0.7414\ndL/dnet_o1,0.7414\ndL/dw5,0.4398\n";
  const Outcome outcome = run_command({"mark", lecture_network, "a.csv", "--at", lecture_point}, folder.path());
  BOOST_TEST(outcome.status == 1);
  BOOST_TEST(outcome.err == "");
  BOOST_TEST(outcome.out ==
             "o1          0.7514  right\n"
             "dL/do1      0.7414  right\n"
             "dL/dnet_o1  0.7414  WRONG, it is 0.138499\n"
             "dL/dw5      0.4398  consequential: it is 0.082167, but this follows from the numbers before it\n"
             "\n"
             "2 of 4 right, 1 wrong, 1 consequential\n"
             "\n"
             "The first mistake is in dL/dnet_o1 (line 4): 0.7414 instead of 0.138499.\n"
             "Likely: the derivative of sigmoid at o1 was left out.\n");
  const auto json = nlohmann::json::parse(
      run_command({"mark", lecture_network, "a.csv", "--at", lecture_point, "--json"}, folder.path()).out);
  BOOST_TEST(json["answers"][2]["likely"][0]["kind"] == "activation");
  std::ofstream(folder.path() / "b.csv") << "dL/do1,0.7414\ndL/dw5 0.4398\n";
  BOOST_TEST(run_command({"mark", lecture_network, "b.csv", "--at", lecture_point}, folder.path()).err ==
             "error: b.csv, line 2, column 14: there is no comma; expected a quantity, a comma and a number, such as "
             "dL/dw5,0.0822\n");
  BOOST_TEST(run_command({"mark", lecture_network, "c.csv", "--at", lecture_point}, folder.path()).status == 1);
}

/// The key with another number on one line (from 0): 1 more than it is.
std::string spoilt(const std::string& key, std::size_t line) {
  std::istringstream lines(key);
  std::string text, result;
  for (std::size_t n = 0; std::getline(lines, text); ++n) {
    const std::size_t comma = text.rfind(',');
    if (n == line) text = text.substr(0, comma + 1) + std::to_string(std::stod(text.substr(comma + 1)) + 1);
    result += text + "\n";
  }
  return result;
}

BOOST_AUTO_TEST_CASE(exercises_have_keys_with_digits) {
  for (int difficulty = 1; difficulty <= 4; ++difficulty) {
    const std::string all =
        run_command({"exercise", "--seed", "1", "--count", "40", "--difficulty", std::to_string(difficulty)}).out;
    std::istringstream lines(all);
    std::size_t keys = 0;
    for (std::string line; std::getline(lines, line);) {
      if (!line.starts_with("dL/d")) continue;
      const double value = std::abs(std::stod(line.substr(line.rfind(',') + 1)));
      BOOST_TEST(value >= 0.01, "difficulty " << difficulty << ": " << line);
      BOOST_TEST(value <= 100, "difficulty " << difficulty << ": " << line);
      ++keys;
    }
    BOOST_TEST(keys > 100u);
  }
}

BOOST_AUTO_TEST_CASE(exercises_have_keys_that_are_right) {
  const TemporaryFolder folder;
  std::size_t planted = 0;
  for (int difficulty = 1; difficulty <= 4; ++difficulty) {
    const Outcome made = run_command({"exercise", "--seed", "11", "--difficulty", std::to_string(difficulty), "--count",
                                      "5", "--solution", "--out", "."},
                                     folder.path());
    BOOST_TEST(made.status == 0, made.err);
    for (std::uint64_t k = 1; k <= 5; ++k) {
      const wengert::cli::Exercise exercise = wengert::cli::make_exercise(10 + k, difficulty);
      const std::string name = "exercise-" + std::to_string(k);
      BOOST_TEST(contents(folder.path() / (name + ".txt")).find(exercise.expression) != std::string::npos);
      BOOST_TEST(contents(folder.path() / (name + "-solution.md")).starts_with("# The derivative of L"));
      const Outcome right =
          run_command({"mark", exercise.expression, name + "-key.csv", "--at", exercise.point}, folder.path());
      BOOST_TEST(right.status == 0, exercise.expression << "\n" << exercise.point << "\n" << right.out << right.err);
      const std::string key = contents(folder.path() / (name + "-key.csv"));
      std::ofstream(folder.path() / "wrong.csv") << spoilt(key, 1 + k % 4);
      const Outcome wrong =
          run_command({"mark", exercise.expression, "wrong.csv", "--at", exercise.point}, folder.path());
      BOOST_TEST(wrong.status == 1, exercise.expression << "\n" << spoilt(key, 1 + k % 4) << wrong.out);
      BOOST_TEST(wrong.out.find("(line " + std::to_string(2 + k % 4) + ")") != std::string::npos, wrong.out);
      ++planted;
    }
  }
  BOOST_TEST(planted == 20u);
  // The same seed gives the same exercise.
  BOOST_TEST(run_command({"exercise", "--seed", "3"}).out == run_command({"exercise", "--seed", "3"}).out);
  BOOST_TEST(run_command({"exercise", "--seed", "3"}).out != run_command({"exercise", "--seed", "4"}).out);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
