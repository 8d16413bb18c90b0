/// Drawings as TikZ: byte for byte, and that no text acts.
#include "wengert/graph/drawing/tikz.hpp"

#include <boost/test/unit_test.hpp>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "drawing_samples.hpp"
#include "golden.hpp"
#include "nasty_bytes.hpp"
#include "wengert/graph/drawing/latex_text.hpp"
#include "wengert/graph/error.hpp"
#include "wengert/graph/escape.hpp"

using namespace wengert;
using namespace wengert::graph;

namespace {

std::string utf8(char32_t point) {
  const auto byte = [](char32_t value) { return static_cast<char>(static_cast<unsigned char>(value)); };
  if (point < 0x80) return {byte(point)};
  if (point < 0x800) return {byte(0xC0 | point >> 6), byte(0x80 | (point & 0x3F))};
  if (point < 0x10000) {
    return {byte(0xE0 | point >> 12), byte(0x80 | (point >> 6 & 0x3F)), byte(0x80 | (point & 0x3F))};
  }
  return {byte(0xF0 | point >> 18), byte(0x80 | (point >> 12 & 0x3F)), byte(0x80 | (point >> 6 & 0x3F)),
          byte(0x80 | (point & 0x3F))};
}

/// What each character between "x" and "x" is written as, to the character.
const std::map<std::string, std::string>& commands() {
  static const std::map<std::string, std::string> all = [] {
    std::map<std::string, std::string> made{{R"(\ {})", " "}, {"${-}$", "-"}, {R"(\textbackslash{})", "\\"}};
    for (char32_t point = 0x20; point < 0x3000; ++point) {
      const std::string character = utf8(point);
      std::string escaped;
      append_escaped(escaped, character);
      if (escaped != character) continue;
      const std::string latex = latex_text("x" + character + "x");
      const bool is_new = made.emplace(latex.substr(1, latex.size() - 2), character).second;
      BOOST_TEST_REQUIRE(is_new, "two characters are written " << latex);
    }
    return made;
  }();
  return all;
}

/// Undoes latex_text.
std::string bytes_of(std::string_view latex) {
  constexpr std::string_view unicode = R"(\wengertunicode{)";
  std::size_t longest = 0;
  for (const auto& [command, character] : commands()) longest = std::max(longest, command.size());
  std::string text;
  while (!latex.empty()) {
    if (latex.starts_with(unicode)) {
      const std::size_t end = latex.find('}');
      text += utf8(static_cast<char32_t>(std::stoul(std::string(latex.substr(unicode.size(), end)), nullptr, 16)));
      latex.remove_prefix(end + 1);
      continue;
    }
    std::size_t length = std::min(longest, latex.size());
    while (length > 0 && !commands().contains(std::string(latex.substr(0, length)))) --length;
    BOOST_TEST_REQUIRE(length > 0, "not written by latex_text: " << latex);
    text += commands().at(std::string(latex.substr(0, length)));
    latex.remove_prefix(length);
  }
  std::string bytes;
  BOOST_TEST(unescape(text, bytes));
  return bytes;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(drawing_tikz)

BOOST_AUTO_TEST_CASE(golden_files) {
  sample::check_golden("neuron.tex", to_tikz(sample::neuron(), Theme::light));
  sample::check_golden("network.tex", to_tikz(sample::network()));
  sample::check_golden("panels.tex", to_tikz(sample::panels(), Theme::dark));
  sample::check_golden("nasty.tex", to_tikz(sample::nasty()));
}

BOOST_AUTO_TEST_CASE(the_picture_alone_is_the_middle_of_the_document) {
  const std::string picture = to_tikz(sample::network(), Theme::print, {.standalone = false});
  const std::string document = to_tikz(sample::network());
  BOOST_TEST(picture.starts_with("\\definecolor"));
  BOOST_TEST(picture.ends_with("\\end{tikzpicture}\n"));
  BOOST_TEST((document.find(picture.substr(picture.find("\\begin{tikzpicture}"))) != std::string::npos));
  BOOST_TEST(document.ends_with("\\end{document}\n"));
}

BOOST_AUTO_TEST_CASE(no_character_acts) {
  BOOST_TEST(latex_text("\\end{document}") == R"(\textbackslash{}\textbackslash{}end\{document\})");
  BOOST_TEST(latex_text("100% $x_1^2$ a&b #1") == R"(100\% \$x\_1\textasciicircum{}2\$ a\&b \#1)");
  BOOST_TEST(latex_text("<|>\"'`~") ==
             R"(\textless{}\textbar{}\textgreater{}{\char34}{\char39}{\char96}\textasciitilde{})");
  BOOST_TEST(latex_text("a--b  c ") == R"(a{-}{-}b\ {}\ {}c\ {})");
  BOOST_TEST(latex_text("x\ny") == R"(x\textbackslash{}ny)");
  BOOST_TEST(latex_text("∂L/∂w σ × √ ≤ é 中") ==
             R"($\partial$L/$\partial$w $\sigma$ $\times$ $\surd$ $\le$ é \wengertunicode{4E2D})");
  BOOST_TEST(latex_text("-0.5 a-1 −") == R"(${-}$0.5 a{-}1 $-$)");
  BOOST_TEST(latex_text("😀") == R"(\wengertunicode{1F600})");
}

BOOST_AUTO_TEST_CASE(any_bytes_can_be_read_back) {
  std::mt19937 random(9);
  for (int round = 0; round < 3000; ++round) {
    const std::string bytes = sample::nasty_bytes(random, 12);
    const std::string latex = latex_text(bytes);
    BOOST_TEST(bytes_of(latex) == bytes, latex);
    int depth = 0;
    for (std::size_t k = 0; k < latex.size(); ++k) {
      if (latex[k] == '\\') {
        ++k;
      } else if (latex[k] == '{' || latex[k] == '}') {
        depth += latex[k] == '{' ? 1 : -1;
        BOOST_TEST_REQUIRE(depth >= 0);
      }
      BOOST_TEST_REQUIRE((latex[k] != '%' || latex[k - 1] == '\\'));
    }
    BOOST_TEST(depth == 0);
  }
}

BOOST_AUTO_TEST_CASE(numbers_of_operands_stand_where_order_matters) {
  const std::string neuron = to_tikz(sample::neuron());
  BOOST_TEST((neuron.find("\\node[number]") != std::string::npos));
  BOOST_TEST((to_tikz(sample::panels()).find("\\node[number]") == std::string::npos));
}

BOOST_AUTO_TEST_CASE(what_does_not_exist_is_refused) {
  Drawing drawing = sample::panels();
  drawing.edges[0].from = 100;
  BOOST_CHECK_THROW((void)to_tikz(drawing), ArgumentError);
}

BOOST_AUTO_TEST_SUITE_END()
