// `wengert bench`, with small sizes: what it prints, not how fast anything was.

#include <sstream>
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>
#include <nlohmann/json.hpp>

#include "run_command.hpp"

namespace {

using wengert::test::Outcome;
using wengert::test::run_command;

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

BOOST_AUTO_TEST_SUITE(bench)

BOOST_AUTO_TEST_CASE(all_fourteen_workloads_are_a_row_each) {
  const Outcome outcome = run_command({"bench", "--quick"});
  BOOST_TEST(outcome.status == 0);
  BOOST_TEST(outcome.err == "");
  const std::vector<std::string> lines = lines_of(outcome.out);
  const std::vector<std::string> names{"workload", "chain1",      "chain4",    "chainma",       "speel",
                                       "rosen",    "gmm_d10_K25", "gmm_d2_K5", "lstm_l2_c1024", "burgers",
                                       "laxw",     "mlp64",       "mazur",     "path_rerecord", "ba"};
  BOOST_TEST_REQUIRE(lines.size() > names.size());
  for (std::size_t k = 0; k < names.size(); ++k) BOOST_TEST(lines[k].starts_with(names[k] + " "), lines[k]);
  for (const char* column :
       {"operations", "doubles µs", "record µs", "reverse µs", "reverse ÷ doubles", "ns/op", "bytes/op"})
    BOOST_TEST(lines[0].find(column) != std::string::npos, column);
}

BOOST_AUTO_TEST_CASE(one_workload_as_json) {
  const Outcome outcome = run_command({"bench", "mazur", "--seconds", "0", "--json"});
  BOOST_TEST(outcome.status == 0);
  BOOST_TEST(outcome.err == "");
  BOOST_TEST(lines_of(outcome.out).size() == 1);
  const nlohmann::json result = nlohmann::json::parse(outcome.out);
  BOOST_TEST(result.at("schema") == 1);
  BOOST_TEST_REQUIRE(result.at("workloads").size() == 1);
  const nlohmann::json& mazur = result.at("workloads").at(0);
  BOOST_TEST(mazur.at("name") == "mazur");
  BOOST_TEST(mazur.at("operations") == 39);
  BOOST_TEST(mazur.at("inputs") == 10);
  BOOST_TEST(mazur.at("bytes") > 0);
  for (const char* part : {"doubles", "record", "reverse", "total"}) {
    const nlohmann::json& seconds = mazur.at(part);
    BOOST_TEST(seconds.at("median") > 0.0);
    BOOST_TEST(seconds.at("quartiles").at(0) <= seconds.at("median"));
    BOOST_TEST(seconds.at("median") <= seconds.at("quartiles").at(1));
  }
}

BOOST_AUTO_TEST_CASE(an_unknown_workload_ends_with_2) {
  const std::string known =
      "'chain1', 'chain4', 'chainma', 'speel', 'rosen', 'gmm_d10_K25', 'gmm_d2_K5', 'lstm_l2_c1024', 'burgers', "
      "'laxw', "
      "'mlp64', 'mazur', 'path_rerecord', 'ba'\n";
  const Outcome close = run_command({"bench", "burger"});
  BOOST_TEST(close.status == 2);
  BOOST_TEST(close.out == "");
  BOOST_TEST(close.err ==
             "error: bench: there is no workload 'burger'; there are: " + known + "  hint: did you mean 'burgers'?\n");
  const Outcome far = run_command({"bench", "everything"});
  BOOST_TEST(far.err == "error: bench: there is no workload 'everything'; there are: " + known);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
