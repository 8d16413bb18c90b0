/// Files of drawings: the format follows the name, equal drawings give equal bytes, and what is missing is said.
#include "wengert/graph/drawing/save.hpp"

#include <boost/test/unit_test.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>

#include "drawing_samples.hpp"
#include "wengert/graph/drawing/graphviz.hpp"
#include "wengert/graph/drawing/json.hpp"
#include "wengert/graph/drawing/mermaid.hpp"
#include "wengert/graph/drawing/tikz.hpp"
#include "wengert/graph/error.hpp"

using namespace wengert;
using namespace wengert::graph;

namespace {

bool have_dot() {
  static const bool have = std::system("dot -V > /dev/null 2>&1") == 0;
  if (!have) BOOST_TEST_MESSAGE("dot is not installed: this check is left out");
  return have;
}

/// PATH with nothing in it, until the end of the scope.
class NoPrograms {
 public:
  NoPrograms() : path_(std::getenv("PATH") == nullptr ? "" : std::getenv("PATH")) { ::setenv("PATH", "/nowhere", 1); }
  NoPrograms(const NoPrograms&) = delete;
  NoPrograms& operator=(const NoPrograms&) = delete;
  ~NoPrograms() { ::setenv("PATH", path_.c_str(), 1); }

 private:
  std::string path_;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(drawing_save)

BOOST_AUTO_TEST_CASE(the_name_says_the_format) {
  BOOST_TEST((format_of("a.dot") == Format::dot));
  BOOST_TEST((format_of("a.gv") == Format::dot));
  BOOST_TEST((format_of("/b/a.svg") == Format::svg));
  BOOST_TEST((format_of("a.b.png") == Format::png));
  BOOST_TEST((format_of("a.json") == Format::json));
  BOOST_TEST((format_of("a.mmd") == Format::mermaid));
  BOOST_TEST((format_of("a.tex") == Format::tikz));
  for (const char* name : {"a.bmp", "svg", ".svg", "", "a.svg "}) {
    BOOST_CHECK_THROW((void)format_of(name), ArgumentError);
  }
}

BOOST_AUTO_TEST_CASE(each_format_is_what_its_writer_writes) {
  const Drawing drawing = sample::neuron();
  BOOST_TEST(written(drawing, Format::json) == to_json(drawing));
  BOOST_TEST(written(drawing, Format::mermaid, {.theme = Theme::dark}) == to_mermaid(drawing, Theme::dark));
  BOOST_TEST(written(drawing, Format::tikz, {.theme = Theme::print}) == to_tikz(drawing, Theme::print));
  BOOST_TEST(written(drawing, Format::dot, {.theme = Theme::dark, .link = ""}) ==
             to_dot(drawing, {.theme = Theme::dark, .link = ""}));
}

BOOST_AUTO_TEST_CASE(graphviz_makes_the_same_of_the_same) {
  if (!have_dot()) return;
  const Drawing drawing = sample::network();
  for (const Format format : {Format::svg, Format::png}) {
    BOOST_TEST((written(drawing, format) == written(drawing, format)));
  }
  BOOST_TEST(written(drawing, Format::png).starts_with("\x89PNG"));
}

BOOST_AUTO_TEST_CASE(names_stay_text_in_svg) {
  if (!have_dot()) return;
  const std::string svg = written(sample::nasty(), Format::svg);
  for (const char* markup : {"<script", "</script", "<img", "onerror=\""}) {
    BOOST_TEST(svg.find(markup) == std::string::npos, "the picture holds " << markup);
  }
}

BOOST_AUTO_TEST_CASE(a_file_holds_what_was_written) {
  const std::string path =
      (std::filesystem::temp_directory_path() / ("wengert_save_" + std::to_string(std::random_device{}()) + ".json"))
          .string();
  save(sample::neuron(), path);
  std::ifstream file(path, std::ios::binary);
  BOOST_TEST(std::string(std::istreambuf_iterator<char>(file), {}) == to_json(sample::neuron()));
  std::filesystem::remove(path);
}

BOOST_AUTO_TEST_CASE(without_graphviz_the_error_says_what_to_install) {
  const NoPrograms nothing;
  BOOST_CHECK_EXCEPTION((void)written(sample::neuron(), Format::svg), EnvironmentError,
                        [](const EnvironmentError& error) {
                          return std::string(error.what()).find("Graphviz is missing") != std::string::npos &&
                                 error.hint().find("apt-get install graphviz") != std::string::npos;
                        });
  BOOST_TEST(!written(sample::neuron(), Format::dot).empty());
}

BOOST_AUTO_TEST_CASE(what_graphviz_complains_about_is_in_the_error) {
  if (!have_dot()) return;
  BOOST_CHECK_EXCEPTION((void)run_graphviz("digraph {", "svg"), EnvironmentError, [](const EnvironmentError& error) {
    return error.hint().find("syntax error") != std::string::npos;
  });
}

BOOST_AUTO_TEST_CASE(files_that_cannot_be_written_are_errors) {
  BOOST_CHECK_THROW(save(sample::neuron(), "/nowhere/at/all.json"), EnvironmentError);
  if (std::filesystem::exists("/dev/full")) BOOST_CHECK_THROW(write_file("/dev/full", "text"), EnvironmentError);
}

BOOST_AUTO_TEST_SUITE_END()
