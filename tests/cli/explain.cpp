// wengert explain as users run it.
#include <filesystem>
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>
#include <nlohmann/json.hpp>

#include "explain_problems.hpp"
#include "run_command.hpp"

namespace {

using wengert::test::contents;
using wengert::test::lecture_network;
using wengert::test::lecture_point;
using wengert::test::Outcome;
using wengert::test::run_command;
using wengert::test::TemporaryFolder;

BOOST_AUTO_TEST_SUITE(explain)

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

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
