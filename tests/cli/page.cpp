// `--html` of grad, graph and lecture: where the page goes, and what is refused. What the page does: tests/theatre.

#include <filesystem>
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>
#include <nlohmann/json.hpp>

#include "run_command.hpp"
#include "wengert/cli/lecture/topics.hpp"

namespace {

using wengert::test::contents;
using wengert::test::Outcome;
using wengert::test::run_command;
using wengert::test::TemporaryFolder;
using Words = std::vector<std::string>;

/// The data of a page.
nlohmann::json data_of(const std::filesystem::path& page) {
  const std::string html = contents(page), begin = "<script id=\"data\" type=\"application/json\">";
  const std::size_t at = html.find(begin) + begin.size();
  return nlohmann::json::parse(html.substr(at, html.find("</script>", at) - at));
}

void check_refused(const Words& words, const std::string& part) {
  const Outcome outcome = run_command(words);
  BOOST_TEST_CONTEXT(outcome.err) {
    BOOST_TEST(outcome.status == 2);
    BOOST_TEST(outcome.err.starts_with("error: --"));
    BOOST_TEST((outcome.err.find(part) != outcome.err.npos));
  }
}

BOOST_AUTO_TEST_SUITE(page)

BOOST_AUTO_TEST_CASE(grad_writes_a_page_beside_what_it_prints) {
  const TemporaryFolder folder;
  const Words words{"grad", "u = x*y; sin(u)", "--at", "x=2,y=3"};
  Words more = words;
  more.insert(more.end(), {"--html", "f.html"});
  const Outcome outcome = run_command(more, folder.path());
  BOOST_TEST(outcome.status == 0);
  BOOST_TEST(outcome.err == "");
  BOOST_TEST(outcome.out == run_command(words).out);
  const auto data = data_of(folder.path() / "f.html");
  BOOST_TEST(data["title"] == "u = x*y; sin(u)");
  BOOST_TEST(data["acts"].size() == 1U);
  BOOST_TEST(data["acts"][0]["steps"].size() == 3U);
}

BOOST_AUTO_TEST_CASE(graph_writes_a_page_with_an_act_for_each_pass) {
  const TemporaryFolder folder;
  for (const char* option : {"-o", "--html"}) {
    const Outcome outcome =
        run_command({"graph", "x^2 + 0*y", "--at", "x=2,y=3", "--pass", "simplify", option, "g.html"}, folder.path());
    BOOST_TEST(outcome.status == 0, outcome.err);
    BOOST_TEST(outcome.out == "");
    const auto acts = data_of(folder.path() / "g.html")["acts"];
    BOOST_TEST(acts.size() == 2U);
    BOOST_TEST(acts[1]["title"] == "after simplify");
  }
}

BOOST_AUTO_TEST_CASE(graph_writes_a_page_beside_another_format) {
  const TemporaryFolder folder;
  const Outcome outcome =
      run_command({"graph", "x^2", "--at", "x=2", "--format", "mermaid", "--html", "g.html"}, folder.path());
  BOOST_TEST(outcome.status == 0, outcome.err);
  BOOST_TEST((outcome.out.find("flowchart") != std::string::npos), outcome.out);
  BOOST_TEST(std::filesystem::exists(folder.path() / "g.html"));
}

BOOST_AUTO_TEST_CASE(of_an_array_the_page_tells_the_calculation) {
  const TemporaryFolder folder;
  const Outcome outcome = run_command({"grad", "x*2", "--at", "x=[1,2]", "--html", "f.html"}, folder.path());
  BOOST_TEST(outcome.status == 0, outcome.err);
  const auto act = data_of(folder.path() / "f.html")["acts"][0];
  BOOST_TEST(act["steps"].empty());
  BOOST_TEST(act["notes"].back() == "the value is f64[2]; of one number there is a gradient to walk through");
}

BOOST_AUTO_TEST_CASE(every_topic_of_the_lecture_has_a_page) {
  const TemporaryFolder folder;
  for (const wengert::cli::lecture::Topic& topic : wengert::cli::lecture::topics()) {
    const std::string name(topic.name);
    // Those that train are given no time to.
    const Outcome outcome =
        run_command({"lecture", name, "--steps", "1", "--no-pictures", "--html", name + ".html"}, folder.path());
    BOOST_TEST_CONTEXT(name) {
      BOOST_TEST(outcome.status == 0, outcome.err);
      BOOST_TEST(outcome.out.ends_with("\nStep by step, for a browser: " + name + ".html\n"), outcome.out);
      const auto act = data_of(folder.path() / (name + ".html"))["acts"][0];
      BOOST_TEST(act["walk"] == true);
      // A step function passes nothing back, and of two outputs there is no gradient.
      const bool forward_only = name == "and" || name == "xor" || name == "forward";
      BOOST_TEST(act["steps"].empty() == forward_only);
    }
  }
}

BOOST_AUTO_TEST_CASE(what_would_be_ignored_is_refused) {
  check_refused({"graph", "x^2", "--at", "x=2", "--html", "g.html", "--around", "x"}, "--around");
  check_refused({"lecture", "--html", "g.html"}, "one topic");
  const TemporaryFolder folder;
  BOOST_TEST(run_command({"graph", "x^2", "--at", "x=2", "--format", "text", "-o", "x.txt"}, folder.path()).status ==
             0);
  const Outcome file = run_command({"graph", "--file", "x.txt", "--html", "g.html"}, folder.path());
  BOOST_TEST(file.status == 2);
  BOOST_TEST(file.err.starts_with("error: --html goes with an expression"), file.err);
}

BOOST_AUTO_TEST_CASE(a_page_that_cannot_be_written_is_an_error) {
  const Outcome outcome = run_command({"grad", "x^2", "--at", "x=2", "--html", "/nowhere/f.html"});
  BOOST_TEST(outcome.status == 1);
  BOOST_TEST(outcome.err == "error: cannot write '/nowhere/f.html': No such file or directory\n");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
