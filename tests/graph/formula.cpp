/// Formulas: written as on a board, and read back they mean the same.
#include "wengert/graph/drawing/formula.hpp"

#include <boost/test/unit_test.hpp>
#include <string>
#include <vector>

using namespace wengert::graph;

namespace {

Operation operation(const char* symbol) { return {.name = "op", .symbol = symbol}; }

Formula two(const char* symbol, const Formula& a, const Formula& b) {
  return applied(operation(symbol), {}, std::vector{a, b});
}
Formula one(const char* symbol, const Formula& a) { return applied(operation(symbol), {}, std::vector{a}); }

const Formula a{"a"}, b{"b"}, c{"c"};

}  // namespace

BOOST_AUTO_TEST_SUITE(formulas)

BOOST_AUTO_TEST_CASE(parentheses_stand_where_they_are_needed) {
  BOOST_TEST(two("+", two("×", a, b), c).text == "a·b + c");
  BOOST_TEST(two("×", two("+", a, b), c).text == "(a + b)·c");
  BOOST_TEST(two("−", a, two("−", b, c)).text == "a − (b − c)");
  BOOST_TEST(two("−", two("−", a, b), c).text == "a − b − c");
  BOOST_TEST(two("÷", a, two("×", b, c)).text == "a/(b·c)");
  BOOST_TEST(two("÷", two("÷", a, b), c).text == "a/b/c");
  BOOST_TEST(two("^", two("^", a, b), c).text == "(a^b)^c");
  BOOST_TEST(two("^", a, two("^", b, c)).text == "a^(b^c)");
  BOOST_TEST(two("^", one("neg", a), b).text == "(−a)^b");
  BOOST_TEST(one("neg", two("+", a, b)).text == "−(a + b)");
  BOOST_TEST(two("<", two("+", a, b), c).text == "a + b < c");
  BOOST_TEST(two("∧", two("<", a, b), two("<", b, c)).text == "a < b ∧ b < c");
}

BOOST_AUTO_TEST_CASE(functions_and_marks_hold_their_operands) {
  BOOST_TEST(one("sin", two("+", a, b)).text == "sin(a + b)");
  BOOST_TEST(one("|·|", two("−", a, b)).text == "|a − b|");
  BOOST_TEST(one("x²", two("+", a, b)).text == "(a + b)²");
  BOOST_TEST(one("1/x", two("+", a, b)).text == "1/(a + b)");
  BOOST_TEST(applied(operation("where"), {}, std::vector{a, b, c}).text == "where(a, b, c)");
  BOOST_TEST(applied(operation("Σ"), Attribute{std::vector<std::int64_t>{0}}, std::vector{a}).text == "Σ [0](a)");
}

BOOST_AUTO_TEST_CASE(boxes_hold_their_constants) {
  const auto box = [](const char* symbol, const std::vector<std::string>& constants) {
    return short_form(operation(symbol), {}, constants);
  };
  BOOST_TEST(box("×", {"", ""}) == "×");
  BOOST_TEST(box("×", {"0.5", ""}) == "0.5 ×");
  BOOST_TEST(box("−", {"", "1"}) == "− 1");
  BOOST_TEST(box("max", {"", "0"}) == "max(·, 0)");
}

BOOST_AUTO_TEST_CASE(an_operation_may_say_how_it_is_drawn) {
  Operation slice = operation("slice");
  slice.label = [](const Attribute&) { return std::string("slice [0:2]"); };
  BOOST_TEST(short_form(slice, Attribute{std::vector<std::int64_t>{0, 2, 1}}, {}) == "slice [0:2]");
}

BOOST_AUTO_TEST_SUITE_END()
