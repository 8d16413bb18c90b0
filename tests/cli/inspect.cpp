// `wengert trace`, `diff`, `profile`, `stats`, and the JSON of Model Explorer: as text, JSON and picture.

#include <fstream>
#include <string>
#include <utility>

#include <boost/test/unit_test.hpp>
#include <nlohmann/json.hpp>

#include "run_command.hpp"

namespace {

using wengert::test::contents;
using wengert::test::Outcome;
using wengert::test::run_command;
using wengert::test::TemporaryFolder;

bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

BOOST_AUTO_TEST_SUITE(inspect)

BOOST_AUTO_TEST_CASE(trace_tells_where_a_nan_was_born) {
  const Outcome outcome = run_command({"trace", "s = x - 3*y; sqrt(s)*x", "--at", "x=2,y=1"});
  BOOST_TEST(outcome.status == 1);
  BOOST_TEST(outcome.err == "");
  BOOST_TEST(outcome.out.starts_with("nan is born in √(s)\n"
                                     "  s = -1\n"
                                     "from there: √(s) → f (nan)\n"
                                     "cause: the square root of a number below 0 is not defined.\n"
                                     "cure: "),
             outcome.out);
}

BOOST_AUTO_TEST_CASE(trace_of_what_is_finite_ends_with_0) {
  const Outcome fine = run_command({"trace", "sin(x)", "--at", "x=1"});
  BOOST_TEST(fine.status == 0);
  BOOST_TEST(fine.out == "f and its derivatives are finite\n");
  BOOST_TEST(run_command({"trace", "2"}).out == "f is finite\n");
  BOOST_TEST(run_command({"trace", "1/(1+exp(-x))", "--at", "x=-800"}).status == 0);
  BOOST_TEST(run_command({"trace", "1/(1+exp(-x))", "--at", "x=-800", "--everywhere"}).status == 1);
  BOOST_TEST(run_command({"trace", "-sqrt(x)", "--at", "x=0", "--wrt", "y"}).status == 2);
}

BOOST_AUTO_TEST_CASE(trace_as_json_has_the_same) {
  const auto report = nlohmann::json::parse(run_command({"trace", "x^y", "--at", "x=0,y=0.5", "--json"}).out);
  BOOST_TEST(report.at("schema") == 1);
  BOOST_TEST(report.at("finite") == false);
  const auto& birth = report.at("birth");
  BOOST_TEST(birth.at("kind") == "adjoint");
  BOOST_TEST(birth.at("operation") == "pow");
  BOOST_TEST(birth.at("number") == "inf");
  BOOST_TEST(birth.at("cotangent") == 1.0);
  BOOST_TEST(birth.at("by") == "x");
  BOOST_TEST(birth.at("operands").size() == 2U);
  const auto fine = nlohmann::json::parse(run_command({"trace", "x", "--at", "x=0", "--json"}).out);
  BOOST_TEST(fine.at("finite") == true);
  BOOST_TEST(!fine.contains("birth"));
}

BOOST_AUTO_TEST_CASE(trace_draws_what_it_tells) {
  const TemporaryFolder folder;
  const Outcome outcome =
      run_command({"trace", "log(x)*y", "--at", "x=-1,y=2", "-o", "b.dot", "--theme", "dark"}, folder.path());
  BOOST_TEST(outcome.status == 1);
  BOOST_TEST(contains(contents(folder.path() / "b.dot"), "born here"));
  BOOST_TEST(run_command({"trace", "log(x)", "--at", "x=-1", "-o", "b.what"}, folder.path()).status != 0);
}

BOOST_AUTO_TEST_CASE(diff_tells_what_was_added_and_removed) {
  const Outcome same = run_command({"diff", "sin(x)*y", "y*sin(x)", "--at", "x=1,y=2"});
  BOOST_TEST(same.status == 0);
  BOOST_TEST(same.out.starts_with("0 added, 0 removed, "), same.out);
  const Outcome outcome = run_command({"diff", "u = x*y; relu(u)^2", "u = x*y; softplus(u)^2", "--at", "x=1,y=-2"});
  BOOST_TEST(outcome.status == 1);
  BOOST_TEST(outcome.out.starts_with("1 added, 1 removed, 1 changed, "), outcome.out);
  const auto report =
      nlohmann::json::parse(run_command({"diff", "sin(x)", "sin(x)", "--at", "x=1", "--gradient", "--json"}).out);
  BOOST_TEST(report.at("identical") == true);
  BOOST_TEST(report.at("differences").empty());
}

BOOST_AUTO_TEST_CASE(diff_of_two_points_of_one_expression) {
  const Outcome outcome = run_command({"diff", "u = sin(x); u*y", "--at", "x=2,y=3", "--then", "x=2,y=4", "--json"});
  BOOST_TEST(outcome.status == 1);
  const auto report = nlohmann::json::parse(outcome.out);
  BOOST_TEST(report.at("changed") == 2);
  BOOST_TEST(report.at("differences").at(0).at("name") == "y");
  BOOST_TEST(report.at("differences").at(0).at("begins") == true);
  BOOST_TEST(run_command({"diff", "x", "--at", "x=1", "--then", "x=1.001", "--tolerance", "0.01"}).status == 0);
}

BOOST_AUTO_TEST_CASE(diff_of_files_and_its_picture) {
  const TemporaryFolder folder;
  for (const auto& [name, expression] : {std::pair{"a.txt", "sin(x)*2"}, std::pair{"b.txt", "tanh(sin(x))*2"}})
    BOOST_TEST(
        run_command({"graph", expression, "--at", "x=1", "--view", "forward", "-o", name}, folder.path()).status == 0);
  const Outcome outcome = run_command({"diff", "a.txt", "b.txt", "-o", "d.dot"}, folder.path());
  BOOST_TEST(outcome.status == 1);
  BOOST_TEST(outcome.out.starts_with("1 added, 0 removed, "), outcome.out);
  BOOST_TEST(contains(contents(folder.path() / "d.dot"), "added"));
  BOOST_TEST(run_command({"diff", "a.txt", "a.txt"}, folder.path()).status == 0);
  BOOST_TEST(run_command({"diff", "a.txt", "sin(x)", "--at", "x=1"}, folder.path()).status == 2);
  BOOST_TEST(run_command({"diff", "a.txt", "b.txt", "--gradient"}, folder.path()).status == 2);
}

BOOST_AUTO_TEST_CASE(diff_of_json_has_the_values_too) {
  const TemporaryFolder folder;
  const auto save = [&](const char* expression, const char* point, const char* name) {
    BOOST_TEST(run_command({"graph", expression, "--at", point, "-o", name}, folder.path()).status == 0);
  };
  save("u = x*y; sin(u)/3", "x=1,y=2", "a.json");
  save("u = x*y; sin(u)/3", "x=1.0000000001,y=2", "b.json");
  save("u = x*y; cos(u)/3", "x=1,y=2", "c.json");
  save("log(x)*y", "x=0,y=2", "d.json");
  BOOST_TEST(run_command({"diff", "a.json", "a.json"}, folder.path()).status == 0);
  BOOST_TEST(run_command({"diff", "d.json", "d.json"}, folder.path()).status == 0);
  // To the last digit, though the picture shows four.
  const auto report = nlohmann::json::parse(run_command({"diff", "a.json", "b.json", "--json"}, folder.path()).out);
  BOOST_TEST(report.at("added") == 0);
  BOOST_TEST(report.at("changed") > 0);
  BOOST_TEST(report.at("differences").at(0).at("name") == "x");
  BOOST_TEST(report.at("differences").at(0).at("value_after") == 1.0000000001);
  const Outcome other = run_command({"diff", "a.json", "c.json", "-o", "d.dot"}, folder.path());
  BOOST_TEST(other.status == 1);
  BOOST_TEST(contains(other.out, "cos"), other.out);
  BOOST_TEST(contains(contents(folder.path() / "d.dot"), "added"));
  BOOST_TEST(contains(run_command({"diff", "a.json", "d.json"}, folder.path()).out, "-inf"));
  // The text form has the same graph without values.
  BOOST_TEST(run_command({"graph", "u = x*y; sin(u)/3", "--at", "x=1,y=2", "-o", "a.txt"}, folder.path()).status == 0);
  BOOST_TEST(run_command({"diff", "a.json", "a.txt"}, folder.path()).out.starts_with("0 added, 0 removed, 0 changed"));
  BOOST_TEST(run_command({"diff", "b.json", "a.txt"}, folder.path()).status == 0);
}

BOOST_AUTO_TEST_CASE(json_of_a_drawing_is_a_file_of_a_graph) {
  const TemporaryFolder folder;
  const std::string model = "mlp 4-3-2 tanh";
  BOOST_TEST(run_command({"graph", "--model", model, "--input", "4", "-o", "m.json"}, folder.path()).status == 0);
  BOOST_TEST(run_command({"graph", "--model", model, "--input", "4", "-o", "m.txt"}, folder.path()).status == 0);
  BOOST_TEST(run_command({"stats", "--file", "m.json"}, folder.path()).out ==
             run_command({"stats", "--file", "m.txt"}, folder.path()).out);
  BOOST_TEST(run_command({"graph", "--file", "m.json", "--format", "text"}, folder.path()).out ==
             contents(folder.path() / "m.txt"));
  BOOST_TEST(run_command({"diff", "m.json", "m.json"}, folder.path()).status == 0);
  // What is chosen of a graph is what is written.
  BOOST_TEST(
      run_command({"graph", "u = x*y; sin(u)", "--at", "x=1,y=2", "--view", "forward", "-o", "f.json"}, folder.path())
          .status == 0);
  BOOST_TEST(
      nlohmann::json::parse(run_command({"stats", "--file", "f.json", "--json"}, folder.path()).out).at("nodes") == 4);
}

BOOST_AUTO_TEST_CASE(json_without_a_graph_is_refused_with_what_it_lacks) {
  const TemporaryFolder folder;
  const auto refused = [&](const std::string& text, const std::string& part) {
    std::ofstream(folder.path() / "f.json") << text;
    const Outcome outcome = run_command({"stats", "--file", "f.json"}, folder.path());
    BOOST_TEST(outcome.status == 1, text);
    BOOST_TEST(contains(outcome.err, part), outcome.err);
  };
  refused("{", "no JSON");
  refused("[1]", "field \"graph\"");
  refused(R"({"schema": 1, "nodes": []})", "wengert graph … -o f.json");
  refused(R"({"label": "", "graphs": []})", "Model Explorer");
  refused(R"({"graph": [1]})", "no list of lines");
  refused(R"({"graph": ["wengert-graph 1", "%0 = nothing : f64"]})", "f.json");
  refused(R"({"graph": ["wengert-graph 1", "%0 = variable : f64", "output %0"], "values": [1, 2]})", "1 node");
}

BOOST_AUTO_TEST_CASE(profile_prints_tables_and_writes_files) {
  const TemporaryFolder folder;
  const Outcome outcome = run_command({"profile", "--model", "mlp 4-3-2 tanh", "--input", "4", "--outputs", "2",
                                       "--seconds", "0.01", "--flame", "f.svg", "--trace", "t.json", "-o", "p.dot"},
                                      folder.path());
  BOOST_TEST(outcome.status == 0, outcome.err);
  for (const char* part : {"operation", "matmul", "forward", "scope"})
    BOOST_TEST(contains(outcome.out, part), outcome.out);
  BOOST_TEST(contains(contents(folder.path() / "f.svg"), "<svg"));
  BOOST_TEST(nlohmann::json::parse(contents(folder.path() / "t.json")).at("traceEvents").size() > 4U);
  BOOST_TEST(contains(contents(folder.path() / "p.dot"), "the darker, the more"));
  const auto report =
      nlohmann::json::parse(run_command({"profile", "sin(x)", "--at", "x=1", "--seconds", "0", "--json"}).out);
  BOOST_TEST(report.at("nodes") == 2);
  BOOST_TEST(report.at("rounds") == 1);
  BOOST_TEST(run_command({"profile", "2"}).status == 1);
  BOOST_TEST(run_command({"profile"}).status == 2);
}

BOOST_AUTO_TEST_CASE(profile_of_a_program_is_step_by_step) {
  const TemporaryFolder folder;
  const Outcome outcome =
      run_command({"profile", "--program", "--model", "mlp 4-3-2 tanh", "--input", "4", "--outputs", "2", "--seconds",
                   "0.01", "--flame", "f.svg", "--trace", "t.json", "-o", "p.dot"},
                  folder.path());
  BOOST_TEST(outcome.status == 0, outcome.err);
  for (const char* part : {" steps, forward ", "a run takes", "fused", "matmul", "scope", "1: Linear", ". fused ["})
    BOOST_TEST(contains(outcome.out, part), outcome.out);
  BOOST_TEST(contains(contents(folder.path() / "f.svg"), "<svg"));
  BOOST_TEST(contains(contents(folder.path() / "t.json"), "a run of the program"));
  BOOST_TEST(contains(contents(folder.path() / "p.dot"), "of its step"));
  const auto report = nlohmann::json::parse(
      run_command({"profile", "sum(tanh(A @ x)^2)", "--at", "A=[1,2;3,4],x=[1,-1]", "--program", "--json"}).out);
  BOOST_TEST(report.at("steps").size() > 2U);
  BOOST_TEST(report.at("run") > 0.0);
  double sum = 0;
  for (const auto& step : report.at("steps")) sum += step.at("seconds").get<double>();
  BOOST_TEST(sum <= report.at("run").get<double>());
  const auto numbers =
      nlohmann::json::parse(run_command({"profile", "sin(x)", "--at", "x=1", "--program", "--json"}).out);
  BOOST_TEST(numbers.at("steps").at(0).at("operation") == "numbers");
  BOOST_TEST(run_command({"profile", "x*2", "--at", "x=[1,2]", "--program"}).status == 2);
  BOOST_TEST(run_command({"profile"}).status == 2);
}

BOOST_AUTO_TEST_CASE(stats_count) {
  const auto report =
      nlohmann::json::parse(run_command({"stats", "sin(x)*y + cos(y)", "--at", "x=1,y=2", "--json"}).out);
  BOOST_TEST(report.at("nodes") == 6);
  BOOST_TEST(report.at("depth") == 3);
  BOOST_TEST(report.at("operations").at("sin") == 1);
  BOOST_TEST(contains(run_command({"stats", "x*x", "--at", "x=1", "--gradient"}).out, "bytes alive at once"));
  BOOST_TEST(run_command({"stats", "x", "--at", "x=1", "--file", "f.txt"}).status == 2);
}

BOOST_AUTO_TEST_CASE(graph_writes_the_json_of_model_explorer) {
  const TemporaryFolder folder;
  BOOST_TEST(run_command({"graph", "u = x*y; sin(u)", "--at", "x=1,y=2", "-o", "f.me.json"}, folder.path()).status ==
             0);
  const auto file = nlohmann::json::parse(contents(folder.path() / "f.me.json"));
  const auto& nodes = file.at("graphs").at(0).at("nodes");
  bool has_value = false;
  for (const auto& node : nodes)
    for (const auto& pair : node.at("attrs"))
      has_value = has_value || (pair.at("key") == "value" && pair.at("value") == "2");
  BOOST_TEST(has_value);
  BOOST_TEST(nlohmann::json::parse(run_command({"graph", "x^2", "--at", "x=1", "--format", "model-explorer"}).out)
                 .contains("graphs"));
  BOOST_TEST(run_command({"graph", "x^2", "--at", "x=1", "--compare", "-o", "f.me.json"}, folder.path()).status == 2);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
