// Numbers and lines of text for people.

#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "wengert/cli/lecture/board.hpp"
#include "wengert/cli/text.hpp"

namespace {

using namespace wengert::cli;

BOOST_AUTO_TEST_SUITE(text)

BOOST_AUTO_TEST_CASE(shortest_numbers) {
  BOOST_TEST(shortest(0.1) == "0.1");
  BOOST_TEST(shortest(2.0) == "2");
  BOOST_TEST(shortest(-0.0) == "-0");
  BOOST_TEST(shortest(5e-324) == "5e-324");
  BOOST_TEST(shortest(-std::numeric_limits<double>::infinity()) == "-inf");
  BOOST_TEST(shortest(-std::numeric_limits<double>::quiet_NaN()) == "nan");
}

BOOST_AUTO_TEST_CASE(numbers_on_the_board) {
  BOOST_TEST(on_board(0.1 + 0.2) == "0.3");
  BOOST_TEST(on_board(0.59326999210718723) == "0.5932699921071872");
  BOOST_TEST(on_board(0.0) == "0");
  BOOST_TEST(on_board(-2.0) == "-2");
  BOOST_TEST(on_board(100.0) == "100");
  BOOST_TEST(on_board(1e-5) == "1e-05");
  BOOST_TEST(on_board(1e9) == "1e+09");
}

BOOST_AUTO_TEST_CASE(widths_count_characters) {
  BOOST_TEST(display_width("∂f/∂x") == 5U);
  BOOST_TEST(padded("½", 3) == "½  ");
  BOOST_TEST(padded("wide", 2) == "wide");
  BOOST_TEST(wrapped("one two three", 7, 2) == "one two\n  three");
  BOOST_TEST(wrapped("a-very-long-word b", 5, 1) == "a-very-long-word\n b");
}

BOOST_AUTO_TEST_CASE(the_nearest_name) {
  const std::vector<std::string_view> names{"sin", "cos", "sqrt", "sigmoid"};
  BOOST_TEST(nearest("sine", names) == "sin");
  BOOST_TEST(nearest("sni", names) == "sin");
  BOOST_TEST(nearest("sqr", names) == "sqrt");
  BOOST_TEST(nearest("sgmiod", names) == "sigmoid");
  BOOST_TEST(nearest("foobar", names) == "");
  BOOST_TEST(nearest("", names) == "");
  BOOST_TEST(nearest(std::string(100'000, 's'), names) == "");
}

BOOST_AUTO_TEST_CASE(equations_break_at_a_hundred_columns) {
  lecture::Board board;
  board.equation("y", {"a + b", "3"});
  BOOST_TEST(board.text() == "y = a + b = 3\n");
  const std::string wide(60, 'a');
  lecture::Board broken;
  broken.equation("∂y", {wide + " + " + wide, "3"});
  BOOST_TEST(broken.text() == "∂y = " + wide + "\n   + " + wide + "\n   = 3\n");
}

BOOST_AUTO_TEST_CASE(formulas_show_names_and_numbers) {
  lecture::Formula f;
  f.add({{"w1", 0.5}, {"x1", -2}}).add({{"b", 1}});
  BOOST_TEST(f.names() == "w1 · x1 + b");
  BOOST_TEST(f.numbers() == "0.5 · (-2) + 1");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
