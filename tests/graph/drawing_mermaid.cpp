/// Drawings as Mermaid flowcharts: byte for byte, and that no text breaks them.
#include "wengert/graph/drawing/mermaid.hpp"

#include <boost/test/unit_test.hpp>
#include <random>
#include <string>
#include <vector>

#include "drawing_samples.hpp"
#include "golden.hpp"
#include "nasty_bytes.hpp"
#include "wengert/graph/drawing/writing.hpp"
#include "wengert/graph/error.hpp"
#include "wengert/graph/escape.hpp"

using namespace wengert;
using namespace wengert::graph;

namespace {

/// What Mermaid shows of a quoted string, as bytes: entity codes and graph/escape.hpp's escapes undone.
std::string bytes_of(std::string_view quoted) {
  std::string text;
  for (std::size_t k = 1; k + 1 < quoted.size(); ++k) {
    if (quoted[k] != '#') {
      text += quoted[k];
      continue;
    }
    unsigned code = 0;
    for (++k; quoted[k] != ';'; ++k) code = code * 10 + static_cast<unsigned>(quoted[k] - '0');
    text += static_cast<char>(code);
  }
  std::string bytes;
  BOOST_TEST(unescape(text, bytes));
  return bytes;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(drawing_mermaid)

BOOST_AUTO_TEST_CASE(golden_files) {
  sample::check_golden("neuron.mmd", to_mermaid(sample::neuron()));
  sample::check_golden("network.mmd", to_mermaid(sample::network(), Theme::dark));
  sample::check_golden("panels.mmd", to_mermaid(sample::panels(), Theme::print));
  sample::check_golden("nasty.mmd", to_mermaid(sample::nasty()));
}

BOOST_AUTO_TEST_CASE(strings_hold_nothing_that_mermaid_or_markdown_reads) {
  BOOST_TEST(mermaid_string("a\"b") == "\"a#34;b\"");
  BOOST_TEST(mermaid_string("</script>") == "\"#60;/script#62;\"");
  BOOST_TEST(mermaid_string("`md` #35; $$x$$") == "\"#96;md#96; #35;35#59; #36;#36;x#36;#36;\"");
  BOOST_TEST(mermaid_string("+") == "\"#43;\"");
  BOOST_TEST(mermaid_string("1. one") == "\"1#46; one\"");
  BOOST_TEST(mermaid_string("1.5 w_1 -2 f(x, y)") == "\"1.5 w_1 -2 f(x, y)\"");
  BOOST_TEST(mermaid_string("_w_ - ") == "\"#95;w#95; #45;#32;\"");
  BOOST_TEST(mermaid_string("∂L/∂w") == "\"∂L/∂w\"");
  BOOST_TEST(mermaid_string("ﬂ°¶") == "\"#92;xef#92;xac#92;x82°#92;xc2#92;xb6\"");
  BOOST_TEST(mermaid_string("a\nb \\n \\") == "\"a#92;x0ab #92;x5cn #92;#92;\"");
  BOOST_TEST(mermaid_string("") == "\" \"");
}

BOOST_AUTO_TEST_CASE(words_of_the_grammar_are_no_ids) {
  sample::Sketch s;
  s.node(NodeRole::input, {sample::name("x")});
  s.drawing.nodes[0].id = "end";
  BOOST_TEST((to_mermaid(s.drawing).find("\n  id_end([\"x\"]):::input\n") != std::string::npos));
}

BOOST_AUTO_TEST_CASE(a_title_holds_no_html) {
  sample::Sketch s;
  s.drawing.title = "a<b> & \"c\" \\";
  BOOST_TEST(
      (to_mermaid(s.drawing).find("title: \"a\\\\x3cb\\\\x3e \\\\x26 \\\"c\\\" \\\\\\\\\"\n") != std::string::npos));
}

BOOST_AUTO_TEST_CASE(any_bytes_stay_text_and_can_be_read_back) {
  std::mt19937 random(8);
  for (int round = 0; round < 3000; ++round) {
    const std::string bytes = sample::nasty_bytes(random, 12);
    const std::string quoted = mermaid_string(bytes);
    BOOST_TEST(quoted.find('"', 1) == quoted.size() - 1);
    BOOST_TEST((quoted.find_first_of("<>&`$*[]{}|\\:\n") == std::string::npos));
    BOOST_TEST(quoted.find("#92;n") == std::string::npos);
    BOOST_TEST((quoted.find("\xEF\xAC\x82") == std::string::npos && quoted.find("¶") == std::string::npos));
    for (std::size_t k = 0; k < quoted.size(); k += std::max<std::size_t>(1, utf8_length(quoted.substr(k)))) {
      BOOST_TEST_REQUIRE(utf8_length(quoted.substr(k)) != 0);
    }
    BOOST_TEST((bytes.empty() || bytes_of(quoted) == bytes), quoted);
  }
}

BOOST_AUTO_TEST_CASE(what_does_not_exist_is_refused) {
  Drawing drawing = sample::panels();
  drawing.edges[0].from = 100;
  BOOST_CHECK_THROW((void)to_mermaid(drawing), ArgumentError);
}

BOOST_AUTO_TEST_SUITE_END()
