/// Drawings as JSON: the format, byte for byte, and that no text breaks it.
#include "wengert/graph/drawing/json.hpp"

#include <boost/test/unit_test.hpp>
#include <random>
#include <string>
#include <vector>

#include "drawing_samples.hpp"
#include "golden.hpp"
#include "nasty_bytes.hpp"
#include "wengert/graph/error.hpp"
#include "wengert/graph/escape.hpp"

#if __has_include(<nlohmann/json.hpp>)
#  include <nlohmann/json.hpp>
#  define WENGERT_READS_JSON 1
#endif

using namespace wengert;
using namespace wengert::graph;

BOOST_AUTO_TEST_SUITE(drawing_json)

BOOST_AUTO_TEST_CASE(golden_files) {
  sample::check_golden("neuron.json", to_json(sample::neuron()));
  sample::check_golden("network.json", to_json(sample::network()));
  sample::check_golden("panels.json", to_json(sample::panels()));
  sample::check_golden("nasty.json", to_json(sample::nasty()));
  BOOST_TEST(to_json(Drawing{}) ==
             "{\n  \"schema\": 1,\n  \"direction\": \"left_to_right\",\n  \"title\": \"\",\n  \"notes\": [],\n"
             "  \"legend\": false,\n  \"frames\": [],\n  \"nodes\": [],\n  \"edges\": []\n}\n");
}

BOOST_AUTO_TEST_CASE(the_example_of_the_page_is_what_is_written) {
  sample::Sketch s;
  s.drawing.title = "y = w·x";
  const auto hidden = s.frame(FrameKind::scope, "hidden");
  const auto x = s.node(NodeRole::input, {sample::name("x"), sample::value("2")});
  const auto w = s.node(NodeRole::parameter, {sample::name("w"), sample::value("0.5")});
  const auto y = s.node(NodeRole::operation,
                        {sample::name("y"), sample::op("×"), sample::value("1"), sample::adjoint("1")}, 0, hidden);
  s.drawing.nodes[y].output = true;
  s.drawing.nodes[y].tooltip = {"%2 = mul %1 %0 : f64"};
  s.drawing.nodes[y].file = "model.cpp";
  s.drawing.nodes[y].line = 12;
  s.edge(w, y, "2");
  s.edge(x, y, "0.5");
  const std::string page = sample::contents(std::filesystem::path(WENGERT_SOURCE_DIR) / "docs/drawing_json.md");
  BOOST_TEST((page.find("```json\n" + to_json(s.drawing) + "```\n") != std::string::npos), to_json(s.drawing));
}

BOOST_AUTO_TEST_CASE(pieces_make_up_the_text) {
  std::string text;
  std::size_t pieces = 0;
  write_json(sample::network(), [&](std::string_view piece) {
    text += piece;
    ++pieces;
  });
  BOOST_TEST(text == to_json(sample::network()));
  BOOST_TEST(pieces > 10);
}

BOOST_AUTO_TEST_CASE(strings_cannot_leave_a_script_element) {
  BOOST_TEST(json_string("</script><!--") == R"("\u003c/script>\u003c!--")");
  BOOST_TEST(json_string("a\"b\\c\n") == R"("a\"b\\\\c\\n")");
  BOOST_TEST(json_string("\xE2\x80\xA8\xFF") == R"("\\xe2\\x80\\xa8\\xff")");
  BOOST_TEST(json_string(std::string(1, '\0')) == R"("\\x00")");
}

BOOST_AUTO_TEST_CASE(numbers_are_exact_and_never_nan) {
  Drawing drawing = sample::panels();
  drawing.nodes[0].magnitude = 0.1;
  BOOST_TEST((to_json(drawing).find("\"magnitude\": 0.1,") != std::string::npos));
  drawing.nodes[0].magnitude = std::numeric_limits<double>::quiet_NaN();
  BOOST_TEST(to_json(drawing) == to_json(sample::panels()));
}

BOOST_AUTO_TEST_CASE(what_does_not_exist_is_refused) {
  Drawing drawing = sample::panels();
  drawing.edges[0].to = 100;
  BOOST_CHECK_EXCEPTION((void)to_json(drawing), ArgumentError, [](const ArgumentError& error) {
    return std::string(error.what()) == "to_json: an end of the edge 0 does not exist; expected a node of the drawing";
  });
  drawing = sample::panels();
  drawing.nodes[1].frame = 9;
  BOOST_CHECK_THROW((void)to_json(drawing), ArgumentError);
  drawing = sample::panels();
  drawing.frames[1].parent = 1;
  BOOST_CHECK_THROW((void)to_json(drawing), ArgumentError);
}

#ifdef WENGERT_READS_JSON

BOOST_AUTO_TEST_CASE(any_bytes_are_valid_json_and_can_be_read_back) {
  std::mt19937 random(7);
  for (int round = 0; round < 300; ++round) {
    sample::Sketch s;
    s.drawing.title = sample::nasty_bytes(random, 12);
    std::vector<std::string> texts;
    const auto frame = s.frame(FrameKind::scope, sample::nasty_bytes(random, 12));
    for (int k = 0; k < 5; ++k) {
      texts.push_back(sample::nasty_bytes(random, 12));
      const auto node = s.node(NodeRole::operation, {sample::name(texts.back())}, 0, frame);
      s.drawing.nodes[node].tooltip = {texts.back()};
      s.edge(0, node, texts.back());
    }
    const std::string text = to_json(s.drawing);
    BOOST_TEST((text.find('<') == std::string::npos));
    const nlohmann::json json = nlohmann::json::parse(text);  // refuses what is not UTF-8
    const auto same = [](const nlohmann::json& shown, const std::string& bytes) {
      std::string read;
      return unescape(shown.get<std::string>(), read) && read == bytes;
    };
    BOOST_TEST(same(json["title"], s.drawing.title));
    BOOST_TEST(same(json["frames"][0]["label"], s.drawing.frames[0].label));
    for (std::size_t k = 0; k < texts.size(); ++k) {
      BOOST_TEST(same(json["nodes"][k]["texts"][0]["text"], texts[k]));
      BOOST_TEST(same(json["nodes"][k]["tooltip"][0], texts[k]));
      BOOST_TEST(same(json["edges"][k]["label"], texts[k]));
    }
  }
}

#endif

BOOST_AUTO_TEST_SUITE_END()
